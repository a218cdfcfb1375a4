from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.collect.outcome import (
    FETCH_REASONS,
    PARSE_REASONS,
    SUCCESSES,
    Hints,
    Outcome,
    PollTarget,
    Settled,
    Status,
)
from alerts.collect.politeness import next_due, next_open, parse_max_age, parse_retry_after, settle
from alerts.collect.settings import CollectSettings

NOW = datetime(2020, 1, 6, 12, tzinfo=UTC)
QUARTER = timedelta(minutes=15)
SETTINGS = CollectSettings()
STATUSES: tuple[Status, ...] = (*SUCCESSES, *FETCH_REASONS, *PARSE_REASONS)


def wait(status: Status, failures: int = 0, *, retry_after: timedelta | None = None, jitter: float = 0.0) -> timedelta:
    due = next_due(
        NOW, status, interval=QUARTER, failures=failures, settings=SETTINGS, retry_after=retry_after, jitter=jitter
    )
    return due.at - NOW


def test_a_good_poll_is_followed_by_another_after_the_interval() -> None:
    assert wait("ok") == wait("not_modified") == QUARTER


def test_the_shortest_interval_is_kept() -> None:
    due = next_due(NOW, "ok", interval=timedelta(seconds=1), failures=0, settings=SETTINGS)
    assert due.at == NOW + timedelta(seconds=60)


def test_failures_double_the_wait_up_to_six_hours() -> None:
    waits = [wait("http_server", failures) for failures in range(1, 9)]
    assert waits[:5] == [QUARTER, 2 * QUARTER, 4 * QUARTER, 8 * QUARTER, 16 * QUARTER]
    assert waits[5:] == [timedelta(hours=6)] * 3


def test_a_daily_feed_that_fails_is_asked_daily() -> None:
    due = next_due(NOW, "timeout", interval=timedelta(days=1), failures=9, settings=SETTINGS)
    assert due.at == NOW + timedelta(days=1)


def test_retry_after_is_obeyed_when_it_is_longer() -> None:
    assert wait("throttled", 1, retry_after=timedelta(hours=3)) == timedelta(hours=3)
    assert wait("http_server", 1, retry_after=timedelta(hours=3)) == timedelta(hours=3)
    assert wait("http_server", 3, retry_after=timedelta(seconds=5)) == 4 * QUARTER


def test_retry_after_in_ten_years_does_not_silence_a_feed() -> None:
    assert wait("throttled", 1, retry_after=timedelta(days=3650)) == timedelta(hours=24)


def test_throttling_without_a_time_waits_an_hour() -> None:
    assert wait("throttled", 1) == timedelta(hours=1)


def test_a_feed_that_is_gone_is_asked_once_a_day() -> None:
    assert wait("gone", 1) == timedelta(hours=24)


@given(
    status=st.sampled_from(STATUSES),
    failures=st.integers(1, 10**9),
    minutes=st.integers(1, 100_000),
    jitter=st.floats(0, 1, exclude_max=True),
    retry=st.none() | st.timedeltas(timedelta(0), timedelta(days=9999)),
)
def test_no_feed_is_ever_given_up_and_jitter_is_never_early(
    status: Status, failures: int, minutes: int, jitter: float, retry: timedelta | None
) -> None:
    interval = timedelta(minutes=minutes)
    kept = {"interval": interval, "failures": failures, "settings": SETTINGS, "retry_after": retry}
    exact = next_due(NOW, status, **kept)  # type: ignore[arg-type]
    spread = next_due(NOW, status, jitter=jitter, **kept)  # type: ignore[arg-type]
    assert exact.at >= NOW + min(interval, timedelta(hours=6))
    assert exact.at <= NOW + max(interval, timedelta(hours=24))
    assert exact.at <= spread.at <= NOW + 1.1 * max(interval, timedelta(hours=24))
    if status not in SUCCESSES and retry is not None:
        assert spread.at >= NOW + min(retry, timedelta(hours=24))


def test_retry_after_is_read_as_seconds_or_as_a_date() -> None:
    assert parse_retry_after("120", NOW) == timedelta(seconds=120)
    assert parse_retry_after(" 0 ", NOW) == timedelta(0)
    assert parse_retry_after("Mon, 06 Jan 2020 13:00:00 GMT", NOW) == timedelta(hours=1)
    assert parse_retry_after("Mon, 06 Jan 2020 11:00:00 GMT", NOW) == timedelta(0)


@given(st.text() | st.none())
def test_any_retry_after_is_read_or_ignored(value: str | None) -> None:
    result = parse_retry_after(value, NOW)
    assert result is None or result >= timedelta(0)


def test_a_number_of_a_thousand_digits_is_only_long() -> None:
    assert parse_retry_after("9" * 1000, NOW) is not None
    assert parse_retry_after("tomorrow", NOW) is None


# ------------------------------------------------------------------------------------- what follows from a poll


