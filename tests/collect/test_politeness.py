from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from alerts.collect.outcome import FETCH_REASONS, PARSE_REASONS, SUCCESSES, Status
from alerts.collect.politeness import next_due, parse_retry_after
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
