"""The pages for who runs the service: what they show, and what they never show."""

from __future__ import annotations

import re
from datetime import timedelta
from itertools import product
from typing import Any

import pytest
from sqlalchemy import Connection, Engine
from starlette.applications import Starlette

from alerts.store import meta, notices, people
from alerts.store.database import writing
from alerts.web.app import WebSettings, create_app
from tests.store.pollrows import add_polls, set_feed
from tests.store.values import add_feed
from tests.web.archive import NOW
from tests.web.client import ask
from tests.web.html import Page
from tests.web.test_app import ODD

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
PAGES = ("/operations/feeds", "/operations/feeds?state=all", "/operations/feeds/1", "/operations/feeds/2")


def put(conn: Connection, name: str, *, host: str = "", country: str | None = "SYR", **columns: Any) -> int:
    """A feed that is in order, but for these columns; its address holds secrets."""
    host = host or f"{name.lower()}.example"
    url = f"https://me:secret@{host}/{name}?key=secret"
    made = add_feed(conn, url, source=name, now=NOW - 30 * DAY, country=country, tags=columns.pop("tags", ()))
    fine = {"last_poll": NOW - 5 * MINUTE, "last_ok": NOW - 5 * MINUTE, "last_new": NOW - HOUR, "last_status": "ok"}
    set_feed(conn, made.id, **fine | {"next_due": NOW + 10 * MINUTE} | columns)
    return made.id


BAD: dict[str, Any] = {
    "failures": 5, "last_status": "html", "last_ok": NOW - 3 * HOUR,
    "last_error": "https://me:secret@x.example/feed?key=secret: <script>alert(1)</script> came",
}  # fmt: skip


def application(engine: Engine, **more: Any) -> Starlette:
    settings = WebSettings(
        name="Northern Desk", base_url="https://alerts.example/desk", overview_kept=0.0, **{"operations": True} | more
    )
    return create_app(engine, settings, now=lambda: NOW)


@pytest.fixture
def filled(engine: Engine) -> Starlette:
    """Two feeds: one that gives a web page, one in order."""
    with writing(engine) as conn:
        bad, fine = put(conn, "Bad", **BAD), put(conn, "Fine", country="LBN", tags=["wire", "a b"])
        add_polls(conn, fine, [NOW - n * 15 * MINUTE for n in range(30, 2, -1)], "not_modified")
        add_polls(conn, bad, [NOW - 4 * HOUR], new=3, rung="repaired", warning="cut http://x.example/?secret")
        error = "https://me:secret@x.example/f?key=secret: a web page"
        add_polls(conn, bad, [NOW - HOUR, NOW - 20 * MINUTE], "html", error=error, due_reason="failure 5")
        add_polls(conn, fine, [NOW - 5 * MINUTE])
        notices.put_look(conn, NOW - MINUTE, None)
    return application(engine)


def test_what_wants_attention_is_shown_with_what_to_do(filled: Starlette) -> None:
    page = Page(ask(filled, "/operations/feeds").text)
    assert "Feeds that want attention, the worst first" in page.inside("caption")
    assert page.inside("strong") == ["Cannot be read"]
    assert "gives a web page in place of a feed (5 polls in a row)" in page.text
    assert "alerts feeds check URL" in page.text
    assert "2: 1 cannot be read, 1 in order" in page.text
    assert {"href": "/desk/operations/feeds/1", "dir": "auto"} in page.all("a")


def test_where_all_is_well_that_is_said(engine: Engine) -> None:
    with writing(engine) as conn:
        put(conn, "Fine")
        notices.put_look(conn, NOW - MINUTE, None)
    page = Page(ask(application(engine), "/operations/feeds").text)
    assert "No feed wants attention." in page.text
    assert not page.all("table")


