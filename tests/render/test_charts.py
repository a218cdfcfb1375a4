"""Charts show what was counted, to scale, and begin at nought."""

from __future__ import annotations

import itertools
from datetime import UTC, date, datetime, timedelta
from math import inf
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.render import charts
from alerts.render.captions import of_months
from alerts.render.charts import BAND, BAR, MARKED, WIDTH, Daily, Monthly, Step, Steps, figure, short_day, ticks
from alerts.render.drawing.svg import Drawing

SVG = "{http://www.w3.org/2000/svg}"
FIRST = date(2026, 1, 6)
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def chart(counts: list[float], **more: Any) -> Daily:
    until = FIRST + timedelta(days=len(counts) - 1)
    values: dict[str, Any] = {"noun": "reports", "marked": 3, "usual": 0.5, "usual_is": "usual", "until": until}
    return Daily(first=FIRST, counts=tuple(counts), **values | more)


def rects(drawing: Drawing, fill: str) -> list[dict[str, float]]:
    root = ElementTree.fromstring(drawing.svg())
    found = [one for one in root.iter(f"{SVG}rect") if one.get("fill") == fill]
    return [{name: float(one.get(name, 0)) for name in ("x", "y", "width", "height")} for one in found]


def words(drawing: Drawing) -> list[str]:
    return [one.text or "" for one in ElementTree.fromstring(drawing.svg()).iter(f"{SVG}text")]


def test_bars_are_as_tall_as_their_counts_and_those_of_the_alert_are_marked() -> None:
    drawing = charts.daily(chart([1, 0, 2, 0, 4, 2]))
    pale, dark = rects(drawing, BAR), rects(drawing, MARKED)
    assert [bar["height"] / pale[0]["height"] for bar in [*pale, *dark]] == pytest.approx([1, 2, 4, 2], rel=0.01)
    assert len({round(bar["y"] + bar["height"]) for bar in [*pale, *dark]}) == 1


def test_the_day_of_the_alert_and_the_first_and_last_are_named() -> None:
    found = words(charts.daily(chart([1.0] * 56, until=date(2026, 2, 17))))
    assert {"6 Jan", "17 Feb", "2 Mar"} <= set(found)


def test_what_line_and_band_mean_is_said_only_where_they_are() -> None:
    plain, banded = chart([1.0] * 20), chart([1.0] * 20, band=(0.0, 1.0))
    assert "usual 0.5 a day" in words(charts.daily(plain))
    assert charts.BAND_IS in words(charts.daily(banded)) and charts.BAND_IS not in words(charts.daily(plain))
    assert len(rects(charts.daily(banded), BAND)) == 2 and not rects(charts.daily(plain), BAND)


COUNTS = st.lists(st.floats(0, 5e7), min_size=2, max_size=60)


@settings(max_examples=40, deadline=None)
@given(COUNTS, st.floats(0, 1e6), st.integers(1, 30), st.integers(-5, 70), st.text(max_size=40))
def test_any_counts_stay_in_the_picture(counts: list[float], usual: float, marked: int, until: int, noun: str) -> None:
    day = FIRST + timedelta(days=until)
    drawing = charts.daily(chart(counts, usual=usual, marked=marked, until=day, noun=noun, band=(0.0, usual)))
    for bar in [*rects(drawing, BAR), *rects(drawing, MARKED), *rects(drawing, BAND)]:
        assert 0 <= bar["x"] and bar["x"] + bar["width"] <= WIDTH + 0.1
        assert 0 <= bar["y"] and bar["y"] + bar["height"] <= drawing.height


def steps(*numbers: tuple[float, float], label: str = "killed") -> Steps:
    made = [Step(at=NOON + timedelta(hours=number), low=low, high=high) for number, (low, high) in enumerate(numbers)]
    return Steps(label=label, steps=tuple(made))


