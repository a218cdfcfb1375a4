"""The compiled index of places on disk: one trie of names, one file of packed columns, both read by mmap, so
that opening takes milliseconds and memory is what the pages touched need.

A folder holds `stamp.json`, which names the generation in force (a sub-folder), its size and checksums. A new
generation is complete before the stamp is replaced, so a reader sees the old one or the new one, never a half.
"""

from __future__ import annotations

import json
import mmap
import zlib
from array import array
from bisect import bisect_left
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import marisa_trie

from alerts.errors import GazetteerError

FORMAT = 1
STAMP, NAMES, RECORDS = "stamp.json", "names.marisa", "records.bin"
NONE = 0xFFFFFFFF
_REMEMBERED = 1 << 14  # answers kept in memory

# Levels of a record
COUNTRY, REGION, ADMIN1, ADMIN2, CITY = range(5)

# Quality of a name, in the low four bits of a posting; the rest is the record's number.
PRIMARY, ALTERNATE, STRIPPED, DOUBTFUL, DEMONYM, ABBREVIATION, GIVEN, MASK = range(8)
QUALITY = 0xF

COLUMNS = {  # column: type of array
    "geonames": "I",  # GeoNames id of a town, 0 for others
    "parent": "I",  # record it lies in, or NONE
    "name": "I",  # offset in the text blob, as is "id"
    "id": "I",  # 0 for a town: its id is made from its GeoNames id
    "population": "I",
    "lat": "f",
    "lon": "f",
    "country": "H",  # record number of the country (countries come first)
    "level": "B",
    "rank": "B",  # how well known: 20 times the order of magnitude of its population
    "capital": "B",
}
TABLES = {"starts": "I", "postings": "I", "town_ids": "I", "town_records": "I"}  # towns by GeoNames id


@dataclass(slots=True)
class Columns:
    """The columns while they are being written."""

    data: dict[str, array[Any]]
    tables: dict[str, array[int]]
    text: bytearray

    @classmethod
    def empty(cls) -> Columns:
        data = {name: array(kind) for name, kind in COLUMNS.items()}
        return cls(data, {name: array(kind) for name, kind in TABLES.items()}, bytearray(b"\0"))

    def put(self, text: str) -> int:
        """Store a text, answer its offset; 0 is the empty text."""
        if not text:
            return 0
        at = len(self.text)
        self.text += text.encode() + b"\0"
        return at


def save(folder: Path, columns: Columns, trie: Any) -> dict[str, Any]:
    """Write a generation into `folder`; answers what the stamp must say about it."""
    layout: dict[str, tuple[int, int]] = {}
    crc = at = 0
    with (folder / RECORDS).open("wb") as file:
        for name, values in {**columns.data, **columns.tables}.items():
            raw = values.tobytes()
            raw += b"\0" * (-len(raw) % 8)
            layout[name] = (at, len(values))
            crc, at = zlib.crc32(raw, crc), at + len(raw)
            file.write(raw)
        layout["text"] = (at, len(columns.text))
        crc, at = zlib.crc32(columns.text, crc), at + len(columns.text)
        file.write(columns.text)
        file.flush()
    trie.save(str(folder / NAMES))
    names = (folder / NAMES).read_bytes()
    return {
        "layout": layout,
        "records": {"size": at, "crc": crc},
        "names": {"size": len(names), "crc": zlib.crc32(names)},
    }


def read_stamp(path: Path) -> dict[str, Any]:
    """The stamp of the index at `path`. Raises GazetteerError."""
    try:
        stamp: dict[str, Any] = json.loads((path / STAMP).read_text("utf-8"))
        if stamp["format"] != FORMAT:
            raise GazetteerError(f"{path}: the index of places is of another version: build it anew")
        for part, file in (("names", NAMES), ("records", RECORDS)):
            size = (path / stamp["folder"] / file).stat().st_size
            if size != stamp[part]["size"]:
                raise GazetteerError(
                    f"{path}: {file} has {size} bytes, not {stamp[part]['size']}: build the index anew"
                )
    except FileNotFoundError as error:
        raise GazetteerError(f"{path}: there is no index of places here: build it first") from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise GazetteerError(f"{path}: the index of places is broken ({error!r}): build it anew") from error
    return stamp


