"""The world's countries as GeoJSON, for the maps that a browser draws: all of them coarsely, each one finely.

Both come from the one shipped file of outlines. What the coarse form leaves out could not be seen where it is shown:
a step of it is a pixel at zoom 4 of a web map. Longitudes go on past 180 where a country crosses that meridian, so
that a map shows Fiji in one piece; RFC 7946 would have it cut.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from hashlib import sha256
from itertools import pairwise
from typing import Any, Final

from alerts.render.drawing.outlines import Outlines, Ring
from alerts.render.drawing.projection import Point, simplified, thinned
from alerts.render.geojson import encoded

COARSE: Final = 0.15  # degrees
_SEEN: Final = 0.2  # square degrees: smaller islands are left out of the coarse form, except a country's largest
_TINY: Final = 1.0  # degrees: what is smaller needs finer steps, or nothing is left of it
_LEAST: Final = 4  # points of a ring, the first one twice (RFC 7946 3.1.6)


class Land:
    """The countries of the file, each a feature. Its id is its ISO 3166-1 alpha-3 code; what is in no country has none.
    `name` is its name, which may stand `at` (longitude, latitude), where the land is so `wide` (degrees). Threads may
    share one."""

    def __init__(self, outlines: Outlines, country_name: Callable[[str], str]) -> None:
        self._outlines = outlines
        self._country_name = country_name
        self._making = threading.Lock()

    @cached_property
    def tag(self) -> str:
        """Changes with the outlines and with how coarse they are made."""
        return sha256(self._outlines.content + f"{COARSE} {_SEEN}".encode()).hexdigest()[:12]

    def world(self) -> bytes:
        """All countries, coarsely; the large ones first, so that those in their midst lie over them."""
        with self._making:
            return self._world

    def country(self, code: str) -> bytes | None:
        """One country as finely as it is known; None for one that is not in the file."""
        rings = self._outlines.of(code)
        if not rings or code.startswith("-"):
            return None
        lines = self._lines(rings)
        return _collection([self._feature(code, lines[0], map(_closed, lines))])

    @cached_property
    def _world(self) -> bytes:
        countries = sorted(self._outlines.countries(), key=lambda code: -self._outlines.of(code)[0].area)
        return _collection([self._coarse(code) for code in countries])

    def _coarse(self, code: str) -> dict[str, Any]:
        first, *rest = self._outlines.of(code)
        shown = [first, *(ring for ring in rest if ring.area >= _SEEN)]
        lines = self._lines(shown)
        return self._feature(code, lines[0], map(_roughly, lines))

    def _lines(self, rings: Sequence[Ring]) -> list[list[Point]]:
        """The points of a country's rings, all turned around the world to where the first is."""
        middle = rings[0].box.centre[0]
        turns = [360 * round((middle - ring.box.centre[0]) / 360) for ring in rings]
        return [
            [(lon + turn, lat) for lon, lat in self._outlines.points(ring)]
            for ring, turn in zip(rings, turns, strict=True)
        ]

    def _feature(self, code: str, largest: Sequence[Point], rings: Iterable[Sequence[Point]]) -> dict[str, Any]:
        geometry = {"type": "MultiPolygon", "coordinates": _polygons(rings)}
        if code.startswith("-"):
            return {"type": "Feature", "properties": {}, "geometry": geometry}
        wide = max(lon for lon, _ in largest) - min(lon for lon, _ in largest)
        properties = {"name": self._country_name(code), "at": _middle(largest), "wide": round(wide, 1)}
        return {"type": "Feature", "id": code, "properties": properties, "geometry": geometry}


def _roughly(points: Sequence[Point]) -> list[Point]:
    """A closed ring with the points that are seen from afar; what is tiny stays as it is."""
    xs, ys = [x for x, _ in points], [y for _, y in points]
    tiny = max(max(xs) - min(xs), max(ys) - min(ys)) < _TINY
    thin = _closed(thinned(points, COARSE / 2))
    if not tiny:
        half = len(thin) // 2  # a line that ends where it begins has no length to measure by
        thin = simplified(thin[: half + 1], COARSE)[:-1] + simplified(thin[half:], COARSE)
    rough = _rounded(thin, 2 if tiny else 1)
    return rough if len(rough) >= _LEAST else _closed(points)


def _closed(points: Iterable[Point]) -> list[Point]:
    every = list(points)
    return [*every, every[0]]


def _rounded(points: Iterable[Point], digits: int) -> list[Point]:
    """Without what falls together then."""
    every = [(round(x, digits), round(y, digits)) for x, y in points]
    return [point for at, point in enumerate(every) if at == 0 or point != every[at - 1]]


def _polygons(rings: Iterable[Sequence[Point]]) -> list[list[Sequence[Point]]]:
    """Rings, the largest first, as polygons: each with the holes in it. Outlines turn the one way round and holes the
    other (RFC 7946 3.1.6)."""
    found: list[list[Sequence[Point]]] = []
    outwards: bool | None = None
    for ring in rings:
        turns = _area(ring) > 0
        outwards = turns if outwards is None else outwards
        around = None if turns is outwards else next((one for one in found if _holds(one[0], ring[0])), None)
        if around is None:
            found.append([ring if turns else ring[::-1]])
        else:
            around.append(ring[::-1] if turns else ring)
    return found


def _area(ring: Sequence[Point]) -> float:
    """Of a closed ring; positive where it turns against the clock."""
    return sum(x * to_y - to_x * y for (x, y), (to_x, to_y) in pairwise(ring)) / 2


def _holds(ring: Sequence[Point], point: Point) -> bool:
    """Whether a point lies in a closed ring: a ray from it crosses the ring an odd number of times."""
    x, y = point
    inside = False
    for (ax, ay), (bx, by) in pairwise(ring):
        if (ay > y) is not (by > y) and x < (bx - ax) * (y - ay) / (by - ay) + ax:
            inside = not inside
    return inside


def _middle(points: Sequence[Point]) -> list[float]:
    """The centre of a ring's area; of one without area its first point."""
    x0, y0 = points[0]  # near the ring, or differences of large products would be all noise
    near = _closed((x - x0, y - y0) for x, y in points)
    area = _area(near)
    if not area:
        return [x0, y0]
    crosses = [((x, y), (u, v), x * v - u * y) for (x, y), (u, v) in pairwise(near)]
    east = sum((x + u) * cross for (x, _), (u, _), cross in crosses) / (6 * area)
    north = sum((y + v) * cross for (_, y), (_, v), cross in crosses) / (6 * area)
    return [round(x0 + east, 2), round(y0 + north, 2)]


def _collection(features: Sequence[dict[str, Any]]) -> bytes:
    return encoded({"type": "FeatureCollection", "features": features})
