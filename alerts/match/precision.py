"""How far people's verdicts carry: right of judged, with the interval that few verdicts leave open."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import sqrt

from alerts.match.phrasing import PhraseKey

_Z = 1.959964  # 95 %
# A phrase with so many verdicts of which so few are "right" is named to the rule's owner.
ENOUGH = 5
WEAK = 0.3


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """Alerts, how many of them were judged, and how many of those were right."""

    alerts: int = 0
    judged: int = 0
    right: int = 0

    @property
    def wrong(self) -> int:
        return self.judged - self.right

    @property
    def precision(self) -> float | None:
        """Right of judged; None when nothing was judged."""
        return self.right / self.judged if self.judged else None

    @property
    def interval(self) -> tuple[float, float] | None:
        return wilson(self.right, self.judged) if self.judged else None

    @property
    def weak(self) -> bool:
        """Whether enough was judged to say that it is mostly wrong."""
        return self.judged >= ENOUGH and self.right / self.judged < WEAK


def wilson(right: int, judged: int) -> tuple[float, float]:
    """The 95 % interval of a share (Wilson 1927), which holds for few trials and for shares of 0 and 1."""
    share, square = right / judged, _Z * _Z
    middle = (share + square / (2 * judged)) / (1 + square / judged)
    half = _Z * sqrt(share * (1 - share) / judged + square / (4 * judged * judged)) / (1 + square / judged)
    low, high = max(0.0, middle - half), min(1.0, middle + half)
    return min(low, share), max(high, share)  # at 0 and 1 rounding must not put the share outside


def score(verdicts: Iterable[str | None]) -> Score:
    """The score of alerts by their verdicts: "right", "wrong", or None for one not judged."""
    counts = Counter(verdicts)
    judged = counts["right"] + counts["wrong"]
    return Score(alerts=counts.total(), judged=judged, right=counts["right"])


def by_phrase(
    known: Sequence[PhraseKey], alerts: Iterable[tuple[frozenset[PhraseKey], str | None]]
) -> list[tuple[PhraseKey, Score]]:
    """The score of each phrase that stands in an alert's hits, most alerts first; the rule's order among equals."""
    verdicts: dict[PhraseKey, list[str | None]] = {}
    for phrases, verdict in alerts:
        for phrase in phrases:
            verdicts.setdefault(phrase, []).append(verdict)
    found = [(phrase, score(verdicts[phrase])) for phrase in known if phrase in verdicts]
    return sorted(found, key=lambda one: -one[1].alerts)
