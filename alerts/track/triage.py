"""A person looks first: what waits is approved, given another title, dropped, or let go when nobody came.

    told ─► waiting ─► approved     tells it, and what follows up to that level
                │  ▲─► dropped      tells nobody (what was told before stays told), unless it gets worse: then it
                │                   waits again
                └────► (let go)     tells it, and that nobody reviewed it: late help is better than none

Evidence alone never ends the waiting. What stands for `told` is what `lifecycle` would have told. All steps are
pure; one that changes nothing says why in `quiet`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from alerts.durations import say
from alerts.track import changes, lifecycle, origins, telling
from alerts.track.facts import Facts
from alerts.track.lifecycle import Step
from alerts.track.places import Lookup, nowhere
from alerts.track.policy import Policy
from alerts.track.severity import at_least
from alerts.track.spike import words
from alerts.track.telling import Quiet, Tell
from alerts.types import OPEN_STATES, Alert, Evidence, Triage

NOT_REVIEWED = "not reviewed by a person"


def approve(
    alert: Alert,
    evidence: Sequence[Evidence],
    *,
    now: datetime,
    policy: Policy,
    lookup: Lookup = nowhere,
    title: str | None = None,
) -> Step:
    """A person lets it go, with a title of their own if they give one. So can be told what waits, what was dropped,
    and what nobody was told of for another reason (it is not confirmed yet, or was late)."""
    if why := _not_to_be_told(alert):
        return Step(alert=alert, quiet=why)
    given = alert if title is None else replace(alert, own_title=title)
    step = _told(given, evidence, now=now, policy=policy, lookup=lookup)
    approved = replace(step.alert, triage="approved", approved=step.alert.severity, dropped={}, waits_since=None)
    return replace(step, alert=approved)


def drop(alert: Alert, *, now: datetime) -> Step:
    """A person decides that nobody is told: of the alert, or of the update that waits. What readers know already is
    not dropped but cancelled or closed."""
    if alert.triage == "dropped":
        return Step(alert=alert, quiet="it is dropped already")
    if why := _over(alert):
        return Step(alert=alert, quiet=why)
    if alert.version > 0 and alert.triage != "waiting":
        return Step(alert=alert, quiet="readers were told of it: what was wrong is cancelled, what is over is closed")
    what = {"severity": alert.severity, "numbers": _lows(alert)}
    dropped = replace(alert, triage="dropped", approved=alert.severity, dropped=what, waits_since=None, updated=now)
    return Step(alert=dropped, quiet="a person dropped it")


def due(alert: Alert, *, now: datetime, policy: Policy) -> bool:
    """Whether what waits is to be let go: nobody came in time, or nobody is asked any more (the level has fallen, it
    is what was dropped before, or triage was turned off). What is too old to be news by now goes on waiting."""
    if alert.triage != "waiting" or _over(alert) or now - alert.last_event > policy.oldest:
        return False
    asked = policy.triage_from is not None and at_least(alert.severity, policy.triage_from)
    decided = _as_dropped(alert, policy) if alert.dropped else not telling.is_news(alert, alert.severity)
    if not asked or decided:
        return True
    since = alert.waits_since or alert.updated
    return policy.triage_for is not None and now - since >= policy.triage_for


def goes_at(alert: Alert, *, now: datetime, policy: Policy) -> datetime | None:
    """When what waits is let go (see `due`) if nobody comes until then; None for what goes on waiting."""
    if due(alert, now=now, policy=policy):
        return now
    if alert.triage != "waiting" or policy.triage_for is None or _over(alert):
        return None
    at = (alert.waits_since or alert.updated) + policy.triage_for
    return at if at - alert.last_event <= policy.oldest else None


def let_go(
    alert: Alert, evidence: Sequence[Evidence], *, now: datetime, policy: Policy, lookup: Lookup = nowhere
) -> Step:
    """Nobody looked in time (see `due`): it is told, marked so. What is no worse any more than what was dropped is
    dropped again."""
    if alert.triage != "waiting":
        return Step(alert=alert, quiet="it does not wait for a person")
    if _as_dropped(alert, policy):
        again = replace(alert, triage="dropped", waits_since=None, updated=now)
        return Step(alert=again, quiet="it is no worse than what a person dropped")
    step = _told(alert, evidence, now=now, policy=policy, lookup=lookup)
    mark = NOT_REVIEWED if policy.triage_for is None else f"{NOT_REVIEWED} within {say(policy.triage_for)}"
    messages = tuple(replace(message, why=f"{message.why}; {mark}") for message in step.messages)
    decided: Triage | None = "approved" if alert.approved else None
    after = replace(step.alert, triage="let_go" if messages else decided, dropped={}, waits_since=None)
    return replace(step, alert=after, messages=messages)


def retitle(alert: Alert, title: str | None, *, now: datetime) -> Step:
    """Another title from now on (None: the rule's own again). Nobody is told of that alone."""
    if alert.state in ("cancelled", "merged"):
        return Step(alert=alert, quiet=f"the alert is {alert.state}")
    if title == alert.own_title:
        return Step(alert=alert, quiet="it has that title already")
    return Step(alert=replace(alert, own_title=title, updated=now), quiet="the title rides with the next message")


def _not_to_be_told(alert: Alert) -> str | None:
    known = alert.version > 0 and alert.triage not in ("waiting", "dropped")
    return _over(alert) or ("it does not wait for a person: readers were told of it" if known else None)


def _as_dropped(alert: Alert, policy: Policy) -> bool:
    return telling.within_dropped(alert, alert.severity, _lows(alert), policy)


def _lows(alert: Alert) -> dict[str, float]:
    return {name: number.low for name, number in alert.numbers.items()}


def _over(alert: Alert) -> str | None:
    return None if alert.state in (*OPEN_STATES, "ended") else f"the alert is {alert.state}"


def _told(alert: Alert, evidence: Sequence[Evidence], *, now: datetime, policy: Policy, lookup: Lookup) -> Step:
    """The alert with the message that was held; none if all of it was told before."""
    facts = lifecycle.facts_of(alert, origins.in_order(evidence), policy, lookup)
    told = changes.snapshot(facts)
    after = replace(lifecycle.with_facts(alert, facts, policy), updated=now)
    verdict = _verdict(alert, facts, told, policy)
    if isinstance(verdict, Quiet):
        return Step(alert=after, quiet=f"readers know it already: {verdict.why}")
    return lifecycle.said(after, told, why=verdict.why, now=now)


def _verdict(alert: Alert, facts: Facts, told: changes.Snapshot, policy: Policy) -> Tell | Quiet:
    insist = None
    if alert.version == 0:
        verdict: Tell | Quiet = Tell(changes.first(told))
    else:
        verdict = telling.decide(alert, facts, told, policy, again=False, revised=False)
        if alert.spike is not None and telling.is_news(alert, facts.severity):
            insist = words(alert.spike)
    return lifecycle.with_counts(alert, verdict, insist)
