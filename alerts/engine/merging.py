"""Merging and splitting alerts on the database, in the caller's one transaction: with their texts, their evidence,
what refers to them, and the mails that tell of it. So a preview is the same, undone."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from alerts.engine.acts import Actor
from alerts.engine.keeping import Outbox, keep
from alerts.engine.rulebook import Rulebook
from alerts.errors import InputError
from alerts.match.rule import Rule
from alerts.store import acts, incidents
from alerts.store import alerts as alert_store
from alerts.store import merging as store
from alerts.store import told as mails
from alerts.store.acts import Kind
from alerts.store.alerts import Record
from alerts.store.database import alone_with_alerts
from alerts.template_filters import one_line
from alerts.track import merging
from alerts.track.merging import Known
from alerts.track.places import Lookup
from alerts.track.policy import Policy
from alerts.types import Alert, Message


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """One alert before (None: it is new) and after; what its readers are told, if anything, and how many they are."""

    before: Record | None
    after: Record
    messages: tuple[Message, ...] = ()
    readers: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """What it takes to merge and split: the rules in force, the places, and who takes the mails."""

    rulebook: Rulebook
    lookup: Lookup
    outbox: Outbox

    def terms(self, record: Record) -> tuple[Rule, Policy]:
        """The rule of an alert and its policy. Raises InputError when it is not in force any more."""
        rules = self.rulebook.ruleset.by_name
        rule = rules.get(record.alert.rule)
        rule = rule or next((one for one in rules.values() if one.family == record.alert.family), None)
        if rule is None:
            name = record.alert.rule
            raise InputError(
                f"the rule '{name}' of alert {record.alert.id} is not in force: nothing can be said of the alert then"
            )
        return rule, self.rulebook.policies[rule.name]


def merge(
    conn: Connection, tools: Tools, into_id: str, gone_ids: Sequence[str], actor: Actor, *, why: str, now: datetime
) -> list[Changed]:
    """All of `gone_ids` are the event of `into_id`. Mails about them that were not sent yet are withdrawn: their
    readers are told of the alert that goes on. Raises InputError."""
    alone_with_alerts(conn)
    into, gone = _record(conn, into_id), [_record(conn, one) for one in gone_ids]
    rule, policy = tools.terms(into)
    ids = {one.alert.id for one in (into, *gone)}
    done = merging.merge(
        _known(into),
        [_known(one) for one in gone],
        now=now,
        policy=policy,
        lookup=tools.lookup,
        taken=store.taken_keys(conn, into.alert.family, but=ids),
    )
    for record, step in zip(gone, done.gone, strict=True):  # first: what goes on may take their key
        alert_store.save_alert(conn, step.alert, title=record.title, summary=record.summary)
    kept = keep(conn, rule, done.into, into.evidence, outbox=tools.outbox, now=now).alert
    for record in gone:
        articles = [item.article_id for item in record.evidence]
        store.drop_evidence(conn, record.alert.id, articles)
        store.move_spikes(conn, record.alert.id, kept.id)
        incidents.move(conn, [record.alert.id], into.alert.incident)
        if done.into.messages:  # after its readers were counted among those told
            mails.withdraw(conn, record.alert.id, now, before_version=record.alert.version + 1)
        detail = {"into": kept.id, "gone": record.alert.id, "articles": articles}
        for alert in (kept, record.alert):
            _log(conn, alert, "merge", actor, why=why, now=now, detail=detail)
    return [_changed(conn, into, kept.id, done.into.messages), *(_changed(conn, one, one.alert.id) for one in gone)]


def split(
    conn: Connection,
    tools: Tools,
    alert_id: str,
    article_ids: Collection[str],
    actor: Actor,
    *,
    why: str,
    now: datetime,
) -> list[Changed]:
    """The articles named tell of another event, which gets an alert of its own. Raises InputError."""
    alone_with_alerts(conn)
    whole = _record(conn, alert_id)
    rule, policy = tools.terms(whole)
    known, taken = _known(whole), store.taken_keys(conn, whole.alert.family, but=[alert_id])
    step = merging.split(known, article_ids, now=now, policy=policy, lookup=tools.lookup, taken=taken)
    part = keep(conn, rule, step, (), outbox=tools.outbox, now=now)
    gone = Known(alert=part.alert, evidence=step.regrouped, title=part.title)
    stays = merging.rest(known, gone, now=now, policy=policy, lookup=tools.lookup, taken=taken)
    store.drop_evidence(conn, alert_id, article_ids)
    left = [item for item in whole.evidence if item.article_id not in article_ids]
    kept = keep(conn, rule, stays, left, outbox=tools.outbox, now=now).alert
    detail = {"from": kept.id, "part": part.alert.id, "articles": sorted(article_ids, key=int)}
    for alert in (kept, part.alert):
        _log(conn, alert, "split", actor, why=why, now=now, detail=detail)
    return [_changed(conn, whole, kept.id, stays.messages), _changed(conn, None, part.alert.id, step.messages)]


def _log(
    conn: Connection, alert: Alert, kind: Kind, actor: Actor, *, why: str, now: datetime, detail: Mapping[str, Any]
) -> None:
    said = one_line(why)
    if not said:
        raise InputError("say why: somebody asks later")
    who, person_id = actor.who, actor.person_id
    acts.put(
        conn, alert.id, kind, version=alert.version, who=who, person_id=person_id, why=said, now=now, detail=detail
    )


def _record(conn: Connection, alert_id: str) -> Record:
    record = alert_store.get_alert(conn, alert_id)
    if record is None:
        raise InputError(f"there is no alert {alert_id}; see: alerts list")
    return record


def _known(record: Record) -> Known:
    return Known(alert=record.alert, evidence=record.evidence, title=record.title)


def _changed(conn: Connection, before: Record | None, alert_id: str, messages: tuple[Message, ...] = ()) -> Changed:
    readers = sum(store.readers_of(conn, alert_id, message.version) for message in messages)
    return Changed(before=before, after=_record(conn, alert_id), messages=messages, readers=readers)
