"""The place of a figure when its sentence names several: where people are, not where they came back from."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from alerts.read.places import Gazetteer
from alerts.read.reading import Reading
from alerts.read.whereabouts import place_of_people
from alerts.types import Article

DAY = datetime(2021, 3, 4, tzinfo=UTC)


def whereabouts(gazetteer: Gazetteer, text: str) -> str | None:
    reading = Reading(Article(id="a", title="", text=text, published=DAY, source="x"), gazetteer)
    sentence = reading.sentences[-1]
    place = place_of_people(reading, sentence.index, sentence.numbers[0].first)
    return None if place is None else place.country


@pytest.mark.parametrize(
    ("text", "country"),
    [
        ("Some 9,000 Burundians returned from Tanzania in May.", "BDI"),
        ("The number of Somali returnees from Kenya stands at 35,000.", "SOM"),
        ("Nearly 4,000 people were deported from Iran to Kabul within a week.", "AFG"),
        ("About 700 people arrived from neighbouring Niger in Maiduguri.", "NGA"),
        ("Aid groups met in Juba. At least 300 people came back from Uganda.", "SSD"),
    ],
)
def test_those_who_came_back_are_not_where_they_came_from(gazetteer: Gazetteer, text: str, country: str) -> None:
    assert whereabouts(gazetteer, text) == country


@pytest.mark.parametrize(
    ("text", "country"),
    [
        ("More than 2,000 people fled from Tikrit on Friday.", "IRQ"),
        ("Some 500 families, displaced from Aleppo, arrived by bus.", "SYR"),
        ("About 800 people returned from Goma.", "COD"),
    ],
)
def test_those_who_fled_or_of_whom_no_more_is_said_are_where_they_came_from(
    gazetteer: Gazetteer, text: str, country: str
) -> None:
    assert whereabouts(gazetteer, text) == country


def test_a_country_behind_the_border_is_not_the_place(gazetteer: Gazetteer) -> None:
    text = "Some 600 families on the border with Ecuador left their houses, Colombia said."
    assert whereabouts(gazetteer, text) == "COL"


def test_without_any_place_there_is_none(gazetteer: Gazetteer) -> None:
    assert whereabouts(gazetteer, "Some 600 families returned from there.") is None
