"""What is worth a message: the one place that decides whether readers hear of a change, and why.

Everything is compared with what was last told, not with how the alert was before: small steps add up, and
what was not told yet is never lost.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from alerts.track import changes
from alerts.track.changes import Snapshot
from alerts.track.facts import Facts
from alerts.track.policy import Policy, Reason, Updates
from alerts.track.severity import at_least, rank
from alerts.types import Alert, Severity


@dataclass(frozen=True, slots=True)
class Tell:
    """Tell it: `why` is the one line that says what is new."""

    why: str


@dataclass(frozen=True, slots=True)
class Quiet:
    """Tell nobody, and why not."""

    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Case:
    """An alert as it was, what a message would tell now, whether it had ended and something newer
    happened (`again`), and whether an article was rewritten."""

    alert: Alert
    before: Snapshot
    now: Snapshot
    facts: Facts
    policy: Policy
    again: bool
    revised: bool

    def low(self, name: str) -> float:
        return float(self.now["numbers"].get(name, (0, 0))[0])

    def had(self, name: str) -> float:
        return float(self.before["numbers"].get(name, (0, 0))[0])


def decide(alert: Alert, facts: Facts, now: Snapshot, policy: Policy, *, again: bool, revised: bool) -> Tell | Quiet:
    """Whether to tell `now` (the snapshot of `facts`) to readers who were last told `alert.told`."""
    if alert.version == 0:
        if policy.confirm.until_then == "hold" and not facts.confirmed:
            return Quiet(f"held until {policy.confirm.sources} independent sources report it")
        return Tell(changes.first(now))
    case = _Case(alert=alert, before=alert.told, now=now, facts=facts, policy=policy, again=again, revised=revised)
    for reason, test in _TESTS:
        if reason in policy.updates.when and (why := test(case)):
            return Tell(why)
    riding = changes.changes(alert.told, now)
    return Quiet(f"rides with the next message: {'; '.join(riding)}" if riding else "the same facts again")


def held_for_a_person(alert: Alert, now: Snapshot, policy: Policy) -> str | None:
    """Why what would be told now is not; None when it may go out.

    A level that was approved or told before goes out by itself. What waits, or was dropped, is let out by a person
    or by time, never by further evidence; but worse than was dropped waits again."""
    if is_dropped(alert, now, policy):
        return "a person dropped it"
    level = now["severity"]
    asked = policy.triage_from is not None and at_least(level, policy.triage_from)
    if alert.triage in ("waiting", "dropped") or (asked and is_news(alert, level)):
        return "it waits for a person"
    return None


def is_dropped(alert: Alert, now: Snapshot, policy: Policy) -> bool:
    """Whether a person decided that nobody is to hear of it as it is now."""
    lows = {name: low for name, (low, _) in now["numbers"].items()}
    return alert.triage == "dropped" and within_dropped(alert, now["severity"], lows, policy)


def within_dropped(alert: Alert, level: Severity, lows: Mapping[str, float], policy: Policy) -> bool:
    """Whether it is no worse than what a person dropped. An update is worse too when its numbers have grown by as much
    as would be told: what readers know is an event, and above the highest level it could not rise."""
    if not alert.dropped or rank(level) > rank(alert.dropped["severity"]):
        return False
    return alert.version == 0 or not _grown(alert.dropped["numbers"], lows, policy.updates)


def is_news(alert: Alert, level: Severity) -> bool:
    """Whether the level is above what a person decided about, and above what readers were told."""
    decided = [alert.approved] if alert.approved is not None else []
    told = [alert.told["severity"]] if alert.told else []
    return all(rank(level) > rank(known) for known in (*decided, *told))


def _again(case: _Case) -> str | None:
    if not case.again:
        return None
    return f"again: {'; '.join(changes.changes(case.before, case.now)) or 'reported anew'}"


def _rise(case: _Case) -> str | None:
    rises = rank(case.now["severity"]) > rank(case.before["severity"])
    return changes.headline(case.before, case.now) if rises else None


def _confirmation(case: _Case) -> str | None:
    confirmed = case.now["confirmed"] and not case.before["confirmed"]
    if not confirmed or not at_least(case.now["severity"], "severe"):
        return None
    return "; ".join(changes.sources(case.before, case.now))


def _growth(case: _Case) -> str | None:
    had, low = ({name: of(name) for name in case.now["numbers"]} for of in (case.had, case.low))
    return _numbers(case, _grown(had, low, case.policy.updates))


def _grown(had: Mapping[str, float], lows: Mapping[str, float], updates: Updates) -> list[str]:
    """The numbers that have become so much higher that readers are to hear of it."""
    return [
        name
        for name, low in lows.items()
        if low > had.get(name, 0) and low >= max(updates.floor(name), updates.times * had.get(name, 0))
    ]


def _fall(case: _Case) -> str | None:
    """A count down by half although the old one is of the last 24 hours, or was rewritten; or a level that
    falls with an article rewritten or withdrawn. A lower count days later is the next attack, not a
    correction; a level that wavers with the middle of the counts is no news."""
    if at_least(case.before["severity"], "severe") and (fallen := _numbers(case, _fallen(case))):
        return f"revised down: {fallen}"
    falls = rank(case.now["severity"]) < rank(case.before["severity"])
    return changes.headline(case.before, case.now) if case.revised and falls else None


def _fallen(case: _Case) -> Iterable[str]:
    for name in case.before["numbers"]:
        corrected = case.revised or case.facts.peaks.get(name, 0) >= case.had(name)
        if corrected and 0 < case.had(name) and case.low(name) <= case.policy.updates.fall * case.had(name):
            yield name


def _numbers(case: _Case, names: Iterable[str]) -> str | None:
    return ", ".join(changes.numbers(case.before, case.now, only=frozenset(names))) or None


_TESTS: tuple[tuple[Reason, Callable[[_Case], str | None]], ...] = (
    ("again", _again),
    ("level", _rise),
    ("confirmed", _confirmation),
    ("number", _growth),
    ("revised", _fall),
)
