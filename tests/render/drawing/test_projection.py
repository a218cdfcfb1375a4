"""Maps keep areas and distances, wherever in the world they are."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.globe import distance_km
from alerts.render.drawing.projection import Plane, Window, clipped, thinned

LONS, LATS = st.floats(-180, 180), st.floats(-85, 85)


@given(LONS, LATS, st.floats(-3000, 3000), st.floats(-3000, 3000))
def test_what_is_projected_comes_back(lon: float, lat: float, x: float, y: float) -> None:
    plane = Plane(lon, lat)
    assert plane.place(*plane.degrees(x, y)) == pytest.approx((x, y), abs=0.01)


@given(LONS, LATS, st.floats(-0.5, 0.5), st.floats(-0.5, 0.5))
def test_near_the_middle_a_kilometre_is_a_kilometre(lon: float, lat: float, east: float, north: float) -> None:
    x, y = Plane(lon, lat).place(lon + east, lat + north)
    assert (x * x + y * y) ** 0.5 == pytest.approx(distance_km(lat, lon, lat + north, lon + east), rel=0.001, abs=0.01)


def test_the_180th_meridian_is_no_edge() -> None:
    plane = Plane(179, -17)
    assert plane.place(-179, -17)[0] == pytest.approx(plane.place(181, -17)[0])
    assert 200 < plane.place(-179, -17)[0] < 230


@given(st.lists(st.tuples(st.floats(-500, 900), st.floats(-500, 900)), min_size=3, max_size=12))
def test_what_is_clipped_lies_in_the_picture(points: list[tuple[float, float]]) -> None:
    assert all(-4.01 <= x <= 404.01 and -4.01 <= y <= 304.01 for x, y in clipped(points, 400, 300))


def test_a_square_that_holds_the_picture_becomes_the_picture() -> None:
    found = clipped([(-1000, -1000), (2000, -1000), (2000, 2000), (-1000, 2000)], 400, 300)
    assert {(round(x), round(y)) for x, y in found} == {(-4, -4), (404, -4), (404, 304), (-4, 304)}


def test_points_nearer_than_a_step_are_left_out() -> None:
    assert thinned([(0, 0), (0.5, 0), (1.5, 0), (1.6, 0)], 1) == [(0, 0), (1.5, 0)]


def test_a_window_knows_what_it_shows() -> None:
    window = Window(Plane(10, 50), (0, 0), 2, 560, 300)
    assert window.pixel(10, 50) == pytest.approx((280, 150))
    assert window.degrees(280, 150) == pytest.approx((10, 50))
    assert window.holds((5, 5)) and not window.holds((5, 5), 8) and not window.holds((-1, 5))
