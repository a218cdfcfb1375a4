"""The outlets' feeds, read back by feedparser and by our own reader."""

from __future__ import annotations

import calendar
import io
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import feedparser
import pytest

from alerts.collect.formats.parse import parse_document
from alerts.demo.documents import Document, documents
from alerts.demo.story import Story, load, standing
from alerts.read.text import plain

BASE = "http://127.0.0.1:8090"
MOMENTS = [datetime(2019, 12, 8, tzinfo=UTC), datetime(2020, 1, 21, tzinfo=UTC), datetime(2020, 2, 24, tzinfo=UTC)]
XML = ["levant-wire", "relief-bulletin", "meridian-daily", "anatolian-ledger", "damascene-courier"]


@pytest.fixture(scope="module")
def story() -> Story:
    return load()


def feed(story: Story, outlet: str, at: datetime) -> Document:
    return documents(story, at, base=BASE)[outlet]


def dated(entry: Mapping[str, Any]) -> datetime:
    """feedparser takes the one date of RDF for the update's."""
    return datetime.fromtimestamp(calendar.timegm(entry.get("published_parsed") or entry["updated_parsed"]), UTC)


@pytest.mark.parametrize("at", MOMENTS)
@pytest.mark.parametrize("outlet", XML)
def test_feedparser_gives_every_article_back(story: Story, outlet: str, at: datetime) -> None:
    parsed = feedparser.parse(io.BytesIO(feed(story, outlet, at).body))
    assert not parsed.bozo
    held = standing(story, outlet, at)
    assert [plain(entry.title) for entry in parsed.entries] == [one.item.title for one in held]
    assert [entry.get("link", "") for entry in parsed.entries] == [
        "" if one.item.bare else BASE + one.item.path for one in held
    ]
    dates = [dated(entry) for entry in parsed.entries]
    assert dates == [one.published for one in held]


@pytest.mark.parametrize("at", MOMENTS)
def test_the_json_feed_gives_every_article_back(story: Story, at: datetime) -> None:
    items = json.loads(feed(story, "orontes-post", at).body)["items"]
    assert [one["title"] for one in items] == [one.item.title for one in standing(story, "orontes-post", at)]


@pytest.mark.parametrize("at", MOMENTS)
def test_our_reader_finds_each_text_whole(story: Story, at: datetime) -> None:
    for name, document in documents(story, at, base=BASE).items():
        parsed = parse_document(document.body, {"content-type": document.content_type}, f"{BASE}/{name}/feed")
        held = standing(story, name, at)
        short = story.outlets[name].format == "atom-summary"
        assert not parsed.warnings and len(parsed.entries) == len(held)
        for entry, one in zip(parsed.entries, held, strict=True):
            assert plain(entry.html) == (one.item.lead if short else plain(one.item.body))
            assert (entry.published is None) == one.item.undated


def test_a_key_stays_the_same_when_the_text_is_revised(story: Story) -> None:
    keys = []
    for hour in (14, 20):
        document = feed(story, "levant-wire", datetime(2020, 1, 15, hour, tzinfo=UTC))
        keys.append([entry.key for entry in parse_document(document.body, {}, BASE).entries])
    assert keys[0] == keys[1]


def test_the_business_daily_writes_an_old_character_set_and_named_entities(story: Story) -> None:
    document = feed(story, "anatolian-ledger", datetime(2020, 1, 25, tzinfo=UTC))
    assert document.content_type.endswith("windows-1254")
    assert "Elazığ".encode("windows-1254") in document.body
    assert b"&rsquo;" in document.body


def test_the_agency_sends_summaries_and_whole_articles(story: Story) -> None:
    document = feed(story, "levant-wire", datetime(2019, 12, 2, 12, tzinfo=UTC))
    assert b"<content:encoded><![CDATA[<p><strong>IDLIB" in document.body
    assert b"&mdash;" in document.body


def test_a_feed_of_nothing_is_still_a_feed(story: Story) -> None:
    for document in documents(story, datetime(2019, 11, 1, tzinfo=UTC), base=BASE).values():
        assert document.changed is None
        if not document.body.startswith(b"{"):
            assert not feedparser.parse(io.BytesIO(document.body)).bozo


def test_the_same_moment_gives_the_same_bytes(story: Story) -> None:
    assert documents(story, MOMENTS[1], base=BASE) == documents(load(), MOMENTS[1], base=BASE)
