"""Decides what the place names of an article mean, all together: a name's fame, the countries and provinces the
article speaks of, what stands beside it ("Tripoli, Lebanon") and the feed's country.

One name has one meaning in one article. When two meanings are near each other the answer is None: a hit without
a place is shown as such, a hit at a wrong place misleads.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from alerts.read.gazetteer.index import (
    ABBREVIATION,
    ADMIN1,
    ADMIN2,
    ALTERNATE,
    CITY,
    COUNTRY,
    DEMONYM,
    DOUBTFUL,
    PRIMARY,
    QUALITY,
    REGION,
    STRIPPED,
    Index,
)
from alerts.read.gazetteer.spotting import Mention

_PENALTY = {PRIMARY: 0.0, ALTERNATE: 0.6, STRIPPED: 0.8, DOUBTFUL: 1.0, DEMONYM: 0.0, ABBREVIATION: 0.0}
_WANTED: dict[str, dict[int, float]] = {
    "admin1": {ADMIN1: 2.5, REGION: 2.5, ADMIN2: 1.0},
    "admin2": {ADMIN2: 2.5, ADMIN1: 0.8},
    "city": {CITY: 2.0},
    "camp": {CITY: 1.0},
    "area": {ADMIN2: 0.3, REGION: 0.3},
    "compass": {COUNTRY: 0.5, REGION: 1.0, ADMIN1: 0.5},
}
_SURE = 0.5  # below this confidence the answer is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    record: int
    confidence: float
    runner_up: int | None


@dataclass(slots=True)
class _Name:
    """All mentions of one name in the article."""

    candidates: tuple[int, ...]
    weak: bool
    kinds: set[str] = field(default_factory=set)
    count: int = 0
    beside: list[tuple[int, ...]] = field(default_factory=list)  # candidates of names printed next to it


def resolve(index: Index, sentences: Sequence[Sequence[Mention]], hint: int | None) -> list[list[Choice | None]]:
    """What each mention means, in the shape of `sentences`. `hint`: record of the country the source is about."""
    known: dict[tuple[int, ...], _Name] = {}
    for mentions in sentences:
        for at, mention in enumerate(mentions):
            name = known.get(mention.candidates)
            if name is None:
                name = known[mention.candidates] = _Name(mention.candidates, True)
            name.count += 1
            name.weak &= mention.weak
            if mention.kind:
                name.kinds.add(mention.kind)
            for other in (at - 1, at + 1):
                if 0 <= other < len(mentions) and _touch(mention, mentions[other]):
                    name.beside.append(mentions[other].candidates)
    known.pop((), None)
    if not known:
        return [[None] * len(mentions) for mentions in sentences]
    article = _Article(index, list(known.values()), hint)
    chosen: dict[tuple[tuple[int, ...], str | None, bool], Choice | None] = {}
    out: list[list[Choice | None]] = []
    for mentions in sentences:
        row: list[Choice | None] = []
        for mention in mentions:
            sort = (mention.candidates, mention.kind, mention.weak)
            if sort not in chosen:
                chosen[sort] = article.choose(known[mention.candidates], mention) if mention.candidates else None
            row.append(chosen[sort])
        out.append(row)
    return out


def _touch(one: Mention, other: Mention) -> bool:
    first, second = (one, other) if one.first < other.first else (other, one)
    return second.first == first.end


class _Article:
    """The article's countries and provinces, by votes of its names."""

    def __init__(self, index: Index, names: list[_Name], hint: int | None) -> None:
        self.index, self.hint = index, hint
        self.votes: dict[int, float] = defaultdict(float)
        self.own: dict[tuple[int, ...], dict[int, float]] = {}
        self.areas: set[int] = set()  # provinces and regions named without much doubt
        for name in names:
            shares = self._shares(name)
            self.own[name.candidates] = shares
            for country, share in shares.items():
                self.votes[country] += share
        for name in names:
            for posting in name.candidates[:3]:
                if index.level[posting >> 4] in (REGION, ADMIN1, ADMIN2):
                    self.areas.add(posting >> 4)
        if hint is not None:
            self.votes[hint] += 2.0
        self.total = sum(self.votes.values())

    def _shares(self, name: _Name) -> dict[int, float]:
        """How much a name speaks for each country: certain for countries, split over meanings otherwise."""
        index = self.index
        best: dict[int, float] = {}
        for posting in name.candidates:
            record = posting >> 4
            country = index.country[record]
            score = index.rank[record] / 20 - _PENALTY[posting & QUALITY]
            best[country] = max(best.get(country, -9.0), score)
        top = max(best.values())
        parts = {country: math.exp(1.5 * (score - top)) for country, score in best.items()}
        total = sum(parts.values())
        weight = min(1.0 + 0.25 * (name.count - 1), 2.0)
        if name.weak:
            weight *= 0.4
        if index.level[name.candidates[0] >> 4] == COUNTRY:
            weight *= 1.5
        return {country: weight * part / total for country, part in parts.items()}

    def _support(self, name: _Name, country: int) -> float:
        """What the rest of the article, and the feed, say for this country."""
        return max(self.votes[country] - self.own[name.candidates].get(country, 0.0), 0.0)

    def _scored(self, name: _Name, mention: Mention) -> list[tuple[float, int, int]]:
        """The candidates, best first; one without a rival needs no score."""
        if len(name.candidates) == 1:
            return [(0.0, 0, name.candidates[0])]
        return sorted(((self._score(name, mention, p), -at, p) for at, p in enumerate(name.candidates)), reverse=True)

    def _score(self, name: _Name, mention: Mention, posting: int) -> float:
        index, record = self.index, posting >> 4
        level = index.level[record]
        support = self._support(name, index.country[record])
        score: float = index.rank[record] / 20 - _PENALTY[posting & QUALITY] + 3.0 * support / (support + 1.0)
        above = index.above(record)
        if above and not self.areas.isdisjoint(above[:-1]):
            score += 0.7
        if mention.kind:
            score += _WANTED.get(mention.kind, {}).get(level, 0.0)
        elif name.kinds and "city" not in name.kinds and level in (ADMIN1, REGION) and name.kinds & {"admin1"}:
            score += 1.0  # elsewhere the article calls it a province
        for beside in name.beside:
            others = {other >> 4 for other in beside}
            if not others.isdisjoint(above):
                score += 3.0
                break
            if any(record in index.above(other) for other in others):
                score += 1.5
                break
        return score

    def choose(self, name: _Name, mention: Mention) -> Choice | None:
        index = self.index
        scored = self._scored(name, mention)
        score, _, posting = scored[0]
        best = posting >> 4
        if index.level[best] in (ADMIN1, ADMIN2) and not (mention.kind or name.kinds & {"admin1", "admin2"}):
            inner = next((p for s, _, p in scored[1:] if best in index.above(p >> 4) and s > score - 2.5), None)
            if inner is not None and index.level[inner >> 4] == CITY:  # Aleppo: the city, not its province
                best, posting = inner >> 4, inner
        family = {best, *index.above(best)}
        rivals = [(s, p) for s, _, p in scored if p >> 4 not in family and best not in index.above(p >> 4)]
        abroad = next((s for s, p in rivals if index.country[p >> 4] != index.country[best]), None)
        at_home = next((s for s, p in rivals if index.country[p >> 4] == index.country[best]), None)
        confidence = self._trust(name, posting)
        if abroad is not None:
            confidence *= 1 / (1 + math.exp(-1.6 * (score - abroad)))
        if at_home is not None and at_home > score - 0.5:
            confidence *= 0.8
        if confidence < _SURE:
            return None
        if mention.weak:
            confidence *= 0.6
        return Choice(record=best, confidence=round(confidence, 3), runner_up=rivals[0][1] >> 4 if rivals else None)

    def _trust(self, name: _Name, posting: int) -> float:
        """How far a name is believed to be this place at all, whatever else it could mean."""
        index, record = self.index, posting >> 4
        people, city = index.population[record], index.level[record] == CITY
        support = self._support(name, index.country[record])
        others = self.total - sum(self.own[name.candidates].values()) - support
        foreign = others >= 1.0 and support < 0.15 * others  # the article is about other countries
        if posting & QUALITY == DOUBTFUL or (name.weak and city and people < 300_000 and not index.capital[record]):
            return 0.75 if support >= 0.5 and not foreign else 0.4
        if foreign and (people < 100_000 if city else posting & QUALITY == STRIPPED):
            return 0.4
        if foreign and city and posting & QUALITY != PRIMARY:
            return 0.6  # perhaps an old or foreign name of a town far away
        if not city or people >= 100_000:
            return 1.0
        known = 0.55 if people < 15_000 else 0.75
        return known if support < 0.4 else 0.95
