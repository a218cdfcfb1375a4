"""From degrees to pixels: Lambert's equal-area projection around the middle of what is shown.

It has no edge at the 180th meridian and squeezes neither Fiji nor Greenland; in the middle a kilometre is as long in
every direction, which is what the bar of kilometres needs. (Snyder, Map Projections, USGS Professional Paper 1395,
equations 24-2 to 24-4 and 20-14, 20-15.)
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import asin, atan2, cos, degrees, hypot, inf, radians, sin, sqrt
from typing import Final

from alerts.globe import EARTH_KM

_FARTHEST: Final = -0.95  # the cosine of how far a point may lie away; the other end of the world has no place here

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Plane:
    """Kilometres east and south of a point of the globe."""

    lon: float
    lat: float

    def place(self, lon: float, lat: float) -> Point:
        [found] = self.places([(lon, lat)])
        return found

    def places(self, points: Iterable[Point]) -> Iterator[Point]:
        """The same of many: the outlines of a map are thousands."""
        sin_own, cos_own, middle = sin(radians(self.lat)), cos(radians(self.lat)), self.lon
        for lon, lat in points:
            phi, away = radians(lat), radians(lon - middle)
            north, east = sin(phi), cos(phi)
            ahead = east * cos(away)
            near = sin_own * north + cos_own * ahead
            k = EARTH_KM * sqrt(2 / (1 + (near if near > _FARTHEST else _FARTHEST)))
            yield k * east * sin(away), k * (sin_own * ahead - cos_own * north)

    def degrees(self, x: float, y: float) -> Point:
        """Longitude and latitude of a point so far away; longitudes go on past 180."""
        far = hypot(x, y)
        if far < 1e-9:
            return self.lon, self.lat
        c, own = 2 * asin(min(1.0, far / (2 * EARTH_KM))), radians(self.lat)
        lat = asin(max(-1.0, min(1.0, cos(c) * sin(own) - y * sin(c) * cos(own) / far)))
        away = atan2(x * sin(c), far * cos(own) * cos(c) + y * sin(own) * sin(c))
        return self.lon + degrees(away), degrees(lat)


@dataclass(frozen=True, slots=True)
class Window:
    """A part of a plane as a picture of `width` x `height` pixels, `scale` pixels to a kilometre, around `middle`."""

    plane: Plane
    middle: Point
    scale: float
    width: float
    height: float

    def pixel(self, lon: float, lat: float) -> Point:
        [found] = self.pixels([(lon, lat)])
        return found

    def pixels(self, points: Iterable[Point]) -> Iterator[Point]:
        scale = self.scale
        left, top = self.width / 2 - self.middle[0] * scale, self.height / 2 - self.middle[1] * scale
        for x, y in self.plane.places(points):
            yield x * scale + left, y * scale + top

    def degrees(self, x: float, y: float) -> Point:
        return self.plane.degrees(
            (x - self.width / 2) / self.scale + self.middle[0], (y - self.height / 2) / self.scale + self.middle[1]
        )

    def holds(self, point: Point, margin: float = 0.0) -> bool:
        x, y = point
        return margin <= x <= self.width - margin and margin <= y <= self.height - margin

    def edge(self, steps: int = 12) -> Iterator[Point]:
        """Points of its edge, and of its inside: in degrees."""
        for row in range(steps + 1):
            for column in range(steps + 1):
                yield self.degrees(self.width * column / steps, self.height * row / steps)


def clipped(points: Sequence[Point], width: float, height: float, margin: float = 4.0) -> list[Point]:
    """The part of a closed line's area that lies in a picture, and a margin around it (Sutherland and Hodgman)."""
    for axis, limit, sign in ((0, -margin, 1), (0, width + margin, -1), (1, -margin, 1), (1, height + margin, -1)):
        points = list(_half(points, axis, limit, sign))
    return list(points)


def _half(points: Sequence[Point], axis: int, limit: float, sign: int) -> Iterator[Point]:
    if not points:
        return
    before = points[-1]
    was_in = (before[axis] - limit) * sign >= 0
    for point in points:
        is_in = (point[axis] - limit) * sign >= 0
        if is_in is not was_in:
            part = (limit - before[axis]) / (point[axis] - before[axis])
            yield before[0] + part * (point[0] - before[0]), before[1] + part * (point[1] - before[1])
        if is_in:
            yield point
        before, was_in = point, is_in


def thinned(points: Iterable[Point], least: float) -> list[Point]:
    """Without the points that lie nearer than `least` pixels to the one before."""
    kept: list[Point] = []
    last_x = last_y = inf
    for x, y in points:
        if abs(x - last_x) + abs(y - last_y) >= least:
            kept.append((x, y))
            last_x, last_y = x, y
    return kept


def simplified(points: Sequence[Point], off: float) -> list[Point]:
    """A line without the points that lie at most `off` beside the line between those that stay (Douglas and Peucker).
    The first and the last stay."""
    if len(points) < 3:
        return list(points)
    kept = {0, len(points) - 1}
    parts = [(0, len(points) - 1)]
    while parts:
        first, last = parts.pop()
        farthest, at = _farthest(points, first, last)
        if farthest > off * off:
            kept.add(at)
            parts += [(first, at), (at, last)]
    return [points[at] for at in sorted(kept)]


def _farthest(points: Sequence[Point], first: int, last: int) -> tuple[float, int]:
    """The square of how far the points between two lie from the line between these, at most, and which does."""
    (x, y), (to_x, to_y) = points[first], points[last]
    east, north = to_x - x, to_y - y
    length = east * east + north * north
    farthest, found = 0.0, first
    for at in range(first + 1, last):
        dx, dy = points[at][0] - x, points[at][1] - y
        if length:
            part = min(1.0, max(0.0, (dx * east + dy * north) / length))
            dx, dy = dx - part * east, dy - part * north
        if dx * dx + dy * dy > farthest:
            farthest, found = dx * dx + dy * dy, at
    return farthest, found
