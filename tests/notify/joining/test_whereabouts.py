"""A place as a reader writes it means what they meant, or is asked about."""

from __future__ import annotations

import pytest

from alerts.errors import InputError
from alerts.notify.joining.whereabouts import Row, Unclear, Where, region_name, rows_of, understood
from alerts.read.places import Gazetteer
from alerts.readers import ALL, Near, Wishes


def read(places: Gazetteer, name: str, km: str = "", *, pick: str = "", before: Wishes = ALL, held: str = "") -> Where:
    return understood(Row(name=name, km=km, pick=pick, held=held), before, places)


@pytest.mark.parametrize(
    ("name", "where"),
    [
        ("Syria", Where(country="SYR")),
        ("  syria ", Where(country="SYR")),
        ("DRC", Where(country="COD")),
        ("Idlib", Where(regions=("SY-ID",))),
        ("Idlib, Syria", Where(regions=("SY-ID",))),
        ("SY-ID", Where(regions=("SY-ID",))),
    ],
)
def test_a_country_or_province_is_taken_as_a_whole(gazetteer: Gazetteer, name: str, where: Where) -> None:
    assert read(gazetteer, name) == where


def test_a_region_of_several_provinces_is_all_of_them(gazetteer: Gazetteer) -> None:
    assert set(read(gazetteer, "Kivu").regions) == {"CD-NK", "CD-SK"}


def test_a_town_is_taken_with_what_lies_around_it(gazetteer: Gazetteer) -> None:
    near = read(gazetteer, "Goma, DR Congo").near
    assert near is not None and near.km == 50 and near.country == "COD"
    assert (round(near.lat, 1), round(near.lon, 1)) == (-1.7, 29.2)


@pytest.mark.parametrize(("km", "is_"), [("20", 20), ("20 km", 20), ("7.5", 7.5), ("7,5 KM", 7.5), ("2000", 2000)])
def test_a_distance_may_be_written_as_people_do(gazetteer: Gazetteer, km: str, is_: float) -> None:
    near = read(gazetteer, "Idlib", km).near
    assert near is not None and near.km == is_


@pytest.mark.parametrize("km", ["0", "-3", "2001", "far", "nan", "inf", "1e9"])
def test_a_distance_that_is_none_is_refused(gazetteer: Gazetteer, km: str) -> None:
    with pytest.raises(InputError, match="number from 1 to 2,000"):
        read(gazetteer, "Idlib", km)


@pytest.mark.parametrize("name", ["13.58, 44.02", "13.58,44.02", " 13.58 ; 44.02 "])
def test_a_point_may_be_written_by_its_degrees_and_is_named_by_where_it_lies(gazetteer: Gazetteer, name: str) -> None:
    near = read(gazetteer, name, "7").near
    assert near == Near(name="13.58, 44.02 (Taiz, Yemen)", lat=13.58, lon=44.02, km=7, country="YEM", region="YE-TA")
    assert read(gazetteer, "0, -30").near == Near(name="0, -30 (nowhere near a town)", lat=0, lon=-30, km=50)
    with pytest.raises(InputError, match="the latitude comes first"):
        read(gazetteer, "144.02, 13.58")


def test_with_a_distance_the_town_is_meant_and_without_it_the_province(gazetteer: Gazetteer) -> None:
    near = read(gazetteer, "Aleppo", "10").near
    assert near is not None and near.name == "Aleppo, Syria"
    assert read(gazetteer, "Aleppo").regions == ("SY-HL",)


@pytest.mark.parametrize(
    ("name", "km"), [("Tripoli", ""), ("Tripoli", "50"), ("Goma", ""), ("Niger", ""), ("Gaza", "50")]
)
def test_a_name_of_several_places_is_asked_about(gazetteer: Gazetteer, name: str, km: str) -> None:
    with pytest.raises(Unclear) as asked:
        read(gazetteer, name, km)
    labels = [choice.label for choice in asked.value.choices]
    assert len(labels) == len(set(labels)) > 1


def test_the_choice_that_is_picked_is_taken(gazetteer: Gazetteer) -> None:
    with pytest.raises(Unclear) as asked:
        read(gazetteer, "Tripoli")
    [lebanon] = [choice.id for choice in asked.value.choices if "Lebanon" in choice.label]
    near = read(gazetteer, "Tripoli", pick=lebanon).near
    assert near is not None and near.name == "Tripoli, Lebanon" and near.country == "LBN"


def test_a_pick_of_another_name_is_not_taken(gazetteer: Gazetteer) -> None:
    with pytest.raises(Unclear):
        read(gazetteer, "Tripoli", pick="SYR")


@pytest.mark.parametrize("name", ["Syria", "Idlib, Nowhere", "Darfur", "SY-ID"])
def test_what_is_taken_as_a_whole_has_no_distance(gazetteer: Gazetteer, name: str) -> None:
    with pytest.raises(InputError, match=r"taken as a whole|is not known"):
        read(gazetteer, name, "50")


@pytest.mark.parametrize("name", ["Nowhereville", "?", "x" * 100])
def test_a_place_that_nobody_knows_is_refused_with_advice(gazetteer: Gazetteer, name: str) -> None:
    with pytest.raises(InputError, match="country after a comma"):
        read(gazetteer, name)


def test_a_distance_without_a_place_is_refused(gazetteer: Gazetteer) -> None:
    with pytest.raises(InputError, match="Name the place"):
        read(gazetteer, " ", "50")


def test_lines_that_nobody_touched_mean_what_they_meant(gazetteer: Gazetteer) -> None:
    before = Wishes(
        countries=("SYR", "COG"),
        regions=("UA-30", "UA-32", "SY-ID"),  # two provinces are called Kyiv
        near=(
            Near(name="my aunt's house", lat=1.5, lon=2.5, km=33),
            Near(name="Tripoli, Lebanon", lat=34.4, lon=35.8, km=12.5, country="LBN", region="LB-AS"),
        ),
    )
    found = [understood(row, before, gazetteer) for row in rows_of(before, gazetteer)]
    assert tuple(one.country for one in found if one.country) == before.countries
    assert tuple(region for one in found for region in one.regions) == before.regions
    assert tuple(one.near for one in found if one.near) == before.near


def test_another_distance_keeps_the_place(gazetteer: Gazetteer) -> None:
    before = Wishes(near=(Near(name="my aunt's house", lat=1.5, lon=2.5, km=33),))
    near = read(gazetteer, "my aunt's house", "5", before=before, held="near 0").near
    assert near == Near(name="my aunt's house", lat=1.5, lon=2.5, km=5)


@pytest.mark.parametrize("held", ["near 7", "near x", "near 0", "region SY-ID", "country SYR", "what", ""])
def test_what_a_line_is_said_to_have_held_is_not_believed(gazetteer: Gazetteer, held: str) -> None:
    assert read(gazetteer, "DRC", held=held) == Where(country="COD")


def test_a_region_is_called_by_its_name_and_country(gazetteer: Gazetteer) -> None:
    assert region_name("SY-ID", gazetteer) == "Idlib, Syria"
    assert region_name("no-such", gazetteer) == "no-such"
