"""Place names in text and what they mean: the gazetteer as later stages use it.

The index is compiled once (`alerts.read.gazetteer`) and read by mmap; nothing else here touches a disk.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from alerts.globe import distance_km
from alerts.read.gazetteer import names
from alerts.read.gazetteer.index import (
    ABBREVIATION,
    ADMIN1,
    ADMIN2,
    CITY,
    COUNTRY,
    DEMONYM,
    DOUBTFUL,
    QUALITY,
    REGION,
    Index,
)
from alerts.read.gazetteer.resolving import Choice, Resolver
from alerts.read.gazetteer.spotting import Mention, by_consonants, spot
from alerts.read.text import Words, words
from alerts.types import Place, Precision

__all__ = ["Choice", "Gazetteer", "Mention"]

_PRECISION: dict[int, Precision] = {
    COUNTRY: "country",
    REGION: "admin1",
    ADMIN1: "admin1",
    ADMIN2: "admin2",
    CITY: "city",
}


_REMEMBERED = 1 << 12  # places kept in memory
_DEGREE_KM = 111.0  # of latitude, at least


class Gazetteer:
    """An opened index of places. Cheap to open, safe to share between threads and over a fork."""

    __slots__ = ("_bands", "_index", "_place", "_resolver", "place")

    def __init__(self, index: Index) -> None:
        self._index = index
        self._resolver = Resolver(index)
        self._place = lru_cache(_REMEMBERED)(self._read)
        self.place = lru_cache(_REMEMBERED)(self._chosen)
        self._bands = lru_cache(1)(self._by_latitude)

    @classmethod
    def open(cls, path: Path) -> Gazetteer:
        """The index in the folder `path`. Raises GazetteerError when it is missing or broken."""
        return cls(Index(path))

    def mentions(self, words: Words) -> list[Mention]:
        """The places a sentence names, left to right, not overlapping."""
        return spot(self._index, words)

    def resolve(
        self, mentions_by_sentence: Sequence[Sequence[Mention]], *, hint: str | None = None
    ) -> list[list[Place | None]]:
        """What the names of an article mean, in the same shape; None where in doubt or unknown.

        `hint` is the country (alpha-3) the feed or the article is about. A weak mention's place has a
        confidence below 0.6.
        """
        choices = self.choose(mentions_by_sentence, hint=hint)
        return [[self.place(choice) if choice else None for choice in row] for row in choices]

    def choose(
        self, mentions_by_sentence: Sequence[Sequence[Mention]], *, hint: str | None = None
    ) -> list[list[Choice | None]]:
        """As `resolve`, but only which places are meant; `place` tells of each what there is to know."""
        country = self._index.record(hint) if hint else -1
        return self._resolver.resolve(mentions_by_sentence, country if country >= 0 else None)

    def is_country(self, choice: Choice) -> bool:
        return bool(self._index.level[choice.record] == COUNTRY)

    def _chosen(self, choice: Choice) -> Place:
        runner_up = None if choice.runner_up is None else self._index.id_of(choice.runner_up)
        return replace(self._place(choice.record), confidence=choice.confidence, runner_up=runner_up)

    def candidates(self, mention: Mention) -> list[Place]:
        """The places a mention may mean, best known first."""
        return [self._place(posting >> 4) for posting in mention.candidates]

    def by_id(self, id_: str) -> Place | None:
        """The place with an id as `Place.id` has it; alpha-2 and GeoNames codes ("SY", "SY.12") will do."""
        record = self._index.record(id_)
        return self._place(record) if record >= 0 else None

    def chain(self, id_: str) -> tuple[str, ...]:
        """A place's id and those of what it lies in, up to the country: ("gn:164816", "SY-ID", "SYR")."""
        record = self._index.record(id_)
        if record < 0:
            return ()
        return tuple(self._index.id_of(one) for one in (record, *self._index.above(record)))

    def lookup(self, name: str, country: str | None = None) -> Place | None:
        """The best known place of a name as a person would write it in a configuration or a command ("El Fasher",
        "Idlib province", "SY-ID"); `country` (alpha-2, alpha-3 or name) narrows it. None if there is none."""
        return next(iter(self.namesakes(name, country)), None)

    def namesakes(self, name: str, country: str | None = None) -> list[Place]:
        """All places of a name, as `lookup` takes it, the best known first."""
        within = self.country_of(country) if country else None
        if country and within is None:
            return []
        record = self._index.record(name)
        records = [record] if record >= 0 else dict.fromkeys(posting >> 4 for posting in self._named(name))
        return [place for place in map(self._place, records) if within in (None, place.country)]

    def provinces(self, id_: str) -> list[Place]:
        """The provinces of a region that is made of several (Darfur); none for any other place."""
        region = self._index.record(id_)
        if region < 0 or self._index.level[region] != REGION:
            return []
        first_levels = [one for one, level in enumerate(self._index.level) if level == ADMIN1]
        return [self._place(one) for one in first_levels if region in self._index.above(one)]

    def nearest(self, lat: float, lon: float, *, within_km: float) -> Place | None:
        """The town next to a point in degrees, if there is one so near."""
        reach = within_km / _DEGREE_KM
        bands = range(math.floor(lat - reach), math.floor(lat + reach) + 1)
        towns = [one for band in bands for one in self._bands().get(band, ())]
        if not towns:
            return None
        columns = self._index.columns
        away = [(distance_km(lat, lon, columns["lat"][one], columns["lon"][one]), one) for one in towns]
        far, town = min(away)
        return self._place(town) if far <= within_km else None

    def _by_latitude(self) -> dict[int, array[int]]:
        """The towns by whole degrees of latitude."""
        bands: dict[int, array[int]] = {}
        for one, (level, lat) in enumerate(zip(self._index.level, self._index.columns["lat"], strict=True)):
            if level == CITY and not math.isnan(lat):
                bands.setdefault(math.floor(lat), array("l")).append(one)
        return bands

    def _named(self, name: str) -> list[int]:
        """Postings of a written name: as it stands, without kind word, without article, by its consonants."""
        parts = list(words(name).norm)
        forms: list[tuple[list[str], str | None]] = [(parts, None)]
        if len(parts) > 1 and parts[-1] in names.KINDS:
            forms.append((parts[:-1], names.KINDS[parts[-1]]))
        for form, kind in forms:
            key = " ".join(form)
            found = self._index.find(key) or self._index.find(names.without_article(key) or "")
            usable = [p for p in found if p & QUALITY <= DOUBTFUL or p & QUALITY == ABBREVIATION]
            if usable:
                wanted = {"admin1": (ADMIN1, REGION), "admin2": (ADMIN2,)}.get(kind or "", ())
                return sorted(usable, key=lambda p: self._index.level[p >> 4] not in wanted)
        return list(by_consonants(self._index, tuple(parts)))

    def country_of(self, name_or_code: str) -> str | None:
        """Alpha-3 of a country given by code, name in any language known, or people ("Syrian")."""
        index = self._index
        record = index.record(name_or_code.upper()) if len(name_or_code) < 4 else -1
        if record >= 0 and index.level[record] == COUNTRY:
            return index.id_of(record)
        for posting in index.find(names.key(name_or_code)):
            if index.level[posting >> 4] == COUNTRY and (posting & QUALITY) in (0, 1, DEMONYM, ABBREVIATION):
                return index.id_of(posting >> 4)
        return None

    def _read(self, record: int) -> Place:
        index = self._index
        level = index.level[record]
        above = index.above(record)
        chain = [one for one in (record, *above) if index.level[one] == ADMIN1]
        if not chain and level == REGION:
            chain = [record]
        lat, lon = index.columns["lat"][record], index.columns["lon"][record]
        known = not math.isnan(lat)
        return Place(
            id=index.id_of(record),
            name=index.name_of(record),
            country=index.id_of(index.country[record]),
            precision=_PRECISION[level],
            admin1=index.id_of(chain[0]) if chain else None,
            admin1_name=index.name_of(chain[0]) if chain else None,
            lat=round(lat, 5) if known else None,
            lon=round(lon, 5) if known else None,
            population=index.population[record],
        )
