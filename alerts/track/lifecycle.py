"""The life of an alert: one event is told once, soon, with how sure we are; again when it matters; and
when it is over or was wrong.

Pure transitions from (alert, its evidence, something new, now) to a `Step`. What the alert says follows
from its evidence as a set (`facts.gather`), so the order of arrival does not matter; only what has been
told, and hence what is an update, depends on it.

            hit                      further origin                  nothing for same_event
    (none) ─────► unconfirmed ◄─────────────────► active ───────────────────────────────► ended ─► again
                       │          one withdrawn      │  all clear ► closed
                       └────────── it was wrong ─────┴────────────► cancelled (for ever)

Beside its state, an alert may wait for a person before (more of) it is told: see `triage`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from alerts.track import changes, identity, origins, severity, telling
from alerts.track.facts import Facts, gather, publisher
from alerts.track.places import Lookup, lies_in, nowhere
from alerts.track.policy import DAY, Confirm, Policy, Updates
from alerts.track.spike import words
from alerts.track.telling import Quiet, Tell
from alerts.types import FINAL_STATES, OPEN_STATES, Alert, AlertState, Evidence, Message, MessageKind, Wave

__all__ = ["Confirm", "Policy", "Step", "Updates", "advance", "cancel", "close", "end", "late", "retract"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What to store and to tell, in one transaction.

    `evidence` is the new one with its origin (None where none came in), `regrouped` earlier evidence whose
    origin changed, `messages` the versions to tell, and `quiet` why there are none. What is not told now
    stays out of `alert.told`, so it rides with the next message.
    """

    alert: Alert
    evidence: Evidence | None = None
    regrouped: tuple[Evidence, ...] = ()
    messages: tuple[Message, ...] = ()
    quiet: str | None = None

    @property
    def tell(self) -> bool:
        return bool(self.messages)


def advance(
    alert: Alert | None,
    evidence_before: Sequence[Evidence],
    new: Evidence,
    *,
    now: datetime,
    policy: Policy,
    backlog: bool = False,
    lookup: Lookup = nowhere,
    spike: Wave | None = None,
    arrived: Evidence | None = None,
) -> Step:
    """Take `new` into `alert`, or open one (with an empty id) from it when `alert` is None.

    `evidence_before` is all evidence of the alert, with shingles (for a new alert what else is to open it).
    `backlog` says that the article was in the feed when it was first polled. `lookup` names a province or country
    from its id. `spike` is what makes a rule of that kind speak now. `arrived` is the evidence that came in now, if
    `new` has waited for it: whether it is told depends on the age of that. Raises ValueError for a denial without
    an alert it could deny.
    """
    if alert is None:
        if not new.hit.current:
            raise ValueError(f"article {new.article_id}: a hit that does not count cannot open an alert")
        alert = _opened(new, policy, now)
    if spike is not None:
        alert = replace(alert, spike=spike)
    known = next((item for item in evidence_before if item.article_id == new.article_id), None)
    if known is not None and known.revision >= new.revision:
        return Step(alert=alert, evidence=known, quiet="this article is already counted")
    if alert.state in FINAL_STATES:
        return Step(alert=alert, evidence=new, quiet=f"the alert was {alert.state}")
    kept = [item for item in evidence_before if item is not known]
    evidence = origins.add(kept, new) if known is None else origins.assign((*kept, new))
    if not any(item.hit.current for item in evidence):
        return replace(cancel(alert, now=now, why=f"{publisher(new)} withdrew the only report"), evidence=new)
    corrects = known is not None and alert.version > 0  # old as the article may be, its correction is new
    quiet = None if corrects else late(arrived or new, now=now, policy=policy, backlog=backlog)
    insist = words(spike) if spike is not None else None
    step = settle(
        *(alert, evidence),
        now=now,
        policy=policy,
        lookup=lookup,
        quiet=quiet,
        revised=known is not None,
        insist=insist,
    )
    return replace(step, evidence=_of(evidence, new.article_id), regrouped=_regrouped(kept, evidence))


