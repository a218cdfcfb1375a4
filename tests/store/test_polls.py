"""The log of polls answers what operators ask, without reading all of it."""

from __future__ import annotations

from datetime import datetime

import pytest
from sqlalchemy import Connection, Engine, select

from alerts.store import polls
from alerts.store.database import reading, writing
from alerts.store.polls import Traffic
from alerts.store.schema import poll
from alerts.track.feeds_quiet import Tally
from tests.store.pollrows import add_polls, set_feed
from tests.store.values import HOUR, NOW, QUARTER, add_feed


def some_feeds(conn: Connection, number: int) -> list[int]:
    return [add_feed(conn, f"https://paper{n}.example/feed").id for n in range(number)]


def each_quarter(first: float, last: float = 0) -> list[datetime]:
    """Every quarter of an hour from `first` hours ago to `last` hours ago."""
    return [NOW - n * QUARTER for n in range(int(first * 4), int(last * 4), -1)]


def test_the_last_polls_of_a_feed_come_first_and_without_secrets(engine: Engine) -> None:
    with writing(engine) as conn:
        one, other = some_feeds(conn, 2)
        add_polls(conn, one, [NOW - HOUR], new=2, warning="cut: https://u:p@a.example/b?key=secret")
        add_polls(conn, other, [NOW])
        add_polls(conn, one, [NOW], "dns", error="https://a.example/b?key=secret: no such name", due_reason="failure 1")
        found = polls.latest(conn, one, 9)
        assert len(polls.latest(conn, one, 1)) == 1
    assert [(row.at, row.status, row.ok) for row in found] == [(NOW, "dns", False), (NOW - HOUR, "ok", True)]
    assert (found[0].error, found[0].due_reason) == ("a.example/b?...: no such name", "failure 1")
    assert (found[1].items, found[1].new, found[1].warning) == (20, 2, "cut: a.example/b?...")


def test_the_last_document_of_a_feed_that_says_not_modified_is_known(engine: Engine) -> None:
    with writing(engine) as conn:
        [one] = some_feeds(conn, 1)
        assert polls.last_document(conn, one) is None
        add_polls(conn, one, [NOW - 9 * HOUR], entries=7, overlap=3)
        add_polls(conn, one, each_quarter(8), "not_modified")
        found = polls.last_document(conn, one)
    assert found is not None
    assert (found.at, found.items) == (NOW - 9 * HOUR, 7)


def test_polls_since_a_time_are_counted_by_what_they_came_to(engine: Engine) -> None:
    with writing(engine) as conn:
        one, other = some_feeds(conn, 2)
        add_polls(conn, one, [NOW - 10 * HOUR], "timeout")
        add_polls(conn, one, each_quarter(8), "not_modified")
        add_polls(conn, one, [NOW - HOUR], whole=True)
        add_polls(conn, one, [NOW], entries=0, overlap=0)
        add_polls(conn, one, [NOW, NOW], "html")
        add_polls(conn, one, [NOW], "dns")
        add_polls(conn, other, [NOW])
        found = polls.tallies(conn, {one: NOW - 9 * HOUR, other: NOW})
    assert found == {one: Tally(unchanged=32, same=1, empty=1, whole=1, failed=3, fault="html"), other: Tally()}


def test_the_ways_in_which_a_feed_failed_are_counted(engine: Engine) -> None:
    with writing(engine) as conn:
        [one] = some_feeds(conn, 1)
        add_polls(conn, one, [NOW - 9 * HOUR, NOW - HOUR, NOW], "timeout")
        add_polls(conn, one, [NOW - HOUR], "dns")
        add_polls(conn, one, [NOW])
        found = polls.faults(conn, one, NOW - 2 * HOUR)
    assert [(row.status, row.polls, row.last) for row in found] == [("timeout", 2, NOW), ("dns", 1, NOW - HOUR)]


