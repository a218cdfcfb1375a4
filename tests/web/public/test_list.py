"""The list of alerts: what it shows, how it is filtered, how one pages through it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine
from starlette.applications import Starlette

from alerts.notify.joining.desk import Desk
from alerts.read.places import Gazetteer
from alerts.store.database import writing
from alerts.types import CERTAINTIES, SEVERITIES
from alerts.web.app import WebSettings, create_app
from alerts.web.public.query import STATES, Query, read_query
from alerts.web.readers.joining import Joining
from tests.web.archive import GOMA, LEBANON, NOW, Report, Told, change, people, tell
from tests.web.client import ask
from tests.web.html import Page


def titles(app: Starlette, address: str) -> list[str]:
    answer = ask(app, address)
    assert answer.status == 200, answer.text
    return [text for text in Page(answer.text).inside("a") if text.startswith("T")]


def test_an_empty_archive_says_so(app: Starlette) -> None:
    assert "No alerts yet" in Page(ask(app, "/alerts").text).text


def test_an_alert_is_listed_with_what_where_how_many_how_bad_and_how_sure(app: Starlette, engine: Engine) -> None:
    numbers = {"killed": people(12, 45), "displaced": people(6000, 6000, factor=5, text="1,200 families", stated=1200)}
    with writing(engine) as conn:
        tell(conn, Report(), Report(source="Other", hours=2), severity="severe", certainty="likely", numbers=numbers)
    page = Page(ask(app, "/alerts").text)
    assert page.inside("h2") == ["3 March 2026"]
    for words in (
        "Attack in Djibo", "Severe", "Likely", "Unconfirmed", "Djibo, Soum, Burkina Faso", "· attack",
        "12 to 45 people", "about 6,000 people (1,200 families × 5)", "2 independent sources, 2 articles", "10:30 UTC",
    ):  # fmt: skip
        assert words in page.text


def test_what_nobody_was_told_is_not_published(app: Starlette, engine: Engine) -> None:
    with writing(engine) as conn:
        held = tell(conn, versions=())
    assert "No alerts yet" in ask(app, "/alerts").text
    assert ask(app, f"/alerts/{held}").status == 404
    assert "<entry>" not in ask(app, "/alerts.atom").text


@pytest.fixture
def four(engine: Engine) -> None:
    with writing(engine) as conn:
        tell(
            conn, title="T1", event="siege", place=GOMA, severity="minor", state="ended", start=NOW - timedelta(days=4)
        )
        tell(conn, title="T2", event="siege", severity="moderate", state="active", start=NOW - timedelta(days=3))
        tell(
            conn,
            title="T3",
            severity="severe",
            certainty="observed",
            place=LEBANON,
            state="cancelled",
            start=NOW - timedelta(days=2),
        )
        tell(conn, title="T4", severity="extreme", place=None, start=NOW - timedelta(days=1))


@pytest.mark.usefixtures("four")
@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("?event=siege", ["T2", "T1"]),
        ("?country=COD", ["T1"]),
        ("?country=cod&event=siege", ["T1"]),
        ("?country=COD&event=attack", []),
        ("?severity=severe", ["T4", "T3"]),
        ("?state=open", ["T4", "T2"]),
        ("?state=unconfirmed", ["T4"]),
        ("?state=cancelled", ["T3"]),
        ("?state=merged", []),
        ("?event=&country=&severity=&state=ended", ["T1"]),
        ("?region=CD-NK", ["T1"]),
        ("?region=BF-SOM", ["T2"]),
        ("?place=gn:216281", ["T1"]),
        ("?rule=shelling&event=siege", ["T2", "T1"]),
        ("?rule=another", []),
        ("?certainty=likely", ["T3"]),
        ("?since=2026-03-02", ["T4", "T3"]),
        ("?until=2026-03-01", ["T2", "T1"]),
        ("?since=2026-03-01&until=2026-03-02", ["T3", "T2"]),
        ("?utm_source=mail&state=active", ["T2"]),
        ("?q=Goma", ["T1"]),
        ("?q=t4", ["T4"]),
        ("?q=shells%20burkina&event=siege", ["T2"]),
        ("?q=leban*", ["T3"]),
        ("?q=nothing", []),
    ],
)
def test_the_query_filters_the_list(app: Starlette, query: str, found: list[str]) -> None:
    assert titles(app, f"/alerts{query}") == found


@pytest.mark.usefixtures("four")
def test_paging_shows_every_alert_once_the_latest_changed_first(app: Starlette) -> None:
    assert titles(app, "/alerts") == ["T4", "T3", "T2"]
    older = next(link["href"] for link in Page(ask(app, "/alerts").text).all("a") if link.get("rel") == "next")
    assert titles(app, older.removeprefix("/desk")) == ["T1"]
    assert 'rel="next"' not in ask(app, older.removeprefix("/desk")).text


@pytest.mark.usefixtures("four")
def test_a_page_holds_when_the_alert_before_it_changes_meanwhile(app: Starlette, engine: Engine) -> None:
    older = next(link["href"] for link in Page(ask(app, "/alerts").text).all("a") if link.get("rel") == "next")
    with writing(engine) as conn:
        change(conn, "2", updated=NOW + timedelta(hours=3))
    assert titles(app, older.removeprefix("/desk")) == ["T1"]


@pytest.mark.usefixtures("four")
def test_the_next_page_and_the_feed_keep_the_filter(app: Starlette, engine: Engine) -> None:
    with writing(engine) as conn:
        for day in range(3):
            tell(conn, title=f"T{day + 5}", event="siege", start=NOW - timedelta(days=5 + day))
    page = Page(ask(app, "/?event=siege").text)
    older = next(link["href"] for link in page.all("a") if link.get("rel") == "next")
    assert titles(app, older.removeprefix("/desk")) == ["T6", "T7"]
    assert any(link.get("href") == "/desk/alerts.atom?event=siege" for link in page.all("link"))


@pytest.mark.usefixtures("four")
def test_the_form_offers_what_the_archive_holds_and_shows_what_was_chosen(app: Starlette) -> None:
    page = Page(ask(app, "/?event=siege&country=FRA").text)
    values = [option["value"] for option in page.all("option")]
    assert {"siege", "attack", "COD", "BFA", "LBN"} <= set(values)
    chosen = [option["value"] for option in page.all("option") if "selected" in option]
    assert chosen == ["siege", "FRA", "", "", "", ""]
    assert "No alert fits this choice" in page.text


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("?severity=terrible", "one of minor, moderate, severe, extreme"),
        ("?state=gone", "one of open, unconfirmed, active, ended, closed, cancelled"),
        ("?country=ZZZ", "ISO 3166-1"),
        ("?country=Syria", "ISO 3166-1"),
        ("?event=%3Cscript%3E", "one word of small letters"),
        ("?certainty=sure", "one of possible, likely, observed"),
        ("?region=%22%3E", "the id of a place"),
        ("?place=Goma%20town", "the id of a place"),
        ("?rule=A-B", "one word of small letters"),
        ("?since=soon", "is a day"),
        ("?until=9999-12-31", "is a day"),
        ("?before=yesterday", "begin again"),
        ("?before=999999999999999999-1", "begin again"),
        ("?event=siege&event=attack", "given twice"),
        ("?q=%3F%21", "words to look for"),
        ("?q=a%20b%20c%20d%20e%20f%20g%20h%20i%20j%20k%20l%20m", "at most 12"),
    ],
)
def test_a_value_that_cannot_be_meant_is_refused_with_a_sentence(app: Starlette, query: str, sentence: str) -> None:
    for path in ("/", "/alerts", "/alerts.atom"):
        answer = ask(app, path + query)
        assert answer.status == 400
        assert sentence in Page(answer.text).text
        assert "<script" not in answer.text


def test_each_part_of_a_question_can_be_taken_away(app: Starlette) -> None:
    page = Page(ask(app, "/alerts?event=siege&region=SY-ID&severity=severe&before=1-1").text)
    links = [link["href"] for link in page.all("a") if "=" in link.get("href", "")]
    for left in ("region=SY-ID&severity=severe", "event=siege&severity=severe", "event=siege&region=SY-ID"):
        assert f"/desk/alerts?{left}" in links
    hidden = [(field["name"], field["value"]) for field in page.all("input") if field.get("type") == "hidden"]
    assert hidden == [("region", "SY-ID")]  # the form has no field for it, and keeps it


@given(
    st.builds(
        Query,
        q=st.sampled_from(("", "Goma *", "دمشق & 北京")),
        event=st.sampled_from(("", "siege")),
        country=st.sampled_from(("", "SYR")),
        region=st.sampled_from(("", "SY-ID", "x:SDN-darfur")),
        place=st.sampled_from(("", "gn:172057")),
        rule=st.sampled_from(("", "shelling_2")),
        severity=st.sampled_from(("", *SEVERITIES[1:])),
        certainty=st.sampled_from(("", *CERTAINTIES[1:])),
        state=st.sampled_from(("", *STATES)),
        since=st.sampled_from(("", "2026-03-01")),
        until=st.sampled_from(("", "2024-02-29")),
    )
)
def test_an_address_says_all_that_was_asked(query: Query) -> None:
    assert read_query(parse_qsl(query.address().removeprefix("?"))) == query
    assert query.filtered == bool(query.words())


def test_times_of_versions_order_the_list_not_the_order_of_writing(app: Starlette, engine: Engine) -> None:
    with writing(engine) as conn:
        tell(conn, title="T1", versions=(Told(hours=1), Told(hours=20)))
        tell(conn, title="T2", versions=(Told(hours=3),))
    assert titles(app, "/alerts") == ["T1", "T2"]


def test_a_wrong_value_leaves_the_rest_of_the_question_in_the_form(app: Starlette) -> None:
    page = Page(ask(app, "/alerts?event=siege&severity=terrible&q=market").text)
    assert next(option["value"] for option in page.all("option") if "selected" in option) == "siege"
    assert [field["value"] for field in page.all("input") if field.get("name") == "q"] == ["market"]
    assert "No alert fits" not in page.text


@pytest.mark.usefixtures("four")
def test_the_page_says_how_many_there_are_and_leads_to_the_same_as_data(app: Starlette) -> None:
    page = Page(ask(app, "/alerts?event=siege&q=goma").text)
    assert "1 alert for this choice" in page.text
    links = {link["href"] for link in page.all("a")}
    for path in ("/alerts.atom", "/alerts.json", "/alerts.geojson", "/alerts.csv", "/alerts.cap.atom"):
        assert f"/desk{path}?q=goma&event=siege" in links
        assert "T2" not in ask(app, f"{path}?q=goma&event=siege").text
    assert "T1" in ask(app, "/alerts.csv?q=goma&event=siege").text


@pytest.mark.usefixtures("four")
def test_where_no_word_fits_its_beginning_is_offered(app: Starlette) -> None:
    page = Page(ask(app, "/alerts?q=Leban&severity=severe").text)
    [looser] = [link["href"] for link in page.all("a") if "*" in link.get("href", "").replace("%2A", "*")]
    assert titles(app, looser.removeprefix("/desk")) == ["T3"]
    assert "Look for words" not in ask(app, "/alerts?q=goma*&event=attack").text


def test_data_ask_for_a_place_by_its_id(app: Starlette) -> None:
    answer = ask(app, "/alerts.json?where=Goma")
    assert answer.status == 400
    assert "the page /alerts finds the place" in answer.text


@pytest.fixture
def placed(engine: Engine, gazetteer: Gazetteer) -> Starlette:
    """A site that knows the world's places, and takes readers."""
    desk = Desk(secret=b"s" * 32, domain="alerts.example", base_url="https://alerts.example/desk")
    joining = Joining(desk=desk, places=gazetteer, events=lambda: ("siege",), answer_s=0)
    settings = WebSettings(base_url="https://alerts.example/desk")
    return create_app(engine, settings, now=lambda: NOW, places=gazetteer, joining=joining)