def retract(
    alert: Alert,
    evidence: Sequence[Evidence],
    article_id: str,
    *,
    now: datetime,
    policy: Policy,
    why: str,
    lookup: Lookup = nowhere,
) -> Step:
    """Take the evidence of one article back: its publisher withdrew or rewrote it. Without any evidence
    left the alert was wrong, and is cancelled."""
    kept = [item for item in evidence if item.article_id != article_id]
    if len(kept) == len(evidence):
        return Step(alert=alert, quiet="the article is no evidence of this alert")
    if not any(item.hit.current for item in kept):
        return cancel(alert, now=now, why=why)
    if alert.state in FINAL_STATES:
        return Step(alert=alert, quiet=f"the alert was {alert.state}")
    left = origins.assign(kept)
    step = settle(alert, left, now=now, policy=policy, lookup=lookup, quiet=None, revised=True)
    messages = tuple(replace(message, changes=(why, *message.changes)) for message in step.messages)
    return replace(step, regrouped=_regrouped(kept, left), messages=messages)


def end(alert: Alert, *, now: datetime, policy: Policy) -> Step | None:
    """The quiet end: nothing was heard for `same_event`, or a held alert was not confirmed in time. None
    while it goes on. An ended alert takes further evidence; something newer begins it again."""
    if alert.state not in OPEN_STATES:
        return None
    held = policy.confirm.until_then == "hold" and alert.version == 0 and not alert.confirmed
    if held and policy.confirm.within is not None and now - alert.opened > policy.confirm.within:
        quiet = "not confirmed in time"
    elif now - max(alert.last_event, alert.updated) > policy.lasts:
        quiet = "nothing more was heard"
    else:
        return None
    return Step(alert=replace(alert, state="ended"), quiet=quiet)


def parted(alert: Alert, twin: Alert) -> tuple[Alert, Alert]:
    """Two open alerts with one key are two events at one place, further apart than `same_event` (old news
    may come in after newer). The one that happened last goes on; the other has ended."""
    if alert.last_event >= twin.last_event:
        return alert, replace(twin, state="ended")
    return replace(alert, state="ended"), twin


def close(alert: Alert, *, now: datetime, why: str, quiet: str | None = None) -> Step:
    """It is over: the all-clear, to those who were told. `quiet` is the reason to tell nobody (`late`)."""
    if alert.state == "closed" or alert.state in FINAL_STATES:
        return Step(alert=alert, quiet=f"the alert is {alert.state} already")
    return _finish(alert, "closed", "close", now=now, why=why, quiet=quiet)


def cancel(alert: Alert, *, now: datetime, why: str) -> Step:
    """It was wrong: said to those who were told, and there is no way back."""
    if alert.state in FINAL_STATES:
        return Step(alert=alert, quiet=f"the alert is {alert.state} already")
    return _finish(alert, "cancelled", "cancel", now=now, why=why, quiet=None)


def late(new: Evidence, *, now: datetime, policy: Policy, backlog: bool = False) -> str | None:
    """Why news is too old to tell anybody of, or None. It still counts for the alert and its history."""
    age = now - new.published
    if age > policy.late_after:
        return f"late: published {_span(age.total_seconds())} before it came in"
    if backlog and age > DAY:
        return f"late: in the feed when it was first read, {_span(age.total_seconds())} old"
    since = now - new.hit.event_time
    if since > policy.oldest:
        return f"late: happened {_span(since.total_seconds())} ago"
    return None


def _span(seconds: float) -> str:
    hours = round(seconds / 3600)
    return f"{hours} hours" if hours < 48 else f"{hours // 24} days"


def _opened(new: Evidence, policy: Policy, now: datetime) -> Alert:
    """An alert before its first evidence counts: `settle` fills in the facts."""
    hit = new.hit
    return Alert(
        id="",
        family=hit.family,
        rule=hit.rule,
        event=hit.event,
        key=identity.key(hit, policy.precision, article_id=new.article_id),
        place=hit.place,
        state="unconfirmed",
        severity=hit.severity,
        worst=hit.severity,
        certainty="possible",
        confirmed=False,
        version=0,
        numbers={},
        origins=0,
        articles=0,
        first_event=hit.event_time,
        last_event=hit.event_time,
        opened=now,
        updated=now,
    )


