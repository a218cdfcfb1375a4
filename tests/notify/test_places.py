"""Who asked for a place hears of what is there, and of what may be."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.globe import distance_km
from alerts.notify.places import doubt, is_there
from alerts.readers import Near, Wishes

GOMA = Near(name="Goma", lat=-1.68, lon=29.22, km=50, country="COD", region="CD-NK")
BARE = Near(name="-1.68, 29.22", lat=-1.68, lon=29.22, km=50)
NEAR_GOMA = Wishes(near=(GOMA,))


def place(
    id_: str, name: str, precision: str, admin1: str | None, *point: float, country: str = "COD"
) -> dict[str, Any]:
    lat, lon = point or (None, None)
    where = {"country": country, "admin1": admin1, "lat": lat, "lon": lon}
    return {"id": id_, "name": name, "precision": precision, **where}


SAKE = place("gn:1", "Sake", "city", "CD-NK", -1.57, 29.05)
BUNIA = place("gn:2", "Bunia", "city", "CD-IT", 1.56, 30.25)
GISENYI = place("gn:3", "Gisenyi", "city", "RW-04", -1.7, 29.26, country="RWA")
RUTSHURU = place("gn:4", "Rutshuru", "admin2", "CD-NK", -1.1, 29.4)
KIVU = place("CD-NK", "North Kivu", "admin1", "CD-NK", -0.57, 29.3)
ITURI = place("CD-IT", "Ituri", "admin1", "CD-IT", 1.7, 29.9)
CONGO = place("COD", "DR Congo", "country", None, -4.0, 21.8)
RWANDA = place("RWA", "Rwanda", "country", None, -1.9, 29.9, country="RWA")
EAST = place("x:COD-east", "Eastern Congo", "admin1", "x:COD-east", 0.0, 28.0)
UNPLACED = place("gn:5", "A camp", "city", "CD-NK")

places = st.sampled_from([SAKE, BUNIA, GISENYI, RUTSHURU, KIVU, ITURI, CONGO, RWANDA, EAST, UNPLACED])
severities = st.sampled_from(["minor", "moderate", "severe", "extreme"])
somewhere = st.builds(
    Wishes,
    countries=st.lists(st.sampled_from(["COD", "RWA", "SYR"]), max_size=2).map(tuple),
    regions=st.lists(st.sampled_from(["CD-NK", "RW-04", "SY-ID"]), max_size=2).map(tuple),
    near=st.lists(st.sampled_from([GOMA, BARE]), max_size=1).map(tuple),
)


@pytest.mark.parametrize("place", [SAKE, GISENYI], ids=lambda one: one["name"])
def test_what_is_in_reach_is_near_whatever_the_border(place: dict[str, Any]) -> None:
    assert is_there(NEAR_GOMA, place, "minor")


@pytest.mark.parametrize("place", [BUNIA, ITURI, RWANDA], ids=lambda one: one["name"])
def test_what_is_known_to_be_elsewhere_is_not_near(place: dict[str, Any]) -> None:
    assert not is_there(NEAR_GOMA, place, "extreme")


@pytest.mark.parametrize("place", [RUTSHURU, KIVU, EAST, UNPLACED], ids=lambda one: one["name"])
def test_what_is_somewhere_in_the_region_may_be_near(place: dict[str, Any]) -> None:
    assert is_there(NEAR_GOMA, place, "minor")


def test_what_is_somewhere_in_the_country_may_be_near_and_is_told_if_severe() -> None:
    for wishes in (NEAR_GOMA, Wishes(near=(BARE,)), Wishes(regions=("CD-NK",))):
        if wishes.near != (BARE,):
            assert is_there(wishes, CONGO, "severe")
        assert not is_there(wishes, CONGO, "moderate")


def test_of_a_point_whose_country_nobody_knows_the_middle_of_the_country_counts() -> None:
    assert is_there(Wishes(near=(BARE,)), RWANDA, "severe")
    assert is_there(Wishes(near=(BARE,)), CONGO | {"lat": None, "lon": None}, "severe")
    assert not is_there(Wishes(near=(BARE,)), CONGO | {"lat": 50.0, "lon": 30.0}, "extreme")


def test_a_region_is_met_by_its_places_and_not_by_its_neighbours() -> None:
    kivu = Wishes(regions=("CD-NK",))
    assert all(is_there(kivu, one, "minor") for one in (SAKE, RUTSHURU, KIVU, UNPLACED, EAST))
    assert not any(is_there(kivu, one, "extreme") for one in (BUNIA, ITURI, GISENYI, RWANDA))


def test_a_place_that_is_not_known_is_everywhere() -> None:
    assert is_there(NEAR_GOMA, None, "minor")


def test_what_is_known_well_is_not_in_doubt() -> None:
    assert doubt(NEAR_GOMA, SAKE) == ""
    assert doubt(Wishes(regions=("CD-NK",)), KIVU) == ""
    assert doubt(Wishes(), None) == ""


@given(somewhere, places, severities)
def test_more_wishes_never_mean_less(wishes: Wishes, place: dict[str, Any], severity: str) -> None:
    alone = [Wishes(countries=(one,)) for one in wishes.countries]
    alone += [Wishes(regions=(one,)) for one in wishes.regions]
    alone += [Wishes(near=(one,)) for one in wishes.near]
    assert is_there(wishes, place, severity) == (not alone or any(is_there(one, place, severity) for one in alone))


@given(somewhere, places)
def test_what_is_told_of_a_lower_level_is_told_of_a_higher_one(wishes: Wishes, place: dict[str, Any]) -> None:
    told = [is_there(wishes, place, severity) for severity in ("minor", "moderate", "severe", "extreme")]
    assert told == sorted(told)


degrees = st.tuples(st.floats(-90, 90), st.floats(-180, 180))


@given(degrees, degrees)
def test_a_distance_is_the_same_both_ways_and_at_most_half_round_the_globe(
    one: tuple[float, float], other: tuple[float, float]
) -> None:
    way = distance_km(*one, *other)
    assert way == pytest.approx(distance_km(*other, *one), abs=1e-6)
    assert 0 <= way <= 20_016
    assert distance_km(*one, *one) == 0


def test_a_distance_goes_the_short_way_over_the_date_line() -> None:
    assert distance_km(0, 179.5, 0, -179.5) == pytest.approx(111.2, abs=0.1)
    assert distance_km(51.5, -0.13, 48.86, 2.35) == pytest.approx(344, abs=2)  # London to Paris