def sound(path: Path, stamp: dict[str, Any]) -> bool:
    """Do the files at `path` have the checksums of the stamp?"""
    try:
        folder = path / stamp["folder"]
        return all(
            zlib.crc32((folder / file).read_bytes()) == stamp[part]["crc"]
            for part, file in (("names", NAMES), ("records", RECORDS))
        )
    except OSError:
        return False


class Index:
    """An opened index. Records are numbers; `-1` and None mean "none"."""

    __slots__ = (
        "_map", "_text", "_trie", "above", "begins", "capital", "columns", "country", "find", "level", "population",
        "postings", "prefixes", "rank", "stamp", "starts",
    )  # fmt: skip

    def __init__(self, path: Path) -> None:
        self.stamp = read_stamp(path)
        folder = path / self.stamp["folder"]
        try:
            self._trie = marisa_trie.Trie()
            self._trie.mmap(str(folder / NAMES))
            with (folder / RECORDS).open("rb") as file:
                self._map = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
            whole = memoryview(self._map)
            self.columns: dict[str, memoryview[Any]] = {}
            for name, kind in {**COLUMNS, **TABLES}.items():
                at, count = self.stamp["layout"][name]
                raw: Any = whole[at : at + count * array(kind).itemsize]
                self.columns[name] = raw.cast(kind)
            self._text = self.stamp["layout"]["text"][0]
        except (OSError, ValueError, KeyError, TypeError, RuntimeError) as error:
            raise GazetteerError(f"{path}: the index of places cannot be opened ({error}): build it anew") from error
        self.prefixes = self._trie.prefixes
        # The news of a day names the same few thousand places again and again.
        self.find = lru_cache(_REMEMBERED)(self._find)
        self.begins = lru_cache(_REMEMBERED)(self._begins)
        self.above = lru_cache(_REMEMBERED)(self._above)
        columns = self.columns
        self.starts, self.postings = columns["starts"], columns["postings"]
        self.level, self.rank, self.population = columns["level"], columns["rank"], columns["population"]
        self.country, self.capital = columns["country"], columns["capital"]

    def _find(self, key: str) -> tuple[int, ...]:
        """The postings of a key: `record << 4 | quality`, best known first."""
        at = self._trie.get(key, -1)
        return tuple(self.postings[self.starts[at] : self.starts[at + 1]]) if at >= 0 else ()

    def _begins(self, first: str, second: str) -> bool:
        """Whether a name of several words may begin with these two."""
        return next(self._trie.iterkeys(f"{first} {second}"), None) is not None

    def leads(self, prefix: str) -> bool:
        """Whether some name begins with these letters."""
        return next(self._trie.iterkeys(prefix), None) is not None

    def text(self, offset: int) -> str:
        at = self._text + offset
        return self._map[at : self._map.find(b"\0", at)].decode()

    def record(self, id_: str) -> int:
        """The record with this id, -1 if there is none."""
        if id_.startswith("gn:") and id_[3:].isdecimal() and len(id_) < 14:
            ids, wanted = self.columns["town_ids"], int(id_[3:])
            at = bisect_left(ids, wanted)
            if at < len(ids) and ids[at] == wanted:
                return int(self.columns["town_records"][at])
        found = self.find("#" + id_)
        return found[0] >> 4 if found else -1

    def id_of(self, record: int) -> str:
        return self.text(self.columns["id"][record]) or f"gn:{self.columns['geonames'][record]}"

    def name_of(self, record: int) -> str:
        return self.text(self.columns["name"][record])

    def _above(self, record: int) -> tuple[int, ...]:
        """The records it lies in, from the next larger one up to the country."""
        out: list[int] = []
        parent = self.columns["parent"]
        at = parent[record]
        while at != NONE and len(out) < 8:
            out.append(at)
            at = parent[at]
        return tuple(out)
