"""The map of many alerts shows where they are, and never a region as a point."""

from __future__ import annotations

import gzip
from dataclasses import replace
from itertools import count
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.render.drawing.outlines import Outlines
from alerts.render.view import country_name
from alerts.render.worldmap import HEIGHT, NO_OPINION, WIDTH, WORLD, Mark, WorldMaps, marks_of, view_of, words_of
from alerts.types import Alert, Place, Precision, Severity
from tests.store import values

SVG = "{http://www.w3.org/2000/svg}"
MAPS = WorldMaps(Outlines(), country_name)
_numbers = count(1)


def place(lat: float | None, lon: float | None, *, country: str = "SYR", precision: Precision = "city") -> Place:
    return Place(id="x", name="Town", country=country, precision=precision, lat=lat, lon=lon)


def alert(lat: float | None = 35.0, lon: float | None = 38.0, *, at: Precision = "city", **fields: Any) -> Alert:
    found = place(lat, lon, country=fields.pop("country", "SYR"), precision=at)
    return values.alert(key=f"key-{next(_numbers)}", place=found, **fields)


def mark(lat: float, lon: float, severity: Severity = "minor") -> Mark:
    return Mark(lat=lat, lon=lon, country="SYR", precision="city", severity=severity, alerts=1, over=False)


def circles(*alerts: Alert) -> list[dict[str, str]]:
    root = ElementTree.fromstring(MAPS.draw(marks_of(alerts)).svg())
    return [one.attrib for one in root.iter(SVG + "circle")]


def test_a_town_is_a_dot_and_what_is_known_as_a_country_or_region_is_a_larger_ring() -> None:
    [town] = circles(alert())
    for precision in ("admin1", "country"):
        *_, ring = circles(alert(at=precision))
        assert town["fill"] != "none" and ring["fill"] == "none" and "stroke-dasharray" in ring
        assert float(ring["r"]) > float(town["r"])


def test_a_town_and_its_region_are_two_marks_even_at_one_position() -> None:
    assert len(marks_of([alert(), alert(at="admin1")])) == 2


def test_alerts_at_one_place_are_one_mark_as_bad_as_the_worst_that_goes_on() -> None:
    [found] = marks_of(
        [
            alert(severity="moderate", state="active"),
            alert(severity="extreme", state="ended"),
            alert(severity="severe", state="unconfirmed"),
        ]
    )
    assert (found.alerts, found.severity, found.over) == (3, "severe", False)


def test_where_all_is_over_the_mark_says_so_and_lies_below() -> None:
    marks = marks_of([alert(severity="minor", state="active"), alert(1, 1, severity="extreme", state="closed")])
    assert [one.over for one in marks] == [True, False]


def test_the_worst_is_drawn_last() -> None:
    given = [alert(at, severity=level) for at, level in enumerate(("extreme", "minor", "severe", "moderate"))]
    assert [one.severity for one in marks_of(given)] == ["minor", "moderate", "severe", "extreme"]


@pytest.mark.parametrize("state", ["cancelled", "merged"])
def test_what_was_wrong_or_goes_on_elsewhere_is_not_on_the_map(state: Any) -> None:
    assert marks_of([alert(state=state)]) == []


@pytest.mark.parametrize(("lat", "lon"), [(None, None), (91, 0), (0, 181), (float("nan"), 0)])
def test_an_alert_without_a_position_on_this_earth_is_not_on_the_map(lat: float | None, lon: float | None) -> None:
    assert marks_of([alert(lat, lon), replace(alert(), place=None)]) == []


@given(st.lists(st.tuples(st.floats(-59, 80), st.floats(-180, 180)), min_size=1, max_size=6))
def test_every_mark_lies_in_the_picture(points: list[tuple[float, float]]) -> None:
    view = view_of([mark(lat, lon) for lat, lon in points])
    for lat, lon in points:
        x, y = view.pixel(lon, lat)
        assert -1e-6 <= x <= WIDTH + 1e-6 and -1e-6 <= y <= HEIGHT + 1e-6


def test_what_is_near_is_shown_near_also_over_the_180th_meridian() -> None:
    suva, nuku_alofa = mark(-18.1, 178.4), mark(-21.1, -175.2)
    box = view_of([suva, nuku_alofa]).box
    assert box.east - box.west < 45
    assert view_of([mark(35, 38), mark(36, 39)]).box.north < 50


def test_what_is_all_over_the_world_and_nothing_are_shown_on_the_whole_of_it() -> None:
    assert view_of([]).box == view_of([mark(19, -72), mark(35, 38), mark(-9, 160)]).box == WORLD


def test_the_map_of_the_world_is_small_says_whose_borders_it_has_and_is_the_same_each_time() -> None:
    towns = [alert(lat, lon) for lat in range(-30, 60, 15) for lon in range(-100, 150, 25)]
    drawn = MAPS.draw(marks_of(towns)).svg()
    assert len(gzip.compress(drawn.encode(), 6)) < 20_000
    assert NO_OPINION in drawn and drawn == MAPS.draw(marks_of(towns)).svg()


def test_it_says_in_words_how_many_there_are_and_where() -> None:
    towns = [*(alert(at) for at in range(3)), alert(10, 10, country="SDN")]
    assert words_of(marks_of(towns), country_name).alt == "Map of 4 alerts: Syria (3) and Sudan (1)."
    far = [alert(at, at, country=code) for at, code in enumerate("SYR SDN UKR YEM MLI HTI AFG".split())]
    assert words_of(marks_of(far), country_name).alt.endswith(" and 2 more countries.")
    assert "without alerts" in words_of([], country_name).alt
