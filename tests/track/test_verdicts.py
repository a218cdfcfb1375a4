"""One press takes most alerts back; some need a second person."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.match.opinions import Opinion
from alerts.track.verdicts import Standing, false_alarm
from alerts.types import OPEN_STATES, SEVERITIES, AlertState

RIGHT, WRONG, DUPLICATE = Opinion(verdict="right"), Opinion(verdict="wrong"), Opinion(verdict="duplicate")
PLAIN = Standing(state="active", worst="severe", readers=3)


def _what(standing: Standing, second_look: int = 50) -> str:
    return false_alarm(standing, second_look=second_look).what


def test_one_reader_takes_a_plain_alert_back() -> None:
    assert _what(PLAIN) == "cancel"


@pytest.mark.parametrize("state", ["ended", "closed"])
def test_what_is_over_can_still_have_been_wrong(state: AlertState) -> None:
    assert _what(replace(PLAIN, state=state)) == "cancel"


@pytest.mark.parametrize(
    ("standing", "why"),
    [
        (replace(PLAIN, worst="extreme"), "the alert is extreme"),
        (replace(PLAIN, readers=51), "51 readers were told of it"),
        (replace(PLAIN, others=(RIGHT,)), "somebody else said that it is true"),
        (replace(PLAIN, others=(Opinion(verdict="right", wrong_place=True),)), "somebody else said that it is true"),
        (replace(PLAIN, vouched=True), "somebody else has taken it on"),
    ],
)
def test_a_second_person_has_to_look(standing: Standing, why: str) -> None:
    found = false_alarm(standing, second_look=50)
    assert (found.what, found.why) == ("wait", why)


def test_as_many_readers_as_the_setting_says_need_no_second_look() -> None:
    assert _what(replace(PLAIN, readers=50)) == "cancel"
    assert _what(replace(PLAIN, readers=1), second_look=0) == "wait"


def test_two_who_say_it_is_true_outweigh_two_who_say_it_is_false() -> None:
    assert _what(replace(PLAIN, others=(RIGHT, RIGHT, WRONG))) == "wait"


def test_a_duplicate_says_nothing_of_whether_it_is_true() -> None:
    assert _what(replace(PLAIN, others=(DUPLICATE,))) == "cancel"
    assert _what(replace(PLAIN, worst="extreme", others=(DUPLICATE,))) == "wait"


@pytest.mark.parametrize("state", ["cancelled", "merged"])
def test_of_what_is_cancelled_or_merged_nothing_is_left_to_take_back(state: AlertState) -> None:
    assert _what(replace(PLAIN, state=state)) == "over"


@given(
    st.builds(
        Standing,
        state=st.sampled_from(OPEN_STATES),
        worst=st.sampled_from(SEVERITIES),
        readers=st.integers(0, 200),
        others=st.lists(st.sampled_from([RIGHT, WRONG, DUPLICATE]), max_size=5).map(tuple),
        vouched=st.booleans(),
    ),
    st.integers(0, 100),
)
def test_nobody_alone_takes_back_what_is_extreme_or_vouched_for(standing: Standing, second_look: int) -> None:
    found = false_alarm(standing, second_look=second_look)
    doubtful = standing.worst == "extreme" or standing.vouched or RIGHT in standing.others
    if found.what == "cancel" and (doubtful or standing.readers > second_look):
        assert WRONG in standing.others
    if WRONG in standing.others and RIGHT not in standing.others:
        assert found.what == "cancel"


@pytest.mark.parametrize(
    "standing",
    [replace(PLAIN, worst="extreme"), replace(PLAIN, readers=51), replace(PLAIN, vouched=True)],
)
def test_a_second_false_alarm_is_the_second_look(standing: Standing) -> None:
    found = false_alarm(replace(standing, others=(WRONG,)), second_look=50)
    assert (found.what, found.why) == ("cancel", "2 people said that it was a false alarm")
