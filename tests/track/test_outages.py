"""Feeds that do not answer: when that is told, and which went dark together."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.track.feeds_quiet import FeedFacts
from alerts.track.outages import dark as is_dark
from alerts.track.outages import everything, failing_feeds, outages, own_outage, together
from tests.track.facts import DAY, HOUR, MINUTE, NOW, dark, feed


def test_a_feed_that_fails_is_told_with_how_often_and_why() -> None:
    [trouble] = failing_feeds([dark(1), feed(2)], NOW)
    assert (trouble.kind, trouble.subject, trouble.since, trouble.covered) == (
        "feed failing", "1", NOW - 5 * HOUR, False,
    )  # fmt: skip
    assert "has not answered since 2026-03-01 19:00 UTC; 7 polls failed in a row: no answer." in trouble.text
    assert trouble.text.endswith("See: alerts feeds health 1")


def test_a_feed_that_answers_with_something_else_is_not_said_to_be_dumb() -> None:
    [trouble] = failing_feeds([dark(status="html", why="a web page")], NOW)
    assert "(feed 1) could not be read since" in trouble.text
    assert "It gives a web page in place of a feed. Has it moved" in trouble.text


def test_a_critical_feed_is_called_so() -> None:
    assert failing_feeds([dark(critical=True)], NOW)[0].text.startswith("Paper 1 (feed 1, critical) has not answered")


def test_a_feed_that_never_answered_is_told_too() -> None:
    [trouble] = failing_feeds([dark(1, last_ok=None), feed(2)], NOW)
    assert "ever since it was added" in trouble.text


@pytest.mark.parametrize(
    ("wanted", "more"),
    [
        (False, {"failures": 2, "first_failed": NOW - 5 * HOUR}),
        (False, {"last_ok": NOW - HOUR / 2}),
        (True, {"failures": 3, "last_ok": NOW - HOUR}),
        (True, {"failures": 2, "last_ok": NOW - HOUR / 2, "critical": True}),
        (False, {"failures": 1, "last_ok": NOW - HOUR / 2, "critical": True}),
        # a server that says "gone", or "come tomorrow", is asked again after a day
        (True, {"failures": 1, "last_ok": NOW - HOUR, "status": "gone"}),
        (False, {"failures": 1, "first_failed": NOW - 5 * HOUR, "status": "throttled"}),
        (True, {"failures": 1, "first_failed": NOW - 6 * HOUR, "status": "throttled"}),
        (False, {"failures": 1, "first_failed": NOW - 6 * HOUR, "interval": 3 * HOUR}),
        # the service was off for a night, and its first poll failed
        (False, {"failures": 1, "first_failed": NOW - 5 * MINUTE, "last_ok": NOW - 9 * HOUR}),
    ],
)
def test_a_hiccup_is_not_told(wanted: bool, more: dict[str, Any]) -> None:
    assert is_dark(dark(1, **more), NOW) is wanted
    assert bool(failing_feeds([dark(1, **more)], NOW)) is wanted


def told(feeds: Sequence[FeedFacts]) -> list[tuple[str, str]]:
    return [(one.kind, one.subject) for one in failing_feeds(feeds, NOW) if not one.covered]


ELSEWHERE = [feed(number, country="SDN") for number in range(100, 120)]


def test_feeds_of_a_country_that_go_dark_together_are_one_notice() -> None:
    feeds = [*(dark(number) for number in (1, 2, 3)), feed(4), *ELSEWHERE, dark(20, country="SDN")]
    assert told(feeds) == [("feeds failing", "SYR"), ("feed failing", "20")]
    [group] = [one for one in failing_feeds(feeds, NOW) if one.kind == "feeds failing"]
    assert group.text.startswith(
        "3 of 4 feeds of SYR, on 3 hosts, went dark at 2026-03-01 19:00 UTC (3 times: timeout): Paper 1 (1), Paper 2"
    )


def test_the_time_of_an_outage_is_that_of_the_last_feed_heard() -> None:
    at = NOW - 4 * HOUR
    some = [dark(number, since=at - number * MINUTE, country="SYR") for number in range(1, 9)]
    [group] = [one for one in failing_feeds([*some, *ELSEWHERE], NOW) if one.kind == "feeds failing"]
    assert group.since == at - MINUTE


def test_feeds_that_died_one_by_one_are_no_outage() -> None:
    dead = [dark(number, since=NOW - number * 7 * DAY) for number in range(1, 5)]
    assert told([*dead, *ELSEWHERE]) == [("feed failing", str(number)) for number in range(1, 5)]


def test_who_was_dark_before_does_not_hide_an_outage() -> None:
    dead = [dark(number, since=NOW - number * 7 * DAY) for number in range(1, 6)]
    feeds = [*dead, *(dark(number) for number in range(10, 14)), *ELSEWHERE]
    assert ("feeds failing", "SYR") in told(feeds)
    [group] = [one for one in failing_feeds(feeds, NOW) if one.kind == "feeds failing"]
    assert group.text.startswith("4 of 4 feeds of SYR")


def test_feeds_of_one_host_that_go_dark_together_are_its_server_and_not_the_country() -> None:
    feeds = [*(dark(number, host="feeds.example", status="denied") for number in range(4)), feed(5), *ELSEWHERE]
    assert told(feeds) == [("feeds failing", "feeds.example")]
    text = failing_feeds(feeds, NOW)[0].text
    assert text.startswith("4 of 4 feeds at feeds.example do not answer, since 2026-03-01 19:00 UTC (4 times: denied)")
    assert "block machines" in text


def test_a_host_with_feeds_of_many_countries_says_nothing_of_any_country() -> None:
    agency = [
        dark(n, host="agency.example", country=code) for n, code in enumerate(["SYR", "SYR", "SYR", "LBN", "IRQ"])
    ]
    feeds = [*agency, dark(10), feed(11), feed(12), *ELSEWHERE]
    assert told(feeds) == [("feeds failing", "agency.example"), ("feed failing", "10")]


def test_a_country_s_outage_covers_those_of_its_hosts() -> None:
    feeds = [*(dark(n, host="big.example") for n in range(30)), dark(31), dark(32, host="c.example"), *ELSEWHERE]
    feeds += [feed(number, country="SDN") for number in range(200, 230)]
    assert told(feeds) == [("feeds failing", "SYR")]
    assert failing_feeds(feeds, NOW)[0].text.startswith("32 of 32 feeds of SYR, on 3 hosts, went dark at")


def test_one_big_host_and_another_feed_are_no_country() -> None:
    feeds = [*(dark(n, host="big.example") for n in range(20)), dark(31), *(feed(n) for n in range(40, 44)), *ELSEWHERE]
    assert told(feeds) == [("feeds failing", "big.example"), ("feed failing", "31")]


def test_two_feeds_of_a_country_or_a_few_of_many_are_told_each_by_itself() -> None:
    assert told([dark(1), dark(2), *ELSEWHERE]) == [("feed failing", "1"), ("feed failing", "2")]
    assert {kind for kind, _ in told([*map(dark, range(3)), *map(feed, range(3, 20))])} == {"feed failing"}


def test_when_nearly_all_fail_it_may_be_our_own_network() -> None:
    feeds = [dark(number, country=f"C{number}") for number in range(9)] + [feed(10)]
    assert told(feeds) == [("feeds failing", "all")]
    assert "9 of 10 feeds do not answer" in failing_feeds(feeds, NOW)[0].text
    assert "our own network" in failing_feeds(feeds, NOW)[0].text


def test_all_feeds_of_one_host_are_that_host() -> None:
    assert told([dark(number, host="only.example") for number in range(9)]) == [("feeds failing", "only.example")]


def test_that_nothing_can_be_fetched_is_told_under_the_name_of_the_same_trouble() -> None:
    trouble = own_outage(NOW)
    assert (trouble.kind, trouble.subject, trouble.since) == ("feeds failing", "all", NOW)
    assert "our own network" in trouble.text


def test_what_a_group_covers_is_still_known() -> None:
    covered = [one.subject for one in failing_feeds([*map(dark, range(3)), feed(3)], NOW) if one.covered]
    assert covered == ["0", "1", "2"]


def test_feeds_that_are_switched_off_are_not_told() -> None:
    assert failing_feeds([dark(1, active=False), dark(2, last_poll=None)], NOW) == []


MINUTES = st.integers(0, 60 * 24 * 3)
DARK = st.builds(
    lambda number, minutes, host, country: dark(
        number, since=NOW - HOUR - minutes * MINUTE, host=f"h{host}.example", country=country
    ),
    st.integers(0, 10**6),
    MINUTES,
    st.integers(0, 4),
    st.sampled_from(["SYR", "LBN", None]),
)
SOME_DARK = st.lists(DARK, min_size=1, max_size=30, unique_by=lambda one: one.id)


@settings(max_examples=40)
@given(SOME_DARK)
def test_no_other_moment_lies_in_more_spans_than_the_one_that_is_found(feeds: list[FeedFacts]) -> None:
    def holds(one: FeedFacts, at: datetime) -> bool:
        assert one.first_failed is not None
        return one.dark_since <= at <= one.first_failed + HOUR / 4

    at, some = together(feeds)
    assert some == [one for one in feeds if holds(one, at)]
    assert max(one.dark_since for one in some) == at
    for other in feeds:
        assert sum(holds(one, other.dark_since) for one in feeds) <= len(some)


@settings(max_examples=40)
@given(SOME_DARK, st.integers(0, 20))
def test_every_feed_that_is_dark_is_told_by_itself_or_in_an_outage(feeds: list[FeedFacts], fine: int) -> None:
    polled = [*feeds, *(feed(10**7 + number) for number in range(fine))]
    found = failing_feeds(polled, NOW)
    each = {one.subject: one for one in found if one.kind == "feed failing"}
    assert set(each) == {str(one.id) for one in feeds}
    covered = {subject for subject, one in each.items() if one.covered}
    assert bool(covered) is any(one.kind == "feeds failing" for one in found)
    if everything(polled, feeds) is None:
        countries, hosts = outages(polled, feeds)
        assert covered == {str(one.id) for _, outage in (*countries, *hosts) for one in outage.feeds}
        for _, outage in (*countries, *hosts):
            assert 3 <= len(outage.feeds) <= outage.of


@settings(max_examples=40)
@given(SOME_DARK)
def test_the_order_of_feeds_does_not_matter(feeds: list[FeedFacts]) -> None:
    one, other = failing_feeds(feeds, NOW), failing_feeds(feeds[::-1], NOW)
    assert {(t.kind, t.subject, t.covered, t.since) for t in one} == {
        (t.kind, t.subject, t.covered, t.since) for t in other
    }
