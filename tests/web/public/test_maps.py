"""Maps on the pages: a picture for everybody, and what a script needs to put one in its place that can be moved."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sqlalchemy import Engine
from starlette.applications import Starlette

from alerts.store.database import writing
from alerts.types import Place
from alerts.web.app import WebSettings, create_app
from tests.web.archive import DJIBO, GOMA, LEBANON, NOW, tell
from tests.web.client import ask
from tests.web.html import Page

SOUM = Place(id="BF-SOM", name="Soum", country="BFA", precision="admin1", admin1="BF-SOM", lat=14.3, lon=-1.3)


def live(app: Starlette, address: str) -> dict[str, Any]:
    """What the page's map is made of."""
    [found] = [one for one in Page(ask(app, address).text).all("figure") if "data-map" in one]
    given = json.loads(found["data-map"])
    assert isinstance(given, dict)
    return given


def ours(app: Starlette, address: str) -> str:
    return ask(app, address.removeprefix("/desk")).text


def test_the_picture_of_a_question_shows_its_alerts_alone(app: Starlette, engine: Engine) -> None:
    with writing(engine) as conn:
        tell(conn)
        tell(conn, place=GOMA)
        tell(conn, place=GOMA)
    assert " (2) and Burkina Faso (1)." in ask(app, "/alerts.svg").text
    assert "Map of 1 alert: Burkina Faso (1)." in ask(app, "/alerts.svg?country=BFA").text
    assert "without alerts" in ask(app, "/alerts.svg?country=SYR").text


def test_it_comes_as_lines_and_as_points_and_is_sent_once(app: Starlette, engine: Engine) -> None:
    with writing(engine) as conn:
        tell(conn)
    for form, begin in (("svg", b"<svg "), ("png", b"\x89PNG")):
        answer = ask(app, f"/alerts.{form}")
        assert answer.status == 200 and answer.body.startswith(begin)
        again = ask(app, f"/alerts.{form}", headers={"If-None-Match": answer.headers["etag"]})
        assert again.status == 304


def test_a_question_that_cannot_be_meant_is_told(app: Starlette) -> None:
    assert ask(app, "/alerts.svg?state=x").status == 400


def test_a_list_has_the_map_of_its_question(app: Starlette, engine: Engine) -> None:
    with writing(engine) as conn:
        tell(conn)
    page = Page(ask(app, "/alerts?country=BFA").text)
    assert "/desk/alerts.svg?country=BFA" in [one["src"] for one in page.all("img")]
    assert live(app, "/alerts?country=BFA")["source"] == "/desk/alerts.geojson?country=BFA"
    [preview] = [one["content"] for one in page.all("meta") if one.get("property") == "og:image"]
    assert preview == "https://alerts.example/desk/alerts.png?country=BFA"
    assert "no statement of opinion" in page.text


def test_what_is_on_no_map_has_none(app: Starlette, engine: Engine) -> None:
    with writing(engine) as conn:
        tell(conn, state="cancelled")
    for address in ("/alerts?state=cancelled", "/alerts?state=merged", "/alerts?country=SYR"):
        page = Page(ask(app, address).text)
        assert not page.all("figure") and not page.all("script")


def test_an_alerts_map_has_its_place_and_what_happened_near_it(app: Starlette, engine: Engine) -> None:
    with writing(engine) as conn:
        found = tell(conn)
        other = tell(conn, title="<b>Shells</b>", place=SOUM, severity="severe")
    given = live(app, f"/alerts/{found}")
    assert given["own"] == "BFA" and not given["shaded"]
    [spot] = given["spots"]
    assert (spot["name"], spot["lat"], spot["lon"], spot["main"]) == ("Djibo?", 14.1, -1.63, True)
    [near] = given["alerts"]
    assert near["id"] == other and near["title"] == "<b>Shells</b>"
    assert (near["precision"], near["severity"]) == ("admin1", "severe")


def test_of_a_whole_country_there_is_no_point(app: Starlette, engine: Engine) -> None:
    with writing(engine) as conn:
        found = tell(
            conn, place=Place(id="LBN", name="Lebanon", country="LBN", precision="country", lat=33.8, lon=35.8)
        )
    given = live(app, f"/alerts/{found}")
    assert given["shaded"] and given["own"] == "LBN"
    assert (given["spots"][0]["lat"], given["spots"][0]["lon"]) == (None, None)


@pytest.mark.parametrize(
    ("place", "page", "question"),
    [(DJIBO, DJIBO.id, "region=BF-SOM"), (SOUM, SOUM.id, "region=BF-SOM"), (LEBANON, "LBN", "country=LBN")],
)
def test_a_places_map_has_the_alerts_around_it(
    app: Starlette, engine: Engine, place: Place, page: str, question: str
) -> None:
    with writing(engine) as conn:
        tell(conn, place=place)
    assert live(app, f"/places/{page}")["source"] == f"/desk/alerts.geojson?{question}"


def test_the_land_is_kept_for_ever_by_who_asks_by_its_tag(app: Starlette, engine: Engine) -> None:
    with writing(engine) as conn:
        found = tell(conn)
    given = live(app, f"/alerts/{found}")
    for address in (given["world"], f"{given['land']}BFA.geojson?v={given['tag']}"):
        answer = ask(app, address.removeprefix("/desk"))
        assert answer.headers["content-type"] == "application/geo+json"
        assert "immutable" in answer.headers["cache-control"]
        assert json.loads(answer.text)["features"]
    assert "immutable" not in ask(app, "/land/BFA.geojson?v=old").headers["cache-control"]


@pytest.mark.parametrize("name", ["XYZ", "world.json", "bfa", "..%2foutlines", "-99"])
def test_there_is_no_other_land(app: Starlette, name: str) -> None:
    assert ask(app, f"/land/{name}.geojson").status == 404


def test_where_alerts_are_private_so_are_their_maps_and_what_is_on_them(engine: Engine) -> None:
    settings = WebSettings(base_url="https://alerts.example", private=("alerts",), operations=False)
    app = create_app(engine, settings, now=lambda: NOW)
    for address in ("/alerts.svg", "/alerts.png?country=SYR", "/alerts.geojson"):
        assert ask(app, address).status in (303, 401), address
    assert ask(app, "/land/SYR.geojson").status == 200


def test_the_script_and_what_it_loads_are_files_of_ours(app: Starlette, engine: Engine) -> None:
    with writing(engine) as conn:
        found = tell(conn)
    page = Page(ask(app, f"/alerts/{found}").text)
    [script] = page.all("script")
    assert page.runs_only_files and "defer" in script
    assert ours(app, script["data-leaflet"]).startswith("/* @preserve\n * Leaflet 1.9.4")
    assert "url(" not in ours(app, script["data-style"])
    assert "http" not in ours(app, script["src"])
