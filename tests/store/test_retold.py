"""A number told again in other words, days later, is not added up with itself."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations

from sqlalchemy import Engine

from alerts.store import reports
from alerts.store.database import writing
from alerts.track.spike import Day
from alerts.types import Evidence, Quantity
from tests.store.test_reports import TODAY, said, take, written


def fled(number: str, value: float, *, days: float, text: str = "") -> tuple[Evidence, float]:
    """A report that gives a number in figures, and in words of its own."""
    item = said(number, "", days=days)
    words = text or f"{value:,.0f} people"
    quantity = Quantity(low=value, high=value, stated=value, unit="people", text=words)
    return replace(item, hit=replace(item.hit, numbers={"displaced": quantity}, sentence=f"{words} fled.")), value


def counted(days: list[Day]) -> list[tuple[int, float | None, int]]:
    """By day from today on: the count, and how many tell it."""
    return [((day.day - TODAY).days, day.value, len(day.voices)) for day in days]


def test_a_number_told_again_counts_for_the_day_of_which_it_was_first_told(engine: Engine) -> None:
    with writing(engine) as conn:
        ids = written(conn, *"abc")
        told = [fled(ids[0], 12_000, days=0), fled(ids[1], 12_000, days=2), fled(ids[2], 3_000, days=2)]
        assert counted(take(conn, told)) == [(0, 12_000, 2), (2, 3_000, 1)]


def test_it_is_the_same_in_whatever_order_the_reports_come_in(engine: Engine) -> None:
    for number, order in enumerate(permutations(range(3))):
        with writing(engine) as conn:
            ids = written(conn, *(f"{letter}{number}" for letter in "abc"))
            told = [fled(ids[n], 12_000, days=n * 4) for n in range(3)]
            assert counted(take(conn, [told[n] for n in order])) == [(0, 12_000, 3)]
            for article_id in ids:
                reports.take_back(conn, article_id)


def test_a_number_told_again_after_more_than_a_week_is_another(engine: Engine) -> None:
    with writing(engine) as conn:
        ids = written(conn, *"ab")
        told = [fled(ids[0], 12_000, days=0), fled(ids[1], 12_000, days=7.5)]
        assert [value for _, value, _ in counted(take(conn, told))] == [12_000, 12_000]


def test_small_numbers_and_further_people_count_by_themselves(engine: Engine) -> None:
    with writing(engine) as conn:
        ids = written(conn, *"abcd")
        told = [fled(ids[0], 40, days=0), fled(ids[1], 40, days=2)]
        told += [fled(ids[2], 5_000, days=4), fled(ids[3], 5_000, days=5, text="5,000 more people")]
        assert [value for _, value, _ in counted(take(conn, told))] == [40, 40, 5_000, 5_000]


def test_when_the_first_is_taken_back_the_next_counts_for_its_own_day(engine: Engine) -> None:
    with writing(engine) as conn:
        ids = written(conn, *"ab")
        take(conn, [fled(ids[0], 12_000, days=0), fled(ids[1], 12_000, days=2)])
        reports.take_back(conn, ids[0])
        assert counted(take(conn, [])) == [(2, 12_000, 1)]


def test_a_rewritten_number_leaves_the_day_it_was_moved_to(engine: Engine) -> None:
    with writing(engine) as conn:
        ids = written(conn, *"ab")
        take(conn, [fled(ids[0], 12_000, days=0), fled(ids[1], 12_000, days=2)])
        assert counted(take(conn, [fled(ids[1], 15_000, days=2)])) == [(0, 12_000, 1), (2, 15_000, 1)]
        assert counted(take(conn, [fled(ids[0], 15_000, days=0)])) == [(0, 15_000, 2)]