def test_the_traffic_of_some_time_is_summed_up(engine: Engine) -> None:
    with writing(engine) as conn:
        assert polls.traffic(conn, NOW - HOUR) == Traffic()
        one, other = some_feeds(conn, 2)
        add_polls(conn, one, each_quarter(40, 3), "not_modified")
        add_polls(conn, one, each_quarter(3), "not_modified")
        add_polls(conn, other, each_quarter(1), new=2, revised=1)
        add_polls(conn, other, [NOW], "timeout")
        wanted = Traffic(polls=12, unchanged=7, failed=1, bytes=4000, new=8, revised=4)
        assert polls.traffic(conn, NOW - 2 * HOUR) == wanted
        assert polls.traffic_of(conn, one, NOW - 2 * HOUR) == Traffic(polls=7, unchanged=7)
        assert polls.statuses(conn, NOW - 2 * HOUR) == {"not_modified": 7, "ok": 4, "timeout": 1}
        assert polls.statuses_of(conn, other, NOW - 2 * HOUR) == {"ok": 4, "timeout": 1}
        assert polls.failed_since(conn, NOW - 2 * HOUR) == {other: 1}
        assert polls.number_of(conn, [one], NOW - 2 * HOUR) == {one: 7}


@pytest.mark.parametrize("hours", [0.2, 1, 5, 9.9, 30])
def test_the_beginning_of_a_span_is_found_though_old_polls_are_gone_and_some_are_out_of_order(
    engine: Engine, hours: float
) -> None:
    with writing(engine) as conn:
        [one] = some_feeds(conn, 1)
        times = [NOW - n * QUARTER / 5 for n in range(200, 0, -1)]
        times[50], times[51] = times[51], times[50]
        add_polls(conn, one, times)
        conn.execute(poll.delete().where(poll.c.id % 7 == 0))
        conn.execute(poll.delete().where(poll.c.id < 20))
        left = conn.execute(select(poll.c.at)).scalars().all()
        since = NOW - hours * HOUR
        assert polls.traffic(conn, since).polls == sum(at > since for at in left)


def test_a_question_of_the_last_hour_does_not_read_the_polls_before(sqlite_engine: Engine) -> None:
    with writing(sqlite_engine) as conn:
        [one] = some_feeds(conn, 1)
        add_polls(conn, one, [NOW - n * QUARTER for n in range(3000, 0, -1)])
    with reading(sqlite_engine) as conn:
        raw = conn.connection.driver_connection
        assert raw is not None
        steps = 0

        def step() -> int:
            nonlocal steps
            steps += 1
            return 0

        raw.set_progress_handler(step, 100)
        polls.traffic(conn, NOW - HOUR)
        polls.statuses(conn, NOW - HOUR)
        polls.failed_since(conn, NOW - HOUR)
        raw.set_progress_handler(None, 0)
    assert steps < 30  # reading all 3,000 rows takes 300 and more, three times


def test_the_first_poll_that_failed_is_that_after_the_last_good_one(engine: Engine) -> None:
    with writing(engine) as conn:
        one, fine, never = some_feeds(conn, 3)
        add_polls(conn, one, [NOW - 9 * HOUR], "timeout")
        add_polls(conn, one, [NOW - 8 * HOUR])
        add_polls(conn, one, [NOW - 7 * HOUR, NOW], "timeout")
        add_polls(conn, fine, [NOW - HOUR], "timeout")
        add_polls(conn, never, [NOW + HOUR, NOW + 2 * HOUR], "dns")
        set_feed(conn, one, last_ok=NOW - 8 * HOUR, failures=2)
        set_feed(conn, never, failures=2)
        assert polls.first_failed(conn) == {one: NOW - 7 * HOUR, never: NOW + HOUR}
        assert polls.first_failed(conn, never) == {never: NOW + HOUR}


def test_a_gap_begins_with_the_last_good_poll_and_is_none_after_an_empty_document(engine: Engine) -> None:
    with writing(engine) as conn:
        one, empty, old = some_feeds(conn, 3)
        for number, before in ((one, 20), (empty, 0), (old, 20)):
            add_polls(conn, number, [NOW - 5 * HOUR], entries=before, overlap=0)
            add_polls(conn, number, [NOW - 4 * HOUR], "not_modified")
            add_polls(conn, number, [NOW - 3 * HOUR], "timeout")
            add_polls(conn, number, [NOW - 2 * HOUR], new=20, overlap=0, gap=True)
        set_feed(conn, one, gap_at=NOW - 2 * HOUR)
        set_feed(conn, empty, gap_at=NOW - 2 * HOUR)
        set_feed(conn, old, gap_at=NOW - 2 * HOUR)
        assert polls.before_gaps(conn, NOW - 3 * HOUR) == {one: NOW - 4 * HOUR, old: NOW - 4 * HOUR}
        assert polls.before_gaps(conn, NOW - 3 * HOUR, one) == {one: NOW - 4 * HOUR}
        assert polls.before_gaps(conn, NOW - HOUR) == {}
