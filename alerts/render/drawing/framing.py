"""What part of the world a map shows: the country that an alert is about, without its far islands.

Metropolitan France, not Kerguelen; all of Indonesia; Hawaii only when it happened in Hawaii. So: the largest piece
of the country (or the piece nearest to the place, where that lies elsewhere), the large pieces around it, and the
small ones that do not make the picture much wider.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import cos, hypot, radians
from typing import Final

from alerts.globe import EARTH_KM
from alerts.render.drawing.outlines import Box, Outlines, Ring
from alerts.render.drawing.projection import Plane, Point, Window

_PADDING: Final = 1.16
_LEAST_KM: Final = 60.0  # a picture is at least so wide: smaller countries need something around them
_ALONE_KM: Final = 400.0  # around a place whose country has no outline
_LARGE: Final = 0.3  # a piece belongs when it has this share of the one that the picture grows from,
_NEAR, _NEAR_KM = 1.5, 400.0  # and is no farther from the others than so many times their length, or kilometres;
_LOOSE: Final = 1.22  # a smaller one when the picture with it is at most so much longer
_STRAY: Final = 2.0  # a place outside belongs when the picture with it is at most so much longer


@dataclass(frozen=True, slots=True)
class Frame:
    """The window, the rings of the country that it is about, and their box. `stray`: the point given lies so far from
    the country that one of the two is wrong."""

    window: Window
    shown: tuple[Ring, ...]
    box: Box
    stray: bool = False


def frame(
    outlines: Outlines, country: str, point: Point | None, width: float, least: float, most: float
) -> Frame | None:
    """What to show of a country, so that a `point` in it (longitude, latitude) is seen; None without either."""
    rings = outlines.of(country)
    if not rings and point is None:
        return None
    shown = _pieces(rings, point)
    box = _around(_near(ring.box, shown[0].box.centre[0]) for ring in shown)
    stray = False
    if point is not None:
        joined = _joined(box, Box(*point, *point)) if box else Box(*point, *point)
        stray = box is not None and _length(joined) > _STRAY * max(_length(box), _LEAST_KM)
        box = joined
    assert box is not None
    return Frame(_window(outlines, shown, box, point, width, least, most), tuple(shown), box, stray)


def _window(
    outlines: Outlines, shown: Sequence[Ring], box: Box, point: Point | None, width: float, least: float, most: float
) -> Window:
    plane = Plane(*box.centre)
    points = list(plane.places(place for ring in shown for place in outlines.points(ring)))
    points += [plane.place(*point)] if point else []
    xs, ys = [x for x, _ in points], [y for _, y in points]
    wide, tall = (max(xs) - min(xs)) * _PADDING, (max(ys) - min(ys)) * _PADDING
    if not shown:
        wide = max(wide, _ALONE_KM)
    wide = max(wide, _LEAST_KM)
    height = min(max(width * tall / wide, least), most)
    middle = ((max(xs) + min(xs)) / 2, (max(ys) + min(ys)) / 2)
    return Window(plane, middle, min(width / wide, height / tall if tall else width / wide), width, round(height))


def _pieces(rings: Sequence[Ring], point: Point | None) -> list[Ring]:
    """The rings that belong in the picture, the one that it grew from first."""
    if not rings:
        return []
    found = _grown(rings, rings[0])
    if point is None:
        return found
    box = _around([_near(ring.box, rings[0].box.centre[0]) for ring in found])
    assert box is not None
    if _away(box, point) == 0:
        return found
    nearest = min(rings, key=lambda ring: _away(ring.box, point))
    return found if nearest in found else _grown(rings, nearest)


def _grown(rings: Sequence[Ring], seed: Ring) -> list[Ring]:
    box, found = seed.box, [seed]
    rest = sorted((ring for ring in rings if ring is not seed), key=lambda ring: _gap(seed.box, ring.box))
    for ring in rest:
        near = _gap(box, ring.box) <= max(_NEAR * _length(box), _NEAR_KM)
        if ring.area >= _LARGE * seed.area and near:
            box, found = _joined(box, ring.box), [*found, ring]
    least = _LOOSE * max(_length(box), _LEAST_KM)
    return found + [ring for ring in rest if ring not in found and _length(_joined(box, ring.box)) <= least]


def _near(box: Box, lon: float) -> Box:
    """The box, turned around the world so that it lies near a longitude."""
    turn = 360 * round((lon - box.centre[0]) / 360)
    return Box(box.west + turn, box.south, box.east + turn, box.north)


def _around(boxes: Iterable[Box]) -> Box | None:
    every = list(boxes)
    if not every:
        return None
    return Box(
        min(box.west for box in every),
        min(box.south for box in every),
        max(box.east for box in every),
        max(box.north for box in every),
    )


def _joined(box: Box, other: Box) -> Box:
    found = _around([box, _near(other, box.centre[0])])
    assert found is not None
    return found


def _sides(box: Box) -> tuple[float, float]:
    """Kilometres from west to east in its middle, and from south to north."""
    degree = radians(1) * EARTH_KM
    return (box.east - box.west) * degree * cos(radians(box.centre[1])), (box.north - box.south) * degree


def _length(box: Box) -> float:
    return hypot(*_sides(box))


def _gap(one: Box, other: Box) -> float:
    """About how far two boxes lie apart, in kilometres."""
    near = _near(other, one.centre[0])
    across = max(0.0, near.west - one.east, one.west - near.east) * cos(radians(one.centre[1]))
    return radians(1) * EARTH_KM * hypot(across, max(0.0, near.south - one.north, one.south - near.north))


def _away(box: Box, point: Point) -> float:
    return _gap(box, Box(*point, *point))
