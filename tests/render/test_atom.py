"""The Atom document: what RFC 4287 asks of it, and that a client reads every field back."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from xml.etree import ElementTree

import feedparser
from hypothesis import given
from hypothesis import strategies as st

from alerts.render.atom import AtomEntry, AtomFeed, Category, atom
from alerts.render.xmltext import iri

T = datetime(2026, 3, 2, 6, 30, tzinfo=UTC)
NS = {"a": "http://www.w3.org/2005/Atom"}
ATTACK = Category(scheme="https://a.example/#event", term="attack", label="Attack")
FEED = AtomFeed(
    id="https://a.example/alerts.atom", self_url="https://a.example/alerts.atom", page_url="https://a.example/",
    title="Desk & Co", subtitle="What is new", author="Desk", updated=T,
)  # fmt: skip


def entry(**more: Any) -> AtomEntry:
    values: dict[str, Any] = {
        "id": "https://a.example/alerts/1", "url": "https://a.example/alerts/1", "title": "Attack <in> A & B",
        "summary": "12 killed", "html": "<p>12 <mark>killed</mark> &amp; more</p>", "published": T,
        "updated": T + timedelta(hours=2), "categories": (ATTACK,),
        "point": (14.1, -1.63), "related": (("The article", "https://news.example/1"),),
    }  # fmt: skip
    return AtomEntry(**values | more)


def test_a_client_reads_every_field_back() -> None:
    parsed = feedparser.parse(atom(FEED, [entry()]))
    assert (parsed.bozo, parsed.version) == (False, "atom10")
    feed, [read] = parsed.feed, parsed.entries
    assert (feed.id, feed.title, feed.subtitle, feed.author) == (FEED.id, "Desk & Co", "What is new", "Desk")
    assert [(link.rel, link.href) for link in feed.links] == [("self", FEED.self_url), ("alternate", FEED.page_url)]
    assert (read.id, read.link) == ("https://a.example/alerts/1", "https://a.example/alerts/1")
    assert read.title == "Attack <in> A & B"
    assert (read.published, read.updated) == ("2026-03-02T06:30:00Z", "2026-03-02T08:30:00Z")
    assert (read.summary, read.content[0].type) == ("12 killed", "text/html")
    assert "12" in read.content[0].value and "more" in read.content[0].value
    assert [(tag.term, tag.label, tag.scheme) for tag in read.tags] == [
        ("attack", "Attack", "https://a.example/#event")
    ]
    assert read.where["coordinates"] == (-1.63, 14.1)
    assert [(link.title, link.href) for link in read.links if link.rel == "related"] == [
        ("The article", "https://news.example/1")
    ]


def test_the_feed_is_as_new_as_its_newest_entry_and_has_a_time_without_any() -> None:
    newer = entry(updated=T + timedelta(days=1))
    assert feedparser.parse(atom(FEED, [entry(), newer])).feed.updated == "2026-03-03T06:30:00Z"
    assert feedparser.parse(atom(FEED, [])).feed.updated == "2026-03-02T06:30:00Z"


def test_times_are_written_in_utc_as_rfc_3339_wants_them() -> None:
    local = datetime(2026, 3, 2, 8, 30, 15, 999, tzinfo=timezone(timedelta(hours=2)))
    document = ElementTree.fromstring(atom(FEED, [entry(published=local)]))
    assert document.findtext("a:entry/a:published", namespaces=NS) == "2026-03-02T06:30:15Z"


def test_what_rfc_4287_requires_is_there_exactly_once() -> None:
    document = ElementTree.fromstring(atom(FEED, [entry(), entry(id="https://a.example/alerts/2", point=None)]))
    for name in ("id", "title", "updated", "author", "subtitle"):
        assert len(document.findall(f"a:{name}", NS)) == 1
    for one in document.findall("a:entry", NS):
        for name in ("id", "title", "updated", "published", "content", "summary"):
            assert len(one.findall(f"a:{name}", NS)) == 1
        assert len(one.findall("a:link[@rel='alternate']", NS)) == 1
        assert all(category.get("term") for category in one.findall("a:category", NS))


def test_an_address_keeps_its_letters_and_loses_what_an_address_cannot_hold() -> None:
    assert iri("https://a.example/é?q=1&b=%20#x") == "https://a.example/é?q=1&b=%20#x"
    assert iri('https://a.example/a b"<>{}|\\^`\x00') == "https://a.example/a%20b%22%3C%3E%7B%7D%7C%5C%5E%60"


@given(st.text(), st.text(), st.text())
def test_no_text_whatever_breaks_the_document(title: str, html: str, address: str) -> None:
    made = atom(FEED, [entry(title=title, summary=title, html=html, related=((title, address),), url=address)])
    document = ElementTree.fromstring(made)
    assert len(document.findall("a:entry", NS)) == 1
    read = document.findtext("a:entry/a:content", namespaces=NS)
    kept = re.sub("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "", html)
    assert (read or "").split() == kept.replace("\r", "\n").split()
