"""Charts: what was counted by day against what is usual, and what was told from version to version.

Few words and no colour that means anything alone: the days that made the alert are dark, the others pale, and the
words beside the picture say the same. Counts begin at nought.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from math import ceil, floor, isfinite, log10
from typing import Final

from alerts.render.drawing.font import Font
from alerts.render.drawing.svg import Drawing

WIDTH: Final = 440
_HEIGHT: Final = 250
MONTHLY_HEIGHT: Final = 170
_PANEL: Final = 126
_TOP, _RIGHT, _BOTTOM = 30.0, 12.0, 28.0
_LEGEND: Final = 22.0  # a line more above the bars
_SIZE: Final = 14.0
_MOST_TICKS: Final = 4
_WIDEST_BAR: Final = 44.0
_LONGEST_USUAL: Final = 200.0

PAPER: Final = "#ffffff"
INK: Final = "#1c2430"
PALE_INK: Final = "#5a6270"
GRID: Final = "#dde1e6"
BAR: Final = "#8795a6"
MARKED: Final = "#a80020"
BAND: Final = "#e9e4d2"
USUAL: Final = "#55524a"
BAND_IS: Final = "most days before"
_DASHED: Final[dict[str, object]] = {"stroke": USUAL, "stroke_width": 1.5, "stroke_dasharray": "6 4"}

_MONTHS: Final = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()


@dataclass(frozen=True, slots=True, kw_only=True)
class Daily:
    """Counts of days in a row, from `first` on. `marked` of them, up to the day `until`, made the alert. `usual` is
    what is compared with, for a day, in words `usual_is`; `band`: between which counts most earlier days lie."""

    noun: str
    first: date
    counts: tuple[float, ...]
    until: date
    marked: int
    usual: float
    usual_is: str
    band: tuple[float, float] | None = None

    def day(self, place: int) -> date:
        return self.first + timedelta(days=place)

    def is_marked(self, place: int) -> bool:
        return 0 <= (self.until - self.day(place)).days < self.marked


@dataclass(frozen=True, slots=True, kw_only=True)
class Monthly:
    """Counts of months in a row, from that of `first` on."""

    noun: str
    first: date
    counts: tuple[int, ...]

    def month(self, place: int) -> date:
        at = self.first.year * 12 + self.first.month - 1 + place
        return date(at // 12, at % 12 + 1, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A number as one version told it: `low` to `high`, which may be without end; in `words` "at least 12"."""

    at: datetime
    low: float
    high: float
    words: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Steps:
    """One number through the versions of an alert, the oldest first."""

    label: str
    steps: tuple[Step, ...]


def daily(chart: Daily) -> Drawing:
    """Bars by day, the usual as a dashed line over a band."""
    drawing = Drawing(WIDTH, _HEIGHT, PAPER)
    font = Font.shipped()
    top = max(*chart.counts, chart.usual, *(chart.band or ()))
    axis = _Axis(drawing, font, scale=ticks(top), top=_TOP + _LEGEND, foot=_HEIGHT - _BOTTOM)
    width = min((WIDTH - _RIGHT - axis.left) / len(chart.counts), _WIDEST_BAR)
    if chart.band is not None:
        low, high = axis.y(chart.band[0]), axis.y(chart.band[1])
        drawing.rect(axis.left, high, WIDTH - _RIGHT - axis.left, max(low - high, 1), fill=BAND)
    axis.grid()
    for place, count in enumerate(chart.counts):
        if count > 0:
            left, head = axis.left + place * width, axis.y(count)
            colour = MARKED if chart.is_marked(place) else BAR
            drawing.rect(left + width * 0.12, head, width * 0.76, max(axis.foot - head, 1), fill=colour)
    line = axis.y(chart.usual)
    drawing.line([(axis.left, line), (WIDTH - _RIGHT, line)], **_DASHED)
    noun = font.fitted(f"{chart.noun} a day", _SIZE, WIDTH - _RIGHT - axis.left)
    drawing.text(axis.left, 15, noun, size=_SIZE, fill=PALE_INK)
    _legend(drawing, font, chart, axis.left)
    _dates(drawing, font, chart, axis.left, width)
    return drawing


