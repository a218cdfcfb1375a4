from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.collect.formats.parse import one_line, parse_document
from alerts.collect.outcome import PARSE_REASONS, Parsed
from alerts.errors import ParseError
from alerts.read.text import plain
from tests.fakes.feeds import Item, json_feed, story

URL = "https://example.org/feed.json"
VERSION = "https://jsonfeed.org/version/1.1"


def parse(body: bytes, *, cut: bool = False) -> Parsed:
    return parse_document(body, {"content-type": "application/feed+json"}, URL, cut=cut)


def feed(*items: object, **top: object) -> Parsed:
    document = {"version": VERSION, "title": "t", **top, "items": items}
    return parse(json.dumps(document).encode())


def only(**item: Any) -> Any:
    return feed(item).entries[0]


# Every field of the specification, at its place.
AUTHOR = {"name": "A. Reporter", "url": "https://example.org/a", "avatar": "https://example.org/a.png"}
ATTACHMENT = {
    "url": "https://example.org/7.mp3",
    "mime_type": "audio/mpeg",
    "title": "The report, spoken",
    "size_in_bytes": 89970236,
    "duration_in_seconds": 6629.5,
}
FULL_ITEM = {
    "id": "https://example.org/7",
    "url": "https://example.org/reports/7",
    "external_url": "https://elsewhere.example/7",
    "title": "Shelling & fire in Northtown",
    "content_html": "<p>Two people were hurt.</p>",
    "content_text": "Two people were hurt.",
    "summary": "Two hurt.",
    "image": "https://example.org/7.png",
    "banner_image": "https://example.org/7-wide.png",
    "date_published": "2020-01-06T14:00:00+02:00",
    "date_modified": "2020-01-07T14:00:00+02:00",
    "authors": [AUTHOR],
    "author": AUTHOR,
    "tags": ["War", "Northtown"],
    "language": "fr-CA",
    "attachments": [ATTACHMENT, ATTACHMENT],
    "_example": {"about": "https://example.org/extension"},
}
FULL_TOP = {
    "home_page_url": "https://example.org/",
    "feed_url": URL,
    "description": "News of the north",
    "user_comment": "Paste this address into a reader.",
    "next_url": "/feed.json?page=2",
    "icon": "https://example.org/icon.png",
    "favicon": "https://example.org/favicon.png",
    "authors": [AUTHOR],
    "language": "en-US",
    "expired": False,
    "hubs": [{"type": "WebSub", "url": "https://hub.example/"}],
    "_example": {},
}


def test_every_field_of_the_specification_is_read_or_passed_over() -> None:
    parsed = feed(FULL_ITEM, **FULL_TOP)
    (entry,) = parsed.entries
    assert (parsed.title, parsed.language, parsed.version, parsed.warnings) == ("t", "en-US", VERSION, ())
    assert parsed.older == "https://example.org/feed.json?page=2"
    assert entry.url == "https://example.org/reports/7"
    assert entry.title == "Shelling & fire in Northtown"
    assert entry.html == "<p>Two people were hurt.</p>"
    assert entry.published == datetime(2020, 1, 6, 12, tzinfo=UTC)
    assert (entry.language, entry.sections) == ("fr-CA", ("War", "Northtown"))


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


def test_items_that_are_no_objects_are_passed_over_and_told() -> None:
    parsed = feed(None, 3, {"id": "1", "content_text": "a"})
    assert len(parsed.entries) == 1
    assert parsed.warnings == ("3 items in the document, 1 of them readable",)


def test_a_feed_none_of_whose_items_can_be_read_is_not_an_empty_feed() -> None:
    with pytest.raises(ParseError) as caught:
        feed("one", "two")
    assert caught.value.reason == "unreadable"


def test_a_feed_without_items_is_a_feed() -> None:
    assert feed().entries == ()


@pytest.mark.parametrize("version", [VERSION, "https://jsonfeed.org/version/1", "http://jsonfeed.org/version/2", None])
def test_every_version_is_read(version: object) -> None:
    assert len(feed({"id": "1", "title": "a"}, version=version).entries) == 1


def test_a_finished_feed_says_so() -> None:
    assert feed({"id": "1", "title": "a"}, expired=True).warnings != ()
    assert feed({"id": "1", "title": "a"}, expired="true").warnings == ()


@pytest.mark.parametrize("following", [URL, "https://example.org/canonical.json", "", None, "javascript:alert(1)"])
def test_a_next_page_that_is_none_is_not_followed(following: object) -> None:
    parsed = feed(feed_url="https://example.org/canonical.json", next_url=following)
    assert parsed.older == ""


def test_an_item_without_an_id_is_known_by_its_link_or_what_it_says() -> None:
    keys = [
        entry.key for entry in feed({"url": "https://e.org/1"}, {"content_text": "a"}, {"content_text": "b"}).entries
    ]
    assert len(set(keys)) == 3
    assert only(url="https://e.org/1", title="other").key == keys[0]


def test_the_language_of_an_item_is_its_own() -> None:
    assert only(id="1", language="ar").language == "ar"
    assert only(id="1").language is None


def test_an_item_of_text_alone_has_no_title() -> None:
    entry = only(id="1", content_text="Two hurt <b> & more")
    assert (entry.title, entry.html) == ("", "Two hurt &lt;b&gt; &amp; more")


def test_the_summary_stands_in_for_the_content() -> None:
    assert only(id="1", summary="Two hurt.", attachments=[ATTACHMENT]).html == "Two hurt."


