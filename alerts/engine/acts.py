"""What people do with an alert, in the caller's one transaction: take it on, let it out, drop it, end it, take it back.

Each act is decided by `track`, stored with its mails as an article's step is, and logged with who and why. It says in
words what came of it; what cannot be done raises InputError and leaves all as it was.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection

from alerts.durations import say
from alerts.engine.keeping import Outbox, keep, keep_as_titled
from alerts.engine.rulebook import Rulebook
from alerts.engine.texts import LONGEST_TITLE
from alerts.engine.tracking import Tracker
from alerts.errors import InputError
from alerts.match.rule import Rule
from alerts.store import acts, judgements, told
from alerts.store import alerts as alert_store
from alerts.store.acts import Kind
from alerts.store.alerts import Record
from alerts.store.database import alone_with_alerts
from alerts.template_filters import one_line
from alerts.track import lifecycle, triage
from alerts.track.lifecycle import Step
from alerts.track.places import Lookup, nowhere
from alerts.types import Message

NOBODY: Final = "nobody was told of it"


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who acts: a name for the log, and the reader if it is one."""

    who: str
    person_id: int | None = None


SERVICE: Final = Actor(who="alerts")
"""The service itself, where it acts because no person did."""


def acknowledge(
    conn: Connection, alert_id: str, actor: Actor, *, now: datetime, version: int | None = None, why: str = ""
) -> str:
    """Somebody has it: no reminders of `version` (None: the last) any more, nor of those before."""
    alert = _record(conn, alert_id).alert
    if alert.version == 0:
        raise InputError(f"alert {alert_id} cannot be acknowledged: {NOBODY}")
    version = alert.version if version is None else version
    if not 0 < version <= alert.version:
        raise InputError(f"alert {alert_id} has no version {version}")
    if acts.acknowledged(conn, alert_id).get(actor.person_id, 0) >= version:
        return f"version {version} of alert {alert_id} was acknowledged before"
    _log(conn, alert_id, "acknowledge", actor, version=version, why=why, now=now)
    return f"version {version} of alert {alert_id} is acknowledged: nobody is reminded of it"


def cancel(
    conn: Connection, rulebook: Rulebook, outbox: Outbox, alert_id: str, actor: Actor, *, why: str, now: datetime
) -> str:
    """It was wrong. Exactly those who were told of it hear that, and why."""
    record = _record(conn, alert_id)
    step = lifecycle.cancel(record.alert, now=now, why=_given(why))
    return _finish(conn, rulebook, outbox, record, step, "cancel", actor, why=why, now=now)


def take_back(
    conn: Connection, rulebook: Rulebook, outbox: Outbox, alert_id: str, actor: Actor, *, why: str, now: datetime
) -> str:
    """Who works at the alerts cancels one: what was wrong counts against its rule."""
    said = cancel(conn, rulebook, outbox, alert_id, actor, why=why, now=now)
    judgements.judge(conn, alert_id, "wrong", who=actor.who, why=why, now=now)
    return said


def close(
    conn: Connection, rulebook: Rulebook, outbox: Outbox, alert_id: str, actor: Actor, *, why: str, now: datetime
) -> str:
    """It is over: the all-clear, to those who were told."""
    record = _record(conn, alert_id)
    step = lifecycle.close(record.alert, now=now, why=_given(why))
    return _finish(conn, rulebook, outbox, record, step, "close", actor, why=why, now=now)


def approve(
    conn: Connection,
    rulebook: Rulebook,
    outbox: Outbox,
    alert_id: str,
    actor: Actor,
    *,
    now: datetime,
    why: str = "",
    title: str | None = None,
    lookup: Lookup = nowhere,
) -> str:
    """Tell what waits for a person, under another title if one is given."""
    record = _record(conn, alert_id)
    rule = _rule(rulebook, record)
    given = None if title is None else _title(title)
    policy = rulebook.policies[rule.name]
    step = triage.approve(record.alert, record.evidence, now=now, policy=policy, lookup=lookup, title=given)
    _refuse_nothing(record, step)
    kept = keep(conn, rule, step, record.evidence, outbox=outbox, now=now)
    detail = {"level": step.alert.severity} | ({"title": given} if given else {})
    _log(conn, alert_id, "approve", actor, version=step.alert.version, why=why, now=now, detail=detail)
    if not step.messages:
        return f"alert {alert_id} is approved; {step.quiet}"
    return f"alert {alert_id} is approved: {_told(conn, alert_id, step.messages)} of '{kept.title}'"


def drop(conn: Connection, alert_id: str, actor: Actor, *, why: str, now: datetime) -> str:
    """Nobody is to hear of it (of an alert that readers know: of the update that waits), unless it gets worse."""
    record = _record(conn, alert_id)
    step = triage.drop(record.alert, now=now)
    _refuse_nothing(record, step)
    alert_store.save_alert(conn, step.alert, title=record.title, summary=record.summary)
    detail = {"level": step.alert.severity}
    _log(conn, alert_id, "drop", actor, version=step.alert.version, why=_given(why), now=now, detail=detail)
    if step.alert.version:
        return (
            f"the update of alert {alert_id} is dropped: nobody is told of it, and the alert stays as readers know it;"
            " should it get worse, it waits again"
        )
    return f"alert {alert_id} is dropped: nobody is told of it; should it get worse, it waits again"