def test_what_was_told_is_a_line_of_steps_with_its_ranges() -> None:
    drawing = charts.steps([steps((12, 12), (14, 20), (30, 45))])
    assert len(rects(drawing, BAND)) == 2
    assert len([one for one in ElementTree.fromstring(drawing.svg()).iter(f"{SVG}circle")]) == 3


def test_what_has_no_upper_end_has_no_range() -> None:
    assert not rects(charts.steps([steps((12, inf), (14, inf))]), BAND)


def test_two_numbers_stand_one_under_the_other() -> None:
    one, two = [steps((1, 2), (3, 4))], [steps((1, 2), (3, 4)), steps((100, 100), (900, 2000), label="displaced")]
    assert charts.steps(two).height > charts.steps(one).height
    assert {"killed", "displaced"} <= set(words(charts.steps(two)))


def test_steps_of_one_day_are_told_with_the_hour() -> None:
    assert "2 Mar 12:00" in words(charts.steps([steps((1, 1), (2, 2))]))


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.floats(0, 1e8), st.floats(0, 1e8) | st.just(inf)), min_size=2, max_size=20))
def test_any_steps_stay_in_the_picture(numbers: list[tuple[float, float]]) -> None:
    drawing = charts.steps([steps(*((min(pair), max(pair)) for pair in numbers))])
    for band in rects(drawing, BAND):
        assert 0 <= band["x"] and band["x"] + band["width"] <= WIDTH
        assert 0 <= band["y"] and band["y"] + band["height"] <= drawing.height


@given(st.floats(0, 1e12))
def test_ticks_are_few_round_whole_and_reach_the_top(top: float) -> None:
    found = ticks(top)
    assert found[0] == 0 and found[-1] >= top * (1 - 1e-6)
    assert 2 <= len(found) <= 6
    assert len({round(b - a, 6) for a, b in itertools.pairwise(found)}) == 1
    assert all(value == round(value) for value in found)
    assert len(found) == 2 or found[-2] < top


@pytest.mark.parametrize(
    ("value", "said"),
    [(0, "0"), (0.43, "0.4"), (1 / 3, "0.3"), (12, "12"), (12.7, "13"), (1200, "1,200"), (1_234_567, "1.23 million")],
)
def test_figures_are_short(value: float, said: str) -> None:
    assert figure(value) == said


def test_days_read_the_same_everywhere() -> None:
    assert short_day(date(2026, 3, 2)) == "2 Mar"


def test_months_are_as_tall_as_their_counts_and_named() -> None:
    shown = Monthly(noun="alerts", first=date(2025, 11, 1), counts=(0, 4, 2, 1))
    drawing = charts.monthly(shown)
    before, last = rects(drawing, BAR), rects(drawing, MARKED)
    assert len(before) == 2 and len(last) == 1
    assert abs(before[0]["height"] - 4 * last[0]["height"]) < 0.5
    assert [word for word in words(drawing) if word.isalpha()] == ["Nov", "Dec", "Jan", "Feb"]


def test_the_words_of_months_say_all_that_the_bars_do() -> None:
    said = of_months(Monthly(noun="alerts", first=date(2025, 11, 1), counts=(0, 4, 2, 1)))
    assert said.alt == (
        "Bar chart of alerts a month, November 2025 to February 2026: 7 in all,"
        " most in December 2025 (4), 1 in February 2026 so far."
    )
    assert said.rows == (("February 2026", "1"), ("January 2026", "2"), ("December 2025", "4"), ("November 2025", "0"))


@given(st.lists(st.integers(0, 10**7), min_size=1, max_size=40).filter(any))
def test_any_months_can_be_drawn(counts: list[int]) -> None:
    drawn = charts.monthly(Monthly(noun="alerts", first=date(2020, 12, 1), counts=tuple(counts)))
    assert "nan" not in drawn.svg()
    assert all(0 <= one["y"] and one["x"] + one["width"] <= WIDTH for one in rects(drawn, BAR) + rects(drawn, MARKED))
