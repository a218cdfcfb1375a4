"""How a feed does, in a word and in plain words."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.track.feeds_quiet import FeedFacts, Tally
from alerts.track.feedstate import SAYS, STATES, WRONG, Lately, state_of, worst_first
from tests.track.facts import DAY, HOUR, MINUTE, NOW, dark, feed

SILENT = Tally(unchanged=90)


@pytest.mark.parametrize(
    ("one", "more", "wanted"),
    [
        (feed(), {}, "ok"),
        (feed(active=False, failures=9), {}, "off"),
        (feed(last_poll=None, last_ok=None, last_new=None), {}, "new"),
        (dark(), {}, "failing"),
        (dark(failures=1, status="timeout", first_failed=NOW), {}, "retrying"),
        (feed(due=NOW - 2 * HOUR), {}, "late"),
        (feed(last_poll=None, added=NOW - DAY, due=NOW - DAY), {}, "late"),
        (feed(due=NOW - 2 * HOUR), {"runs": False}, "ok"),
        (feed(), {"silent": SILENT}, "silent"),
        (feed(gap_at=NOW - HOUR, gap_from=NOW - 2 * HOUR), {}, "losing"),
        (feed(gap_at=NOW - 25 * HOUR, gap_from=NOW - 26 * HOUR), {}, "ok"),
        (feed(), {"lately": Lately(polls=15, failed=3)}, "unsteady"),
        (feed(), {"lately": Lately(polls=16, failed=3)}, "ok"),
        (feed(), {"lately": Lately(polls=2, failed=2)}, "ok"),
        # what is worse counts
        (dark(due=NOW - 2 * HOUR, gap_at=NOW - HOUR), {"silent": SILENT}, "failing"),
        (feed(due=NOW - 2 * HOUR), {"silent": SILENT}, "late"),
    ],
)
def test_the_state_of_a_feed(one: FeedFacts, more: dict[str, Any], wanted: str) -> None:
    assert state_of(one, NOW, **more).state == wanted


def test_what_is_wrong_says_since_when_and_what_to_do() -> None:
    state = state_of(dark(status="html", why="paper1.example/feed: a web page came", failures=7), NOW)
    assert state.what == "gives a web page in place of a feed (7 polls in a row): a web page came"
    assert state.since == NOW - 5 * HOUR
    assert "alerts feeds check URL" in state.do


def test_the_documents_to_look_at_are_named_by_the_feed() -> None:
    assert "alerts feeds documents 12." in state_of(dark(12, status="unreadable"), NOW).do


def test_what_needs_nobody_is_a_note() -> None:
    state = state_of(feed(lies_since=NOW - DAY, moved_to="new.example/feed"), NOW)
    assert state.state == "ok"
    assert [note.split(":")[0] for note in state.notes] == [
        'its "not modified" is untrue, since 2026-03-01', "it redirects for good to new.example/feed",
    ]  # fmt: skip


def test_the_worst_and_the_newest_come_first_and_critical_feeds_before_others() -> None:
    feeds = [
        feed(1), dark(2, since=NOW - 9 * DAY), dark(3), dark(4, since=NOW - 20 * DAY, critical=True),
        feed(5, due=NOW - 40 * MINUTE), feed(6, active=False),
    ]  # fmt: skip
    states = sorted((state_of(one, NOW) for one in feeds), key=worst_first)
    assert [state.feed.id for state in states] == [4, 3, 2, 5, 1, 6]


def test_every_state_has_words() -> None:
    assert set(SAYS) == set(STATES)
    assert set(WRONG) < set(STATES)


FEEDS = st.builds(
    lambda failures, ok, due, gap, active, critical, status: feed(
        failures=failures, last_ok=NOW - ok * MINUTE, due=NOW - due * MINUTE, active=active, critical=critical,
        gap_at=NOW - gap * MINUTE if gap else None, status=status,
    ),
    st.integers(0, 9), st.integers(0, 9999), st.integers(-60, 999), st.integers(0, 3000), st.booleans(), st.booleans(),
    st.sampled_from(["timeout", "gone", "html"]),
)  # fmt: skip
LATELY = st.builds(
    lambda failed, fine: Lately(polls=failed + fine, failed=failed), st.integers(0, 50), st.integers(0, 50)
)


@settings(max_examples=60)
@given(FEEDS, st.none() | st.just(SILENT), LATELY)
def test_what_is_wrong_always_comes_with_words_a_time_and_advice(
    one: FeedFacts, silent: Tally | None, lately: Lately
) -> None:
    state = state_of(one, NOW, silent=silent, lately=lately)
    assert state.state in STATES
    if state.state in WRONG:
        assert state.what and state.do and (state.since is not None) is (state.state != "unsteady")
    if not one.active:
        assert state.state == "off"
    worse = state_of(feed(failures=9, last_ok=NOW - DAY), NOW, silent=silent, lately=lately)
    assert worst_first(worse)[0] == 0