def _legend(drawing: Drawing, font: Font, chart: Daily, left: float) -> None:
    """What line and band are, in a line of its own: beside what is counted there is no room for it on a phone."""
    foot = 15 + _LEGEND
    drawing.line([(left, foot - 4.5), (left + 22, foot - 4.5)], **_DASHED)
    words = font.fitted(f"{chart.usual_is} {figure(chart.usual)} a day", _SIZE, _LONGEST_USUAL)
    drawing.text(left + 28, foot, words, size=_SIZE, fill=INK)
    if chart.band is not None:
        x = left + 28 + font.width(words, _SIZE) + 16
        drawing.rect(x, foot - 10, 16, 12, fill=BAND, stroke=GRID, stroke_width=1)
        drawing.text(x + 22, foot, BAND_IS, size=_SIZE, fill=INK)


def _dates(drawing: Drawing, font: Font, chart: Daily, left: float, width: float) -> None:
    """The first day, that of the alert, and days a few weeks apart between them, as far as there is room."""
    last = len(chart.counts) - 1
    alert = min(max((chart.until - chart.first).days, 0), last)
    taken: list[tuple[float, float]] = []
    for place in dict.fromkeys((alert, 0, last, *range(alert % 14, last, 14))):
        words = short_day(chart.day(place))
        half = font.width(words, _SIZE) / 2
        middle = min(max(left + (place + 0.5) * width, left + half), WIDTH - 4 - half)
        if any(middle - half < end and begin < middle + half for begin, end in taken):
            continue
        taken.append((middle - half - 10, middle + half + 10))
        bold = place == alert
        drawing.text(middle, _HEIGHT - 8, words, size=_SIZE, fill=INK, anchor="middle", bold=bold)


def monthly(chart: Monthly) -> Drawing:
    """Bars by month; the last, which may not be over, is dark."""
    drawing = Drawing(WIDTH, MONTHLY_HEIGHT, PAPER)
    font = Font.shipped()
    axis = _Axis(drawing, font, scale=ticks(max(chart.counts)), top=_TOP, foot=MONTHLY_HEIGHT - _BOTTOM)
    width = (WIDTH - _RIGHT - axis.left) / len(chart.counts)
    axis.grid()
    drawing.text(axis.left, 15, f"{chart.noun} a month", size=_SIZE, fill=PALE_INK)
    for place, count in enumerate(chart.counts):
        left, last = axis.left + place * width, place == len(chart.counts) - 1
        if count > 0:
            head = axis.y(count)
            drawing.rect(
                left + width * 0.12, head, width * 0.76, max(axis.foot - head, 1), fill=MARKED if last else BAR
            )
        name = _MONTHS[chart.month(place).month - 1]
        if width >= font.width(name, _SIZE) + 4:
            middle = left + width / 2
            drawing.text(middle, MONTHLY_HEIGHT - 8, name, size=_SIZE, fill=INK, anchor="middle", bold=last)
    return drawing


def steps(panels: Sequence[Steps]) -> Drawing:
    """Each number as steps through time, with the range that was told; one under the other over the same times."""
    height = round(_BOTTOM + _PANEL * len(panels))
    drawing = Drawing(WIDTH, height, PAPER)
    font = Font.shipped()
    begin = min(step.at for panel in panels for step in panel.steps)
    end = max(step.at for panel in panels for step in panel.steps)
    scales = [ticks(max(_tops(panel))) for panel in panels]
    left = max(_left(font, scale) for scale in scales)
    span = max((end - begin).total_seconds(), 1.0) * 1.08  # the last step has a length, too

    def x(at: datetime) -> float:
        return left + (WIDTH - _RIGHT - left) * (at - begin).total_seconds() / span

    for place, (panel, scale) in enumerate(zip(panels, scales, strict=True)):
        top = _PANEL * place + _TOP
        axis = _Axis(drawing, font, scale=scale, top=top, foot=_PANEL * (place + 1) - 6, left=left)
        axis.grid()
        drawing.text(left, top - 12, font.fitted(panel.label, _SIZE, 300), size=_SIZE, fill=PALE_INK)
        _steps(drawing, axis, panel, [*(x(step.at) for step in panel.steps), WIDTH - _RIGHT])
    _times(drawing, font, begin, end, x(end), left, height)
    return drawing