def test_a_name_of_several_places_is_asked_back_with_what_each_has(placed: Starlette, engine: Engine) -> None:
    with writing(engine) as conn:
        tell(conn, title="T1", event="siege", place=GOMA)
    answer = ask(placed, "/alerts?event=siege&where=%20Goma")
    page = Page(answer.text)
    assert answer.status == 300
    assert "Which “Goma”?" in page.text
    assert "town in North Kivu, Democratic Republic of the Congo · 1 alert" in page.text.replace("  ", " ")
    links = [link["href"] for link in page.all("a")]
    assert "/desk/alerts?event=siege&place=gn:216281" in [link.replace("%3A", ":") for link in links]
    found = Page(ask(placed, "/alerts?event=siege&place=gn:216281").text)
    assert "at Goma, Democratic Republic of the Congo" in found.text
    mails = [link["href"] for link in found.all("a") if "/subscribe?" in link.get("href", "")]
    assert len(mails) == 1
    form = Page(ask(placed, mails[0].removeprefix("/desk")).text)
    given = {field["name"]: field.get("value", "") for field in form.all("input") if "name" in field}
    assert given["name-0"] == "Goma, Democratic Republic of the Congo"
    assert given["address"] == ""


@pytest.mark.parametrize(
    ("where", "leads"),
    [("Syria", "country=SYR"), ("Darfur", "region=x%3ASDN-darfur"), ("North Kivu", "region=CD-NK")],
)
def test_a_name_of_one_place_leads_to_its_alerts(placed: Starlette, where: str, leads: str) -> None:
    answer = ask(placed, f"/alerts?severity=severe&region=SY-ID&where={where.replace(' ', '%20')}")
    assert answer.status == 302
    assert sorted(answer.headers["location"].partition("?")[2].split("&")) == sorted([leads, "severity=severe"])


