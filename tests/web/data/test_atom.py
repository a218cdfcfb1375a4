"""The Atom feed over HTTP, and the health check."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import feedparser
import pytest
from sqlalchemy import Engine
from starlette.applications import Starlette

from alerts.store.database import open_database, writing
from alerts.web.app import WebSettings, create_app
from tests.web.archive import GOMA, NOW, Report, Told, tell
from tests.web.client import ask

VERSIONS = (Told(), Told(why="confirmed by a second source: Radio", changes=("12 → 45 killed",), hours=5))


def test_a_feed_reader_reads_an_alert_back(app: Starlette, engine: Engine) -> None:
    with writing(engine) as conn:
        found = tell(conn, versions=VERSIONS, severity="severe", certainty="likely", state="active")
    answer = ask(app, "/alerts.atom")
    assert answer.headers["content-type"] == "application/atom+xml; charset=utf-8"
    parsed = feedparser.parse(answer.body)
    assert parsed.bozo is False
    assert parsed.feed.title == "Northern Desk"
    assert parsed.feed.id == "https://alerts.example/desk/alerts.atom"
    assert {link.rel: link.href for link in parsed.feed.links} == {
        "self": "https://alerts.example/desk/alerts.atom",
        "alternate": "https://alerts.example/desk/alerts",
    }
    [entry] = parsed.entries
    assert entry.id == entry.link == f"https://alerts.example/desk/alerts/{found}"
    assert entry.title == "Attack in Djibo: 12 people reported killed"
    assert entry.published == "2026-03-03T10:30:00Z"
    assert entry.updated == "2026-03-03T14:30:00Z"
    assert entry.summary == "“Shells fell on the market of Djibo”"
    assert {(tag.scheme.partition("#")[2], tag.term, tag.label) for tag in entry.tags} == {
        ("event", "attack", "attack"), ("severity", "severe", "Severe"), ("certainty", "likely", "Likely"),
        ("state", "active", "Active"), ("country", "BFA", "Burkina Faso"),
    }  # fmt: skip
    assert entry.where["coordinates"] == (-1.63, 14.1)
    for words in ("Update 1", "confirmed by a second source", "12 → 45 killed", "Example News"):
        assert words in entry.content[0].value
    assert "&lt;mark&gt;Shells&lt;/mark&gt;" in answer.text
    assert [link.href for link in entry.links if link.rel == "related"] == ["https://news.example/djibo"]


def test_a_new_version_updates_the_entry_and_keeps_its_id(app: Starlette, engine: Engine) -> None:
    with writing(engine) as conn:
        tell(conn, versions=VERSIONS[:1])
        tell(conn, versions=(Told(), Told(kind="cancel", why="withdrawn", hours=9)), state="cancelled", place=GOMA)
        tell(conn, versions=(Told(), Told(kind="close", why="truce holds", hours=8)), state="closed", place=None)
    entries = feedparser.parse(ask(app, "/alerts.atom").body).entries
    assert [entry.title.partition(":")[0] for entry in entries] == ["Cancelled", "Over", "Attack in Djibo"]
    assert len({entry.id for entry in entries}) == 3


def test_the_feed_is_filtered_by_the_query_of_the_list(app: Starlette, engine: Engine) -> None:
    with writing(engine) as conn:
        tell(conn, event="siege", place=GOMA)
        tell(conn)
    parsed = feedparser.parse(ask(app, "/alerts.atom?event=siege&country=COD&severity=severe&state=open").body)
    assert len(parsed.entries) == 1
    assert parsed.feed.title == "Northern Desk: siege, Democratic Republic of the Congo, severe or worse, open"
    assert parsed.feed.id.endswith("/alerts.atom?event=siege&country=COD&severity=severe&state=open")


def test_a_feed_without_alerts_is_a_valid_feed_that_never_changes(app: Starlette) -> None:
    first = ask(app, "/alerts.atom")
    parsed = feedparser.parse(first.body)
    assert (parsed.bozo, parsed.entries, parsed.feed.updated) == (False, [], "2026-03-04T09:30:00Z")
    assert ask(app, "/alerts.atom").headers["etag"] == first.headers["etag"]


def test_text_that_xml_cannot_hold_does_not_break_the_feed(app: Starlette, engine: Engine) -> None:
    bad = "a\x0b\x1f<b>&amp;\ufffe]]>c"
    with writing(engine) as conn:
        tell(
            conn,
            Report(title=bad, source=bad, sentence=bad, url="https://news.example/ü?q=<\"'>"),
            title=bad,
            summary=bad,
        )
    parsed = feedparser.parse(ask(app, "/alerts.atom").body)
    assert parsed.bozo is False
    assert len(parsed.entries) == 1


def test_the_feed_is_bounded(engine: Engine) -> None:
    app = create_app(engine, WebSettings(feed_size=2), now=lambda: NOW)
    with writing(engine) as conn:
        for day in range(3):
            tell(conn, start=NOW - timedelta(days=day + 1))
    assert len(feedparser.parse(ask(app, "/alerts.atom").body).entries) == 2


def test_health_says_ok_while_the_database_answers(app: Starlette) -> None:
    answer = ask(app, "/healthz")
    assert (answer.status, json.loads(answer.body)) == (200, {"status": "ok", "database": "ok"})


@pytest.fixture
def broken(tmp_path: Path) -> Starlette:
    """An application whose database has lost its tables."""
    engine = open_database(f"sqlite:///{tmp_path / 'empty.db'}")
    return create_app(engine, WebSettings(), now=lambda: NOW)


def test_health_says_failing_and_why_in_one_word(broken: Starlette, tmp_path: Path) -> None:
    answer = ask(broken, "/healthz")
    assert answer.status == 503
    assert json.loads(answer.body)["status"] == "failing"
    assert str(tmp_path) not in answer.text


def test_pages_over_a_broken_database_say_try_again_without_its_path(broken: Starlette, tmp_path: Path) -> None:
    for path in ("/", "/alerts/1", "/alerts.atom"):
        answer = ask(broken, path)
        assert answer.status == 503
        assert answer.headers["retry-after"] == "60"
        assert "try again" in answer.text and str(tmp_path) not in answer.text
