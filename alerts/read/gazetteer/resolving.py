"""Decides what the place names of an article mean, all together: a name's fame, the countries and provinces the
article speaks of, what stands beside it ("Tripoli, Lebanon") and the feed's country.

One name has one meaning in one article. When two meanings are near each other the answer is None: a hit without
a place is shown as such, a hit at a wrong place misleads.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

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

_PENALTY = {PRIMARY: 0.0, ALTERNATE: 1.0, STRIPPED: 0.8, DOUBTFUL: 1.0, DEMONYM: 0.0, ABBREVIATION: 0.0}
_WANTED: dict[str, dict[int, float]] = {
    "admin1": {ADMIN1: 2.5, REGION: 2.5, ADMIN2: 1.0},
    "admin2": {ADMIN2: 2.5, ADMIN1: 0.8},
    "city": {CITY: 2.0},
    "camp": {CITY: 1.0},
    "area": {ADMIN2: 0.3, REGION: 0.3},
    "compass": {COUNTRY: 0.5, REGION: 1.0, ADMIN1: 0.5},
}
_TOWN = 1.2  # how much less known than its province a town may be and still be meant by the name of both
_KNOWN = 0.75  # how far a smaller town is believed in
_SURE = 0.5  # below this confidence the answer is None
_REMEMBERED = 1 << 14  # names whose meanings are kept in memory


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    record: int
    confidence: float
    runner_up: int | None


@dataclass(frozen=True, slots=True)
class _Meanings:
    """What is known of a name's candidates before any article is read."""

    scores: tuple[float, ...]  # of each candidate, by its fame and by how the name is its own
    countries: dict[int, float]  # how much the name speaks for each country, in parts of `whole`
    whole: float
    weight: float  # a country's name says more
    areas: tuple[int, ...]


@dataclass(slots=True)
class _Name:
    """All mentions of one name in the article."""

    candidates: tuple[int, ...]
    meanings: _Meanings
    weak: bool = True
    kinds: set[str] = field(default_factory=set)
    count: int = 0
    beside: list[tuple[int, ...]] = field(default_factory=list)  # candidates of names printed next to it
    own: dict[int, float] = field(default_factory=dict)  # its share of the votes for each country
    chosen: dict[tuple[str | None, bool], Choice | None] = field(default_factory=dict)


class Resolver:
    """Resolves names by one index; remembers what names may mean, since the news names the same places daily."""

    __slots__ = ("_index", "_meanings")

    def __init__(self, index: Index) -> None:
        self._index = index
        self._meanings = lru_cache(_REMEMBERED)(self._meant)

    def resolve(self, sentences: Sequence[Sequence[Mention]], hint: int | None) -> list[list[Choice | None]]:
        """What each mention means, in the shape of `sentences`. `hint`: record of the country the source is about."""
        known: dict[tuple[int, ...], _Name] = {}
        rows = [[self._noted(known, mentions, at) for at in range(len(mentions))] for mentions in sentences]
        if not known:
            return [[None] * len(mentions) for mentions in sentences]
        article = _Article(self._index, list(known.values()), hint)
        return [
            [
                article.chosen(name, mention) if name is not None else None
                for name, mention in zip(row, mentions, strict=True)
            ]
            for row, mentions in zip(rows, sentences, strict=True)
        ]

    def _noted(self, known: dict[tuple[int, ...], _Name], mentions: Sequence[Mention], at: int) -> _Name | None:
        """The name that mention `at` of a sentence is one of, with what the mention says about it."""
        mention = mentions[at]
        candidates = mention.candidates
        if not candidates:
            return None
        name = known.get(candidates)
        if name is None:
            name = known[candidates] = _Name(candidates, self._meanings(candidates))
        name.count += 1
        name.weak &= mention.weak
        if mention.kind:
            name.kinds.add(mention.kind)
        if at and mentions[at - 1].end == mention.first:
            name.beside.append(mentions[at - 1].candidates)
        if at + 1 < len(mentions) and mentions[at + 1].first == mention.end:
            name.beside.append(mentions[at + 1].candidates)
        return name

    def _meant(self, candidates: tuple[int, ...]) -> _Meanings:
        index = self._index
        scores = tuple(index.rank[p >> 4] / 20 - _PENALTY[p & QUALITY] for p in candidates)
        best: dict[int, float] = {}
        for posting, score in zip(candidates, scores, strict=True):
            country = index.country[posting >> 4]
            best[country] = max(best.get(country, -9.0), score)
        top = max(best.values())
        parts = {country: math.exp(1.5 * (score - top)) for country, score in best.items()}
        levels = [index.level[posting >> 4] for posting in candidates[:3]]
        return _Meanings(
            scores=scores,
            countries=parts,
            whole=sum(parts.values()),
            weight=1.5 if levels[0] == COUNTRY else 1.0,
            areas=tuple(
                posting >> 4
                for posting, level in zip(candidates, levels, strict=False)
                if level in (REGION, ADMIN1, ADMIN2)
            ),
        )


