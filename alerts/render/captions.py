"""What pictures show, in words: for those who do not see them, and beside them for all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from alerts.globe import distance_km
from alerts.render.charts import BAND_IS, Daily, Monthly, Step, Steps, figure, short_day
from alerts.render.maps import Plan, Spot
from alerts.render.view import Notice
from alerts.template_filters import day, listed

_WEEK: Final = 7
_MOST_ROWS: Final = 12
_MOST_SAID: Final = 4
_MONTHS: Final = "January February March April May June July August September October November December".split()

Row = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """`alt` stands in place of the picture, `title` over it, `caption` under it; `head` and `rows` are its table."""

    title: str
    alt: str
    caption: str
    head: Row
    rows: tuple[Row, ...]


def of_map(drawn: Plan, others: Sequence[Spot], place: Mapping[str, object], country: str) -> Words:
    """`others` are all other places of the mail, `place` is what readers are shown of the place (`view.place_view`),
    `country` its country's name."""
    main, full = drawn.spot, str(place["full"])
    is_town = main.precision in ("city", "admin2")
    caption = full if is_town else f"Somewhere in {full}"
    doubt = " (the place is not certain)" if place["doubtful"] else ""
    with_distance = main.is_point and is_town and bool(others)
    rows: list[Row] = [(full, position(main)), *((other.name, position(other)) for other in others)]
    if with_distance:
        rows = [(*row, away(main, spot)) for row, spot in zip(rows, (main, *others), strict=True)]
    head = ("Place", "Position", "Distance") if with_distance else ("Place", "Position")
    also = f" Also marked: {listed([one.name for one in drawn.shown])}." if drawn.shown else ""
    return Words(
        title="On the map",
        alt=_seen_on_map(drawn, str(place["name"]) + doubt, country) + also,
        caption=caption + doubt,
        head=head,
        rows=tuple(rows),
    )


def of_place(drawn: Plan, others: Sequence[Spot], place: Mapping[str, object], country: str) -> Words:
    """The same for a map that no alert is of: a whole country is the country, and not somewhere in it."""
    words = of_map(drawn, others, place, country)
    also = f" Alerts of late at: {listed([one.name for one in drawn.shown])}." if drawn.shown else ""
    whole = (
        f"Map of {country}." if drawn.spot.precision == "country" else _seen_on_map(drawn, str(place["name"]), country)
    )
    dots = ". Dots: where alerts were of late" if drawn.shown else ""
    return replace(words, title="Map", alt=f"{whole}{also}", caption=f"{place['full']}{dots}")


def _seen_on_map(drawn: Plan, name: str, country: str) -> str:
    main, where = drawn.spot, f"Map of {country}" if drawn.frame.shown else "Map"
    if not main.is_point or main.point is None:
        what = "where in it" if main.precision == "country" else f"where {name} lies"
        return f"{where}, all of it shaded: {what} is not known."
    mark = "a ring around" if main.precision == "admin1" else "a dot at"
    part = f", in the {_part(main.point, drawn)} of the country" if drawn.frame.shown else ""
    return f"{where} with {mark} {name}{part}."


def _part(point: tuple[float, float], drawn: Plan) -> str:
    """Which third of the country a point lies in: "north-west"."""
    window, box = drawn.frame.window, drawn.frame.box
    x, y = window.pixel(*point)
    corners = [window.pixel(lon, lat) for lon in (box.west, box.east) for lat in (box.south, box.north)]
    left, right = min(at[0] for at in corners), max(at[0] for at in corners)
    top, bottom = min(at[1] for at in corners), max(at[1] for at in corners)
    across = (x - left) / max(right - left, 1e-9)
    down = (y - top) / max(bottom - top, 1e-9)
    words = ["north" if down < 1 / 3 else "south" if down > 2 / 3 else ""]
    words += ["west" if across < 1 / 3 else "east" if across > 2 / 3 else ""]
    return "-".join(word for word in words if word) or "middle"


def position(spot: Spot) -> str:
    """ "35.86 N, 36.80 E"; of a region about where its middle is."""
    if spot.point is None or spot.precision == "country":
        return "not known"
    lon, lat = spot.point
    digits = 1 if spot.precision == "admin1" else 2
    words = f"{abs(lat):.{digits}f} {'N' if lat >= 0 else 'S'}, {abs(lon):.{digits}f} {'E' if lon >= 0 else 'W'}"
    return f"around {words}" if spot.precision == "admin1" else words