@pytest.mark.parametrize(
    "date",
    ["2020-01-06T12:00:00Z", "2020-01-06t12:00:00.0z", "20200106T120000Z", "Mon, 06 Jan 2020 12:00:00 GMT", 1578312000],
)
def test_dates_are_read_as_people_write_them(date: object) -> None:
    assert only(id="1", date_published=date).published == datetime(2020, 1, 6, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    "date", ["soon", "", "-0001-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00", "9" * 400, "2020-13-45"]
)
def test_impossible_dates_are_none(date: str) -> None:
    assert only(id="1", date_published=date).published is None


def test_big_numbers_and_fractions_are_ids_as_they_are_written() -> None:
    items = ",".join(
        f'{{"id": {number}, "title": "a"}}' for number in ("1.0", "1", "10000000000000001", "1e400", "9" * 6000)
    )
    entries = parse(f'{{"items": [{items}]}}'.encode()).entries
    assert len({entry.key for entry in entries}) == 5
    assert entries[2].key == only(id="10000000000000001").key


def test_a_million_digits_cost_little() -> None:
    started = time.process_time()
    assert len(parse(b'{"items": [{"id": "1", "title": "a", "_n": ' + b"9" * 1_000_000 + b"}]}").entries) == 1
    assert time.process_time() - started < 1


def test_line_breaks_within_texts_and_words_after_the_end_do_no_harm() -> None:
    body = b'{"items": [{"id": "1", "content_text": "Two\nhurt\tnow"}]} <!-- made at noon -->'
    parsed = parse(body)
    assert plain(parsed.entries[0].html) == "Two\nhurt now"
    assert parsed.warnings == ("text after the end of the feed",)
    assert not parsed.broken


BROKEN_ITEMS = {
    "a quotation mark": ('"Report 3"', '"Report "3""'),
    "a comma too many": ('"Report 3"', '"Report 3",,'),
    "a word": ('"Report 3"', "undefined"),
    "nesting": ('"Report 3"', "[" * 100_000),
    "no end": ('"Report 3"', '"Report 3", "_a": {"b": [1, 2'),
}


@pytest.mark.parametrize("fault", BROKEN_ITEMS)
def test_a_broken_item_does_not_cost_the_others(fault: str) -> None:
    body = json_feed(story(4)).decode()
    old, new = BROKEN_ITEMS[fault]
    assert old in body
    parsed = parse(body.replace(old, new).encode())
    assert [entry.title for entry in parsed.entries] == ["Report 4", "Report 2", "Report 1"]
    assert (parsed.broken, parsed.rung) == (True, "repaired")
    assert (parsed.title, parsed.language) == ("Example news", "en-US")
    assert parsed.warnings != ()


def test_items_behind_the_end_of_a_feed_are_read() -> None:
    parsed = parse(json_feed(story(4)).replace(b', "title"', b'}, "title"', 1))
    assert len(parsed.entries) == 4
    assert parsed.broken


def test_parts_of_a_broken_item_are_not_taken_for_items() -> None:
    broken = json.dumps(FULL_ITEM).replace('"Shelling', '""Shelling')
    body = f'{{"items": [{broken}, {{"id": "2", "title": "Next"}}]}}'
    assert [entry.title for entry in parse(body.encode()).entries] == ["Next"]


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


ODD = (None, True, 0, -7, 2.5, 1e300, "", " ", "x", "\ud800", "\x00", "<b>", "http://[", "9999-99-99", "a" * 5000)
VALUES: st.SearchStrategy[object] = st.sampled_from((*ODD, [], [[]], ["a", 1, None], [{"name": None}], {}, {"id": 1}))
ITEMS = st.dictionaries(st.sampled_from(sorted(FULL_ITEM)), VALUES)
TOPS = st.dictionaries(st.sampled_from(sorted(FULL_TOP)), VALUES)


@settings(max_examples=60, deadline=None)
@given(st.lists(ITEMS, max_size=4), TOPS)
def test_fields_of_any_type_harm_no_other(items: list[dict[str, object]], top: dict[str, object]) -> None:
    good = {"id": "only this one", "title": "Report", "content_text": "Two hurt."}
    parsed = feed(*items, good, **top)
    (entry,) = [entry for entry in parsed.entries if entry.key == only(**good).key]
    assert (entry.title, entry.html) == ("Report", "Two hurt.")
    assert len({entry.key for entry in parsed.entries}) == len(parsed.entries)


TEXTS = st.text(st.characters(exclude_categories=["Cc", "Cs", "Cn"]), max_size=60)


@settings(max_examples=60, deadline=None)
@given(TEXTS, TEXTS)
def test_plain_text_comes_through_as_it_is(title: str, text: str) -> None:
    entry = only(id="1", title=title, content_text=text)
    assert entry.title == one_line(title.replace("&", "&amp;").replace("<", "&lt;"))
    assert " ".join(plain(entry.html).split()) == " ".join(
        plain(text.replace("&", "&amp;").replace("<", "&lt;")).split()
    )


WHOLE = json_feed(story(4))


@settings(max_examples=80, deadline=None)
@given(st.integers(0, len(WHOLE)), st.integers(0, 40), st.binary(max_size=6))
def test_a_document_with_a_hole_is_read_or_refused(start: int, length: int, put: bytes) -> None:
    body = WHOLE[:start] + put + WHOLE[start + length :]
    try:
        parsed = parse(body)
    except ParseError as error:
        assert error.reason in PARSE_REASONS
        assert start <= WHOLE.index(b"}")  # else the first item is whole
    else:
        assert len({entry.key for entry in parsed.entries}) == len(parsed.entries)