def settled(
    outcome: Outcome | None = None, *, new: int = 0, jitter: float = 0.0, now: datetime = NOW, **feed: Any
) -> Settled:
    known: dict[str, Any] = {"id": 1, "url": "https://news.example/feed", "interval": QUARTER}
    known |= {"last_ok": now - QUARTER, "last_new": now - QUARTER}
    target = PollTarget(**known | feed)
    found = outcome or Outcome(status="ok")
    return settle(target, found, new=new, items=20, now=now, settings=SETTINGS, jitter=jitter)


def minutes(settled: Settled, now: datetime = NOW) -> float:
    return (settled.next_due - now) / timedelta(minutes=1)


def hinting(**hints: Any) -> Outcome:
    return Outcome(status="ok", hints=Hints(**hints))


def test_a_busy_feed_is_asked_sooner_and_a_first_poll_says_nothing_of_its_rhythm() -> None:
    assert minutes(settled(new=10)) == 7.5
    assert minutes(settled(new=0, last_ok=None, last_new=None)) == 15


def test_a_feed_that_wants_to_be_asked_rarely_is_but_its_news_does_not_grow_old() -> None:
    assert minutes(settled(hinting(every=timedelta(minutes=20)))) == 20
    assert settled(hinting(every=timedelta(hours=12))).due_reason == "the feed's hint"
    assert minutes(settled(hinting(every=timedelta(hours=12)))) == 30
    assert minutes(settled(Outcome(status="not_modified", max_age=timedelta(days=1)))) == 30
    assert minutes(settled(hinting(every=timedelta(minutes=5)))) == 15


def test_critical_feeds_are_asked_each_quarter_of_an_hour_whatever_they_want() -> None:
    late = hinting(every=timedelta(days=1))
    assert minutes(settled(late, critical=True, jitter=0.99)) == 15
    assert minutes(settled(late, critical=True, max_staleness=timedelta(minutes=5), jitter=0.99)) == 5


def test_an_operators_interval_is_kept_in_busy_and_in_quiet_times() -> None:
    own = timedelta(hours=3)
    assert minutes(settled(new=20, own_interval=own)) == 180
    assert minutes(settled(hinting(every=timedelta(days=1)), own_interval=own)) == 180


def test_hours_and_days_that_the_feed_skips_are_skipped_as_far_as_its_news_allows() -> None:
    skipping = hinting(skip_hours=(12,))  # it is noon
    assert minutes(settled(skipping, max_staleness=timedelta(hours=2))) == 60
    assert minutes(settled(skipping)) == 30
    assert minutes(settled(hinting(skip_days=(0,)), max_staleness=timedelta(days=2))) == 12 * 60  # it is Monday


def test_a_feed_that_skips_every_hour_skips_none() -> None:
    never = Hints(skip_hours=tuple(range(24)))
    assert next_open(NOW, never) == NOW


def test_an_outage_of_our_own_is_held_against_nobody() -> None:
    found = settled(Outcome(status="dns", ours=True), failures=0, interval=QUARTER)
    assert (found.failures, minutes(found), found.due_reason) == (0, 15, "our own outage")


@given(
    status=st.sampled_from(STATUSES),
    hint=st.none() | st.timedeltas(timedelta(0), timedelta(days=4000)),
    fresh=st.none() | st.timedeltas(timedelta(0), timedelta(days=4000)),
    hours=st.sets(st.integers(0, 23)),
    days=st.sets(st.integers(0, 6)),
    new=st.integers(0, 20),
    critical=st.booleans(),
    jitter=st.floats(0, 1, exclude_max=True),
    passed=st.timedeltas(timedelta(0), timedelta(days=400)),
)
def test_whatever_a_feed_says_it_is_asked_no_sooner_than_allowed_and_its_news_does_not_grow_old(
    status: Status,
    hint: timedelta | None,
    fresh: timedelta | None,
    hours: set[int],
    days: set[int],
    new: int,
    critical: bool,
    jitter: float,
    passed: timedelta,
) -> None:
    hints = Hints(every=hint, skip_hours=tuple(hours), skip_days=tuple(days))
    outcome = Outcome(status=status, hints=hints, max_age=fresh)
    found = settled(outcome, new=new, critical=critical, jitter=jitter, last_ok=NOW - passed)
    assert minutes(found) >= 1
    assert minutes(found) >= found.interval / timedelta(minutes=1)
    if status in SUCCESSES:
        assert minutes(found) <= (15 if critical else 30)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"cache-control": "public, max-age=300"}, 300),
        ({"cache-control": 'Max-Age="60"', "age": "20"}, 40),
        ({"cache-control": "max-age=60", "age": "90"}, 0),
        ({"cache-control": "s-maxage=600"}, None),
        ({"cache-control": "no-cache"}, None),
        ({"cache-control": "max-age=soon"}, None),
        ({}, None),
    ],
)
def test_how_long_an_answer_stays_fresh_is_read_from_its_headers(headers: dict[str, str], seconds: int | None) -> None:
    assert parse_max_age(headers) == (None if seconds is None else timedelta(seconds=seconds))
