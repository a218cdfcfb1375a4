"""Where words go in a picture, so that they cover neither what they name nor each other."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from alerts.render.drawing.projection import Point, thinned

GAP: Final = 4.0
_COARSE: Final = 5.0  # pixels: for the question whether words fit in a country its outline may be rough
_TRIES: Final = 7  # of columns and rows in which a country is tried


@dataclass(frozen=True, slots=True)
class Rect:
    """A box of pixels."""

    left: float
    top: float
    width: float
    height: float

    @property
    def right(self) -> float:
        return self.left + self.width

    @property
    def bottom(self) -> float:
        return self.top + self.height

    @property
    def middle(self) -> Point:
        return self.left + self.width / 2, self.top + self.height / 2

    @property
    def corners(self) -> tuple[Point, ...]:
        return (
            (self.left, self.top),
            (self.right, self.top),
            (self.right, self.bottom),
            (self.left, self.bottom),
        )

    def overlaps(self, other: Rect) -> bool:
        return (
            self.left < other.right and other.left < self.right and self.top < other.bottom and other.top < self.bottom
        )


@dataclass(slots=True)
class Board:
    """The picture's room, and what is taken of it."""

    width: float
    height: float
    margin: float = 6.0
    taken: list[Rect] = field(default_factory=list)

    def take(self, rect: Rect) -> None:
        self.taken.append(rect)

    def take_point(self, at: Point, radius: float) -> None:
        self.take(Rect(at[0] - radius, at[1] - radius, 2 * radius, 2 * radius))

    def is_free(self, rect: Rect) -> bool:
        return self.holds(rect) and not any(rect.overlaps(other) for other in self.taken)

    def holds(self, rect: Rect) -> bool:
        return (
            rect.left >= self.margin
            and rect.top >= self.margin
            and rect.right <= self.width - self.margin
            and rect.bottom <= self.height - self.margin
        )

    def beside(self, at: Point, radius: float, width: float, height: float) -> Rect | None:
        """Room for words beside a mark, which is taken then; None when there is none."""
        for rect in _around(at, radius + GAP, width, height):
            if self.is_free(rect):
                self.take(rect)
                return rect
        return None

    def beside_surely(self, at: Point, radius: float, width: float, height: float) -> Rect:
        """Room for the words that must be there: over what is taken if need be, but not over their own mark. They may
        be half as wide as the picture, less the mark."""
        free = self.beside(at, radius, width, height)
        if free is not None:
            return free
        x, y = at
        top = min(max(y - height / 2, self.margin), self.height - self.margin - height)
        right = x + radius + GAP
        left = right if right + width <= self.width - self.margin else x - radius - GAP - width
        rect = Rect(left, top, width, height)
        self.take(rect)
        return rect

    def inside(self, outline: Sequence[Point], width: float, height: float) -> Rect | None:
        """Room for words within an outline, near its middle; taken then. None when there is none."""
        rough = thinned(outline, _COARSE)
        if len(rough) < 3:
            return None
        xs, ys = [x for x, _ in rough], [y for _, y in rough]
        if max(xs) - min(xs) < width or max(ys) - min(ys) < height:
            return None
        for x, y in _tries(rough, xs, ys):
            rect = Rect(x - width / 2, y - height / 2, width, height)
            if self.is_free(rect) and all(contains(rough, point) for point in (*rect.corners, rect.middle)):
                self.take(rect)
                return rect
        return None


def _around(at: Point, away: float, width: float, height: float) -> Iterable[Rect]:
    """Boxes beside a point: right, left, above, below, then the corners."""
    x, y = at
    middle, centre = y - height / 2, x - width / 2
    side = away * 0.75
    yield Rect(x + away, middle, width, height)
    yield Rect(x - away - width, middle, width, height)
    yield Rect(centre, y - away - height, width, height)
    yield Rect(centre, y + away, width, height)
    for left in (x + side, x - side - width):
        for top in (y - side - height, y + side):
            yield Rect(left, top, width, height)


def _tries(outline: Sequence[Point], xs: Sequence[float], ys: Sequence[float]) -> list[Point]:
    """Points to try for the middle of the words, the ones nearest to the outline's own middle first."""
    middle = (sum(xs) / len(xs), sum(ys) / len(ys))
    spread = [
        (
            min(xs) + (max(xs) - min(xs)) * (column + 0.5) / _TRIES,
            min(ys) + (max(ys) - min(ys)) * (row + 0.5) / _TRIES,
        )
        for column in range(_TRIES)
        for row in range(_TRIES)
    ]
    spread.sort(key=lambda point: (point[0] - middle[0]) ** 2 + (point[1] - middle[1]) ** 2)
    return [middle, *spread]


def contains(outline: Sequence[Point], point: Point) -> bool:
    """Whether a point lies within a closed line."""
    x, y = point
    found = False
    before_x, before_y = outline[-1]
    for at_x, at_y in outline:
        if (at_y > y) is not (before_y > y) and x < (before_x - at_x) * (y - at_y) / (before_y - at_y) + at_x:
            found = not found
        before_x, before_y = at_x, at_y
    return found