def _tops(panel: Steps) -> list[float]:
    return [step.high if isfinite(step.high) else step.low for step in panel.steps]


def _steps(drawing: Drawing, axis: _Axis, panel: Steps, edges: Sequence[float]) -> None:
    for step, top, start, end in zip(panel.steps, _tops(panel), edges, edges[1:], strict=False):
        if top > step.low:
            drawing.rect(start, axis.y(top), end - start, axis.y(step.low) - axis.y(top), fill=BAND)
    line = [
        (edge, axis.y(step.low))
        for step, start, end in zip(panel.steps, edges, edges[1:], strict=False)
        for edge in (start, end)
    ]
    drawing.line(line, stroke=MARKED, stroke_width=2.5)
    for step, start in zip(panel.steps, edges, strict=False):
        drawing.circle(start, axis.y(step.low), 3.5, fill=MARKED, stroke=PAPER, stroke_width=1)


def _times(
    drawing: Drawing, font: Font, begin: datetime, end: datetime, last: float, left: float, height: float
) -> None:
    """When the first and the last were told."""
    with_hour = begin.date() == end.date()
    words = [f"{short_day(at.date())} {at:%H:%M}" if with_hour else short_day(at.date()) for at in (begin, end)]
    drawing.text(left, height - 8, words[0], size=_SIZE, fill=INK)
    half = font.width(words[1], _SIZE) / 2
    middle = min(last, WIDTH - 4 - half)
    if middle - half > left + font.width(words[0], _SIZE) + 10:
        drawing.text(middle, height - 8, words[1], size=_SIZE, fill=INK, anchor="middle", bold=True)


class _Axis:
    """Counts upwards from `foot` to `top`, with their figures at the left."""

    def __init__(
        self, drawing: Drawing, font: Font, *, scale: Sequence[float], top: float, foot: float, left: float = 0
    ) -> None:
        self._drawing, self._scale = drawing, scale
        self.top, self.foot = top, foot
        self.left = left or _left(font, scale)

    def y(self, count: float) -> float:
        return self.foot - (self.foot - self.top) * count / self._scale[-1]

    def grid(self) -> None:
        for value in self._scale:
            ends = [(self.left, self.y(value)), (WIDTH - _RIGHT, self.y(value))]
            self._drawing.line(ends, stroke=GRID if value else PALE_INK, stroke_width=1)
            self._drawing.text(self.left - 6, self.y(value) + 5, figure(value), size=_SIZE, fill=PALE_INK, anchor="end")


def _left(font: Font, scale: Sequence[float]) -> float:
    return max(font.width(figure(value), _SIZE) for value in scale) + 12


def ticks(top: float) -> list[float]:
    """Round values from nought to the first that is not below `top`, at most five; whole ones, for one cannot count
    half a report."""
    if not isfinite(top) or top <= 1:
        return [0.0, 1.0]
    power = 10.0 ** floor(log10(top / _MOST_TICKS)) if top > _MOST_TICKS else 1.0
    step = next(step * power for step in (1, 2, 5, 10) if step * power * _MOST_TICKS >= top and step * power >= 1)
    return [step * number for number in range(ceil(top / step - 1e-9) + 1)]


def figure(value: float) -> str:
    """A count in few letters: 0.4, 12, 1,200, 45,000, 1.2 million."""
    if value >= 1_000_000:
        return f"{value / 1_000_000:.3g} million"
    return f"{value:,.0f}" if value >= 10 or value == round(value) else f"{value:.1f}"


def short_day(day: date) -> str:
    """A day that reads the same everywhere: "2 Mar"."""
    return f"{day.day} {_MONTHS[day.month - 1]}"
