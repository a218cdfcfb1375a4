"""The formats over HTTP: each is read back by a reader that is not ours, whatever an alert holds."""

from __future__ import annotations

import asyncio
import csv
import io
import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import feedparser
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine
from starlette.applications import Starlette

from alerts.render import geojson, table
from alerts.render.fields import FIELDS, NUMBERS, Published, Telling
from alerts.render.jsonfeed import NUMBER_PARTS, FeedFacts, Item, jsonfeed
from alerts.render.view import Site
from alerts.store.database import writing
from alerts.web.app import WebSettings, create_app
from alerts.web.data.alertjson import EVIDENCE_FIELDS, VERSION_FIELDS
from alerts.web.data.formats import KINDS
from tests.store import values
from tests.web.archive import DJIBO, GOMA, NOW, Report, Told, change, people, tell
from tests.web.client import Answer, ask
from tests.web.html import Page

BASE = "https://alerts.example/desk"
SITE = Site(name="Desk", base_url=BASE)
PATHS = [one.path for one in KINDS]
EVIL = "=1+1\x00\x0b\u202e]]></title><script>alert(1)</script>\",'\r\n\ufffe" + "é" * 3


def loaded(answer: Answer) -> Any:
    return json.loads(answer.body)


def table_of(answer: Answer) -> list[dict[str, str]]:
    lines = list(csv.reader(io.StringIO(answer.body.decode(), newline=""), strict=True))
    assert {len(line) for line in lines} == {len(FIELDS)}
    return [dict(zip(lines[0], line, strict=True)) for line in lines[2:]]


def is_geojson(document: Any) -> None:
    """What RFC 7946 asks of a collection of points."""
    assert document["type"] == "FeatureCollection" and "crs" not in document
    for feature in document["features"]:
        assert set(feature) == {"type", "id", "geometry", "properties"} and feature["type"] == "Feature"
        assert all(not isinstance(value, dict | list) for value in feature["properties"].values())
        if (geometry := feature["geometry"]) is not None:
            east, north = geometry["coordinates"]
            assert geometry["type"] == "Point" and -180 <= east <= 180 and -90 <= north <= 90


def is_jsonfeed(document: Any) -> None:
    """What the specification of JSON Feed 1.1 asks."""
    assert document["version"] == "https://jsonfeed.org/version/1.1"
    assert isinstance(document["title"], str)
    for item in document["items"]:
        assert isinstance(item["id"], str) and item["content_html"]
        assert all(isinstance(tag, str) for tag in item["tags"])
        for name in ("date_published", "date_modified"):
            assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", item[name])


def test_geojson_has_a_point_for_a_place_and_none_where_there_is_none(app: Starlette, engine: Engine) -> None:
    with writing(engine) as conn:
        there, nowhere = tell(conn, start=NOW), tell(conn, place=None)
    document = loaded(ask(app, "/alerts.geojson"))
    is_geojson(document)
    found = {one["id"]: one for one in document["features"]}
    assert found[there]["geometry"] == {"type": "Point", "coordinates": [-1.63, 14.1]}
    assert found[nowhere]["geometry"] is None
    said = found[there]["properties"]
    assert (said["url"], said["event"], said["place"]) == (
        f"{BASE}/alerts/{there}",
        "attack",
        "Djibo, Soum, Burkina Faso",
    )
    assert (said["killed_low"], said["killed_unit"]) == (12, "people")
    assert "injured_low" not in said and not {"lat", "lon"} & set(said)


def test_a_json_feed_says_what_the_atom_feed_says(app: Starlette, engine: Engine) -> None:
    with writing(engine) as conn:
        tell(conn, versions=(Told(), Told(why="confirmed", hours=5)), numbers={"killed": people(3, float("inf"))})
    document = loaded(ask(app, "/alerts.json"))
    is_jsonfeed(document)
    [item], [entry] = document["items"], feedparser.parse(ask(app, "/alerts.atom").body).entries
    assert (item["id"], item["title"], item["summary"]) == (entry.id, entry.title, entry.summary)
    assert (item["date_published"], item["date_modified"]) == (entry.published, entry.updated)
    number = item["_alerts"]["numbers"]["killed"]
    assert set(number) == set(NUMBER_PARTS) and (number["low"], number["high"]) == (3, None)


def test_a_row_has_all_fields_and_no_formula(app: Starlette, engine: Engine) -> None:
    with writing(engine) as conn:
        found = tell(conn, title="=cmd|' /C calc'!A1", place=GOMA, numbers={"places": people(2, 4, unit="settlements")})
    answer = ask(app, "/alerts.csv")
    assert answer.headers["content-type"].startswith("text/csv")
    [row] = table_of(answer)
    assert (row["id"], row["lat"], row["country"]) == (found, "-1.67", "COD")
    assert row["title"] == "'=cmd|' /C calc'!A1"
    assert row["other_numbers"] == "places: 2 to 4 settlements"
    assert answer.body.count(b"\r\n") == 3