def settle(
    alert: Alert,
    evidence: Sequence[Evidence],
    *,
    now: datetime,
    policy: Policy,
    lookup: Lookup,
    quiet: str | None,
    revised: bool,
    insist: str | None = None,
) -> Step:
    """The alert as its evidence has it now, with the message that this is worth unless a person is to look first.
    `insist` is a reason to tell it again whatever else has changed."""
    facts = facts_of(alert, evidence, policy, lookup)
    after = with_facts(alert, facts, policy)
    if alert.state == "closed":
        return Step(alert=after, quiet=quiet or "the alert was closed")
    newer = facts.last_event > alert.last_event and not policy.blow  # a blow does not begin again
    again = alert.state == "ended" and quiet is None and (alert.version == 0 or newer)
    if alert.state in OPEN_STATES or again:
        after = replace(after, state="active" if facts.confirmed else "unconfirmed")
    after = replace(after, updated=now)
    told = changes.snapshot(facts)
    verdict: Tell | Quiet = Quiet(quiet or "")
    if quiet is None:
        verdict = telling.decide(alert, facts, told, policy, again=again, revised=revised)
        verdict = with_counts(alert, verdict, insist)
    if isinstance(verdict, Quiet):
        return Step(alert=after, quiet=verdict.why)
    if why := telling.held_for_a_person(alert, told, policy):
        return Step(alert=after if telling.is_dropped(alert, told, policy) else _waiting(after, now), quiet=why)
    return said(after, told, why=verdict.why, now=now)


def said(alert: Alert, told: changes.Snapshot, *, why: str, now: datetime) -> Step:
    """The message that tells readers `told` of the alert, as new or as an update of what they were told before."""
    message = Message(
        kind="update" if alert.version else "new",
        version=alert.version + 1,
        at=now,
        why=why,
        changes=changes.changes(alert.told, told) if alert.version else (),
    )
    return Step(alert=replace(alert, version=message.version, told=dict(told)), messages=(message,))


def _waiting(alert: Alert, now: datetime) -> Alert:
    """Held until a person looks at it (`triage`)."""
    return replace(alert, triage="waiting", waits_since=alert.waits_since or now)


def with_counts(alert: Alert, verdict: Tell | Quiet, insist: str | None) -> Tell | Quiet:
    """With what was counted, where that is news: in the first message of a spike, and when it has grown."""
    if alert.version == 0:
        counts = words(alert.spike) if alert.spike is not None else ""
        return Tell(f"{counts}; {verdict.why}") if counts and isinstance(verdict, Tell) else verdict
    if insist is None:
        return verdict
    return Tell(f"{insist}; {verdict.why}" if isinstance(verdict, Tell) else insist)


def facts_of(alert: Alert, evidence: Sequence[Evidence], policy: Policy, lookup: Lookup = nowhere) -> Facts:
    """What its evidence, in order with its origins, makes of an alert; at least as bad as its spike."""
    facts = gather(evidence, policy, lookup)
    if alert.spike is None or alert.spike.severity is None:
        return facts
    return replace(facts, severity=severity.worst((facts.severity, alert.spike.severity)))


def with_facts(alert: Alert, facts: Facts, policy: Policy) -> Alert:
    """The alert as `facts` have it; its state stays."""
    place = facts.place
    key = alert.key
    if place is not None and (alert.place is None or lies_in(place, alert.place)):
        key = identity.moved(key, place, policy.precision)
    return replace(
        alert,
        key=key,
        place=place,
        severity=facts.severity,
        worst=severity.worst((alert.worst, facts.severity)),
        certainty=facts.certainty,
        confirmed=facts.confirmed,
        numbers=facts.numbers,
        origins=len(facts.origins),
        articles=facts.articles,
        first_event=facts.first_event,
        last_event=facts.last_event,
    )


def _finish(alert: Alert, state: AlertState, kind: MessageKind, *, now: datetime, why: str, quiet: str | None) -> Step:
    over = replace(alert, state=state, updated=now)
    if quiet is None and alert.version == 0:
        quiet = "nobody was told of it"
    if quiet is not None:
        return Step(alert=over, quiet=quiet)
    message = Message(kind=kind, version=alert.version + 1, at=now, why=why)
    return Step(alert=replace(over, version=message.version), messages=(message,))


def _of(evidence: Sequence[Evidence], article_id: str) -> Evidence:
    return next(item for item in evidence if item.article_id == article_id)


def _regrouped(before: Sequence[Evidence], after: Sequence[Evidence]) -> tuple[Evidence, ...]:
    had = {item.article_id: item.origin for item in before}
    return tuple(item for item in after if item.article_id in had and item.origin != had[item.article_id])
