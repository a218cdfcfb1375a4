"""Collects the records and names of the index of places, and lays them out for writing."""

from __future__ import annotations

import math
from array import array
from collections.abc import Sequence
from typing import Any

import marisa_trie

from alerts.read.gazetteer import names, sources
from alerts.read.gazetteer.index import (
    ABBREVIATION,
    ADMIN1,
    ADMIN2,
    ALTERNATE,
    CITY,
    COUNTRY,
    DOUBTFUL,
    GIVEN,
    NONE,
    PRIMARY,
    QUALITY,
    REGION,
    STRIPPED,
    Columns,
)

_MOST = 48  # places kept for one name
# Where the second level is what news names: the counties of England, the provinces of the Philippines, the districts
# of countries whose first level is a handful of divisions.
_BY_SECOND = frozenset("BD GB LK MW NP PH UG".split())
_FAMOUS = 900_000  # a city of so many people is meant by its name, whatever else the word means


def rank(level: int, population: int, capital: bool) -> int:
    """How likely a bare name means this place, as 20 times an order of magnitude."""
    size = math.log10(max(population, 0) + 50)
    if level == COUNTRY:
        value = 7.0 + size / 10
    elif level in (ADMIN1, REGION):
        value = 4.6 + size / 10
    elif level == ADMIN2:
        value = 3.4 + size / 20
    else:
        value = (size if population > 0 else 2.8) + (0.5 if capital else 0.0)
    return int(value * 20)


