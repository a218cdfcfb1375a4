"""One feed that does not bring what it should: what is told of it, and when."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.collect.outcome import FETCH_REASONS, PARSE_REASONS
from alerts.track.faults import FAILING, failing
from alerts.track.feeds_quiet import (
    GAP_LASTS,
    LATE,
    FeedFacts,
    Tally,
    cause,
    gaps,
    late,
    late_feeds,
    names,
    quiet_feeds,
    silent_feed,
    why_silent,
)
from alerts.track.quiet import ALWAYS, Rhythm, Trouble
from tests.track.facts import DAY, HOUR, MINUTE, NOW, dark, feed

HOURLY = Rhythm(cells=ALWAYS, limit=6 * HOUR, least=6 * HOUR)
COUNTS = st.integers(0, 3000)
TALLIES = st.builds(
    Tally,
    unchanged=COUNTS,
    same=COUNTS,
    empty=COUNTS,
    whole=st.integers(0, 30),
    failed=COUNTS,
    fault=st.just("timeout"),
)


def silent(**more: Any) -> FeedFacts:
    return feed(**{"last_new": NOW - 30 * HOUR} | more)


def test_a_feed_that_answers_and_brings_nothing_is_told_with_its_last_news() -> None:
    found = quiet_feeds([silent(), feed(2)], {1: HOURLY, 2: HOURLY}, NOW)
    assert [one.id for one in found] == [1]
    trouble = silent_feed(found[0], Tally(unchanged=120, whole=1, same=1), NOW)
    assert (trouble.kind, trouble.subject, trouble.since) == ("feed silent", "1", NOW - 30 * HOUR)
    assert trouble.text.startswith(
        "Paper 1 (feed 1) answers, but has brought nothing new for 30 hours, since 2026-02-28 18:00 UTC"
    )
    assert trouble.text.endswith("See: alerts feeds health 1")


@pytest.mark.parametrize("why", [{"failures": 1}, {"last_ok": NOW - 2 * HOUR}, {"last_ok": None}, {"last_new": None}])
def test_a_feed_that_was_not_asked_or_does_not_answer_is_not_silent(why: dict[str, Any]) -> None:
    assert quiet_feeds([silent()], {1: HOURLY}, NOW)
    assert quiet_feeds([silent(**why)], {1: HOURLY}, NOW) == []
    assert quiet_feeds([silent()], {}, NOW) == []


def test_a_pause_is_counted_to_the_last_answer() -> None:
    """What failed since, or was not asked since, may have been news."""
    last = NOW - 6 * HOUR - 10 * MINUTE
    assert quiet_feeds([feed(last_new=last, last_ok=NOW)], {1: HOURLY}, NOW)
    assert quiet_feeds([feed(last_new=last, last_ok=NOW - 20 * MINUTE)], {1: HOURLY}, NOW) == []


@pytest.mark.parametrize(
    ("tally", "lies", "wanted", "says"),
    [
        (Tally(unchanged=96, same=1, whole=1), None, "unchanged", "the whole document agrees"),
        (Tally(unchanged=96), None, "unproven", "which shows if that is true"),
        (Tally(unchanged=90, same=1, whole=1), NOW - DAY, "untrue", "known to be untrue, since 2026-03-01 00:00 UTC"),
        (Tally(same=96), None, "same items", "gives the same items each time (96 of 96 polls). Has it moved?"),
        (Tally(empty=96), None, "empty", "has no items at all (96 of 96 polls)"),
        (Tally(same=60, failed=36, fault="html"), None, "failing", "36 of 96 polls failed: it gives a web page"),
        (Tally(same=90, failed=6, fault="html"), None, "same items", "90 of 96 polls"),
        (Tally(), None, "unknown", "Has it moved?"),
    ],
)
def test_why_a_feed_is_silent_is_told_apart(tally: Tally, lies: datetime | None, wanted: str, says: str) -> None:
    assert cause(tally, lies is not None) == wanted
    assert says in why_silent(tally, lies)


@settings(max_examples=50)
@given(TALLIES, st.booleans())
def test_every_tally_has_a_cause_in_words(tally: Tally, lies: bool) -> None:
    assert (cause(tally, lies) == "unknown") is (tally.polls == 0)
    assert why_silent(tally, NOW if lies else None)[-1] in ".?"


@settings(max_examples=50)
@given(TALLIES, st.booleans(), st.sampled_from(["unchanged", "same", "empty", "failed"]), st.integers(1, 5000))
def test_more_answers_of_the_same_kind_never_point_to_another_cause(
    tally: Tally, lies: bool, kind: str, more: int
) -> None:
    points = {
        "unchanged": {"unchanged", "unproven", "untrue"}, "same": {"same items"}, "empty": {"empty"},
        "failed": {"failing"},
    }[kind]  # fmt: skip
    counts = {name: getattr(tally, name) for name in ("unchanged", "same", "empty", "whole", "failed", "fault")}
    if cause(tally, lies) in points:
        assert cause(Tally(**counts | {kind: counts[kind] + more}), lies) in points


def test_every_way_of_failing_has_words_of_its_own() -> None:
    assert set(FAILING) == {*FETCH_REASONS, *PARSE_REASONS}
    assert len({one.what for one in FAILING.values()}) == len(FAILING)
    for status, one in FAILING.items():
        assert one.do[-1] in ".?", status
    assert failing("of another version").what


def subjects(found: list[Trouble]) -> list[str]:
    return [one.subject for one in found if not one.covered]


def test_a_gap_is_told_with_the_time_in_which_articles_may_be_lost_and_ends_after_a_day() -> None:
    gap = feed(gap_from=NOW - 55 * MINUTE, gap_at=NOW - 25 * MINUTE)
    [trouble] = gaps([gap, feed(2)], NOW)
    assert (trouble.kind, trouble.subject) == ("feed gap", "1")
    assert "may have lost articles between 23:05 and 23:35 UTC on 2026-03-01" in trouble.text
    assert gaps([gap], NOW + GAP_LASTS - 26 * MINUTE)
    assert gaps([gap], NOW + GAP_LASTS - 25 * MINUTE) == []


def test_the_gaps_after_a_time_in_which_nothing_was_asked_are_one_notice_until_all_are_past() -> None:
    fresh = [feed(number, gap_from=NOW - 9 * HOUR, gap_at=NOW - HOUR + number * MINUTE) for number in range(6)]
    assert subjects(gaps(fresh, NOW)) == ["many"]
    assert "6 feeds may have lost articles since 2026-03-01 15:00 UTC" in gaps(fresh, NOW)[0].text
    later = NOW - HOUR + DAY + 3 * MINUTE  # four of them are past
    assert subjects(gaps(fresh, later)) == ["4", "5"]
    assert subjects(gaps(fresh, later, told=NOW)) == ["many"]
    assert gaps(fresh, NOW + DAY, told=NOW) == []


def test_a_gap_that_opens_beside_many_is_told_by_itself() -> None:
    fresh = [feed(number, gap_from=NOW - 9 * HOUR, gap_at=NOW - HOUR) for number in range(6)]
    new = feed(9, gap_from=NOW + HOUR, gap_at=NOW + 2 * HOUR)
    assert subjects(gaps([*fresh, new], NOW + 2 * HOUR, told=NOW)) == ["many", "9"]


def overdue(number: int, minutes: float, **more: Any) -> FeedFacts:
    return feed(number, due=NOW - minutes * MINUTE, **more)


def test_a_feed_is_late_when_it_should_have_been_asked_long_ago() -> None:
    start = NOW - 3 * DAY
    assert not late(overdue(1, 30), NOW, start)
    assert late(overdue(1, 31), NOW, start)
    assert not late(overdue(1, 31, interval=HOUR), NOW, start)
    assert late(overdue(1, 16, critical=True), NOW, start)
    assert not late(overdue(1, 600, active=False), NOW, start)


def test_what_was_due_before_the_service_ran_is_not_late_at_once() -> None:
    assert not late(overdue(1, 600), NOW, NOW - 20 * MINUTE)
    assert late(overdue(1, 600), NOW, NOW - 31 * MINUTE)


def test_a_feed_that_somebody_is_about_to_ask_is_late_only_when_that_happens_again_and_again() -> None:
    assert not late(overdue(1, 45, held=True), NOW, NOW - DAY)
    assert late(overdue(1, 61, held=True), NOW, NOW - DAY)


def test_a_host_with_too_many_feeds_is_one_notice() -> None:
    busy = [overdue(number, 30 + number, host="busy.example") for number in range(1, 13)]
    found = late_feeds([*busy, feed(20, host="busy.example"), feed(21)], NOW, NOW - DAY)
    assert [(one.kind, one.subject) for one in found] == [("feeds late", "busy.example")]
    assert "12 of 13 feeds at busy.example are asked too late, the latest by 42 minutes" in found[0].text


def test_feeds_of_many_hosts_that_are_late_are_the_service_s_own_trouble_until_none_is() -> None:
    behind = [overdue(number, 40) for number in range(5)]
    assert subjects(late_feeds(behind, NOW, NOW - DAY)) == ["all"]
    assert subjects(late_feeds(behind[:2], NOW, NOW - DAY)) == ["paper0.example", "paper1.example"]
    assert subjects(late_feeds(behind[:2], NOW, NOW - DAY, told=True)) == ["all"]
    assert late_feeds([feed(1)], NOW, NOW - DAY, told=True) == []


@settings(max_examples=50)
@given(st.integers(0, 5000), st.integers(0, 5000), st.booleans(), st.booleans())
def test_who_is_late_stays_late_until_it_is_asked(minutes: int, later: int, held: bool, critical: bool) -> None:
    one = overdue(1, minutes, held=held, critical=critical)
    if late(one, NOW, NOW - 9 * DAY):
        assert minutes * MINUTE > min(LATE, HOUR / 4)
        assert late(one, NOW + timedelta(minutes=later), NOW - 9 * DAY)


def test_many_feeds_are_named_the_critical_first() -> None:
    assert names([dark(number, critical=number == 11) for number in range(12)]).startswith("Paper 11 (11), Paper 0 (0)")
    assert names(dark(number) for number in range(12)).endswith(" and 2 more")