class _Article:
    """The article's countries and provinces, by votes of its names."""

    def __init__(self, index: Index, names: list[_Name], hint: int | None) -> None:
        self.index = index
        self.votes: dict[int, float] = {}
        self.areas: dict[int, int] = {}  # provinces and regions named without much doubt, by how many names
        votes = self.votes
        for name in names:
            name.own = _shares(name)
            for area in name.meanings.areas:
                self.areas[area] = self.areas.get(area, 0) + 1
            for country, share in name.own.items():
                votes[country] = votes.get(country, 0.0) + share
        if hint is not None:
            votes[hint] = votes.get(hint, 0.0) + 2.0
        self.total: float = sum(votes.values())

    def chosen(self, name: _Name, mention: Mention) -> Choice | None:
        """What a mention means: of one name the same, unless the sentence asks for another level."""
        sort = (mention.kind, mention.weak)
        if sort not in name.chosen:
            name.chosen[sort] = self.choose(name, mention)
        return name.chosen[sort]

    def _support(self, name: _Name, country: int) -> float:
        """What the rest of the article, and the feed, say for this country."""
        return max(self.votes.get(country, 0.0) - name.own.get(country, 0.0), 0.0)

    def _scored(self, name: _Name, mention: Mention) -> list[tuple[float, int, int]]:
        """The candidates, best first."""
        beside = [{other >> 4 for other in others} for others in name.beside]
        scored = [(self._score(name, mention, at, beside), -at, p) for at, p in enumerate(name.candidates)]
        return sorted(scored, reverse=True)

    def _score(self, name: _Name, mention: Mention, at: int, beside: Sequence[set[int]]) -> float:
        index, record = self.index, name.candidates[at] >> 4
        support = self._support(name, index.country[record])
        score = name.meanings.scores[at] + 3.0 * support / (support + 1.0)
        above = index.above(record)
        own = name.meanings.areas
        if any(area in self.areas and self.areas[area] > (area in own) for area in above[:-1]):
            score += 0.7
        if mention.kind:
            score += _WANTED.get(mention.kind, {}).get(index.level[record], 0.0)
        elif "admin1" in name.kinds and "city" not in name.kinds and index.level[record] in (ADMIN1, REGION):
            score += 1.0  # elsewhere the article calls it a province
        for others in beside:
            if not others.isdisjoint(above):
                score += 3.0
                break
            if any(record in index.above(other) for other in others):
                score += 1.5
                break
        return score

    def choose(self, name: _Name, mention: Mention) -> Choice | None:
        index = self.index
        if len(name.candidates) == 1:
            only = name.candidates[0]
            return _sure(mention, only >> 4, self._trust(name, only), None)
        scored = self._scored(name, mention)
        score, _, posting = scored[0]
        best = posting >> 4
        if index.level[best] in (ADMIN1, ADMIN2) and not (mention.kind or name.kinds & {"admin1", "admin2"}):
            inner = next((p for s, _, p in scored[1:] if best in index.above(p >> 4) and s > score - _TOWN), None)
            if inner is not None and index.level[inner >> 4] == CITY:  # Aleppo: the city, not its province
                best, posting = inner >> 4, inner
        family = {best, *index.above(best)}
        rivals = [(s, p) for s, _, p in scored if p >> 4 not in family and best not in index.above(p >> 4)]
        abroad = next((s for s, p in rivals if index.country[p >> 4] != index.country[best]), None)
        lies = index.above(best)  # a district and its chief town lie in one province: near enough to be one place
        at_home = next(
            (s for s, p in rivals if index.country[p >> 4] == index.country[best] and index.above(p >> 4) != lies), None
        )
        confidence = self._trust(name, posting)
        if not name.weak and index.level[best] == CITY and _SURE <= confidence < _KNOWN:
            # its district, or the province that has its name, is known
            if any(
                p >> 4 in lies or (index.level[p >> 4] < CITY and index.above(p >> 4) == lies) for p in name.candidates
            ):
                confidence = _KNOWN
        if abroad is not None:
            confidence *= 1 / (1 + math.exp(-1.6 * (score - abroad)))
        if at_home is not None and at_home > score - 0.5:
            confidence *= 0.8
        return _sure(mention, best, confidence, rivals[0][1] >> 4 if rivals else None)

    def _trust(self, name: _Name, posting: int) -> float:
        """How far a name is believed to be this place at all, whatever else it could mean."""
        index, record = self.index, posting >> 4
        people, city = index.population[record], index.level[record] == CITY
        support = self._support(name, index.country[record])
        others = self.total - sum(name.own.values()) - support
        foreign = others >= 1.0 and support < 0.15 * others  # the article is about other countries
        named = bool(name.kinds & {"admin1", "admin2"}) and index.level[record] in (ADMIN1, ADMIN2)
        if named and posting & QUALITY == DOUBTFUL and not foreign:
            return 0.75  # "Pool" is a doubtful word, "Pool department" is not
        if posting & QUALITY == DOUBTFUL or (name.weak and city and people < 300_000 and not index.capital[record]):
            return 0.75 if support >= 0.5 and not foreign else 0.4
        if foreign and (people < 100_000 if city else posting & QUALITY == STRIPPED):
            return 0.4
        if foreign and city and posting & QUALITY != PRIMARY:
            return 0.6  # perhaps an old or foreign name of a town far away
        if not city or people >= 100_000:
            return 1.0
        known = 0.55 if people < 15_000 else _KNOWN
        return known if support < 0.4 else 0.95


def _shares(name: _Name) -> dict[int, float]:
    """How much a name speaks for each country: certain for countries, split over meanings otherwise."""
    meanings = name.meanings
    weight = min(1.0 + 0.25 * (name.count - 1), 2.0)
    if name.weak:
        weight *= 0.4
    weight *= meanings.weight
    return {country: weight * part / meanings.whole for country, part in meanings.countries.items()}


def _sure(mention: Mention, record: int, confidence: float, runner_up: int | None) -> Choice | None:
    if confidence < _SURE:
        return None
    if mention.weak:
        confidence *= 0.6
    return Choice(record=record, confidence=round(confidence, 3), runner_up=runner_up)
