"""The list of alerts: what it shows, how it is filtered, how one pages through it."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine
from starlette.applications import Starlette

from alerts.store.database import writing
from alerts.types import CERTAINTIES, SEVERITIES
from alerts.web.public.query import STATES, Query, read_query
from tests.web.archive import GOMA, LEBANON, NOW, Report, Told, change, people, tell
from tests.web.client import ask
from tests.web.html import Page


def titles(app: Starlette, address: str) -> list[str]:
    answer = ask(app, address)
    assert answer.status == 200, answer.text
    return [text for text in Page(answer.text).inside("a") if text.startswith("T")]


def test_an_empty_archive_says_so(app: Starlette) -> None:
    assert "No alerts yet" in Page(ask(app, "/").text).text


def test_an_alert_is_listed_with_what_where_how_many_how_bad_and_how_sure(app: Starlette, engine: Engine) -> None:
    numbers = {"killed": people(12, 45), "displaced": people(6000, 6000, factor=5, text="1,200 families", stated=1200)}
    with writing(engine) as conn:
        tell(conn, Report(), Report(source="Other", hours=2), severity="severe", certainty="likely", numbers=numbers)
    page = Page(ask(app, "/").text)
    assert page.inside("h2") == ["3 March 2026"]
    for words in (
        "Attack in Djibo", "Severe", "Likely", "Unconfirmed", "Djibo, Soum, Burkina Faso", "· attack",
        "12 to 45 people", "about 6,000 people (1,200 families × 5)", "2 independent sources, 2 articles", "10:30 UTC",
    ):  # fmt: skip
        assert words in page.text


def test_what_nobody_was_told_is_not_published(app: Starlette, engine: Engine) -> None:
    with writing(engine) as conn:
        held = tell(conn, versions=())
    assert "No alerts yet" in ask(app, "/").text
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
    ],
)
def test_the_query_filters_the_list(app: Starlette, query: str, found: list[str]) -> None:
    assert titles(app, f"/alerts{query}") == found


@pytest.mark.usefixtures("four")
def test_paging_shows_every_alert_once_the_latest_changed_first(app: Starlette) -> None:
    assert titles(app, "/") == ["T4", "T3", "T2"]
    older = next(link["href"] for link in Page(ask(app, "/").text).all("a") if link.get("rel") == "next")
    assert titles(app, older.removeprefix("/desk")) == ["T1"]
    assert 'rel="next"' not in ask(app, older.removeprefix("/desk")).text


@pytest.mark.usefixtures("four")
def test_a_page_holds_when_the_alert_before_it_changes_meanwhile(app: Starlette, engine: Engine) -> None:
    older = next(link["href"] for link in Page(ask(app, "/").text).all("a") if link.get("rel") == "next")
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
    assert [option["value"] for option in page.all("option") if "selected" in option] == ["siege", "FRA", "", "", ""]
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
    ],
)
def test_a_value_that_cannot_be_meant_is_refused_with_a_sentence(app: Starlette, query: str, sentence: str) -> None:
    for path in ("/", "/alerts", "/alerts.atom"):
        answer = ask(app, path + query)
        assert answer.status == 400
        assert sentence in Page(answer.text).text
        assert "<script" not in answer.text


def test_each_part_of_a_question_can_be_taken_away(app: Starlette) -> None:
    page = Page(ask(app, "/alerts?event=siege&rule=shelling&severity=severe&before=1-1").text)
    links = [link["href"] for link in page.all("a") if "=" in link.get("href", "")]
    for left in ("rule=shelling&severity=severe", "event=siege&severity=severe", "event=siege&rule=shelling"):
        assert f"/desk/alerts?{left}" in links
    hidden = [(field["name"], field["value"]) for field in page.all("input") if field.get("type") == "hidden"]
    assert hidden == [("rule", "shelling")]  # the form has no field for it, and keeps it


@given(
    st.builds(
        Query,
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
    assert titles(app, "/") == ["T1", "T2"]
