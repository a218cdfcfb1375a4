"""A map: where in its country it happened. The country with its neighbours, the place, a bar of kilometres.

It says nothing by colour alone: a town is a dot, a region a ring, a whole country is shaded; the words beside the
picture say the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from math import floor, log10
from typing import Any, Final

from alerts.render.drawing.font import Font
from alerts.render.drawing.framing import Frame, frame
from alerts.render.drawing.labels import Board, Rect
from alerts.render.drawing.outlines import Box, Outlines, Ring
from alerts.render.drawing.projection import Point, Window, clipped, thinned
from alerts.render.drawing.svg import Drawing
from alerts.types import Precision

WIDTH: Final = 440
LEAST_HEIGHT: Final = 230
MOST_HEIGHT: Final = 330
MOST_SPOTS: Final = 8

SEA: Final = "#d9e4ea"
NEIGHBOUR: Final = "#f6f4ee"
BORDER: Final = "#b9b5a8"
OWN: Final = "#e4dcc0"
WHOLE: Final = "#dfae9d"
OUTLINE: Final = "#55524a"
MARK: Final = "#a80020"
OTHER: Final = "#33475b"
INK: Final = "#1c2430"
PALE_INK: Final = "#6b6a63"
PAPER: Final = "#ffffff"

DOT: Final = 7.5
RING: Final = 15.0
SMALL_DOT: Final = 4.0
_LABEL: Final = 17.0
_SMALL_LABEL: Final = 13.5
_WIDEST_LABEL: Final = 230.0
_LONGEST_BAR: Final = 110.0
_STEP, _FAR_STEP = 1.4, 2.0  # pixels between points of the country's outline, and of the others'
_RUGGED, _RUGGED_STEP = 2200, 4.0  # of more points than that, fjords all of them, a map would be too large for a mail
_DEGREE: Final = 1 / 111.2  # of a kilometre, from south to north
_SPECK: Final = 12.0  # pixels: a country whose largest piece is smaller could not be seen without dots
_PIECES: Final = 4  # of a country are tried for its name
_SEEN: Final = 4.0  # square pixels: smaller islands are left out, except of countries that have no larger ones
_DRAWN: Final = 16.0  # square pixels: smaller islands are not drawn, except of the country itself


Land = dict[str, list[list[Point]]]  # by country its rings, in pixels, the largest first


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """A place as the map shows it: degrees, WGS 84; without them only its country is known."""

    name: str
    country: str
    precision: Precision
    lat: float | None = None
    lon: float | None = None

    @property
    def point(self) -> Point | None:
        """Longitude and latitude, if there are any that can be."""
        if self.lat is None or self.lon is None or not (-90 <= self.lat <= 90 and -180 <= self.lon <= 180):
            return None
        return self.lon, self.lat

    @property
    def is_point(self) -> bool:
        """Whether it is marked, and not the whole country shaded."""
        return self.precision != "country" and self.point is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a map will show: of which place, without its position where that cannot be; and which of the others. All
    that is said of a map in words comes from here, so that a page need not wait until it is drawn."""

    spot: Spot
    shown: tuple[Spot, ...]
    frame: Frame
    shaded: bool = True  # a whole country is marked as where it happened

    @property
    def height(self) -> int:
        return round(self.frame.window.height)


@dataclass(frozen=True, slots=True, kw_only=True)
class Map(Plan):
    """A drawn map."""

    drawing: Drawing


