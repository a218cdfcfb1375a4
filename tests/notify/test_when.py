"""Readers are written to by their own clock: one digest a day whatever the clocks do, and nothing in quiet hours."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.notify.when import awake, digest_time, is_quiet, next_time, wakes
from alerts.readers import RHYTHMS, Quiet, Wishes
from alerts.types import SEVERITIES

MINOR, MODERATE, SEVERE, EXTREME = range(4)
SECOND, HOUR, DAY = timedelta(seconds=1), timedelta(hours=1), timedelta(days=1)
NIGHT = Quiet(begin=time(22), end=time(6, 30))
ZONES = (
    "UTC",
    "Europe/Kyiv",
    "Africa/Cairo",  # forward at midnight
    "Asia/Beirut",
    "America/Havana",
    "Asia/Gaza",  # rules that change every year
    "Asia/Kathmandu",
    "Australia/Lord_Howe",  # half an hour
    "Africa/Casablanca",  # back for Ramadan
    "Pacific/Apia",  # left out 30 December 2011
    "America/Caracas",
    "Asia/Pyongyang",
    "Antarctica/Troll",  # two hours
)

zones = st.sampled_from(ZONES)
instants = st.datetimes(datetime(2006, 1, 1), datetime(2035, 12, 31)).map(lambda at: at.replace(tzinfo=UTC))
walls = st.times().map(lambda at: at.replace(second=0, microsecond=0))
quiets = st.none() | st.builds(Quiet, begin=walls, end=walls)


def changes_of(zone: str) -> list[datetime]:
    """The hours before each change of a zone's clocks in some years, and a day left out."""
    there, found, at = ZoneInfo(zone), [], datetime(2009, 1, 1, tzinfo=UTC)
    while at < datetime(2026, 1, 1, tzinfo=UTC):
        if at.astimezone(there).utcoffset() != (at + DAY).astimezone(there).utcoffset():
            found.append(at)
        at += DAY
    return found


def near_changes() -> st.SearchStrategy[tuple[str, datetime]]:
    """A zone, and a time within two days around a change of its clocks."""
    places = [(zone, at) for zone in ZONES for at in changes_of(zone)]
    return st.tuples(st.sampled_from(places), st.integers(-2 * 86_400, 2 * 86_400)).map(
        lambda both: (both[0][0], both[0][1] + both[1] * SECOND)
    )


moments = st.tuples(zones, instants) | near_changes()


def wishes(**more: Any) -> Wishes:
    return Wishes(**more)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def test_who_reads_at_once_is_written_to_at_once() -> None:
    assert next_time(Wishes(), MINOR, at("2026-03-02T03:00Z")) == at("2026-03-02T03:00Z")


def test_a_daily_mail_comes_at_the_readers_own_hour() -> None:
    daily = wishes(rhythm="daily", hour=7, time_zone="Asia/Kathmandu")
    assert next_time(daily, MODERATE, at("2026-03-02T03:00Z")) == at("2026-03-03T07:00+05:45")
    assert next_time(daily, MODERATE, at("2026-03-02T01:00Z")) == at("2026-03-02T07:00+05:45")


def test_a_weekly_mail_comes_on_its_day() -> None:
    weekly = wishes(rhythm="weekly", weekday=4, hour=18, time_zone="Europe/Kyiv")
    assert next_time(weekly, MODERATE, at("2026-03-02T03:00Z")) == at("2026-03-06T18:00+02:00")
    assert next_time(weekly, MODERATE, at("2026-03-06T16:00Z")) == at("2026-03-06T16:00Z")
    assert next_time(weekly, MODERATE, at("2026-03-06T16:00:01Z")) == at("2026-03-13T16:00Z")


def test_an_hourly_mail_comes_at_the_full_hour_of_the_readers_clock() -> None:
    hourly = wishes(rhythm="hourly", time_zone="Asia/Kathmandu")
    assert next_time(hourly, MINOR, at("2026-03-02T03:00Z")) == at("2026-03-02T09:00+05:45")


def test_what_wakes_does_not_wait_for_the_digest_nor_the_morning() -> None:
    daily, now = wishes(rhythm="daily", quiet=NIGHT, wake_from="severe"), at("2026-03-02T23:00Z")
    assert next_time(daily, SEVERE, now) == now
    assert next_time(daily, MODERATE, now) == at("2026-03-03T07:00Z")
    assert next_time(replace(daily, wake_from=None), EXTREME, now) == at("2026-03-03T07:00Z")


def test_that_it_is_over_wakes_nobody_but_that_it_was_wrong_does() -> None:
    assert not wakes(Wishes(), EXTREME, "close")
    assert wakes(Wishes(), EXTREME, "cancel")


def test_quiet_hours_go_over_midnight() -> None:
    sleeper = wishes(quiet=NIGHT, wake_from=None)
    assert next_time(sleeper, EXTREME, at("2026-03-02T22:00Z")) == at("2026-03-03T06:30Z")
    assert next_time(sleeper, EXTREME, at("2026-03-03T06:29Z")) == at("2026-03-03T06:30Z")
    assert next_time(sleeper, EXTREME, at("2026-03-03T21:59Z")) == at("2026-03-03T21:59Z")


