"""What a document says beside its items' texts: how often to ask, where earlier items are, which are CAP messages."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest

from alerts.collect.formats.hints import hints
from alerts.collect.formats.parse import parse_document
from alerts.collect.outcome import Hints, Parsed
from alerts.collect.settings import CollectSettings
from alerts.collect.worker import ParserPool
from tests.fakes.feeds import rss, story

URL = "https://example.org/news/feed.xml"
ATOM, CAP = "http://www.w3.org/2005/Atom", "urn:oasis:names:tc:emergency:cap:1.2"
SYNDICATION = "http://purl.org/rss/1.0/modules/syndication/"


def parse(inner: str, item: str = "<guid>1</guid>") -> Parsed:
    body = (
        f'<rss version="2.0" xmlns:atom="{ATOM}" xmlns:cap="{CAP}" xmlns:sy="{SYNDICATION}" xmlns:gdacs="u:gdacs">'
        f"<channel><title>t</title>{inner}<item>{item}</item></channel></rss>"
    )
    return parse_document(body.encode(), {}, URL)


# How often


@pytest.mark.parametrize(
    ("around", "minutes"),
    [
        ("<ttl>30</ttl>", 30),
        ("<ttl> <![CDATA[ 30 ]]> </ttl>", 30),
        ("<sy:updatePeriod>hourly</sy:updatePeriod><sy:updateFrequency>2</sy:updateFrequency>", 30),
        ("<sy:updatePeriod>\n\tdaily\n</sy:updatePeriod>", 24 * 60),
        ("<sy:updateFrequency>24</sy:updateFrequency>", 60),
        ("<ttl>30</ttl><sy:updatePeriod>hourly</sy:updatePeriod>", 60),
    ],
)
def test_a_feed_says_how_often_it_wants_to_be_asked(around: str, minutes: int) -> None:
    assert parse(around).hints == Hints(every=timedelta(minutes=minutes))


def test_hours_and_days_without_news_are_told() -> None:
    around = (
        "<skipHours><hour>0</hour><hour>24</hour><hour>23</hour><hour>99</hour></skipHours>"
        "<skipDays><day>Sunday</day><day>Saturday</day><day>Never</day></skipDays>"
    )
    assert parse(around).hints == Hints(skip_hours=(0, 23), skip_days=(5, 6))


@pytest.mark.parametrize(
    "around",
    [
        "<ttl>0</ttl>",
        "<ttl>soon</ttl>",
        "<ttl>999999</ttl>",
        "<sy:updatePeriod>yearly</sy:updatePeriod>",
        "<sy:updatePeriod>often</sy:updatePeriod>",
        "<sy:updatePeriod>hourly</sy:updatePeriod><sy:updateFrequency>0</sy:updateFrequency>",
        "<sy:updatePeriod>hourly</sy:updatePeriod><sy:updateFrequency>61</sy:updateFrequency>",
        "<skipHours>" + "".join(f"<hour>{hour}</hour>" for hour in range(24)) + "</skipHours>",
        "<skipDays>" + "".join(f"<day>{day}</day>" for day in "Mon Tue Wed Thu Fri Sat Sun".split()) + "</skipDays>",
        "<hour>3</hour>",
    ],
)
def test_what_makes_no_sense_is_no_hint(around: str) -> None:
    assert parse(around).hints == Hints()


def test_what_an_item_says_is_no_hint() -> None:
    assert parse("", "<guid>1</guid><ttl>30</ttl>").hints == Hints()


def test_a_broken_document_has_hints_too() -> None:
    parsed = parse("<ttl>30</ttl>", "<title>R&D</title>")
    assert parsed.rung == "repaired"
    assert parsed.hints.every == timedelta(minutes=30)


def test_hints_of_a_long_document_cost_little() -> None:
    assert hints("<skipHours><hour>3" * 50_000) == Hints()


# Earlier items


def test_where_earlier_items_are_is_told() -> None:
    archive = '<atom:link rel="prev-archive" href="/2019.xml" />'
    following = '<atom:link rel="next" href="?page=2" />'
    assert parse(archive).older == "https://example.org/2019.xml"
    assert parse(following).older == "https://example.org/news/feed.xml?page=2"
    assert parse(following + archive).older == "https://example.org/2019.xml"
    assert parse('<atom:link rel="self" href="/feed" />').older == ""
    assert parse('<atom:link rel="next" href="file:///etc/passwd" />').older == ""


def test_where_earlier_items_are_is_told_by_json_too() -> None:
    feed = {"version": "https://jsonfeed.org/version/1.1", "title": "t", "next_url": "/2.json", "items": [{"id": "1"}]}
    assert parse_document(json.dumps(feed).encode(), {}, URL).older == "https://example.org/2.json"


# CAP


@pytest.mark.parametrize(
    "item",
    [
        '<link>/page</link><enclosure type="application/cap+xml" url="/1.xml" length="1" />',
        '<atom:link rel="alternate" type="application/cap+xml" href="/1.xml" /><enclosure url="/a.cap" type="x" />',
        "<link>/page</link><gdacs:cap>https://example.org/1.xml</gdacs:cap>",
        "<link>/1.xml</link><cap:event>Flood</cap:event>",
    ],
)
def test_the_cap_message_of_an_item_is_known(item: str) -> None:
    (entry,) = parse("", f"<guid>1</guid>{item}").entries
    assert entry.cap == "https://example.org/1.xml"


def test_a_link_whose_name_ends_in_cap_leads_to_a_message() -> None:
    (entry,) = parse("", "<link>/alerts/1.cap?a=1</link>").entries
    assert entry.cap == "https://example.org/alerts/1.cap?a=1"


@pytest.mark.parametrize("item", ["<link>/cap</link>", "<link>/1</link><gdacs:cap>none</gdacs:cap>", "<a_cap/>"])
def test_other_items_have_none(item: str) -> None:
    (entry,) = parse("", f"<guid>1</guid>{item}").entries
    assert entry.cap == ""


def test_an_attachment_of_json_may_be_a_cap_message() -> None:
    attached = [{"url": "/a.mp3", "mime_type": "audio/mpeg"}, {"url": "/1.xml", "mime_type": "application/cap+xml"}]
    feed = {"version": "https://jsonfeed.org/version/1.1", "items": [{"id": "1", "attachments": [*attached, "odd"]}]}
    (entry,) = parse_document(json.dumps(feed).encode(), {}, URL).entries
    assert entry.cap == "https://example.org/1.xml"


# Ids as they are written


@pytest.mark.parametrize(
    "guid",
    [
        "/story/1",
        "2019-1",
        "story?id=1&amp;a=2",
        "../1",
        "https://example.org/?",
        "<![CDATA[/story/1]]>",
        "<![CDATA[?a&amp;b]]>",
    ],
)
def test_an_id_is_taken_as_it_is_written_whatever_the_base(guid: str) -> None:
    plain = parse("", f"<guid>{guid}</guid>").entries[0].key
    for base in ("https://example.org/news/", "http://mirror.example.net/x/y", "/relative/"):
        body = (
            f'<rss xml:base="{base}"><channel><title>t</title><item><title>id</title><guid>{guid}</guid></item>'
            f"<item><guid>other</guid><source><id>3</id></source></item></channel></rss>"
        )
        assert parse_document(body.encode(), {}, URL).entries[0].key == plain


def test_links_are_resolved_against_the_base_of_the_document() -> None:
    body = '<rss xml:base="https://example.net/a/"><channel><item><guid>1</guid><link>b</link></item></channel></rss>'
    assert parse_document(body.encode(), {}, URL).entries[0].url == "https://example.net/a/b"


# Encodings


async def test_a_library_that_guesses_encodings_is_never_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "chardet.py").write_text(
        f"open({str(tmp_path / 'imported')!r}, 'w').close()\n"
        "def detect(data):\n    raise SystemExit('it guesses, differently from one version to the next')\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    text = rss(story(2)).decode().replace("Report 1:", "Évacuation à l’est:")
    bodies = [text.encode(), text.encode("cp1252"), text.encode("utf-16"), text.encode()[:-20]]
    async with ParserPool(CollectSettings()) as pool:
        texts = [(await pool.parse(body, {}, URL)).entries[-1].html for body in bodies]
        assert (tmp_path / "imported").exists(), "feedparser has found it"
        assert pool.status()[0].restarts == 0
    assert texts == ["<p>Évacuation à l’est: families left the town.</p>"] * 4
