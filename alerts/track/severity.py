"""How bad and how sure, in CAP's words: levels compared, a rule's ladder applied to an alert's number,
and certainty from who reported."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from alerts.track.origins import copies
from alerts.track.policy import Steps
from alerts.types import CERTAINTIES, SEVERITIES, Certainty, Evidence, Hit, Quantity, Severity


def rank(level: Severity) -> int:
    """0 for minor up to 3 for extreme."""
    return SEVERITIES.index(level)


def at_least(level: Severity, bound: Severity) -> bool:
    return rank(level) >= rank(bound)


def worst(levels: Iterable[Severity]) -> Severity:
    """The highest level; minor when there is none."""
    return max(levels, key=rank, default="minor")


def ladder(numbers: Mapping[str, Quantity], steps: Steps) -> Severity | None:
    """The level the numbers reach by their low bounds; None when they reach no step."""
    reached = [
        level for name, quantity in numbers.items() for bound, level in steps.get(name, ()) if quantity.low >= bound
    ]
    return worst(reached) if reached else None


def level(hits: Sequence[Hit], numbers: Mapping[str, Quantity], steps: Steps) -> Severity:
    """An alert's level from its hits and its own numbers.

    What a hit owes to its words stands; what it owes to its number follows the alert's number, so that a
    count revised down takes the level with it.
    """
    by_words = [hit.severity for hit in hits if not _explained(hit, steps)]
    by_number = ladder(numbers, steps)
    levels = [*by_words, by_number] if by_number else by_words
    return worst(levels or [hit.severity for hit in hits])


def _explained(hit: Hit, steps: Steps) -> bool:
    reached = ladder(hit.numbers, steps)
    return reached is not None and rank(hit.severity) <= rank(reached)


def certainty(evidence: Sequence[Evidence], *, contradicted: bool = False) -> Certainty:
    """CAP certainty from evidence in order whose origins are set (the table of corroboration).

    What only might be (`lowered`) never makes more than Possible; what is only alleged, and what a party
    denies, never more than Likely.
    """
    firm = [item for item in evidence if not item.hit.lowered]
    stated = _by_origins([item for item in firm if not item.hit.alleged])
    found = max(stated, _at_most(_by_origins(firm), "likely"), key=CERTAINTIES.index)
    return _at_most(found, "likely") if contradicted else found


def _at_most(found: Certainty, bound: Certainty) -> Certainty:
    return min(found, bound, key=CERTAINTIES.index)


def _by_origins(evidence: Sequence[Evidence]) -> Certainty:
    origins = {item.origin for item in evidence}
    official = [item for i, item in enumerate(evidence) if item.tier == 1 and not _copied(item, evidence[:i])]
    if len(origins) >= 3 or any(_agree(item, other) for item in official for other in evidence):
        return "observed"
    return "likely" if official or len(origins) == 2 else "possible"


def _copied(official: Evidence, earlier: Sequence[Evidence]) -> bool:
    """Whether it repeats what a lesser publisher told before it: that makes it no surer."""
    return any(item.tier != 1 and item.origin == official.origin and copies(official, item) for item in earlier)


def _agree(official: Evidence, other: Evidence) -> bool:
    """Independent, of the same known place, with numbers that overlap (or with none on either side)."""
    ours, theirs = official.hit, other.hit
    if official.origin == other.origin or ours.place is None or theirs.place is None:
        return False
    both = ours.numbers.keys() & theirs.numbers.keys()
    overlap = all(
        ours.numbers[name].low <= theirs.numbers[name].high and theirs.numbers[name].low <= ours.numbers[name].high
        for name in both
    )
    return ours.place.id == theirs.place.id and overlap and bool(both or not (ours.numbers or theirs.numbers))
