"""Charts for who writes rules: what a rule would have flagged by day beside the rule in force, and how often it was
right. As `charts`: no colour means anything alone, and a table says the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from typing import Final

from alerts.render.charts import BAND, BAR, GRID, INK, MARKED, PALE_INK, PAPER, figure, short_day, ticks
from alerts.render.drawing.font import Font
from alerts.render.drawing.svg import Drawing

WIDTH: Final = 640
_HEIGHT: Final = 260
_TOP, _RIGHT, _BOTTOM, _LEFT = 44.0, 12.0, 28.0, 52.0
_SIZE: Final = 14.0
_MOST_BARS: Final = 70
_LENGTHS: Final = ((1, "day"), (7, "week"), (28, "four weeks"), (91, "quarter"), (364, "year"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Bin:
    """Hits of a time from `first` on: of both versions, of the tried one alone, of the one in force alone."""

    first: date
    same: int
    new: int
    lost: int


def binned(days: Sequence[tuple[date, int, int, int]]) -> tuple[str, list[Bin]]:
    """Counts by day as bars that find room: of a day each, or of longer times. What a bar is, and the bars, without
    gaps. Nothing for no days."""
    if not days:
        return "day", []
    first, last = min(one[0] for one in days), max(one[0] for one in days)
    span = (last - first).days + 1
    length, name = next((one for one in _LENGTHS if span <= one[0] * _MOST_BARS), _LENGTHS[-1])
    sums = [[0, 0, 0] for _ in range((span - 1) // length + 1)]
    for day, *counts in days:
        place = sums[(day - first).days // length]
        for at, number in enumerate(counts):
            place[at] += number
    bins = [
        Bin(first=first + timedelta(days=at * length), same=same, new=new, lost=lost)
        for at, (same, new, lost) in enumerate(sums)
    ]
    return name, bins


def hits(bins: Sequence[Bin], each: str, *, compared: bool) -> Drawing:
    """Bars of hits. `compared`: with those that are new dark, and those that are lost hollow above."""
    drawing, font = Drawing(WIDTH, _HEIGHT, PAPER), Font.shipped()
    scale = ticks(max((one.same + one.new + one.lost for one in bins), default=1))
    foot, step = _HEIGHT - _BOTTOM, (WIDTH - _RIGHT - _LEFT) / max(len(bins), 1)
    high = (foot - _TOP) / scale[-1]
    _grid(drawing, [(value, figure(value)) for value in scale], scale[-1])
    width = min(step * 0.76, 40.0)
    for at, one in enumerate(bins):
        left, top = _LEFT + at * step + (step - width) / 2, foot
        styles = (("fill", BAR), ("fill", MARKED), ("hollow", MARKED))
        for count, (kind, colour) in zip((one.same, one.new, one.lost), styles, strict=True):
            if not count:
                continue
            top -= count * high
            if kind == "fill":
                drawing.rect(left, top, width, count * high, fill=colour)
            else:
                drawing.rect(left + 0.5, top + 0.5, max(width - 1, 1), max(count * high - 1, 1), fill=PAPER, stroke=INK)
    drawing.text(_LEFT, 15, f"hits a {each}" if " " not in each else f"hits in {each}", size=_SIZE, fill=PALE_INK)
    if compared:
        _legend(drawing, font)
    days = [one.first for one in bins]
    _dates(drawing, font, [(_LEFT + (at + 0.5) * step, day) for at, day in enumerate(days)])
    return drawing


def _legend(drawing: Drawing, font: Font) -> None:
    x = _LEFT
    for words, style in (
        ("both versions", {"fill": BAR}),
        ("new", {"fill": MARKED}),
        ("lost", {"fill": PAPER, "stroke": INK}),
    ):
        drawing.rect(x, 24, 12, 12, **style)
        drawing.text(x + 18, 35, words, size=_SIZE, fill=INK)
        x += 18 + font.width(words, _SIZE) + 22


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """Which part of the alerts judged in a time was right, and between which shares the truth lies."""

    first: date
    share: float
    low: float
    high: float


def precision(shares: Sequence[Share]) -> Drawing:
    """Points for how often a rule was right, each with the span that few verdicts leave open."""
    drawing, font = Drawing(WIDTH, _HEIGHT, PAPER), Font.shipped()
    foot = _HEIGHT - _BOTTOM
    _grid(drawing, [(value, f"{value:.0%}") for value in (0.0, 0.25, 0.5, 0.75, 1.0)], 1.0)
    step = (WIDTH - _RIGHT - _LEFT) / max(len(shares), 1)
    places = [_LEFT + (at + 0.5) * step for at in range(len(shares))]

    def y(value: float) -> float:
        return foot - (foot - _TOP) * value

    for x, one in zip(places, shares, strict=True):
        drawing.rect(x - 6, y(one.high), 12, max(y(one.low) - y(one.high), 1), fill=BAND)
    points = [(x, y(one.share)) for x, one in zip(places, shares, strict=True)]
    for start, end in pairwise(points):
        drawing.line([start, end], stroke=BAR, stroke_width=1.5)
    for x, height in points:
        drawing.circle(x, height, 4, fill=MARKED, stroke=PAPER, stroke_width=1)
    drawing.text(_LEFT, 15, "right of judged alerts, by month", size=_SIZE, fill=PALE_INK)
    drawing.rect(_LEFT, 24, 12, 12, fill=BAND, stroke=GRID)
    drawing.text(_LEFT + 18, 35, "where the truth may lie (95 %)", size=_SIZE, fill=INK)
    _dates(drawing, font, [(x, one.first) for x, one in zip(places, shares, strict=True)], month=True)
    return drawing


def _grid(drawing: Drawing, marks: Sequence[tuple[float, str]], top: float) -> None:
    foot = _HEIGHT - _BOTTOM
    for value, words in marks:
        y = foot - (foot - _TOP) * value / top
        drawing.line([(_LEFT, y), (WIDTH - _RIGHT, y)], stroke=GRID if value else PALE_INK, stroke_width=1)
        drawing.text(_LEFT - 6, y + 5, words, size=_SIZE, fill=PALE_INK, anchor="end")


def _dates(drawing: Drawing, font: Font, places: Sequence[tuple[float, date]], *, month: bool = False) -> None:
    """The last day and the first, then those between for which there is room."""
    taken: list[tuple[float, float]] = []
    for x, day in dict.fromkeys([*places[-1:], *places[:1], *places]):
        words = f"{short_day(day).split()[1]} {day.year}" if month else f"{short_day(day)} {day.year % 100:02}"
        half = font.width(words, _SIZE) / 2
        middle = min(max(x, half + 4), WIDTH - 4 - half)
        if any(middle - half < end and begin < middle + half for begin, end in taken):
            continue
        taken.append((middle - half - 12, middle + half + 12))
        drawing.text(middle, _HEIGHT - 8, words, size=_SIZE, fill=INK, anchor="middle")