def test_outages_come_first(engine: Engine) -> None:
    with writing(engine) as conn:
        for number in range(4):
            put(conn, f"Voice{number}", host="voices.example", **BAD)
        put(conn, "Fine")
        meta.put_outage(conn, NOW - HOUR)
    page = Page(ask(application(engine), "/operations/feeds").text)
    said = page.inside("li")
    assert said[0].startswith("The service has not run yet")
    assert said[1].startswith("Nothing can be fetched since 2026-03-04 08:30 UTC: it is our own network")
    assert said[2].startswith("4 of 4 feeds at voices.example do not answer")
    assert "No other feed wants attention." in page.text
    assert len(Page(ask(application(engine), "/operations/feeds?state=failing").text).inside("strong")) == 4


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("", ["Bad"]),
        ("?state=all", ["Bad", "Fine"]),
        ("?state=ok", ["Fine"]),
        ("?state=silent", []),
        ("?state=all&country=LBN", ["Fine"]),
        ("?state=all&country=lbn", ["Fine"]),
        ("?state=all&tag=a+b", ["Fine"]),
        ("?state=all&tag=other", []),
        ("?state=all&host=BAD.ex", ["Bad"]),
        ("?country=LBN", []),
        ("?state=all&page=2", []),
        ("?unknown=x", ["Bad"]),
    ],
)
def test_the_feeds_are_filtered(filled: Starlette, query: str, wanted: list[str]) -> None:
    page = Page(ask(filled, f"/operations/feeds{query}").text)
    names = [text for tag, text in page.words if tag == "a" and text in ("Bad", "Fine")]
    assert names == wanted
    chosen = [text for tag, text in page.words if tag == "option"]
    assert "Lebanon" in chosen and "Wants attention" in chosen


def test_what_was_chosen_stays_chosen(filled: Starlette) -> None:
    page = Page(ask(filled, "/operations/feeds?state=ok&country=LBN&tag=gone&host=fine").text)
    assert [one["value"] for one in page.all("option") if "selected" in one] == ["ok", "LBN", "gone"]
    assert page.all("input")[0]["value"] == "fine"


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("?state=x", "There is no such state; it is one of wrong, all, failing"),
        ("?country=Syria", "three letters"),
        ("?page=0", "from 1"),
        ("?page=x", "from 1"),
        ("?page=٣", "from 1"),
    ],
)
def test_what_cannot_be_meant_is_refused(filled: Starlette, query: str, says: str) -> None:
    answer = ask(filled, f"/operations/feeds{query}")
    assert answer.status == 400
    assert says in Page(answer.text).text


def test_many_feeds_come_in_pages(engine: Engine) -> None:
    with writing(engine) as conn:
        for number in range(60):
            put(conn, f"Paper{number}")
    app = application(engine)
    first = Page(ask(app, "/operations/feeds?state=all").text)
    assert "(1 to 50 of 60)" in first.text
    [after] = [one["href"] for one in first.all("a") if one.get("rel") == "next"]
    second = Page(ask(app, after.removeprefix("/desk")).text)
    assert "(51 to 60 of 60)" in second.text
    assert [one["href"] for one in second.all("a") if one.get("rel") == "prev"] == ["/desk/operations/feeds?state=all"]


def test_a_feed_is_shown_with_each_poll_and_each_fault(filled: Starlette) -> None:
    page = Page(ask(filled, "/operations/feeds/1").text)
    assert page.inside("h1") == ["Bad"]
    for said in (
        "since Wednesday 4 March 2026, 06:30 UTC", "20 items at 2026-03-04 05:30 UTC, mended first; cut x.example?...",
        "html: it gives a web page in place of a feed", "read, repaired", "5 polls failed in a row",
        "x.example/f?...: a web page",
    ):  # fmt: skip
        assert said in page.text, said
    assert len(page.inside("caption")) == 2
    rows = [one for one in page.all("tr") if one.get("class") == "wrong"]
    assert len(rows) == 2


def test_a_feed_that_was_never_asked_has_a_page(engine: Engine) -> None:
    with writing(engine) as conn:
        add_feed(conn, now=NOW)
    assert "It has not been asked yet." in Page(ask(application(engine), "/operations/feeds/1").text).text


@pytest.mark.parametrize("number", ["0", "3", "01", "-1", "x", "٣", "9" * 30, "1/"])
def test_a_feed_that_is_not_there_is_told(filled: Starlette, number: str) -> None:
    assert ask(filled, f"/operations/feeds/{number}").status == 404


