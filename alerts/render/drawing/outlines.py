"""Outlines of countries, from the shipped file that `data/README.md` describes.

The file is opened with the first map and kept in memory as bytes (300 kB); rings become points only where a map shows
them.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

_FILE: Final = Path(__file__).parents[1] / "data" / "outlines.bin"


@dataclass(frozen=True, slots=True)
class Box:
    """Degrees. `west` is at most `east`, which lies past 180 where the box crosses that meridian."""

    west: float
    south: float
    east: float
    north: float

    @property
    def centre(self) -> tuple[float, float]:
        """Longitude and latitude."""
        return (self.west + self.east) / 2, (self.south + self.north) / 2

    def meets(self, other: Box) -> bool:
        if self.south > other.north or other.south > self.north:
            return False
        return any(self.west <= other.east + turn and other.west + turn <= self.east for turn in (-360, 0, 360))


@dataclass(frozen=True, slots=True)
class Ring:
    """One closed line of a country: a shore, a border, or the edge of a hole. `area` is in square degrees as large as
    those at the equator, `at` where its points lie in the file."""

    country: str
    box: Box
    area: float
    count: int
    scale: int
    at: int


class Outlines:
    """All countries, by ISO 3166-1 alpha-3 code; what has none has a name that begins with "-"."""

    def __init__(self, file: Path = _FILE) -> None:
        self._file = file

    def countries(self) -> Iterable[str]:
        """The code or name of each."""
        return self._index.keys()

    def of(self, country: str) -> Sequence[Ring]:
        """The rings of a country, the largest first; empty for one that is not in the file."""
        return self._index.get(country, ())

    def within(self, box: Box) -> Iterator[Ring]:
        """Every ring that may be seen in a box."""
        return (ring for rings in self._index.values() for ring in rings if ring.box.meets(box))

    def points(self, ring: Ring) -> Iterator[tuple[float, float]]:
        """Longitudes and latitudes, going on past 180 where the ring crosses that meridian."""
        data, at, scale = self._body, ring.at, ring.scale
        found = [0, 0]
        for number in range(2 * ring.count):
            value = shift = 0
            while (byte := data[at]) > 0x7F:
                value |= (byte & 0x7F) << shift
                shift += 7
                at += 1
            value |= byte << shift
            at += 1
            found[number & 1] += (value >> 1) ^ -(value & 1)
            if number & 1:
                yield found[0] / scale, found[1] / scale

    @property
    def content(self) -> bytes:
        """The file as it is."""
        return self._file.read_bytes()

    @cached_property
    def _parts(self) -> tuple[bytes, bytes]:
        head, _, body = zlib.decompress(self.content).partition(b"\n")
        return head, body

    @property
    def _body(self) -> bytes:
        return self._parts[1]

    @cached_property
    def _index(self) -> Mapping[str, Sequence[Ring]]:
        countries: dict[str, Any] = json.loads(self._parts[0])
        return {
            code: tuple(
                Ring(country=code, box=Box(*box), area=area, count=count, scale=found["scale"], at=at)
                for at, count, area, *box in found["rings"]
            )
            for code, found in countries.items()
        }
