"""What the evidence of an alert says together.

Everything here is a function of the set of evidence alone, in publication order: whichever article came
in first, the alert ends up the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from alerts.track import severity
from alerts.track.origins import copies, repeated, retold
from alerts.track.places import Lookup, coarseness, lies_in, nowhere, shared
from alerts.track.policy import DAY, Confirm, Policy
from alerts.types import Certainty, Evidence, Hit, Place, Quantity, Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """`origins` maps the id of each independent first report to its publisher, in order; `articles` counts
    copies too; `peaks` is the highest count stated in the last 24 hours, by number; `denied_by` names who
    contradicts."""

    place: Place | None
    severity: Severity
    certainty: Certainty
    confirmed: bool
    numbers: dict[str, Quantity]
    peaks: dict[str, float]
    origins: dict[str, str]
    articles: int
    first_event: datetime
    last_event: datetime
    denied_by: tuple[str, ...]


def is_denial(evidence: Evidence) -> bool:
    """A hit that was dropped because its clause denies it: kept with an alert it contradicts."""
    return not evidence.hit.current and is_denied(evidence.hit)


def is_denied(hit: Hit) -> bool:
    """Whether its clause denies what it tells."""
    return any(claim.kind == "denied" for claim in hit.claims)


def event_time(evidence: Evidence) -> datetime:
    """When it happened; never after it was published, whatever date the text seems to give."""
    return min(evidence.hit.event_time, evidence.published)


def gather(evidence: Sequence[Evidence], policy: Policy, lookup: Lookup = nowhere) -> Facts:
    """The facts from evidence in order with its origins (`origins.assign`), at least one no denial."""
    told = [item for item in evidence if item.hit.current]
    anew = _said_anew(told)
    place = shared(_places(told, anew), lookup)
    strong = [item for item in told if not is_weak(item, place, policy)]
    stating = _stating(told, [item for i, item in enumerate(strong) if not repeated(item, strong[:i])])
    numbers = {name: _over_time(name, items) for name, items in stating.items()}
    denied_by = tuple(dict.fromkeys(publisher(item) for item in evidence if is_denial(item)))
    events = [event_time(item) for item in anew]
    return Facts(
        place=place,
        severity=severity.level([item.hit for item in told], numbers, policy.steps),
        certainty=severity.certainty(strong, contradicted=bool(denied_by)),
        confirmed=_confirmed([item for item in strong if not item.hit.lowered], policy.confirm),
        numbers=numbers,
        peaks={
            name: max(item.hit.numbers[name].low for item in _of_last_day(items)) for name, items in stating.items()
        },
        origins=_tellers(told, strong),
        articles=len(told),
        first_event=min(events),
        last_event=max(events),
        denied_by=denied_by,
    )


def _said_anew(told: Sequence[Evidence]) -> list[Evidence]:
    """Without the copies that say the very same again: that they were printed later, or cut so that another place
    stands nearer, does not change what happened."""
    return [item for i, item in enumerate(told) if not retold(item, told[:i])]


def _places(told: Sequence[Evidence], anew: Sequence[Evidence]) -> list[Place]:
    """Where it happened by those who said it anew; by copies only where those do not say, or less exactly."""
    places = [item.hit.place for item in anew if item.hit.place is not None]
    copied = [item.hit.place for item in told if item not in anew and item.hit.place is not None]
    return places + [place for place in copied if not places or any(lies_in(place, other) for other in places)]


def is_weak(evidence: Evidence, place: Place | None, policy: Policy) -> bool:
    """Evidence for a whole country (or for no place) in an alert about a town: it may be about something
    else, so it confirms nothing, and its numbers count only where there are no better ones."""
    own = evidence.hit.place
    if place is None:
        return False
    if own is None:
        return True
    too_coarse = own.precision == "country" and coarseness("country") > coarseness(policy.precision)
    return too_coarse and lies_in(place, own)


def publisher(evidence: Evidence) -> str:
    """The name that readers know it by."""
    return evidence.source or evidence.owner or "an unnamed source"


def _tellers(told: Sequence[Evidence], strong: Sequence[Evidence]) -> dict[str, str]:
    names = {item.article_id: publisher(item) for item in told}
    return {item.origin: names.get(item.origin, publisher(item)) for item in strong}


def _confirmed(firm: Sequence[Evidence], confirm: Confirm) -> bool:
    """Enough independent origins close enough together. `firm` is in order of publication.

    An origin may speak again, but a copy of what it said is not it speaking again.
    """
    if len({item.origin for item in firm}) < confirm.sources:
        return False
    last: dict[str, Evidence] = {}
    for i, item in enumerate(firm):
        if item.origin not in last or not _repeats(item, firm[:i]):
            last[item.origin] = item
        spoke = [other.published for other in last.values()]
        close = [at for at in spoke if confirm.within is None or item.published - at <= confirm.within]
        if len(close) >= confirm.sources:
            return True
    return False


def _repeats(item: Evidence, earlier: Sequence[Evidence]) -> bool:
    return any(other.origin == item.origin and copies(item, other) for other in earlier)


def _stating(told: Sequence[Evidence], strong: Sequence[Evidence]) -> dict[str, list[Evidence]]:
    """By number, the evidence that gives it: weak evidence only where there is no other."""
    stating: dict[str, list[Evidence]] = {}
    for name in sorted({name for item in told for name in item.hit.numbers}):
        good = [item for item in strong if name in item.hit.numbers]
        stating[name] = good or [item for item in told if name in item.hit.numbers]
    return stating


def _over_time(name: str, stating: Sequence[Evidence]) -> Quantity:
    """Of the counts that stand, the one in the middle, of two the higher (an early count in breaking news is low, and
    stays in print). Counts are never added up: two reports of twelve dead are mostly the same twelve."""
    standing = _standing(name, stating)
    middle = sorted(standing, key=_size)[len(standing) // 2]
    return replace(
        middle,
        least=min(number.low for number in standing),
        most=max(number.high for number in standing),
        sources=len(standing),
    )


def _standing(name: str, stating: Sequence[Evidence]) -> list[Quantity]:
    """The last count of each origin, of those that gave one in the last 24 hours. A vague count ("dozens") is no news
    beside a precise one that it holds (34): it neither replaces what its own origin said within a day, nor counts
    beside another's. One that does not hold it says something else."""
    last: dict[str, tuple[Quantity, datetime]] = {}
    for item in stating:
        number = item.hit.numbers[name]
        said, at = last.get(item.origin, (number, item.published))
        last[item.origin] = said if item.published - at <= DAY and _holds(number, said) else number, item.published
    newest = max(at for _, at in last.values())
    recent = [number for number, at in last.values() if newest - at <= DAY]
    return [number for number in recent if not any(_holds(number, other) for other in recent)]


def _holds(vague: Quantity, precise: Quantity) -> bool:
    inside = vague.low <= precise.low and precise.high <= vague.high
    return inside and (vague.low, vague.high) != (precise.low, precise.high)


def _of_last_day(items: Sequence[Evidence]) -> list[Evidence]:
    newest = max(item.published for item in items)
    return [item for item in items if newest - item.published <= DAY]


def _size(number: Quantity) -> tuple[float, float, float, str]:
    return number.low, number.high, number.stated, number.text