def away(main: Spot, other: Spot) -> str:
    """How far another place lies from the first: "12 km"."""
    if main.point is None or other.point is None or other is main:
        return ""
    (lon, lat), (other_lon, other_lat) = main.point, other.point
    return f"{distance_km(lat, lon, other_lat, other_lon):,.0f} km"


def of_daily(chart: Daily, notice: Notice) -> Words:
    last = chart.day(len(chart.counts) - 1)
    span = f"{day(chart.first)} to {day(last)}"
    marked = [count for place, count in enumerate(chart.counts) if chart.is_marked(place)]
    alert = "the day of the alert" if chart.marked == 1 else f"the {chart.marked} days of the alert"
    most = f"at most {figure(max(marked))} a day" if chart.marked > 1 else figure(sum(marked))
    said = f"on {alert}, up to {short_day(chart.until)}, {most}" if marked else f"the alert was of {day(chart.until)}"
    band = chart.band and f"; {BAND_IS} between {figure(chart.band[0])} and {figure(chart.band[1])}"
    compared = f"{chart.usual_is} {figure(chart.usual)} a day{band or ''}"
    noun = f"{chart.noun} a day"
    return Words(
        title="Day by day",
        alt=f"Bar chart of {noun}, {span}: {said}; {compared}.",
        caption=f"{noun[0].upper()}{noun[1:]}, {span}; {compared}",
        head=("Days", "In all", "Each day"),
        rows=tuple(_weeks(chart)),
    )


def _weeks(chart: Daily) -> Iterator[Row]:
    """The counts week by week, the last week first."""
    end = len(chart.counts)
    while end > 0:
        start = max(0, end - _WEEK)
        first, last = short_day(chart.day(start)), short_day(chart.day(end - 1))
        counts = chart.counts[start:end]
        days = f"{first} to {last}" if end - start > 1 else first
        yield days, figure(sum(counts)), " · ".join(map(figure, counts))
        end = start


def of_months(chart: Monthly) -> Words:
    names = [f"{_MONTHS[month.month - 1]} {month.year}" for month in map(chart.month, range(len(chart.counts)))]
    most = max(range(len(chart.counts)), key=lambda place: chart.counts[place])
    span = f"{names[0]} to {names[-1]}"
    return Words(
        title="Month by month",
        alt=f"Bar chart of {chart.noun} a month, {span}: {sum(chart.counts)} in all,"
        f" most in {names[most]} ({chart.counts[most]}), {chart.counts[-1]} in {names[-1]} so far.",
        caption=f"{chart.noun.capitalize()} a month, {span}",
        head=("Month", chart.noun.capitalize()),
        rows=tuple((name, str(count)) for name, count in reversed(list(zip(names, chart.counts, strict=True)))),
    )


def of_steps(panels: Sequence[Steps], notice: Notice) -> Words:
    """The numbers of each version, the last first."""
    times = sorted({step.at for panel in panels for step in panel.steps}, reverse=True)
    by_time = [{step.at: step for step in panel.steps} for panel in panels]
    rows = tuple(
        (f"{short_day(at.date())} {at:%H:%M}", *(_count(steps.get(at)) for steps in by_time))
        for at in times[:_MOST_ROWS]
    )
    said = "; ".join(f"{panel.label}: {_then(panel)}" for panel in panels)
    labels = listed([panel.label for panel in panels])
    ranges = any(step.high > step.low for panel in panels for step in panel.steps)
    return Words(
        title="From report to report",
        alt=f"Chart of what was told from {day(times[-1])} to {day(times[0])}. {said[0].upper()}{said[1:]}.",
        caption=f"What each version told: {labels}" + (". Shaded: up to the highest figure" if ranges else ""),
        head=("Told (UTC)", *(panel.label.capitalize() for panel in panels)),
        rows=rows,
    )


def _then(panel: Steps) -> str:
    """The numbers one after the other; of many the first and the last ones."""
    words = [_count(step) for step in panel.steps]
    if len(words) > _MOST_SAID:
        words = [words[0], "…", *words[2 - _MOST_SAID :]]
    return ", then ".join(words)


def _count(step: Step | None) -> str:
    return step.words if step else "–"
