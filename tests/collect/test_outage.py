"""When nobody can be reached, it is we who are cut off."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from alerts.collect.outage import Outage
from alerts.collect.outcome import Outcome, Status

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def hear(outage: Outage, feed: int, status: Status, minute: int = 0, host: str = "") -> tuple[int, ...]:
    at = NOW + timedelta(minutes=minute)
    return outage.heard(feed, host or f"{feed}.example", Outcome(status=status), at)


def test_three_hosts_in_a_row_that_cannot_be_reached_are_our_own_outage() -> None:
    outage = Outage()
    hear(outage, 1, "dns")
    hear(outage, 2, "connect", 1)
    assert outage.since is None
    hear(outage, 3, "timeout", 2)
    assert outage.since == NOW


def test_many_feeds_of_one_host_are_its_own_fault() -> None:
    outage = Outage()
    for feed in range(9):
        hear(outage, feed, "connect", host="down.example")
    assert outage.since is None


def test_an_answer_of_any_kind_ends_it_and_names_the_feeds_to_ask_again() -> None:
    outage = Outage()
    for feed in (3, 1, 2):
        hear(outage, feed, "dns")
    assert hear(outage, 9, "http_server") == (1, 2, 3)
    assert outage.since is None
    assert hear(outage, 9, "ok") == ()


def test_two_hosts_that_are_down_are_not_asked_again_at_each_answer() -> None:
    outage = Outage()
    hear(outage, 1, "dns")
    hear(outage, 2, "dns")
    assert hear(outage, 3, "ok") == ()