def test_a_name_that_nobody_knows_is_told_with_what_to_try(placed: Starlette) -> None:
    answer = ask(placed, "/alerts?where=Xyzzyx%3Cscript%3E")
    assert answer.status == 400
    assert "No place is known as “Xyzzyx" in Page(answer.text).text
    assert "<script>" not in answer.text


@pytest.mark.parametrize("name", ["%00", "%00Goma", "%E2%80%AE", "%22%3E%3Csvg%3E", "%25", "x" * 101])
def test_odd_names_and_words_are_no_more_than_words(placed: Starlette, name: str) -> None:
    for address in (f"/alerts?where={name}", f"/alerts?q=a{name}", f"/subscribe?name-0={name}&km-0={name}"):
        answer = ask(placed, address)
        assert answer.status in (200, 300, 400)
        assert "\0" not in answer.text and "<svg" not in answer.text


def test_a_region_of_several_provinces_has_the_alerts_of_each(placed: Starlette, engine: Engine) -> None:
    nyala = replace(GOMA, id="gn:1", name="Nyala", country="SDN", admin1="SD-DS")
    with writing(engine) as conn:
        tell(conn, title="T1", place=nyala)
        tell(conn, title="T2")
    assert titles(placed, "/alerts?region=x:SDN-darfur") == ["T1"]
    assert "T1" in ask(placed, "/alerts.json?region=x:SDN-darfur").text


def test_a_link_fills_in_what_is_wanted_and_never_for_whom(placed: Starlette) -> None:
    page = Page(
        ask(placed, "/subscribe?event=siege&event=made_up&severity=severe&address=a@b.example&name-0=Goma").text
    )
    ticked = [field["value"] for field in page.all("input") if "checked" in field]
    assert ticked == ["siege"]
    assert [field.get("value") for field in page.all("input") if field.get("name") == "address"] == [""]
    assert next(option["value"] for option in page.all("option") if "selected" in option) == "severe"