def test_hashtags_are_of_hxl_and_each_column_has_its_own() -> None:
    tags = [field.hxl for field in FIELDS]
    assert len(set(tags)) == len(tags)
    core = {
        "meta",
        "event",
        "description",
        "severity",
        "status",
        "loc",
        "country",
        "adm1",
        "geo",
        "date",
        "affected",
        "inneed",
    }
    for tag in tags:
        found = re.fullmatch(r"#([a-z][a-z0-9_]*)(\+[a-z][a-z0-9_]*)*", tag)
        assert found is not None and found[1] in core
    counted = {field.unit for field in FIELDS if field.hxl.startswith(("#affected", "#inneed"))}
    assert counted == {"people"}, "HXL wants numbers of people there, and nothing else"
    assert len(NUMBERS) == 7


def test_the_whole_archive_is_a_row_an_alert_in_any_number_of_pages(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    from alerts.web.data import tables

    monkeypatch.setattr(tables, "ROWS", 3)
    app = create_app(engine, WebSettings(), now=lambda: NOW)
    with writing(engine) as conn:
        ids = {tell(conn, start=NOW - timedelta(hours=hour)) for hour in range(10)}
    rows = [row["id"] for row in table_of(ask(app, "/alerts.csv"))]
    assert len(rows) == 10 and set(rows) == ids
    assert len(table_of(ask(app, "/alerts.csv?country=COD"))) == 0


def test_an_alert_that_changes_while_the_table_is_read_is_in_it_once(engine: Engine, monkeypatch: Any) -> None:
    from alerts.web.data import tables
    from alerts.web.public.query import Query

    monkeypatch.setattr(tables, "ROWS", 2)
    web = create_app(engine, WebSettings(), now=lambda: NOW).state.web
    with writing(engine) as conn:
        ids = [tell(conn, start=NOW - timedelta(hours=hour)) for hour in range(6)]
    pieces = tables._lines(web, Query())
    text = next(pieces) + next(pieces)
    with writing(engine) as conn:
        for one in (ids[0], ids[5]):
            change(conn, one, updated=NOW + timedelta(days=5))
    text += b"".join(pieces)
    rows = list(csv.reader(io.StringIO(text.decode(), newline="")))[2:]
    assert sorted(row[0] for row in rows) == sorted(ids)


def test_only_a_few_take_the_whole_archive_at_once(app: Starlette) -> None:
    places = app.state.web.downloads
    ask(app, "/alerts.csv")
    takers = [object() for _ in range(int(places.total_tokens))]
    _each(places.acquire_on_behalf_of_nowait, takers)
    answer = ask(app, "/alerts.csv")
    assert (answer.status, answer.headers["retry-after"]) == (503, "60")
    _each(places.release_on_behalf_of, takers)
    assert ask(app, "/alerts.csv").status == 200
    assert places.borrowed_tokens == 0


def _each(do: Callable[[object], None], takers: list[object]) -> None:
    async def inside() -> None:  # a limiter wants a running loop
        for taker in takers:
            do(taker)

    asyncio.run(inside())


def test_messages_are_indexed_by_their_own_addresses(app: Starlette, engine: Engine) -> None:
    with writing(engine) as conn:
        found = tell(conn, versions=(Told(), Told(why="more", hours=4)))
        tell(conn, triage="waiting")
    parsed = feedparser.parse(ask(app, "/alerts.cap.atom").body)
    assert parsed.bozo is False
    [entry] = parsed.entries
    assert entry.id == entry.link == f"{BASE}/alerts/{found}/2.cap"
    assert [link.type for link in entry.links] == ["application/cap+xml"]
    assert ask(app, entry.link.removeprefix(BASE)).status == 200


def test_pages_follow_each_other_in_every_paged_format(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    from alerts.web.data import tables

    monkeypatch.setattr(tables, "POINTS", 2)
    app = create_app(engine, WebSettings(base_url=BASE, feed_size=2), now=lambda: NOW)
    with writing(engine) as conn:
        for hour in range(5):
            tell(conn, start=NOW - timedelta(hours=hour))
    for path in ("/alerts.atom", "/alerts.json", "/alerts.geojson", "/alerts.cap.atom"):
        address, pages = path, 0
        while address:
            answer = ask(app, address)
            pages += 1
            following = re.search(r'<([^>]+)>; rel="next"', answer.headers["link"])
            assert (following is not None) == (pages < 3)
            address = following[1].removeprefix(BASE) if following else ""
            assert following is None or following[1].encode() in answer.body


def test_who_has_it_is_told_so_until_an_alert_changes(app: Starlette, engine: Engine) -> None:
    with writing(engine) as conn:
        found = tell(conn)
    for path in (*PATHS, f"/alerts/{found}.json", "/data"):
        tag = ask(app, path).headers["etag"]
        again = ask(app, path, headers={"If-None-Match": tag})
        assert (again.status, again.body) == (304, b"")
    before = {path: ask(app, path).headers["etag"] for path in PATHS}
    with writing(engine) as conn:
        tell(conn, start=NOW)
    assert all(ask(app, path).headers["etag"] != tag for path, tag in before.items())


def test_pages_of_other_hosts_may_read_the_data_and_nothing_else(app: Starlette) -> None:
    for path in PATHS:
        assert ask(app, path).headers["access-control-allow-origin"] == "*"
    for path in ("/", "/subscribe", "/data", "/alerts/1.json"):
        assert "access-control-allow-origin" not in ask(app, path).headers


def test_a_hub_is_named_where_feeds_begin_and_only_there(engine: Engine) -> None:
    app = create_app(engine, WebSettings(base_url=BASE, hub="https://hub.example/"), now=lambda: NOW)
    assert 'rel="hub"' in ask(app, "/alerts.atom").headers["link"]
    assert {link.rel: link.href for link in feedparser.parse(ask(app, "/alerts.atom").body).feed.links}["hub"]
    assert loaded(ask(app, "/alerts.json"))["hubs"] == [{"type": "WebSub", "url": "https://hub.example/"}]
    assert 'rel="hub"' not in ask(app, "/alerts.atom?before=1-1").headers["link"]
    assert 'rel="hub"' not in ask(app, "/alerts.geojson").headers["link"]


def test_one_alert_whole_has_its_versions_and_the_sentences_that_speak_for_it(app: Starlette, engine: Engine) -> None:
    with writing(engine) as conn:
        found = tell(conn, Report(url="javascript:alert(1)"), versions=(Told(), Told(kind="cancel", hours=3)))
    document = loaded(ask(app, f"/alerts/{found}.json"))
    assert [one["kind"] for one in document["versions"]] == ["new", "cancel"]
    [evidence] = document["evidence"]
    assert set(evidence) == set(EVIDENCE_FIELDS) and set(document["versions"][0]) == set(VERSION_FIELDS)
    assert evidence["url"] is None and evidence["sentence"].startswith("Shells fell")
    assert "text" not in evidence
    assert document["title"].startswith("Cancelled: ")
    for wrong in ("999", "01", "x", "-1"):
        assert ask(app, f"/alerts/{wrong}.json").status == 404


def test_the_page_explains_every_field_and_format(app: Starlette) -> None:
    page = Page(ask(app, "/data").text)
    codes = set(page.inside("code"))
    assert {field.name for field in FIELDS} <= codes
    assert {*NUMBER_PARTS, *VERSION_FIELDS, *EVIDENCE_FIELDS} <= codes
    links = {link["href"] for link in page.all("a")}
    assert {f"/desk{path}" for path in PATHS} <= links
    assert {link["type"] for link in page.all("link") if link.get("rel") == "alternate"} == {
        one.media_type for one in KINDS
    }


def test_what_strangers_wrote_breaks_no_format(app: Starlette, engine: Engine) -> None:
    long = EVIL + "x" * 200_000
    with writing(engine) as conn:
        report = Report(title=long, source=EVIL, sentence=EVIL, quote=EVIL, url=f"https://news.example/{EVIL}")
        found = tell(conn, report, title=long, summary=long, versions=(Told(why=EVIL, changes=(EVIL,)),))
    for path in ("/alerts.atom", "/alerts.cap.atom"):
        assert feedparser.parse(ask(app, path).body).bozo is False
    is_jsonfeed(loaded(ask(app, "/alerts.json")))
    is_geojson(loaded(ask(app, "/alerts.geojson")))
    [row] = table_of(ask(app, "/alerts.csv"))
    assert row["title"].startswith("'=1+1") and len(row["title"]) <= 501
    assert loaded(ask(app, f"/alerts/{found}.json"))["id"] == found
    assert all(len(ask(app, path).body) < 60_000 for path in PATHS)


floats = st.none() | st.floats()


@settings(max_examples=25, deadline=None)
@given(text=st.text(st.characters(), max_size=40) | st.just(EVIL), lat=floats, lon=floats, low=st.floats(min_value=0))
def test_every_format_holds_any_alert(text: str, lat: float | None, lon: float | None, low: float) -> None:
    alert = values.alert(
        id="7", place=replace(DJIBO, name=text, lat=lat, lon=lon), numbers={"killed": people(0, low), text: people(low)}
    )
    telling = Telling(first=NOW, last=NOW, version=1, kind="new", why=text)
    item = Published(alert=alert, title=text, summary=text, telling=telling)
    is_geojson(json.loads(geojson.geojson([item], SITE, rights=text)))
    facts = FeedFacts(title=text, feed_url=BASE, page_url=BASE, about=BASE, description=text)
    is_jsonfeed(json.loads(jsonfeed(facts, [Item(published=item, html=text)], SITE)))
    lines = list(csv.reader(io.StringIO((table.head() + table.rows([item], SITE)).decode(), newline=""), strict=True))
    assert [len(line) for line in lines] == [len(FIELDS)] * 3
    for field, cell in zip(FIELDS, lines[2], strict=True):
        assert not cell.startswith(("=", "+", "@", "\t")) and (
            field.name in ("lat", "lon") or not cell.startswith("-")
        ), field
