"""What has gone quiet: against its own rhythm."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.track.quiet import (
    ALWAYS,
    DAY,
    HOUR,
    WEEK,
    counted,
    rhythm_of_feed,
    rhythm_of_rule,
    silent,
    silent_rules,
)

MONDAY = datetime(2026, 3, 2, tzinfo=UTC)


def arrivals(wanted: Callable[[datetime], bool], weeks: int = 8) -> list[datetime]:
    """The hours before MONDAY in which something came."""
    hours = (MONDAY - weeks * WEEK + n * HOUR for n in range(weeks * 7 * 24))
    return [time for time in hours if wanted(time)]


def silent_from(times: Sequence[datetime]) -> datetime:
    """The hour in which a feed is silent that brings nothing after these."""
    rhythm = rhythm_of_feed(times)
    assert rhythm is not None
    last = max(times)
    return next(at for n in range(24 * 200) if silent(rhythm, last, at := last + n * HOUR))


def test_a_feed_of_every_hour_is_silent_after_some_hours() -> None:
    assert HOUR * 6 <= silent_from(arrivals(lambda at: True)) - MONDAY <= HOUR * 12


def test_its_nights_do_not_count() -> None:
    """What fell silent on Saturday evening is noticed on Sunday morning."""
    sunday = MONDAY - DAY
    when = silent_from([time for time in arrivals(lambda at: 6 <= at.hour < 18) if time < sunday])
    assert sunday + 9 * HOUR < when <= sunday + 13 * HOUR


def test_a_feed_of_the_working_days_is_not_silent_on_monday_and_is_on_tuesday() -> None:
    when = silent_from(arrivals(lambda at: at.weekday() < 5 and at.hour == 9))
    assert MONDAY + DAY < when < MONDAY + 2 * DAY


def test_a_weekly_feed_is_silent_after_two_weeks_and_not_before() -> None:
    last = MONDAY - 5 * DAY
    when = silent_from(arrivals(lambda at: at.weekday() == 2 and at.hour == 10))
    assert last + 8 * DAY < when <= last + 15 * DAY + 12 * HOUR


def test_one_outage_is_no_rhythm() -> None:
    times = [time for time in arrivals(lambda at: True) if not MONDAY - 3 * WEEK < time < MONDAY - 2 * WEEK]
    assert silent_from(times) <= MONDAY + DAY


def test_a_new_feed_has_no_rhythm() -> None:
    assert rhythm_of_feed([]) is None
    assert rhythm_of_feed(arrivals(lambda at: True, weeks=1)) is None
    assert rhythm_of_feed(arrivals(lambda at: at.weekday() == 2 and at.hour == 10, weeks=4)) is None


@settings(max_examples=20, deadline=None)
@given(st.sets(st.integers(0, 24 * 50), min_size=20, max_size=80), st.integers(1, 24 * 30))
def test_another_article_never_makes_a_feed_silent_earlier(hours: set[int], later: int) -> None:
    """If it comes in hours in which the feed brought something before; else it changes which hours count."""
    times = [MONDAY + hour * HOUR for hour in sorted({*hours, *range(0, 24 * 21, 6 * 24 + 6)})]
    times += [MONDAY + n * 6 * HOUR for n in range(28)]  # every part of the week counts
    more = max(times) + later * HOUR
    assert silent_from([*times, more]) >= silent_from(times)


@given(st.integers(0, (1 << 28) - 1), st.lists(st.integers(0, 60 * 24 * 40), min_size=3, max_size=3))
def test_counted_time_adds_up(cells: int, minutes: list[int]) -> None:
    first, middle, last = (MONDAY + timedelta(minutes=minute) for minute in sorted(minutes))
    assert counted(first, middle, cells) + counted(middle, last, cells) == counted(first, last, cells)
    assert timedelta(0) <= counted(first, last, cells) <= last - first
    assert counted(first, last, ALWAYS) == last - first


def test_a_rule_is_silent_against_its_own_rhythm() -> None:
    weekly = [MONDAY - n * WEEK for n in range(3, 20)]
    assert [one.subject for one in silent_rules({"siege": weekly}, MONDAY)] == ["siege"]
    assert silent_rules({"siege": weekly}, MONDAY - WEEK - DAY) == []
    assert silent_rules({"siege": [MONDAY - n * WEEK for n in range(3, 7)]}, MONDAY) == []


def test_a_rule_that_fires_each_hour_is_not_silent_within_a_week() -> None:
    hourly = [MONDAY - WEEK - n * HOUR for n in range(24 * 40)]
    assert silent_rules({"attack": hourly}, MONDAY - HOUR) == []
    assert silent_rules({"attack": hourly}, MONDAY + HOUR) != []


def test_alerts_of_one_week_are_no_rhythm() -> None:
    assert rhythm_of_rule([MONDAY - n * HOUR for n in range(100)]) is None