def test_no_secret_no_reader_and_no_markup_of_others_is_shown(filled: Starlette, engine: Engine) -> None:
    with writing(engine) as conn:
        people.add_person(conn, "reader.secret@example.org", now=NOW)
    for path in (*PAGES, "/metrics"):
        answer = ask(filled, path)
        assert answer.status == 200
        assert "secret" not in answer.text
        assert "<script" not in answer.text


def test_tables_can_be_read_by_ear(filled: Starlette) -> None:
    for path in PAGES:
        page = Page(ask(filled, path).text)
        assert len(page.all("table")) == len(page.all("caption")) >= 1
        heads = [one for one in page.all("th") if one.get("scope") == "col"]
        assert heads and all(one.get("scope") in ("col", "row") for one in page.all("th"))
        assert all(one.get("tabindex") == "0" for one in page.all("div") if one.get("class") == "scroll")
        assert len(page.all("h1")) == 1
        levels = [int(tag[1]) for tag, _ in page.elements if re.fullmatch("h[1-6]", tag)]
        assert all(after <= before + 1 for before, after in zip([0, *levels], levels, strict=False))
        assert {one["for"] for one in page.all("label")} <= {one.get("id") for _, one in page.elements}
        ids = {one["id"] for _, one in page.elements if "id" in one}
        assert {one["aria-labelledby"] for _, one in page.elements if "aria-labelledby" in one} <= ids
        assert not page.all("script") and not any("style" in one for _, one in page.elements)


def test_the_pages_are_not_there_for_others(filled: Starlette, engine: Engine) -> None:
    with writing(engine) as conn:
        number = put(conn, "Strange", **BAD)
    for closed in (application(engine, operations=None), application(engine, operations=False)):
        for path in ("/operations/feeds", f"/operations/feeds/{number}", "/feeds", f"/feeds/{number}", "/metrics"):
            answer = ask(closed, path)
            assert answer.status == (303 if path.startswith("/operations") else 404)
            assert "Strange" not in answer.text
        assert not any("/operations" in one["href"] for one in Page(ask(closed, "/").text).all("a"))


def test_on_the_machine_itself_they_are_there_and_linked(filled: Starlette, engine: Engine) -> None:
    local = create_app(engine, WebSettings(), now=lambda: NOW)
    here = {"host": "localhost:8080"}
    assert [
        ask(local, path, headers=here).status for path in ("/operations/feeds", "/operations/feeds/1", "/metrics")
    ] == [200] * 3
    assert {"href": "/operations"} in Page(ask(local, "/", headers=here).text).all("a")
    assert ask(local, "/operations/feeds").status == 303  # to the login


def test_odd_input_never_makes_a_fault_nor_comes_back_as_markup(filled: Starlette) -> None:
    queries = [f"/operations/feeds?{name}={odd}" for name, odd in product(("state", "country", "host"), ODD)]
    for address in [*queries, *(f"/operations/feeds/{odd}" for odd in ODD)]:
        answer = ask(filled, address)
        assert answer.status in (200, 400, 404), address
        assert "<script" not in answer.text


def test_they_can_only_be_read(filled: Starlette) -> None:
    for path, method in product(("/operations/feeds", "/operations/feeds/1", "/metrics"), ("POST", "PUT", "DELETE")):
        assert ask(filled, path, method=method).status == 405
    assert ask(filled, "/operations/feeds").headers["cache-control"] == "no-store"
    policy = ask(filled, "/operations/feeds").headers["content-security-policy"]
    assert policy.startswith("default-src 'none'")


def test_the_addresses_of_before_lead_there(filled: Starlette) -> None:
    for path, goal in (("/feeds", ""), ("/feeds/2", "/2"), ("/feeds/x%22", "")):
        answer = ask(filled, path)
        assert (answer.status, answer.headers["location"]) == (308, f"/desk/operations/feeds{goal}")


def test_whom_the_setting_lets_in_sees_the_feeds_and_no_more(filled: Starlette) -> None:
    assert ask(filled, "/operations").headers["location"] == "/desk/operations/feeds"
    for page in ("triage", "mails", "silences", "verdicts", "people", "audit", "alerts/1", "mails/1", "silences/1"):
        answer = ask(filled, f"/operations/{page}")
        assert (answer.status, answer.headers["location"].partition("?")[0]) == (303, "/desk/login"), page
