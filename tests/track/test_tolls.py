"""The same people told twice, and twice as many people."""

from __future__ import annotations

from dataclasses import replace

import pytest

from alerts.track.tolls import same_toll
from alerts.types import Hit, Quantity
from tests.track.make import hit


def fled(sentence: str, text: str, low: float = 12_000, high: float = 12_000) -> Hit:
    number = Quantity(low=low, high=high, stated=low, unit="people", text=text)
    return replace(hit(numbers={"displaced": number}), sentence=sentence)


FIRST = fled("Some 12,000 people fled the town.", "12,000 people")


@pytest.mark.parametrize(
    ("later", "same"),
    [
        (fled("Fighting drove 12,000 residents out.", "12,000 residents"), True),
        (fled("More than 12,000 people left.", "More than 12,000 people", high=24_000), True),
        (fled("Another 12,000 people fled on Tuesday.", "12,000 people"), False),
        (fled("On Tuesday 12,000 more people fled.", "12,000 more people"), False),
        (fled("An additional 12,000 people fled.", "12,000 people"), False),
        (fled("Some 12,000 others followed.", "12,000 others"), False),
        (fled("Some twelve thousand fled.", "twelve thousand"), False),
        (fled("Some 9,000 people fled.", "9,000 people", 9_000, 9_000), False),
    ],
)
def test_the_same_figure_is_the_same_people_unless_it_says_more(later: Hit, same: bool) -> None:
    assert same_toll(FIRST, later, 12_000) is same


def test_thousands_on_two_days_are_no_one_number() -> None:
    vague = fled("Thousands fled.", "Thousands", 2_000, 9_999)
    assert not same_toll(vague, vague, 2_000)
