"""Places: where something is open, and all that is known of one."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from starlette.applications import Starlette

from alerts.read.places import Gazetteer
from alerts.store import alerts, ledger
from alerts.store.database import writing
from alerts.track.ledger import declared
from alerts.types import Place
from alerts.web.app import WebSettings, create_app
from tests.engine.world import World
from tests.web.archive import tell
from tests.web.client import ask
from tests.web.html import Page
from tests.web.public.reading import links, page

DAY = timedelta(days=1)
TRUCE = "The army and the rebels agreed to a truce in Burkina Faso."


@pytest.fixture
def app(world: World, gazetteer: Gazetteer) -> Starlette:
    return site(world, gazetteer)


def site(world: World, places: Gazetteer | None) -> Starlette:
    settings = WebSettings(base_url="https://alerts.example/desk")
    return create_app(world.engine, settings, now=lambda: world.now, rulebook=lambda: world.rulebook, places=places)


def named(world: World, name: str, country: str) -> Place:
    found = world.gazetteer.lookup(name, country)
    assert found is not None
    return found


def told(world: World, place: Place, **more: object) -> str:
    with writing(world.engine) as conn:
        return tell(conn, place=place, start=world.now - DAY, **more)  # type: ignore[arg-type]


def section(page: Page, begin: str, end: str) -> str:
    return page.text.partition(begin)[2].partition(end)[0]


def test_countries_come_with_what_is_open_the_worst_first(app: Starlette, world: World) -> None:
    mali, goma = named(world, "Gao", "MLI"), named(world, "Goma", "COD")
    told(world, mali, severity="minor")
    told(world, goma, severity="extreme")
    told(world, goma, severity="severe", state="ended")
    found = page(app, "/places")
    assert [one for one in found.inside("a") if one in ("Mali", "Democratic Republic of the Congo")] == [
        "Democratic Republic of the Congo",
        "Mali",
    ]
    assert "2 alerts so far 1 extreme" in found.text and "1 alert so far 1 minor" in found.text


def test_a_place_is_found_by_any_name_it_has(app: Starlette, world: World) -> None:
    fasher = named(world, "El Fasher", "SDN")
    for words in ("El%20Fasher", "%D8%A7%D9%84%D9%81%D8%A7%D8%B4%D8%B1", "Al-Fashir,%20Sudan"):
        assert f"/desk/places/{fasher.id}" in links(page(app, f"/places?q={words}"))


def test_a_country_is_found_by_its_name_before_towns_of_that_name(app: Starlette) -> None:
    found = [one for one in links(page(app, "/places?q=Lebanon")) if "/places/" in one]
    assert found[0] == "/desk/places/LBN" and len(found) > 1


def test_what_no_place_is_called_like_is_answered_with_advice(app: Starlette) -> None:
    found = page(app, "/places?q=Qwxyzzy")
    assert "Nothing found" in found.text and "usual English spelling" in found.text


def test_what_is_looked_for_stays_in_the_field_as_text(app: Starlette) -> None:
    found = page(app, "/places?q=%22%3E%3Cscript%3Ealert(1)%3C/script%3E")
    assert not found.all("script")
    assert '"><script>alert(1)</script>' in [one.get("value") for one in found.all("input")]


@pytest.mark.parametrize("wanted", ["nowhere", "SY-99", "gn:0", "%00", "a" * 300, "x:", "%ED%A0%80"])
def test_a_place_that_is_not_there_is_a_404_that_offers_to_look(app: Starlette, wanted: str) -> None:
    found = page(app, f"/places/{wanted}", 404)
    assert "There is no such place here" in found.text
    assert [one["action"] for one in found.all("form")] == ["/desk/places"]


@pytest.mark.parametrize(("wanted", "known"), [("syr", "SYR"), ("SY", "SYR"), ("sy-id", "SY-ID")])
def test_an_id_in_small_letters_leads_to_the_page(app: Starlette, wanted: str, known: str) -> None:
    answer = ask(app, f"/places/{wanted}")
    assert (answer.status, answer.headers["location"]) == (308, f"/desk/places/{known}")


def test_a_place_says_what_it_lies_in(app: Starlette, world: World) -> None:
    djibo = named(world, "Djibo", "BFA")
    found = page(app, f"/places/{djibo.id}")
    assert f"/desk/places/{djibo.admin1}" in links(found) and "/desk/places/BFA" in links(found)
    assert found.inside("h1") == ["Djibo"]


def test_a_country_a_province_and_a_town_have_the_alerts_in_them_and_no_others(app: Starlette, world: World) -> None:
    djibo, goma = named(world, "Djibo", "BFA"), named(world, "Goma", "COD")
    here, there = told(world, djibo, title="Here"), told(world, goma, title="There")
    for place in ("BFA", djibo.admin1, djibo.id):
        found = links(page(app, f"/places/{place}"))
        assert f"/desk/alerts/{here}" in found and f"/desk/alerts/{there}" not in found


def test_open_alerts_come_first_the_worst_on_top(app: Starlette, world: World) -> None:
    djibo = named(world, "Djibo", "BFA")
    for title, level, state in (("A", "minor", "active"), ("B", "extreme", "active"), ("C", "extreme", "ended")):
        told(world, djibo, title=f"Title {title}", severity=level, state=state)
    titles = [one for one in page(app, "/places/BFA").inside("a") if one.startswith("Title ")]
    assert titles == ["Title B", "Title A", "Title C"]


def test_what_waits_for_a_person_is_not_shown(app: Starlette, world: World) -> None:
    djibo = named(world, "Djibo", "BFA")
    found = told(world, djibo, title="12 killed", severity="severe")
    with writing(world.engine) as conn:
        before = alerts.alert_of(conn, found)
        assert before is not None
        worse = replace(before, severity="extreme", triage="waiting", waits_since=world.now)
        alerts.save_alert(conn, worse, title="Not yet", summary="")
    shown = page(app, "/places/BFA").text
    assert "Not yet" not in shown and "Extreme" not in shown
    assert "12 killed" in shown


def test_all_alerts_of_a_place_are_a_question_to_the_archive(app: Starlette, world: World) -> None:
    djibo = named(world, "Djibo", "BFA")
    told(world, djibo)
    for place, question in (
        ("BFA", "country=BFA"),
        (djibo.admin1, f"region={djibo.admin1}"),
        (djibo.id, "place=gn%3A"),
    ):
        assert any(one.startswith(f"/desk/alerts?{question}") for one in links(page(app, f"/places/{place}")))


def test_a_truce_is_told_with_its_report_its_end_and_the_rules_that_listen(app: Starlette, world: World) -> None:
    world.hear(TRUCE)
    for place in ("BFA", named(world, "Djibo", "BFA").id):
        found = page(app, f"/places/{place}")
        said = section(found, "What holds here", "Neighbouring countries")
        assert "Truce" in said and "unless it is reported again or over" in said and "The Daily" in said
        assert "/desk/rules/breach" in links(found)
        assert "the rule Truce broken listens for breaches" in said
    assert "What holds here" not in page(app, "/places/MLI").text


def test_a_truce_that_broke_down_stands_among_what_held(app: Starlette, world: World) -> None:
    world.hear(TRUCE)
    world.now += 2 * DAY
    world.hear("The truce in Burkina Faso has collapsed.")
    found = page(app, "/places/BFA")
    assert "What holds here" not in found.text
    said = section(found, "What held here in the last year", "reads public news")
    assert "Since " in said and "as was reported" in said and "listens" not in said


def test_what_a_person_wrote_into_the_ledger_is_told_without_name_and_reason(app: Starlette, world: World) -> None:
    djibo = named(world, "Djibo", "BFA")
    with writing(world.engine) as conn:
        change = declared(
            [], name="siege", place=djibo, since=world.now, ends=None, lasts=9 * DAY, by="by ana: a source of ours",
            said=world.now,
        )  # fmt: skip
        ledger.save(conn, [change])
    found = page(app, f"/places/{djibo.id}")
    assert "by a person of this service" in found.text
    assert "ana" not in section(found, "Begun:", "reads public").replace("Burkina", "")
    assert "a source of ours" not in found.text


def test_places_around_with_alerts_of_late_are_named_with_the_way_to_them(app: Starlette, world: World) -> None:
    djibo, near = named(world, "Djibo", "BFA"), named(world, "Aribinda", "BFA")
    assert near.admin1 == djibo.admin1
    told(world, near)
    found = page(app, f"/places/{djibo.id}")
    assert f"/desk/places/{near.id}" in links(found)
    assert "km away: 1 alert, 1 open" in section(found, "Around it", "reads public")


def test_a_country_names_its_neighbours(app: Starlette, world: World) -> None:
    told(world, named(world, "Gao", "MLI"), severity="severe")
    said = section(page(app, "/places/BFA"), "Neighbouring countries", "reads public")
    assert "Mali 1 severe" in said and "Ghana none open" in said


def test_the_map_of_a_place_is_drawn_with_the_places_of_alerts(app: Starlette, world: World) -> None:
    djibo = named(world, "Djibo", "BFA")
    told(world, djibo)
    [picture] = page(app, "/places/BFA").all("img")
    assert picture["alt"].startswith("Map of Burkina Faso.") and "Djibo" in picture["alt"]
    assert (picture["loading"], picture["width"]) == ("lazy", "440")
    drawn = ask(app, picture["src"].removeprefix("/desk"))
    assert drawn.headers["content-type"] == "image/svg+xml" and ">Djibo<" in drawn.text
    again = ask(app, picture["src"].removeprefix("/desk"), headers={"If-None-Match": drawn.headers["etag"]})
    assert again.status == 304
    assert ask(app, "/places/nowhere/map.svg").status == 404


def test_without_a_list_of_places_the_archive_knows_what_it_has(world: World) -> None:
    djibo = named(world, "Djibo", "BFA")
    found = told(world, djibo)
    app = site(world, None)
    assert page(app, "/places").all("form") == []
    for place in ("BFA", djibo.id):
        assert f"/desk/alerts/{found}" in links(page(app, f"/places/{place}"))
    assert ask(app, "/places/gn:1").status == 404
