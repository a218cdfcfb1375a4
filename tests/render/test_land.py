"""The land under maps in a browser: every country, well made, and small enough for a bad line."""

from __future__ import annotations

import gzip
import json
from itertools import pairwise
from typing import Any

import pytest

from alerts.render.drawing.outlines import Outlines
from alerts.render.land import Land
from alerts.render.view import country_name

OUTLINES = Outlines()


@pytest.fixture(scope="module")
def land() -> Land:
    return Land(OUTLINES, country_name)


def features(body: bytes | None) -> dict[str, Any]:
    """By their ids."""
    assert body is not None
    document = json.loads(body)
    assert document["type"] == "FeatureCollection"
    return {one.get("id", ""): one for one in document["features"]}


def turns(ring: list[list[float]]) -> float:
    """Positive against the clock."""
    x0, y0 = ring[0]
    return sum((x - x0) * (v - y0) - (u - x0) * (y - y0) for (x, y), (u, v) in pairwise(ring))


def test_the_world_is_small_and_holds_every_country(land: Land) -> None:
    body = land.world()
    assert len(gzip.compress(body, 6)) < 60_000
    assert {code for code in OUTLINES.countries() if not code.startswith("-")} == set(features(body)) - {""}


def test_every_ring_is_closed(land: Land) -> None:
    for found in features(land.world()).values():
        for polygon in found["geometry"]["coordinates"]:
            assert all(len(ring) >= 4 and ring[0] == ring[-1] for ring in polygon), found.get("id")


def test_outlines_turn_against_the_clock_and_holes_with_it(land: Land) -> None:
    [found] = features(land.country("ZAF")).values()
    largest, *_ = found["geometry"]["coordinates"]
    outline, lesotho = largest
    assert turns(outline) > 0 > turns(lesotho)
    assert all(27 <= x <= 30 and -31 <= y <= -28 for x, y in lesotho)


def test_what_lies_within_another_country_comes_after_it(land: Land) -> None:
    codes = list(features(land.world()))
    assert codes.index("ZAF") < codes.index("LSO") and codes.index("ITA") < codes.index("SMR")


def test_a_country_is_finer_by_itself_and_says_where_its_name_may_stand(land: Land) -> None:
    [fine] = features(land.country("SYR")).values()
    coarse = features(land.world())["SYR"]
    assert len(str(fine["geometry"])) > 1.5 * len(str(coarse["geometry"]))
    assert fine["properties"] == coarse["properties"]
    assert fine["properties"]["name"] == "Syria"
    assert fine["properties"]["at"] == pytest.approx([38.5, 35.0], abs=0.2)


def test_fiji_is_in_one_piece(land: Land) -> None:
    [fiji] = features(land.country("FJI")).values()
    xs = [x for polygon in fiji["geometry"]["coordinates"] for x, _ in polygon[0]]
    assert max(xs) - min(xs) < 10


@pytest.mark.parametrize("code", ["XYZ", "", "syr", "-Siachen Glacier", "../outlines"])
def test_of_what_is_no_country_there_is_no_land(land: Land, code: str) -> None:
    assert land.country(code) is None