class Compiler:
    """Collects records and names, then writes them."""

    def __init__(self, words: sources.Vocabulary) -> None:
        self.columns = Columns.empty()
        self.keys: dict[str, int | list[int]] = {}
        self.ids: dict[str, int] = {}
        self.country_of: dict[str, int] = {}  # alpha-2 -> record
        self.alpha2: dict[int, str] = {}  # and back
        self.words = words
        self._never, self._doubtful = words.never, words.doubtful
        self.towns: dict[int, int] = {}  # GeoNames id -> record
        self._sums: dict[int, list[float]] = {}

    def add(
        self, id_: str, name: str, *, country: int, level: int, parent: int,
        lat: float = math.nan, lon: float = math.nan, population: int = 0, geonames: int = 0,
    ) -> int:  # fmt: skip
        """One record; answers its number. A town has a GeoNames id and no other."""
        data = self.columns.data
        record = len(data["level"])
        data["lat"].append(lat)
        data["lon"].append(lon)
        data["population"].append(population)
        data["geonames"].append(geonames)
        data["capital"].append(0)
        data["parent"].append(parent)
        data["country"].append(record if level == COUNTRY else country)
        data["level"].append(level)
        data["rank"].append(0)
        self._rank(record)
        data["name"].append(self.columns.put(name))
        data["id"].append(self.columns.put(id_))
        if id_:
            self.ids[id_] = record
        return record

    def _rank(self, record: int) -> None:
        data = self.columns.data
        level = data["level"][record]
        if level == ADMIN2 and self.alpha2.get(data["country"][record]) in _BY_SECOND:
            level = ADMIN1
        data["rank"][record] = rank(level, data["population"][record], bool(data["capital"][record]))

    def amend(self, record: int, row: sources.Own) -> None:
        """What a table says of a place that the sources know."""
        data = self.columns.data
        if row.name:
            data["name"][record] = self.columns.put(row.name)
        if not math.isnan(row.lat):
            data["lat"][record], data["lon"][record] = row.lat, row.lon
        if row.population >= 0:
            data["population"][record] = row.population
            self._rank(record)

    def call(self, record: int, name_key: str, quality: int) -> None:
        """Give a record a name. Words that are never places are dropped, doubtful ones marked."""
        if not name_key or name_key in self._never:
            return
        if name_key in self._doubtful and quality <= STRIPPED and self._obscure(record):
            quality = DOUBTFUL
        posting = record << 4 | quality
        known = self.keys.get(name_key)
        if known is None:
            self.keys[name_key] = posting
        elif isinstance(known, int):
            if known >> 4 != record or (known ^ posting) & QUALITY:
                self.keys[name_key] = [known, posting]
        else:
            known.append(posting)

    def _obscure(self, record: int) -> bool:
        data = self.columns.data
        return bool(data["level"][record] > COUNTRY and data["population"][record] < _FAMOUS)

    def _tiny(self, record: int) -> bool:
        """Is it a place whose name of one or two letters ("Us", in France) would only mislead?"""
        data = self.columns.data
        return bool(data["level"][record] == CITY and data["population"][record] < 50_000)

    def forget(self, record: int, name_key: str) -> None:
        """Take a name from a record: "Gaza" means the strip, not the city."""
        known = self.keys.get(name_key, [])
        left = [p for p in ([known] if isinstance(known, int) else known) if p >> 4 != record]
        if left:
            self.keys[name_key] = left
        else:
            self.keys.pop(name_key, None)

    def mark(self, name_key: str, quality: int) -> None:
        """Say of a name, whatever it is besides, that it is a given name or looks like a place and is none."""
        known = self.keys.get(name_key, [])
        self.keys[name_key] = [*([known] if isinstance(known, int) else known), quality]

    def call_all(self, record: int, spelled: Sequence[str], *, country: str, level: int) -> None:
        """All forms of the names of a place; the first name is the primary one."""
        administration = level in (ADMIN1, ADMIN2)
        seen: dict[str, int] = {}
        for name in spelled:
            name_key = names.printable(name) if seen else names.key(name)
            if not name_key and level < CITY and names.abbreviation(name):
                self.call(record, names.key(name), ABBREVIATION)
            if not name_key or name_key in seen or (len(name_key) < 3 and self._tiny(record)):
                continue
            quality = ALTERNATE if seen else PRIMARY
            for form in names.variants(name_key):
                seen.setdefault(form, quality)
            seen[name_key] = quality
            if administration:
                self._administration(seen, name_key, country=country, level=level)
        if country in names.ARABIC:
            self._arabic(seen)
        for form, quality in seen.items():
            self.call(record, form, quality)

    def _arabic(self, seen: dict[str, int]) -> None:
        """Names without their articles, and their consonants."""
        for form in list(seen):
            bare = names.without_article(form)
            if bare:
                seen.setdefault(bare, STRIPPED)
            bones = names.skeleton(form.split(" "))
            if len(bones) >= names.FEWEST:
                seen.setdefault("~" + bones, ALTERNATE)

    def _administration(self, seen: dict[str, int], name_key: str, *, country: str, level: int) -> None:
        bare = names.without_kind(name_key)
        dull = bare is None or bare in self.words.never or bare in self.words.doubtful
        if bare and not dull and not (country == "US" and level == ADMIN2):
            seen.setdefault(bare, ALTERNATE)

    def locate(self, record: int, lat: float, lon: float, population: int) -> None:
        """Let what a town lies in learn where it is: the mean of its towns, weighted by people."""
        weight = max(population, 100)
        parent = self.columns.data["parent"]
        while record != NONE:
            sums = self._sums.setdefault(record, [0.0, 0.0, 0.0])
            sums[0] += weight
            sums[1] += weight * lat
            sums[2] += weight * lon
            record = parent[record]

    def settle(self) -> None:
        """Fill in where subdivisions and countries are, and how many live there."""
        data = self.columns.data
        for record, (weight, lat, lon) in self._sums.items():
            if math.isnan(data["lat"][record]):
                data["lat"][record], data["lon"][record] = lat / weight, lon / weight
            if data["level"][record] != COUNTRY and not data["population"][record]:
                data["population"][record] = int(weight)
                self._rank(record)

    def trie(self) -> Any:
        """The trie of all names, and the table of postings in its order."""
        for id_, record in self.ids.items():
            self.keys["#" + id_] = record << 4
        trie = marisa_trie.Trie(self.keys)
        ordered: list[int | list[int]] = [0] * len(trie)
        for name_key, found in self.keys.items():
            ordered[trie[name_key]] = found
        tables = self.columns.tables
        starts, postings = tables["starts"], tables["postings"]
        for town in sorted(self.towns):
            tables["town_ids"].append(town)
            tables["town_records"].append(self.towns[town])
        ranks, country = self.columns.data["rank"], self.columns.data["country"]
        for found in ordered:
            starts.append(len(postings))
            if isinstance(found, int):
                postings.append(found)
            else:
                postings.extend(_best(found, ranks, country))
        starts.append(len(postings))
        return trie


def _best(found: list[int], ranks: array[int], country: array[int]) -> list[int]:
    """The places of one name, best known first, each once with its best quality, after marks and abbreviations;
    of very common names the best known of each country before the rest."""
    best: dict[int, int] = {}
    marks = sorted({posting for posting in found if posting & QUALITY >= GIVEN})
    for posting in found:
        if posting & QUALITY < GIVEN:
            best[posting >> 4] = min(best.get(posting >> 4, posting), posting)
    known = sorted(best.values(), key=lambda posting: (-ranks[posting >> 4], posting))
    ordered = marks + sorted(known, key=lambda posting: posting & QUALITY != ABBREVIATION)
    if len(ordered) <= _MOST:
        return ordered
    first: dict[int, int] = {}
    for posting in ordered:
        first.setdefault(country[posting >> 4], posting)
    chosen = set([*marks, *first.values(), *ordered][:_MOST])
    return [posting for posting in ordered if posting in chosen]