def test_a_digest_whose_time_is_in_quiet_hours_comes_when_they_end() -> None:
    daily = wishes(rhythm="daily", hour=5, quiet=NIGHT)
    assert next_time(daily, MINOR, at("2026-03-02T04:00Z")) == at("2026-03-02T06:30Z")


def test_a_reader_who_paused_is_written_to_when_they_are_back() -> None:
    away = wishes(paused_until=at("2026-04-01T00:00Z"))
    assert next_time(away, EXTREME, at("2026-03-02T04:00Z")) == at("2026-04-01T00:00Z")
    assert next_time(away, EXTREME, at("2026-04-02T04:00Z")) == at("2026-04-02T04:00Z")


def test_hours_that_clocks_leave_out_or_repeat_have_one_mail() -> None:
    daily = wishes(rhythm="daily", hour=3, time_zone="Europe/Kyiv")
    assert next_time(daily, MINOR, at("2026-03-28T22:30Z")) == at("2026-03-29T04:00+03:00")  # 3:00 does not exist
    first = next_time(daily, MINOR, at("2026-10-24T22:30Z"))
    assert first == at("2026-10-25T03:00+03:00")  # 3:00 is there twice
    assert next_time(daily, MINOR, first + SECOND) == at("2026-10-26T03:00+02:00")


def test_quiet_hours_that_the_clocks_go_back_into_end_the_second_time() -> None:
    sleeper = wishes(quiet=Quiet(begin=time(22), end=time(3, 30)), wake_from=None, time_zone="Europe/Kyiv")
    assert next_time(sleeper, MINOR, at("2026-10-25T03:10+02:00")) == at("2026-10-25T03:30+02:00")


@pytest.mark.parametrize("name", ["Mars/Olympus", "", "../etc/passwd", "Europe"])
def test_a_zone_that_is_not_known_is_utc(name: str) -> None:
    daily = wishes(rhythm="daily", time_zone=name)
    assert next_time(daily, MINOR, at("2026-03-02T04:00Z")) == at("2026-03-02T07:00Z")


@given(moments, st.integers(0, 23))
def test_every_date_has_exactly_one_daily_mail(moment: tuple[str, datetime], hour: int) -> None:
    zone, begin = moment
    daily, there = wishes(rhythm="daily", hour=hour, time_zone=zone), ZoneInfo(zone)
    times = [next_time(daily, MINOR, begin)]
    while len(times) < 5:
        times.append(next_time(daily, MINOR, times[-1] + SECOND))
    dates = [one.astimezone(there).date() for one in times]
    assert len(set(dates)) == len(dates)
    for before, after in pairwise(dates):
        missing = {before + number * DAY for number in range(1, (after - before).days)}
        # none is left out but what is not in the calendar
        assert all(
            datetime.combine(one, time(12), there).astimezone(UTC).astimezone(there).date() != one for one in missing
        )


@given(moments, st.sampled_from(RHYTHMS), st.integers(0, 23), st.integers(0, 6), quiets, st.integers(0, 3))
def test_the_next_time_is_never_before_now_never_quiet_and_not_far(
    moment: tuple[str, datetime], rhythm: Any, hour: int, weekday: int, quiet: Quiet | None, urgency: int
) -> None:
    zone, now = moment
    reader = wishes(rhythm=rhythm, hour=hour, weekday=weekday, quiet=quiet, time_zone=zone)
    found = next_time(reader, urgency, now)
    far = {"now": 0 * DAY, "hourly": HOUR, "daily": DAY, "weekly": 7 * DAY}[rhythm]
    assert now <= found <= now + far + (DAY if quiet else 0 * DAY) + 25 * HOUR
    if not wakes(reader, urgency):
        assert not is_quiet(reader, found)
    else:
        assert found == now


@given(moments, st.sampled_from(RHYTHMS), st.integers(0, 23), quiets, st.integers(0, 2 * 86_400))
def test_a_later_alert_is_never_in_an_earlier_mail(
    moment: tuple[str, datetime], rhythm: Any, hour: int, quiet: Quiet | None, seconds: int
) -> None:
    zone, now = moment
    reader = wishes(rhythm=rhythm, hour=hour, quiet=quiet, time_zone=zone, wake_from=None)
    assert next_time(reader, MINOR, now) <= next_time(reader, MINOR, now + seconds * SECOND)


@given(moments, st.sampled_from(RHYTHMS), st.integers(0, 23), quiets)
def test_at_its_time_it_may_go(moment: tuple[str, datetime], rhythm: Any, hour: int, quiet: Quiet | None) -> None:
    zone, now = moment
    reader = wishes(rhythm=rhythm, hour=hour, quiet=quiet, time_zone=zone, wake_from=None)
    found = next_time(reader, MINOR, now)
    assert awake(reader, found) == found
    assert digest_time(reader, digest_time(reader, now)) == digest_time(reader, now)


@given(st.sampled_from(SEVERITIES), st.sampled_from(SEVERITIES))
def test_the_level_that_wakes_is_the_border(level: Any, least: Any) -> None:
    assert wakes(wishes(wake_from=least), SEVERITIES.index(level)) == (
        SEVERITIES.index(level) >= SEVERITIES.index(least)
    )
