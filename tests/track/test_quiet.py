"""What has gone quiet: against a feed's own rhythm, and together with others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.track.quiet import (
    ALWAYS,
    DAY,
    HOUR,
    WEEK,
    FeedFacts,
    counted,
    failing_feeds,
    rhythm_of_feed,
    rhythm_of_rule,
    silent,
    silent_feeds,
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


@settings(max_examples=60, deadline=None)
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


def feed(number: int = 1, **more: object) -> FeedFacts:
    fine = FeedFacts(
        id=number,
        name=f"Paper {number}",
        country="SYR",
        added=MONDAY - 9 * WEEK,
        interval=HOUR / 4,
        failures=0,
        why="",
        last_poll=MONDAY,
        last_ok=MONDAY,
        last_new=MONDAY - HOUR,
    )
    return replace(fine, **more)  # type: ignore[arg-type]


def dark(number: int, **more: object) -> FeedFacts:
    return feed(number, **{"failures": 7, "why": "no answer", "last_ok": MONDAY - 5 * HOUR} | more)


HOURLY = rhythm_of_feed(arrivals(lambda at: True))


def test_a_feed_that_answers_and_brings_nothing_is_told_with_its_last_news() -> None:
    assert HOURLY is not None
    [trouble] = silent_feeds([feed(last_new=MONDAY - 30 * HOUR), feed(2)], {1: HOURLY, 2: HOURLY}, MONDAY)
    assert (trouble.kind, trouble.subject, trouble.since) == ("feed silent", "1", MONDAY - 30 * HOUR)
    assert trouble.text.startswith(
        "Paper 1 (feed 1) answers, but has brought nothing new for 30 hours, since 2026-02-28 18:00 UTC"
    )


@pytest.mark.parametrize(
    "why", [{"failures": 1}, {"last_poll": MONDAY - 2 * HOUR}, {"last_poll": None}, {"last_new": None}]
)
def test_a_feed_that_was_not_asked_or_does_not_answer_is_not_silent(why: dict[str, object]) -> None:
    assert HOURLY is not None
    silent_one = feed(last_new=MONDAY - 30 * HOUR)
    assert silent_feeds([silent_one], {1: HOURLY}, MONDAY)
    assert silent_feeds([replace(silent_one, **why)], {1: HOURLY}, MONDAY) == []  # type: ignore[arg-type]
    assert silent_feeds([silent_one], {}, MONDAY) == []


def test_a_feed_that_fails_is_told_with_how_often_and_why() -> None:
    [trouble] = failing_feeds([dark(1), feed(2)], MONDAY)
    assert (trouble.kind, trouble.subject, trouble.since, trouble.covered) == (
        "feed failing", "1", MONDAY - 5 * HOUR, False,
    )  # fmt: skip
    assert "not answered since 2026-03-01 19:00 UTC; 7 polls failed in a row: no answer." in trouble.text


def test_a_feed_that_never_answered_is_told_too() -> None:
    [trouble] = failing_feeds([dark(1, last_ok=None), feed(2)], MONDAY)
    assert "ever since it was added" in trouble.text


@pytest.mark.parametrize("why", [{"failures": 2}, {"last_ok": MONDAY - HOUR / 2}])
def test_a_hiccup_is_not_told(why: dict[str, object]) -> None:
    assert failing_feeds([dark(1, **why)], MONDAY) == []


def told(feeds: Sequence[FeedFacts]) -> list[tuple[str, str]]:
    return [(one.kind, one.subject) for one in failing_feeds(feeds, MONDAY) if not one.covered]


def test_feeds_of_a_country_that_fail_together_are_one_notice() -> None:
    elsewhere = [feed(number, country="SDN") for number in range(10, 20)]
    feeds = [*(dark(number) for number in (1, 2, 3)), feed(4), *elsewhere, dark(20, country="SDN")]
    assert told(feeds) == [("feeds failing", "SYR"), ("feed failing", "20")]
    [group] = [one for one in failing_feeds(feeds, MONDAY) if one.kind == "feeds failing"]
    assert group.text.startswith("3 of 4 feeds of SYR do not answer, most of them since 2026-03-01 19:00 UTC: Paper 1")


def test_two_feeds_of_a_country_or_a_few_of_many_are_told_each_by_itself() -> None:
    assert told([dark(1), dark(2), *(feed(n, country="SDN") for n in range(3, 9))]) == [
        ("feed failing", "1"), ("feed failing", "2"),
    ]  # fmt: skip
    assert {kind for kind, _ in told([*map(dark, range(3)), *map(feed, range(3, 20))])} == {"feed failing"}


def test_when_nearly_all_fail_it_may_be_our_own_network() -> None:
    feeds = [dark(number, country=f"C{number}") for number in range(9)] + [feed(10)]
    assert told(feeds) == [("feeds failing", "all")]
    assert "9 of 10 feeds do not answer" in failing_feeds(feeds, MONDAY)[0].text
    assert "our own network" in failing_feeds(feeds, MONDAY)[0].text


def test_what_a_group_covers_is_still_known() -> None:
    covered = [one.subject for one in failing_feeds([*map(dark, range(3)), feed(3)], MONDAY) if one.covered]
    assert covered == ["0", "1", "2"]


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
