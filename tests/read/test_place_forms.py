"""Names as they are printed: with d' and articles inside, with their kind, of provinces hidden by towns abroad."""

from __future__ import annotations

import pytest

from alerts.read.places import Gazetteer
from alerts.read.text import words
from alerts.types import Place


def places(gazetteer: Gazetteer, *sentences: str) -> list[Place]:
    rows = gazetteer.resolve([gazetteer.mentions(words(sentence)) for sentence in sentences])
    return [place for row in rows for place in row if place]


@pytest.mark.parametrize(
    ("sentence", "name", "country"),
    [
        ("Thousands left Côte d'Ivoire on foot.", "Ivory Coast", "CIV"),
        ("Gangs rule much of Port-au-Prince.", "Port-au-Prince", "HTI"),
        ("Clashes went on in Deir-ez-Zor.", "Deir ez-Zor", "SYR"),
        ("The lahars reached Tanna Island.", "Tanna", "VUT"),
    ],
)
def test_small_words_inside_a_name_belong_to_it(gazetteer: Gazetteer, sentence: str, name: str, country: str) -> None:
    assert [(place.name, place.country) for place in places(gazetteer, sentence)] == [(name, country)]


@pytest.mark.parametrize(
    ("sentence", "country"),
    [
        ("Militiamen burned farms in Beni territory.", "COD"),
        ("The river burst its banks in Pool department.", "COG"),
        ("Landslides cut roads in Bay region.", "SOM"),
        ("Villages in Karo district were under ash.", "IDN"),
    ],
)
def test_a_name_with_its_kind_may_be_another_place_than_the_bare_name(
    gazetteer: Gazetteer, sentence: str, country: str
) -> None:
    assert [place.country for place in places(gazetteer, sentence)] == [country]


def test_a_kind_in_small_letters_belongs_to_no_name_that_goes_on_before_it(gazetteer: Gazetteer) -> None:
    """Tanzania has a Coast region, but not this one."""
    assert places(gazetteer, "Storms hit the Pacific Coast region.") == []


@pytest.mark.parametrize(
    ("sentence", "country"),
    [
        ("Rising rivers flooded streets across Kent.", "GBR"),
        ("Bush fires spread in Victoria.", "AUS"),
        ("Rain fell for a week in Maule.", "CHL"),
        ("Landslides blocked roads in Antioquia.", "COL"),
        ("Thousands of houses were lost in Leyte.", "PHL"),
    ],
)
def test_a_province_known_in_the_news_is_not_taken_for_a_town_abroad(
    gazetteer: Gazetteer, sentence: str, country: str
) -> None:
    assert [place.country for place in places(gazetteer, sentence)] == [country]


def test_the_number_of_a_king_is_no_region(gazetteer: Gazetteer) -> None:
    assert places(gazetteer, "Under Boris VI and in Appendix IV of it.") == []


def test_a_small_town_and_its_district_of_one_name_are_no_rivals(gazetteer: Gazetteer) -> None:
    assert [place.country for place in places(gazetteer, "Floods in Phalombe ruined crops.")] == ["MWI"]


def test_a_name_in_s_is_a_possessive_only_before_what_it_has(gazetteer: Gazetteer) -> None:
    assert [p.country for p in places(gazetteer, "Syrias army and Chiles y otros volcanes.")] == ["SYR"]


@pytest.mark.parametrize(
    ("sentence", "name", "country"),
    [
        ("Floods reached Samar on Sunday.", "Samar", "PHL"),
        ("Aid was dropped over Ganyiel.", "Ganyiel", "SSD"),
        ("Rockets fell in Amiriyat al-Fallujah.", "Amiriyat al-Fallujah", "IRQ"),
    ],
)
def test_a_place_of_displacement_is_not_taken_for_a_better_known_one_of_another_name(
    gazetteer: Gazetteer, sentence: str, name: str, country: str
) -> None:
    assert [(place.name, place.country) for place in places(gazetteer, sentence)] == [(name, country)]
