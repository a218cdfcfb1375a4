"""How far people's verdicts carry: right of judged, with the interval that few verdicts leave open."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import sqrt

from alerts.match.opinions import Opinion
from alerts.match.phrasing import Phrasebook, PhraseKey
from alerts.match.rule import Rule
from alerts.read.places import Gazetteer
from alerts.types import Hit

_Z = 1.959964  # 95 %
# A phrase with so many verdicts of which so few are "right" is named to the rule's owner.
ENOUGH = 5
WEAK = 0.3


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """Alerts, how many of them were judged right or wrong, and how many of those were right; of the right ones, how
    many had a wrong place or number. `duplicates` are not among the judged: they are tracking's fault."""

    alerts: int = 0
    judged: int = 0
    right: int = 0
    duplicates: int = 0
    wrong_place: int = 0
    wrong_number: int = 0

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


def score(opinions: Iterable[Opinion | None]) -> Score:
    """The score of alerts by what was said of each; None for one that nobody judged."""
    every = list(opinions)
    said = [one for one in every if one is not None]
    right = [one for one in said if one.verdict == "right"]
    wrong = sum(one.verdict == "wrong" for one in said)
    return Score(
        alerts=len(every),
        judged=len(right) + wrong,
        right=len(right),
        duplicates=len(said) - len(right) - wrong,
        wrong_place=sum(one.wrong_place for one in right),
        wrong_number=sum(one.wrong_number for one in right),
    )


def by_phrase(
    known: Sequence[PhraseKey], alerts: Iterable[tuple[frozenset[PhraseKey], Opinion | None]]
) -> list[tuple[PhraseKey, Score]]:
    """The score of each phrase that stands in an alert's hits, most alerts first; the rule's order among equals."""
    opinions: dict[PhraseKey, list[Opinion | None]] = {}
    for phrases, opinion in alerts:
        for phrase in phrases:
            opinions.setdefault(phrase, []).append(opinion)
    found = [(phrase, score(opinions[phrase])) for phrase in known if phrase in opinions]
    return sorted(found, key=lambda one: -one[1].alerts)


def phrase_scores(
    rule: Rule, alerts: Iterable[tuple[Sequence[Hit], Opinion | None]], places: Gazetteer
) -> list[tuple[PhraseKey, Score]]:
    """The score of each phrase, as the rule has it today, by the alerts in whose sentences it stands."""
    book = Phrasebook(rule)
    found = []
    for hits, opinion in alerts:
        stand = [book.of_sentence(hit, places, hit.event_time).found for hit in hits if hit.current]
        found.append((frozenset[PhraseKey]().union(*stand), opinion))
    return by_phrase(book.known, found)