class Cartographer:
    """Draws maps. `country_name` says what a country is called in the readers' language."""

    def __init__(self, outlines: Outlines, country_name: Callable[[str], str]) -> None:
        self._outlines = outlines
        self._country_name = country_name
        self._plain, self._bold = Font.shipped(), Font.shipped("bold")
        # What happens in one country happens there for weeks: its outlines are half of the work.
        self._land_of = lru_cache(maxsize=4)(self._land)

    def plan(self, spot: Spot, others: Sequence[Spot] = ()) -> Plan | None:
        """What the map of a place will show, with `others` as far as they lie on it. None where neither its country
        nor its position is known."""
        found = frame(self._outlines, spot.country, spot.point, WIDTH, LEAST_HEIGHT, MOST_HEIGHT)
        if found is None:
            return None
        if found.stray:
            return self.plan(replace(spot, lat=None, lon=None), others)
        window = found.window
        shown = [other for other in others if other.point and window.holds(window.pixel(*other.point), 8)]
        return Plan(spot=spot, shown=tuple(shown[:MOST_SPOTS]), frame=found)

    def draw(self, spot: Spot, others: Sequence[Spot] = ()) -> Map | None:
        """The map of a place, with `others` as smaller dots. None where there is no plan for one."""
        plan = self.plan(spot, others)
        return None if plan is None else self.drawn(plan)

    def drawn(self, plan: Plan) -> Map:
        """The map of a plan."""
        spot, shown, window = plan.spot, plan.shown, plan.frame.window
        drawing = Drawing(WIDTH, plan.height, SEA)
        countries = self._land_of(window, plan.frame.shown)
        _draw_land(drawing, countries, spot, WHOLE if plan.shaded and not spot.is_point else OWN)
        board = Board(WIDTH, plan.height)
        marks = [window.pixel(*other.point) for other in shown if other.point]
        for at in marks:
            drawing.circle(*at, SMALL_DOT, fill=OTHER, stroke=PAPER, stroke_width=1.5)
            board.take_point(at, SMALL_DOT + 1)
        self._mark(drawing, board, window, spot)
        self._bar(drawing, board, window)
        for other, at in zip(shown, marks, strict=False):
            self._name(drawing, board, at, other.name)
        self._names(drawing, board, countries, spot.country)
        return Map(drawing=drawing, spot=spot, shown=shown, frame=plan.frame)

    def _land(self, window: Window, own: Sequence[Ring]) -> Land:
        """What is to be seen of each country."""
        kept = frozenset(own)
        found: Land = {}
        for ring in self._outlines.within(_seen(window)):
            step = _STEP if ring in kept else _FAR_STEP
            points = thinned(self._outlines.points(ring), step * _DEGREE / window.scale)
            rough = clipped(thinned(window.pixels(points), step), window.width, window.height)
            if rough and (ring in kept or _extent(rough) >= _DRAWN):
                found.setdefault(ring.country, []).append(rough)
        if sum(len(piece) for pieces in found.values() for piece in pieces) > _RUGGED:
            found = {code: [thinned(piece, _RUGGED_STEP) for piece in pieces] for code, pieces in found.items()}
        sized = {code: sorted(pieces, key=_extent, reverse=True) for code, pieces in found.items()}
        return {
            code: [piece for piece in pieces if _extent(piece) >= min(_SEEN, _extent(pieces[0]))]
            for code, pieces in sized.items()
        }

    def _mark(self, drawing: Drawing, board: Board, window: Window, spot: Spot) -> None:
        if not spot.is_point or spot.point is None:
            return
        at = window.pixel(*spot.point)
        if spot.precision == "admin1":
            drawing.circle(*at, RING, fill="none", stroke=PAPER, stroke_width=6)
            drawing.circle(*at, RING, fill="none", stroke=MARK, stroke_width=3)
            radius = RING + 3
        else:
            drawing.circle(*at, DOT, fill=MARK, stroke=PAPER, stroke_width=2)
            radius = DOT + 2
        board.take_point(at, radius)
        words = self._bold.fitted(spot.name, _LABEL, _WIDEST_LABEL)
        if words and self._bold.has(words):
            room = board.beside_surely(at, radius, self._bold.width(words, _LABEL), _LABEL * 1.2)
            _write(drawing, room, words, _LABEL, INK, bold=True)

    def _name(self, drawing: Drawing, board: Board, at: Point, name: str) -> None:
        words = self._plain.fitted(name, _SMALL_LABEL, _WIDEST_LABEL)
        if not words or not self._plain.has(words):
            return
        room = board.beside(at, SMALL_DOT + 1, self._plain.width(words, _SMALL_LABEL), _SMALL_LABEL * 1.2)
        if room is not None:
            _write(drawing, room, words, _SMALL_LABEL, INK)

    def _names(self, drawing: Drawing, board: Board, countries: Land, own: str) -> None:
        """The countries' names, as far as there is room for them: the own first, then by size."""
        for code in sorted(countries, key=lambda code: (code != own, -_extent(countries[code][0]))):
            if code.startswith("-"):
                continue
            words = self._country_name(code)
            font, size = (self._bold, 14.5) if code == own else (self._plain, _SMALL_LABEL)
            if not font.has(words):
                continue
            wide, tall = font.width(words, size) + 6, size * 1.5
            rooms = (board.inside(piece, wide, tall) for piece in countries[code][:_PIECES])
            room = next((room for room in rooms if room is not None), None)
            if room is None and code == own and _round(countries[code][0])[1] < _SPECK:
                room = board.beside(*_round(countries[code][0]), wide, tall)
            if room is not None:
                _write(drawing, room, words, size, PALE_INK, bold=code == own, halo="", inset=3)

    def _bar(self, drawing: Drawing, board: Board, window: Window) -> None:
        """How long so many kilometres are, in a corner where nothing is yet."""
        km = nice(_LONGEST_BAR / window.scale)
        length, words = km * window.scale, f"{km:,.0f} km" if km >= 1 else f"{km * 1000:.0f} m"
        width, height = max(length, self._plain.width(words, _SMALL_LABEL)) + 12, 30.0
        corners = [
            Rect(left, top, width, height)
            for top in (window.height - height - board.margin, board.margin)
            for left in (board.margin, window.width - width - board.margin)
        ]
        room = next((rect for rect in corners if board.is_free(rect)), corners[0])
        board.take(room)
        drawing.rect(room.left, room.top, width, height, fill=PAPER, fill_opacity=0.75)
        left, foot = room.left + 6, room.bottom - 6
        drawing.text(left, foot - 7, words, size=_SMALL_LABEL, fill=INK)
        ends = [(left, foot - 4), (left, foot), (left + length, foot), (left + length, foot - 4)]
        drawing.line(ends, stroke=INK, stroke_width=1.5)


