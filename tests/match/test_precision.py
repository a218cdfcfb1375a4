"""How far verdicts carry."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.match.opinions import Opinion
from alerts.match.precision import Score, by_phrase, score, wilson

RIGHT, WRONG, DUPLICATE = Opinion(verdict="right"), Opinion(verdict="wrong"), Opinion(verdict="duplicate")


@pytest.mark.parametrize(
    ("right", "judged", "low", "high"),
    [(0, 10, 0.0, 0.2775), (10, 10, 0.7225, 1.0), (5, 10, 0.2366, 0.7634), (81, 263, 0.2553, 0.3662)],
)
def test_the_interval_is_wilson_s(right: int, judged: int, low: float, high: float) -> None:
    """The last from Newcombe (1998), table I, method 3."""
    assert wilson(right, judged) == pytest.approx((low, high), abs=5e-5)


@given(st.integers(1, 10_000).flatmap(lambda judged: st.tuples(st.integers(0, judged), st.just(judged))))
def test_the_interval_holds_the_share_and_stays_between_0_and_1(counts: tuple[int, int]) -> None:
    right, judged = counts
    low, high = wilson(right, judged)
    assert 0 <= low <= right / judged <= high <= 1
    assert low < high


@given(st.integers(0, 50), st.integers(1, 50))
def test_more_verdicts_of_the_same_kind_make_it_narrower(right: int, wrong: int) -> None:
    few, many = wilson(right, right + wrong), wilson(10 * right, 10 * (right + wrong))
    assert many[1] - many[0] < few[1] - few[0]


def test_alerts_that_nobody_judged_are_neither_right_nor_wrong() -> None:
    found = score([RIGHT, None, WRONG, RIGHT, None])
    assert (found.alerts, found.judged, found.right, found.wrong) == (5, 3, 2, 1)
    assert found.precision == pytest.approx(2 / 3)
    assert (score([None]).precision, score([]).interval) == (None, None)


def test_a_duplicate_is_no_verdict_on_the_rule_but_is_counted() -> None:
    found = score([RIGHT, DUPLICATE, DUPLICATE, WRONG])
    assert (found.alerts, found.judged, found.right, found.duplicates) == (4, 2, 1, 2)


def test_an_alert_with_a_wrong_place_or_number_is_right_and_counted() -> None:
    both = Opinion(verdict="right", wrong_place=True, wrong_number=True)
    found = score([both, Opinion(verdict="right", wrong_number=True), RIGHT])
    assert (found.right, found.wrong_place, found.wrong_number) == (3, 1, 2)


def test_a_phrase_is_weak_when_enough_was_judged_and_little_of_it_right() -> None:
    assert Score(alerts=9, judged=5, right=1).weak
    assert not Score(alerts=9, judged=4, right=0).weak
    assert not Score(alerts=9, judged=10, right=3).weak


def test_each_phrase_has_the_verdicts_of_the_alerts_it_stands_in() -> None:
    shells, rockets, bombs = ("attack", "shells"), ("attack", "rockets"), ("attack", "bombs")
    alerts = [(frozenset({rockets}), WRONG), (frozenset({shells, rockets}), RIGHT), (frozenset({shells}), None)]
    assert by_phrase([shells, rockets, bombs], alerts) == [
        (shells, Score(alerts=2, judged=1, right=1)),
        (rockets, Score(alerts=2, judged=2, right=1)),
    ]
