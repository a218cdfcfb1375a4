"""Silences: what a person wants no mails about for a while, and why.

A silence hides mails, never alerts: what it hides is stored, shown and counted, and goes on gathering evidence. It
can be wrong in one way that costs lives, by hiding too much. So it names what it hides, it ends by itself, it never
hides what is extreme, and where it is in doubt (an alert whose place is not known) it hides nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from alerts.track.places import chain
from alerts.track.severity import at_least
from alerts.types import SEVERITIES, Place, Severity

LONGEST: Final = timedelta(days=30)
HIGHEST: Final[Severity] = "severe"
LEVELS: Final = SEVERITIES[: SEVERITIES.index("extreme")]
"""The severities up to which a silence can hide."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence:
    """What is hidden, for whom, and until when. No `rules`: those of any rule; no `place`: those of any place;
    `person_id`: from this reader only. `idle_days`: it ends early when it hid nothing for so long. `id` is 0 before
    it is stored."""

    id: int = 0
    rules: tuple[str, ...]
    place: Place | None
    up_to: Severity = HIGHEST
    person_id: int | None = None
    author: str
    why: str
    created: datetime
    until: datetime
    idle_days: int | None = None
    last_hid: datetime | None = None
    ended: datetime | None = None
    ended_because: str | None = None


def hides(
    silence: Silence, *, rule: str, place: Place | None, severity: Severity, person_id: int | None, now: datetime
) -> bool:
    """Whether a silence hides an alert from a reader now. `place` and `severity` are the alert's in the version that
    is to be mailed."""
    return (
        in_force(silence, now)
        and silence.person_id in (None, person_id)
        and covers(silence, rule=rule, place=place)
        and is_low_enough(silence, severity)
    )


def in_force(silence: Silence, now: datetime) -> bool:
    """Whether a silence hides anything now."""
    return silence.ended is None and silence.created <= now and lapsed(silence, now) is None


def covers(silence: Silence, *, rule: str, place: Place | None) -> bool:
    """Whether a silence is about alerts of this rule and place, whatever their severity. A silenced place covers what
    lies in it; an alert whose place is not known lies nowhere."""
    if not silence.rules and silence.place is None:
        return False  # nothing may be about everything
    if silence.rules and rule not in silence.rules:
        return False
    return silence.place is None or (place is not None and silence.place.id in chain(place))


def is_low_enough(silence: Silence, severity: Severity) -> bool:
    """Whether an alert of this severity may be hidden. What is extreme may not, whatever is written."""
    return severity != "extreme" and at_least(silence.up_to, severity)


def lapsed(silence: Silence, now: datetime) -> str | None:
    """Why a silence is over by itself; None while it is not."""
    if now >= silence.until:
        return "its time was over"
    if silence.idle_days is not None:
        quiet_since = silence.last_hid or silence.created
        if now - quiet_since >= timedelta(days=silence.idle_days):
            return f"it hid nothing for {_days(silence.idle_days)}"
    return None


def faults(silence: Silence, now: datetime, *, known: Iterable[str] = ()) -> list[tuple[str, str]]:
    """What is wrong with a silence that is about to be made: (its key in a file, what to write) each. `known` are the
    names of all rules, where they are at hand: a list of all of them is no choice."""
    found = []
    if not silence.rules and silence.place is None:
        found.append(("rule", "a silence of everything is refused: name a rule, a place, or both"))
    everything = set(known)
    if silence.place is None and len(everything) > 1 and everything <= set(silence.rules):
        found.append(("rule", "these are all rules, and a silence of everything is refused: name a place too"))
    if not is_low_enough(silence, silence.up_to):
        found.append(("up_to", f"extreme alerts cannot be silenced; the highest is '{HIGHEST}'"))
    if silence.until <= now:
        found.append(("until", "must be in the future"))
    elif silence.until - now > LONGEST:
        found.append(
            ("until", f"must be at most {LONGEST.days} days ahead, which is {now + LONGEST:%Y-%m-%d %H:%M} UTC")
        )
    if silence.idle_days is not None and not 1 <= silence.idle_days <= LONGEST.days:
        found.append(("idle_days", f"must be between 1 and {LONGEST.days}"))
    if not silence.author.strip():
        found.append(("author", "is missing: say who wants it"))
    if not silence.why.strip():
        found.append(("why", "is missing: say why, for those who will wonder where their alerts are"))
    return found


def said(silence: Silence) -> str:
    """What a silence is about, in words: "aid_obstruction in Port Sudan (Red Sea, SDN), up to severe"."""
    what = ", ".join(silence.rules) if silence.rules else "all rules"
    where = f" in {place_said(silence.place)}" if silence.place is not None else ", anywhere"
    whom = f", for reader {silence.person_id} only" if silence.person_id is not None else ""
    return f"{what}{where}, up to {silence.up_to}{whom}"


def place_said(place: Place) -> str:
    """A place with what it lies in, so that it is not taken for its namesake."""
    inside = [place.admin1_name] if place.admin1_name and place.id != place.admin1 else []
    inside += [place.country] if place.country and place.country != place.id else []
    return f"{place.name} ({', '.join(inside)})" if inside else place.name


def _days(count: int) -> str:
    return "1 day" if count == 1 else f"{count} days"