def retitle(
    conn: Connection,
    rulebook: Rulebook,
    alert_id: str,
    actor: Actor,
    *,
    title: str | None,
    now: datetime,
    why: str = "",
) -> str:
    """Another title from now on (None: the rule's own again)."""
    record = _record(conn, alert_id)
    given = None if title is None else _title(title)
    step = triage.retitle(record.alert, given, now=now)
    _refuse_nothing(record, step)
    if given is None:
        keep(conn, _rule(rulebook, record), step, record.evidence, outbox=_Silent(), now=now)
    else:
        alert_store.save_alert(conn, step.alert, title=given, summary=record.summary)
    _log(conn, alert_id, "retitle", actor, version=step.alert.version, why=why, now=now, detail={"title": given})
    return f"alert {alert_id} has another title; readers see it with the next mail"


def let_go_due(conn: Connection, tracker: Tracker, now: datetime) -> list[str]:
    """Tell what nobody has looked at in time, marked so; what was told, in words."""
    told_of = []
    book = tracker.rulebook
    alone_with_alerts(conn)
    for item in acts.waiting(conn) if tracker.desk is not None else ():
        rule = book.ruleset.by_name.get(item.alert.rule)
        if rule is None:  # no rule stands behind it any more: a person decides, or nobody
            continue
        policy = book.policy(rule.name, tracker.late_after, tracker.desk)
        if not triage.due(item.alert, now=now, policy=policy):
            continue
        record = _record(conn, item.alert.id)
        lookup = tracker.gazetteer.by_id
        step = triage.let_go(record.alert, record.evidence, now=now, policy=policy, lookup=lookup)
        kept = keep(conn, rule, step, record.evidence, outbox=tracker.outbox, now=now)
        if step.messages:
            why = "nobody looked" if policy.triage_for is None else f"nobody looked for {say(policy.triage_for)}"
            _log(conn, item.alert.id, "let_go", SERVICE, version=step.alert.version, why=why, now=now)
            told_of.append(f"alert {item.alert.id} was told without review, because {why}: {kept.title}")
    return told_of


class _Silent:
    """The outbox of an act that tells nobody."""

    def put(self, conn: Connection, rule: Rule | None, alert: object, messages: object, now: datetime) -> None:
        """Tell nobody."""


def _record(conn: Connection, alert_id: str) -> Record:
    """All of an alert, which nobody else changes before this transaction ends."""
    alone_with_alerts(conn)
    record = alert_store.get_alert(conn, alert_id)
    if record is None:
        raise InputError(f"there is no alert {alert_id}; see: alerts list")
    return record


def _rule(rulebook: Rulebook, record: Record) -> Rule:
    rule = rulebook.ruleset.by_name.get(record.alert.rule)
    if rule is None:
        raise InputError(
            f"the rule '{record.alert.rule}' of alert {record.alert.id} is not in force: without it nobody can say what"
            " the alert says now"
        )
    return rule


def _given(why: str) -> str:
    words = one_line(why)
    if not words:
        raise InputError("say why: it is told to readers, or to whoever asks later")
    return words


def _title(title: str) -> str:
    words = one_line(title)
    if not words or len(words) > LONGEST_TITLE:
        raise InputError(f"a title has 1 to {LONGEST_TITLE} letters")
    return words


def _refuse_nothing(record: Record, step: Step) -> None:
    """Raise InputError with the reason for a step that changes nothing."""
    if replace(step.alert, updated=record.alert.updated) == record.alert:
        raise InputError(f"alert {record.alert.id}: {step.quiet}")


def _finish(
    conn: Connection,
    rulebook: Rulebook,
    outbox: Outbox,
    record: Record,
    step: Step,
    kind: Kind,
    actor: Actor,
    *,
    why: str,
    now: datetime,
) -> str:
    _refuse_nothing(record, step)
    alert_id, rule = record.alert.id, rulebook.ruleset.by_name.get(record.alert.rule)
    title, summary = record.title, record.summary
    keep_as_titled(conn, rule, step, title=title, summary=summary, outbox=outbox, now=now)
    _log(conn, alert_id, kind, actor, version=step.alert.version, why=why, now=now)
    came = _told(conn, alert_id, step.messages) if step.messages else f"{step.quiet}, so nobody hears of it"
    return f"alert {alert_id} is {step.alert.state}: {came}"


def _told(conn: Connection, alert_id: str, messages: tuple[Message, ...]) -> str:
    """How many readers get what was just made."""
    version = messages[-1].version
    readers = sum(known == version for known in told.told(conn, alert_id).values())
    return "no reader is told" if not readers else f"{readers} reader{'s are' if readers > 1 else ' is'} told"


def _log(
    conn: Connection,
    alert_id: str,
    kind: Kind,
    actor: Actor,
    *,
    version: int,
    why: str,
    now: datetime,
    detail: Mapping[str, Any] | None = None,
) -> None:
    words = one_line(why)
    acts.put(
        conn,
        alert_id,
        kind,
        version=version,
        who=actor.who,
        why=words,
        now=now,
        person_id=actor.person_id,
        detail=detail,
    )
