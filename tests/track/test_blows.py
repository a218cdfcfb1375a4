"""Whether a report tells of the same blow."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.track import identity
from alerts.track.blows import RETOLD_DAYS, same_blow
from alerts.types import Alert, Quantity
from tests.track.make import ARLO, Tracked, at, count, evidence, hit, hours


def blow(killed: Quantity | None = None) -> Alert:
    """An alert of a blow on the first day, at eight in the morning."""
    numbers = {} if killed is None else {"killed": killed}
    return replace(Tracked().take_all([evidence("a", hit(ARLO))]).now, id="1", numbers=numbers)


@pytest.mark.parametrize(
    ("known", "new", "days", "same"),
    [
        (12, 12, 0, True),
        (12, 45, 0, True),  # the toll rises
        (45, 30, 0, True),  # another count
        (45, 3, 0, False),  # another blow on the same day
        (12, 20, 1, True),  # the toll rises overnight
        (58, 47, 1, True),  # told a day later, with an earlier count
        (45, 3, 1, False),
        (12, 12, 3, True),  # told again days later
        (12, 20, 2, False),
        (2, 2, 2, False),  # any two
        (12, 12, 6, False),
    ],
)
def test_a_blow_is_known_by_its_day_and_its_toll(known: float, new: float, days: int, same: bool) -> None:
    report = hit(ARLO, when=24 * days, numbers={"killed": count(new)})
    assert same_blow(blow(count(known)), report) is same


@pytest.mark.parametrize(("days", "same"), [(0, True), (1, True), (2, False)])
def test_without_numbers_the_day_alone_decides(days: int, same: bool) -> None:
    assert same_blow(blow(), hit(ARLO, when=24 * days)) is same


def test_the_dead_decide_where_both_count_them() -> None:
    known = replace(blow(), numbers={"killed": count(40), "injured": count(9)})
    report = hit(ARLO, numbers={"injured": count(9), "killed": count(2)})
    assert not same_blow(known, report)


@given(st.integers(1, 10_000), st.integers(0, 1))
def test_the_same_toll_within_a_day_is_never_another_blow(killed: int, days: int) -> None:
    assert same_blow(blow(count(killed)), hit(ARLO, when=24 * days, numbers={"killed": count(killed)}))


@given(st.integers(1, 1000), st.integers(1, 1000), st.integers(5, 40))
def test_what_happened_long_after_is_another_blow(known: int, new: int, days: int) -> None:
    assert not same_blow(blow(count(known)), hit(ARLO, when=24 * days, numbers={"killed": count(new)}))


def test_days_of_blows_that_come_in_backwards_are_not_one() -> None:
    """Of a feed that was down for weeks, the newest report may come in first."""
    blow, day = Tracked().take_all([evidence("a", hit(ARLO, when=24 * 40), when=24 * 40)]), 39
    while same_blow(blow.now, hit(ARLO, when=24 * day)):
        blow.take(evidence(f"b{day}", hit(ARLO, when=24 * day), when=24 * day), now=at(24 * 40))
        day -= 1
    assert day == 40 - RETOLD_DAYS - 1


def test_the_next_blow_at_a_place_does_not_join_the_last() -> None:
    report = hit(ARLO, when=48, numbers={"killed": count(13)})
    near = [blow(count(12))]
    assert identity.pick(near, report, precision="city", same_event=hours(72), blow=True) is None
    assert identity.pick(near, report, precision="city", same_event=hours(72)) is near[0]


def test_a_copy_of_the_story_joins_it_whatever_its_numbers_say() -> None:
    report = hit(ARLO, when=48, numbers={"killed": count(13)})
    near = [blow(count(12))]
    found = identity.pick(
        near, report, precision="city", same_event=hours(72), blow=True, same_story=lambda alert: True
    )
    assert found is near[0]
