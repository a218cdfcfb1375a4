"""CAP messages over HTTP: the same bytes for ever, found from the page and the feed; and what must not leave."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any

import feedparser
import pytest
from sqlalchemy import Engine
from starlette.applications import Starlette

from alerts.render.cap import Issuer
from alerts.store import alerts, issuing
from alerts.store import evidence as evidence_store
from alerts.store.database import writing
from alerts.store.schema import alert_version
from alerts.web.app import WebSettings, create_app
from tests.cap import Board, offences, read
from tests.store import values
from tests.web.archive import NOW, Told, tell
from tests.web.client import ask
from tests.web.html import Page

DESK = Issuer(sender="alerts.example", name="Desk", base_url="https://alerts.example/desk", restriction="For us.")
VERSIONS = (Told(), Told(why="confirmed by a second source: Radio", hours=5), Told(kind="cancel", why="wrong", hours=9))


@pytest.fixture(autouse=True)
def issuer(engine: Engine) -> None:
    """The service has said who issues messages."""
    with writing(engine) as conn:
        issuing.put_issuer(conn, asdict(DESK))


def made(engine: Engine, versions: Sequence[Told] = VERSIONS, **more: Any) -> str:
    with writing(engine) as conn:
        return tell(conn, versions=versions, **more)


def test_the_last_message_and_each_version_are_had(app: Starlette, engine: Engine) -> None:
    found = made(engine)
    last = ask(app, f"/alerts/{found}.cap")
    assert (last.status, last.headers["content-type"]) == (200, "application/cap+xml")
    assert last.body == ask(app, f"/alerts/{found}/3.cap").body
    kinds = [read(ask(app, f"/alerts/{found}/{number}.cap").body).kind for number in (1, 2, 3)]
    assert kinds == ["Alert", "Update", "Cancel"]
    assert not list(offences(last.body))


def test_what_is_read_over_http_is_understood(app: Starlette, engine: Engine) -> None:
    found = made(engine)
    documents = [ask(app, f"/alerts/{found}/{number}.cap").body for number in (3, 1, 2)]
    assert Board(documents).shown(NOW) == []
    assert len(Board(documents[1:]).shown(NOW)) == 1


def test_a_message_is_the_same_bytes_whatever_became_of_the_alert_and_the_service(
    app: Starlette, engine: Engine
) -> None:
    found = made(engine, VERSIONS[:1])
    before = ask(app, f"/alerts/{found}/1.cap")
    with writing(engine) as conn:
        issuing.put_issuer(conn, asdict(replace(DESK, sender="other.example", name="Other", scope="Public")))
        record = alerts.get_alert(conn, found)
        assert record is not None
        changed = replace(record.alert, severity="extreme", state="active", place=None, version=2)
        rewritten = [replace(one, revision=2, hit=values.hit(sentence="All was well.")) for one in record.evidence]
        evidence_store.put(conn, changed, rewritten)
        alerts.save_alert(conn, changed, title="New", summary="New")
        alerts.add_version(conn, changed, values.message(2, at=NOW), title="New", summary="New")
    moved = create_app(engine, WebSettings(name="X", base_url="https://x.example"), now=lambda: NOW)
    for site in (app, moved):
        after = ask(site, f"/alerts/{found}/1.cap")
        assert (after.body, after.headers["etag"]) == (before.body, before.headers["etag"])
    assert "max-age=31536000" in before.headers["cache-control"] and "public" not in before.headers["cache-control"]
    second = read(ask(moved, f"/alerts/{found}.cap").body)
    assert second.name[0] == "other.example"
    assert second.references == (read(before.body).name,)
    assert "All was well." in second.whole["info"][0]["description"]


def test_who_has_the_message_is_told_so(app: Starlette, engine: Engine) -> None:
    address = f"/alerts/{made(engine)}/1.cap"
    tag = ask(app, address).headers["etag"]
    assert ask(app, address, headers={"if-none-match": tag}).status == 304


def test_the_page_links_the_message_of_each_version(app: Starlette, engine: Engine) -> None:
    found = made(engine)
    page = Page(ask(app, f"/alerts/{found}").text)
    links = [link["href"] for link in page.all("a") if link.get("type") == "application/cap+xml"]
    assert links == [f"/desk/alerts/{found}/{number}.cap" for number in (3, 2, 1)]
    assert all(ask(app, link.removeprefix("/desk")).status == 200 for link in links)


def test_the_feed_links_the_last_message(app: Starlette, engine: Engine) -> None:
    found = made(engine)
    [entry] = feedparser.parse(ask(app, "/alerts.atom").body).entries
    links = {link.type: link.href for link in entry.links if link.rel == "alternate"}
    assert links == {
        "text/html": f"https://alerts.example/desk/alerts/{found}",
        "application/cap+xml": f"https://alerts.example/desk/alerts/{found}/3.cap",
    }
    assert entry.link == links["text/html"]


def in_test(engine: Engine, found: str) -> None:
    """Say that all versions were made while the rule was in test."""
    with writing(engine) as conn:
        for one in alerts.versions(conn, [(found, None)]):
            fields = {**one.fields, issuing.FIELD: {**one.fields[issuing.FIELD], "terms": {"test": True}}}
            here = (alert_version.c.alert_id == int(found)) & (alert_version.c.version == one.version)
            conn.execute(alert_version.update().where(here).values(fields=fields))


def test_alerts_of_rules_in_test_do_not_leave_the_house(app: Starlette, engine: Engine) -> None:
    found = made(engine)
    in_test(engine, found)
    assert ask(app, f"/alerts/{found}.cap").status == ask(app, f"/alerts/{found}/1.cap").status == 404
    assert "application/cap+xml" not in ask(app, f"/alerts/{found}").text
    assert "application/cap+xml" not in ask(app, "/alerts.atom").text


def test_what_waits_for_a_person_does_not_leave_the_house(app: Starlette, engine: Engine) -> None:
    found = made(engine, VERSIONS[:2], triage="waiting")
    assert ask(app, f"/alerts/{found}.cap").status == ask(app, f"/alerts/{found}/1.cap").status == 404


def test_what_nobody_was_told_of_has_no_message(app: Starlette, engine: Engine) -> None:
    assert ask(app, f"/alerts/{made(engine, ())}.cap").status == 404


def test_an_alert_that_has_ended_keeps_its_last_message_and_sends_none(app: Starlette, engine: Engine) -> None:
    found = made(engine, VERSIONS[:1], state="ended")
    message = read(ask(app, f"/alerts/{found}.cap").body)
    assert (message.kind, message.references) == ("Alert", ())


@pytest.mark.parametrize(
    "wanted",
    ["999.cap", "0.cap", "01.cap", "-1.cap", ".cap", "١.cap", "x.cap", "1/0.cap", "1/4.cap", "1/01.cap", "1/x.cap",
     "1/99999999999999999999.cap", "999/1.cap", "1/1.cap/", "1/1", "1/1.CAP", "1.cap.cap", "%00.cap", "1%0a.cap"],
)  # fmt: skip
def test_a_message_that_is_not_there_is_a_404(app: Starlette, engine: Engine, wanted: str) -> None:
    assert made(engine) == "1"
    assert ask(app, f"/alerts/{wanted}").status == 404


def test_messages_can_only_be_read(app: Starlette, engine: Engine) -> None:
    assert ask(app, f"/alerts/{made(engine)}.cap", method="POST").status == 405
