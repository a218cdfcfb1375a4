from __future__ import annotations

from dataclasses import replace

from alerts.track.places import chain, lies_in, lift, shared
from alerts.types import Place
from tests.track.make import ABROAD, ARLO, BELL, CORA, COUNTRY, NORTH


def test_a_town_lies_in_its_province_and_its_country() -> None:
    assert chain(ARLO) == ("gn:1", "ZZ-N", "ZZZ")
    assert chain(NORTH) == ("ZZ-N", "ZZZ")
    assert chain(COUNTRY) == ("ZZZ",)


def test_a_place_does_not_lie_in_itself_or_in_a_neighbour() -> None:
    assert lies_in(ARLO, NORTH)
    assert lies_in(ARLO, COUNTRY)
    assert not lies_in(ARLO, ARLO)
    assert not lies_in(CORA, NORTH)
    assert not lies_in(NORTH, ARLO)


def test_a_finer_place_is_lifted_to_the_precision() -> None:
    assert lift(ARLO, "admin1") == replace(NORTH)
    assert lift(ARLO, "country").id == "ZZZ"
    assert lift(ARLO, "city") is ARLO


def test_a_coarser_place_stays_as_it_is() -> None:
    assert lift(COUNTRY, "city") is COUNTRY


def test_a_town_of_unknown_province_stays_itself() -> None:
    stray = replace(ARLO, admin1=None)
    assert lift(stray, "admin1") is stray
    assert chain(stray) == ("gn:1", "ZZZ")


def test_a_lookup_names_what_a_town_does_not() -> None:
    def lookup(identifier: str) -> Place | None:
        return COUNTRY if identifier == "ZZZ" else None

    assert lift(ARLO, "country", lookup).name == "Zedland"
    assert lift(ARLO, "country").name == "ZZZ"


def test_a_town_and_what_it_lies_in_share_the_town() -> None:
    assert shared([COUNTRY, ARLO, NORTH]) == ARLO


def test_two_towns_of_a_province_share_the_province() -> None:
    assert shared([ARLO, BELL, COUNTRY]) == NORTH


def test_two_provinces_share_the_country() -> None:
    assert shared([ARLO, CORA, COUNTRY]) == COUNTRY
    assert shared([CORA, NORTH]) == lift(CORA, "country")


def test_of_two_countries_the_first_place_stands() -> None:
    assert shared([ARLO, ABROAD]) == ARLO


def test_no_places_share_none() -> None:
    assert shared([]) is None
