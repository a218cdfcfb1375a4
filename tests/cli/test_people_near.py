"""`--near`: so many kilometres around a place, with the country and province that it belongs to."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.cli.people import nearby
from alerts.errors import InputError
from alerts.notify.joining.whereabouts import Row, understood
from alerts.notify.places import is_there
from alerts.read.places import Gazetteer
from alerts.readers import ALL, Near, Wishes

COUNTRIES = ("YEM", "COD", "SYR")
NAMES = st.text(st.characters(exclude_characters="@:;", exclude_categories=("C", "Z")), min_size=1, max_size=20)
SENTENCES = st.lists(NAMES, min_size=1, max_size=3).map(" ".join)
NEARS = st.builds(
    Near,
    name=SENTENCES,
    lat=st.floats(-90, 90),
    lon=st.floats(-180, 180),
    km=st.floats(1, 2000),
    country=st.sampled_from(COUNTRIES),
    region=st.sampled_from(("", "YE-TA", "CD-NK", "x:SDN-darfur")),
)


def read(places: Gazetteer, text: str) -> tuple[Near, list[str]]:
    remarks: list[str] = []
    return nearby.near(text, places, remarks), remarks


@pytest.mark.parametrize("name", ["Taiz", "Goma, DR Congo", "Tripoli, Lebanon", "gn:70225", "  taiz "])
def test_a_name_means_what_it_means_in_the_form_in_the_web(gazetteer: Gazetteer, name: str) -> None:
    found, remarks = read(gazetteer, f"{name}:50km")
    assert found == understood(Row(name=name, km="50"), ALL, gazetteer).near
    assert len(found.country) == 3 and found.region.startswith(("YE-", "CD-", "LB-"))
    assert remarks == []


@pytest.mark.parametrize(
    ("text", "country", "region"),
    [
        ("13.58,44.02:50km", "YEM", "YE-TA"),
        ("my aunt@ -1.69, 29.24 :7", "COD", "CD-NK"),
        ("-1.70,29.26:7", "RWA", "RW-04"),
        ("20,10:5km", "NER", "NE-1"),
        ("0,-30:5km", "", ""),
    ],
)
def test_a_point_belongs_to_where_the_next_town_does(
    gazetteer: Gazetteer, text: str, country: str, region: str
) -> None:
    found, [remark] = read(gazetteer, text)
    assert (found.country, found.region) == (country, region)
    assert "is taken for" in remark and ("nowhere near a town" in remark) is not bool(country)


def test_news_of_the_province_alone_reaches_who_gave_a_point(gazetteer: Gazetteer) -> None:
    found, _ = read(gazetteer, "13.32,43.25:10km")  # Mokha, far from the middle of its province
    somewhere = {"id": "YE-TA", "name": "Taiz", "country": "YEM", "precision": "admin1", "admin1": "YE-TA",
                 "lat": 13.5, "lon": 44.4}  # fmt: skip
    assert is_there(Wishes(near=(found,)), somewhere, "minor")
    assert not is_there(Wishes(near=(Near(name=found.name, lat=13.32, lon=43.25, km=10),)), somewhere, "minor")


@given(near=NEARS)
def test_what_is_written_in_full_is_read_without_loss(gazetteer: Gazetteer, near: Near) -> None:
    assert read(gazetteer, nearby.text(near)) == (near, [])


@given(text=st.text(st.sampled_from("Taiz13.,-@: kmin/YE;"), max_size=24))
def test_nothing_that_is_typed_is_a_surprise(gazetteer: Gazetteer, text: str) -> None:
    try:
        found, _ = read(gazetteer, text)
    except InputError as error:
        assert str(error)
    else:
        assert abs(found.lat) <= 90 and abs(found.lon) <= 180 and 1 <= found.km <= 2000 and found.name
        assert read(gazetteer, nearby.text(found))[0] == found


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("Taiz", "such as Taiz:50km"),
        (":50km", "write a place before the colon"),
        ("Goma:50km", "several places are called 'Goma'; write one before the colon: gn:216281 for Goma, North Kivu"),
        ("Goma, Cngo:50km", "'Cngo' is no country"),
        ("Gommma:50km", "no place 'Gommma' is known; write its usual name, or where it lies: 13.58,44.02:50km"),
        ("Syria:50km", "Syria is taken as a whole: --country, or name a town in it"),
        ("North Kivu:50km", "North Kivu is taken as a whole: --region"),
        ("180,0:50km", "A latitude is at most 90"),
        ("913.58,44:50km", "A latitude is at most 90"),
        ("1,200:50km", "a longitude at most 180 degrees; the latitude comes first"),
        (f"{'x' * 101}@1,2:5km", "a place is called by 100 letters at most"),
        ("Taiz:0km", "at least 1 km"),
        ("Taiz:50miles", "such as Taiz:50km"),
        ("1,2 in QQQ:5km", "'QQQ' is no country"),
        ("1,2 in YEM/YE-XX:5km", "'YE-XX' is the code of no province"),
    ],
)
def test_what_cannot_be_is_told_with_what_to_write(gazetteer: Gazetteer, text: str, says: str) -> None:
    with pytest.raises(InputError) as told:
        read(gazetteer, text)
    assert says in str(told.value)