def nice(most: float) -> float:
    """The greatest of 1, 2, 5, 10, 20, 50, ... that is at most so much; the same below one."""
    power = 10.0 ** floor(log10(most))
    return max(step * power for step in (1, 2, 5) if step * power <= most * (1 + 1e-9))


def _draw_land(drawing: Drawing, countries: Land, spot: Spot, ground: str) -> None:
    for code, rings in countries.items():
        if code != spot.country:
            drawing.area(rings, fill=NEIGHBOUR, stroke=BORDER, stroke_width=1)
    own = countries.get(spot.country, [])
    style: dict[str, Any] = {"fill": ground, "stroke": OUTLINE, "stroke_width": 1.4}
    drawing.area(own, **style, stroke_linejoin="round")
    if own and _round(own[0])[1] < _SPECK / 2:
        for ring in own:
            drawing.circle(*_round(ring)[0], 2.5, **style)


def _write(
    drawing: Drawing, room: Rect, words: str, size: float, ink: str, *, bold: bool = False, halo: str = PAPER,
    inset: float = 0,
) -> None:  # fmt: skip
    """Words into the room kept for them: four fifths of their height stand over the line of writing."""
    foot = room.bottom - (room.height - size * 0.72) / 2
    drawing.text(room.left + inset, foot, words, size=size, fill=ink, bold=bold, halo=halo)


def _seen(window: Window) -> Box:
    """The degrees that a window shows, and a little more."""
    lons, lats = zip(*window.edge(), strict=True)
    west, east, south, north = min(lons), max(lons), min(lats), max(lats)
    for pole in (90.0, -90.0):
        if window.holds(window.pixel(0, pole)):
            west, east, south, north = -180, 180, min(south, pole), max(north, pole)
    margin = 0.05 * (north - south)
    return Box(west - margin, south - margin, east + margin, north + margin)


def _round(points: Iterable[Point]) -> tuple[Point, float]:
    """The middle of points, and how far they go from there."""
    xs, ys = zip(*points, strict=True)
    middle = ((max(xs) + min(xs)) / 2, (max(ys) + min(ys)) / 2)
    return middle, max(max(xs) - min(xs), max(ys) - min(ys)) / 2


def _extent(points: Iterable[Point]) -> float:
    """The area of the box around points."""
    xs, ys = zip(*points, strict=True)
    return float((max(xs) - min(xs)) * (max(ys) - min(ys)))
