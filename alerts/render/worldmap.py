"""A map of many alerts: the part of the world where they are, a mark at each place, the worst on top.

It stands on the pages for who has no script, and where links to them are shown. A filled dot is a town or a district;
of what is known only as a region or a country a ring is drawn, in its middle, that claims no point. Degrees are drawn
as they are, true to shape in the middle of what is shown. Countries are named as far as there is room.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from math import cos, radians
from typing import Final

from alerts.render.captions import Words
from alerts.render.drawing.font import Font
from alerts.render.drawing.labels import Board
from alerts.render.drawing.outlines import Box, Outlines
from alerts.render.drawing.projection import Point, clipped, simplified, thinned
from alerts.render.drawing.svg import Drawing
from alerts.render.maps import BORDER, NEIGHBOUR, PALE_INK, PAPER, SEA, Land
from alerts.template_filters import listed
from alerts.types import SEVERITIES, Alert, AlertState, Place, Precision, Severity

WIDTH, HEIGHT = 640, 320
WORLD: Final = Box(-170.0, -60.0, 190.0, 84.0)  # true to shape at 37 degrees, where most alerts are not far
LEFT_OUT: Final[tuple[AlertState, ...]] = ("cancelled", "merged")
"""What did not happen, or is on the map as another alert."""
NO_OPINION: Final = "Borders are no statement of opinion"
_OVER: Final[tuple[AlertState, ...]] = ("ended", "closed")
_COLOURS: Final[dict[Severity, str]] = {
    "minor": "#465669",
    "moderate": "#7d5200",
    "severe": "#c24100",
    "extreme": "#96002b",
}
_SIZES: Final[dict[Severity, float]] = {"minor": 4.5, "moderate": 5.5, "severe": 6.5, "extreme": 8.0}
_RING: Final = 4.0  # pixels by which a ring is larger than a dot
_LEAST: Final = 16.0  # degrees from south to north: of less nobody sees where it is
_PADDING: Final = 1.3
_WIDEST: Final = 0.6  # of the world: what is wider is shown as the world
_OFF, _SPECK = 0.7, 4.0  # pixels: how far a line may be off; square pixels: smaller islands are not drawn
_LABEL: Final = 13.0
_MOST_SAID: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """Alerts at one place: how many, the worst of those that go on (of all where none does). Degrees, WGS 84."""

    lat: float
    lon: float
    country: str
    precision: Precision
    severity: Severity
    alerts: int
    over: bool

    @property
    def is_exact(self) -> bool:
        return self.precision in ("city", "admin2")


@dataclass(frozen=True, slots=True)
class View:
    """What is shown, in degrees, as a picture."""

    box: Box

    @property
    def scale(self) -> float:
        """Pixels to a degree, from south to north."""
        return HEIGHT / (self.box.north - self.box.south)

    def pixels(self, points: Iterable[Point], turn: float = 0) -> Iterator[Point]:
        across, down = WIDTH / (self.box.east - self.box.west), self.scale
        return ((((lon + turn) - self.box.west) * across, (self.box.north - lat) * down) for lon, lat in points)

    def pixel(self, lon: float, lat: float) -> Point:
        """Of a place, turned around the world to where the picture has it."""
        turn = 0 if lon >= self.box.west else 360
        [found] = self.pixels([(lon, lat)], turn)
        return found


class WorldMaps:
    """Draws maps of many alerts. The land of the last few views is kept: the world is asked for again and again."""

    def __init__(self, outlines: Outlines, country_name: Callable[[str], str]) -> None:
        self._outlines = outlines
        self._country_name = country_name
        self._font = Font.shipped()
        self._land_of = lru_cache(maxsize=4)(self._land)

    def draw(self, marks: Sequence[Mark]) -> Drawing:
        view = view_of(marks)
        drawing, board = Drawing(WIDTH, HEIGHT, SEA), Board(WIDTH, HEIGHT)
        land = self._land_of(view)
        for rings in land.values():
            drawing.area(rings, fill=NEIGHBOUR, stroke=BORDER, stroke_width=0.8)
        places = [view.pixel(mark.lon, mark.lat) for mark in marks]
        for mark, at in zip(marks, places, strict=True):
            board.take_point(at, _SIZES[mark.severity])
        self._names(drawing, board, land, Counter(mark.country for mark in marks))
        for mark, at in zip(marks, places, strict=True):
            _draw(drawing, mark, at)
        drawing.text(WIDTH - 6, HEIGHT - 6, NO_OPINION, size=14, fill=PALE_INK, anchor="end", halo=PAPER)
        return drawing

    def _names(self, drawing: Drawing, board: Board, land: Land, marked: Counter[str]) -> None:
        """What countries are called, as far as there is room: those with the most marks first, then by size."""
        for code in sorted(land, key=lambda code: -marked[code]):
            words = "" if code.startswith("-") else self._country_name(code)
            if words and self._font.has(words):
                room = board.inside(land[code][0], self._font.width(words, _LABEL) + 4, _LABEL * 1.4)
                if room is not None:
                    drawing.text(room.left + 2, room.bottom - _LABEL * 0.36, words, size=_LABEL, fill=PALE_INK)

    def _land(self, view: View) -> Land:
        """What is to be seen of each country, the large ones first: an enclave lies over what is around it."""
        found: Land = {}
        for ring in sorted(self._outlines.within(view.box), key=lambda ring: -ring.area):
            points = thinned(self._outlines.points(ring), 0.5 * _OFF / view.scale)
            for turn in (-360, 0, 360):
                if ring.box.west + turn <= view.box.east and view.box.west <= ring.box.east + turn:
                    rough = simplified(clipped(list(view.pixels(points, turn)), WIDTH, HEIGHT), _OFF)
                    if len(rough) > 2 and _extent(rough) >= _SPECK:
                        found.setdefault(ring.country, []).append(rough)
        return found


def marks_of(alerts: Iterable[Alert]) -> list[Mark]:
    """The marks of alerts, in the order in which they are drawn: what is over first, then the worst last. An alert
    without a position, and one that was wrong or goes on as another, has none."""
    places: dict[tuple[float, float, bool], list[Alert]] = {}
    for alert in alerts:
        at = None if alert.state in LEFT_OUT or alert.place is None else _position(alert.place)
        if at is not None and alert.place is not None:
            places.setdefault((*at, alert.place.precision in ("city", "admin2")), []).append(alert)
    made = [_mark(group) for group in places.values()]
    return sorted(made, key=lambda one: (not one.over, SEVERITIES.index(one.severity), one.lat, one.lon))


def _mark(group: Sequence[Alert]) -> Mark:
    place = group[0].place
    assert place is not None and place.lat is not None and place.lon is not None
    going_on = [one for one in group if one.state not in _OVER]
    return Mark(
        lat=place.lat,
        lon=place.lon,
        country=place.country,
        precision=place.precision,
        severity=max((one.severity for one in going_on or group), key=SEVERITIES.index),
        alerts=len(group),
        over=not going_on,
    )


def _position(place: Place) -> Point | None:
    """Latitude and longitude, where there is one on this earth."""
    if place.lat is None or place.lon is None or not (-90 <= place.lat <= 90 and -180 <= place.lon <= 180):
        return None
    return place.lat, place.lon


def view_of(marks: Sequence[Mark]) -> View:
    """The smallest view that shows all marks and something around them; the world where that is not much less."""
    if not marks:
        return View(WORLD)
    west, east = _span([mark.lon for mark in marks])
    south, north = min(mark.lat for mark in marks), max(mark.lat for mark in marks)
    middle = (south + north) / 2
    shape = WIDTH / HEIGHT / max(0.3, cos(radians(middle)))  # degrees of longitude to one of latitude
    tall = max((north - south) * _PADDING, (east - west) * _PADDING / shape, _LEAST)
    wide = tall * shape
    if wide > _WIDEST * (WORLD.east - WORLD.west):
        return View(WORLD)
    middle = min(max(middle, WORLD.south + tall / 2), WORLD.north - tall / 2)
    centre = (west + east) / 2
    return View(Box(centre - wide / 2, middle - tall / 2, centre + wide / 2, middle + tall / 2))


def _span(lons: Iterable[float]) -> tuple[float, float]:
    """The shortest way from west to east that passes all meridians; its end may lie past 180."""
    around = sorted(set(lons))
    gaps = [(after - before, at) for at, (before, after) in enumerate(pairwise(around), start=1)]
    widest, at = max([(360 - (around[-1] - around[0]), 0), *gaps])
    return around[at], around[at] + 360 - widest


def words_of(marks: Sequence[Mark], country_name: Callable[[str], str]) -> Words:
    """What the map shows, for who does not see it: how many alerts, and where most of them are."""
    by_country: Counter[str] = Counter()
    for mark in marks:
        by_country[mark.country] += mark.alerts
    said = [f"{country_name(code)} ({count})" for code, count in by_country.most_common(_MOST_SAID)]
    rest = len(by_country) - len(said)
    where = listed([*said, f"{rest} more {'country' if rest == 1 else 'countries'}"] if rest else said)
    count = by_country.total()
    alt = f"Map of {count} alert{'' if count == 1 else 's'}: {where}." if marks else "Map of the world without alerts."
    return Words(title="Where the alerts are", alt=alt, caption="", head=(), rows=())


def _draw(drawing: Drawing, mark: Mark, at: Point) -> None:
    colour, size = _COLOURS[mark.severity], _SIZES[mark.severity]
    if mark.over:
        colour, size = PALE_INK, _SIZES["minor"]
    if mark.is_exact:
        drawing.circle(*at, size, fill=colour, stroke=PAPER, stroke_width=1.5)
        return
    drawing.circle(*at, size + _RING, fill="none", stroke=PAPER, stroke_width=4.5)
    drawing.circle(*at, size + _RING, fill="none", stroke=colour, stroke_width=2.5, stroke_dasharray="5 3")


def _extent(points: Sequence[Point]) -> float:
    xs, ys = [x for x, _ in points], [y for _, y in points]
    return (max(xs) - min(xs)) * (max(ys) - min(ys))
