"""The interval follows how often a feed brings something."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from alerts.collect import rhythm
from alerts.collect.rhythm import DAY, HOUR

MINUTE = timedelta(minutes=1)
QUARTER = timedelta(minutes=15)


def interval(**known: Any) -> timedelta:
    values: dict[str, Any] = {
        "usual": QUARTER,
        "least": MINUTE,
        "most": HOUR,
        "rate": 0.0,
        "new": 0,
        "items": 20,
        "passed": QUARTER,
        "quiet": HOUR,
    }
    return rhythm.interval(**values | known)


def test_a_feed_that_brings_a_few_items_a_day_is_asked_at_the_usual_interval() -> None:
    assert interval(rate=0.3) == interval(new=1) == QUARTER


def test_a_poll_that_finds_half_the_document_new_is_followed_by_one_twice_as_soon() -> None:
    assert interval(new=10) == QUARTER / 2


def test_a_document_of_which_everything_is_new_is_asked_for_in_a_quarter_of_the_time() -> None:
    assert interval(new=20) == QUARTER / 4
    assert interval(new=4, items=4) == QUARTER / 4


def test_a_feed_that_has_been_busy_all_day_stays_so_through_a_quiet_hour() -> None:
    assert interval(rate=60.0) == 5 * MINUTE


def test_after_weeks_of_silence_a_feed_is_asked_more_rarely_until_it_speaks() -> None:
    assert interval(quiet=14 * DAY) == 2 * QUARTER
    assert interval(quiet=365 * DAY) == HOUR
    assert interval(quiet=365 * DAY, new=1) == QUARTER


def test_a_feed_may_be_silent_for_months_or_years_after_it_spoke_every_hour() -> None:
    rate = 1.0
    for day in range(3 * 365):
        rate = rhythm.new_rate(rate, 0, DAY)
        assert interval(rate=rate, quiet=(day + 1) * DAY) <= HOUR


@given(
    rate=st.floats(0, 1e6),
    new=st.integers(0, 2000),
    items=st.integers(0, 2000),
    passed=st.timedeltas(timedelta(0), 400 * DAY),
    quiet=st.timedeltas(timedelta(0), 4000 * DAY),
)
def test_the_interval_keeps_its_bounds(rate: float, new: int, items: int, passed: timedelta, quiet: timedelta) -> None:
    found = interval(rate=rate, new=new, items=items, passed=passed, quiet=quiet)
    assert MINUTE <= found <= HOUR


@given(st.lists(st.tuples(st.integers(0, 100), st.timedeltas(MINUTE, 3 * DAY)), max_size=50))
def test_a_rate_is_never_below_nothing_nor_above_the_busiest_moment(polls: list[tuple[int, timedelta]]) -> None:
    rate = 0.0
    for new, passed in polls:
        rate = rhythm.new_rate(rate, new, passed)
        assert 0 <= rate <= max(new / (passed / HOUR) for new, passed in polls) + 1e-9


def test_a_steady_rate_is_found_within_days() -> None:
    rate = 0.0
    for _ in range(4 * 24 * 4):
        rate = rhythm.new_rate(rate, 1, QUARTER)
    assert 3.9 < rate < 4.01
