from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from alerts.collect.outcome import Parsed
from alerts.collect.parse import parse_document
from alerts.errors import ParseError
from alerts.read.text import plain
from tests.fakes.feeds import Item, json_feed, story

URL = "https://example.org/feed.json"


def parse(body: bytes, *, cut: bool = False) -> Parsed:
    return parse_document(body, {"content-type": "application/feed+json"}, URL, cut=cut)


def only(**item: Any) -> Any:
    body = json.dumps({"version": "https://jsonfeed.org/version/1.1", "title": "t", "items": [item]})
    return parse(body.encode()).entries[0]


def test_an_item_has_everything_an_entry_needs() -> None:
    item = Item(
        title="Fire & smoke",
        guid="7",
        link="/7",
        html="<p>A & B</p>",
        published="2020-01-06T14:00:00+02:00",
        section="War",
    )
    parsed = parse(json_feed([item]))
    (entry,) = parsed.entries
    assert entry.title == "Fire & smoke"
    assert entry.html == "<p>A & B</p>"
    assert entry.url == "https://example.org/7"
    assert entry.published == datetime(2020, 1, 6, 12, tzinfo=UTC)
    assert entry.sections == ("War",)
    assert (parsed.title, parsed.language) == ("Example news", "en-US")


def test_plain_text_is_no_markup() -> None:
    assert plain(only(id="1", content_text="2 < 3 & 4\nsecond line").html) == "2 < 3 & 4\nsecond line"


def test_numbers_serve_as_ids() -> None:
    assert only(id=17, content_text="a").key == only(id="17", content_text="b").key


def test_the_modification_date_and_the_external_link_stand_in() -> None:
    entry = only(id="1", date_published="soon", date_modified="2020-01-06T12:00:00Z", external_url="https://e.org/x")
    assert entry.published == datetime(2020, 1, 6, 12, tzinfo=UTC)
    assert entry.url == "https://e.org/x"


@pytest.mark.parametrize("value", [None, [], {}, True, 3.5])
def test_values_of_odd_types_do_no_harm(value: object) -> None:
    entry = only(id=value, url=value, title=value, content_html=value, content_text="kept", language=value)
    assert entry.html == "kept"


def test_items_that_are_no_objects_are_passed_over() -> None:
    body = b'{"version": "https://jsonfeed.org/version/1.1", "items": [null, 3, {"id": "1", "content_text": "a"}]}'
    assert len(parse(body).entries) == 1


def test_a_document_cut_in_the_middle_gives_its_whole_items() -> None:
    body = json_feed(story(4))
    whole = parse(body).entries
    cut = parse(body[: body.rindex(b"content_html")])
    assert cut.entries == whole[:3]
    assert cut.truncated
    assert cut.broken


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b'{"a": 1}', "not_a_feed"),
        (b'{"items": {"a": 1}}', "not_a_feed"),
        (b'{"items": [', "unreadable"),
        (b"{nonsense}", "unreadable"),
        (b'{"items": ' + b"[" * 200_000, "hostile"),
        (b'{"items": [' + b'{"a":' * 200_000, "hostile"),
    ],
)
def test_other_json_is_refused(body: bytes, reason: str) -> None:
    with pytest.raises(ParseError) as caught:
        parse(body)
    assert caught.value.reason == reason
    assert str(caught.value).startswith(f"{URL}: ")
