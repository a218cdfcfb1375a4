"""What is said of a feed before it is added: each fault in words, and nothing of a feed without faults."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from alerts.collect.formats.parse import parse_document
from alerts.collect.lists.checkup import Sight
from alerts.collect.lists.findings import Finding, findings, key_kind, rhythm, what_to_do
from alerts.collect.outcome import Hints, Parsed
from alerts.collect.settings import CollectSettings
from alerts.types import Entry
from tests.fakes.feeds import Item, rss, story

NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)
SETTINGS = CollectSettings(user_agent="alerts/0")
URL = "https://example.org/feed"
LONG = "<p>" + "Families left the town during the night. " * 20 + "</p>"


def _entry(
    number: int = 0, *, key: str = "", published: datetime | None = NOW, html: str = LONG, url: str = URL
) -> Entry:
    key = key or f"g-{number:064x}"
    return Entry(key=key, title=f"Report {number}", html=html, url=url, published=published)


def _entries(count: int = 10, every: timedelta = timedelta(hours=2)) -> tuple[Entry, ...]:
    return tuple(_entry(number, published=NOW - number * every) for number in range(count))


def _said(parsed: Parsed, **answer: object) -> list[Finding]:
    values: dict[str, object] = {"asked": URL, "url": URL, "http": 200, "etag": '"1"', "size": 9000} | answer
    return findings(Sight(**values), parsed, NOW, SETTINGS)  # type: ignore[arg-type]


def _parsed(entries: tuple[Entry, ...] = _entries(), **values: object) -> Parsed:
    return Parsed(entries=entries, **values)  # type: ignore[arg-type]


def test_of_a_good_feed_there_is_nothing_to_say() -> None:
    assert _said(_parsed()) == []


@pytest.mark.parametrize(
    ("parsed", "level", "says", "advice"),
    [
        (_parsed(()), "warning", "it holds no items", "look for another feed"),
        (_parsed(tuple(_entry(n, published=None) for n in range(3))), "warning", "no item has a date", "first seen"),
        (
            _parsed((*_entries(9), _entry(10, published=None))),
            "warning",
            "1 of 10 items have no date",
            "first seen",
        ),
        (
            _parsed((*_entries(), _entry(11, published=NOW + timedelta(days=2)))),
            "warning",
            "1 item is dated in the future, up to 2026-02-02 12:00 UTC",
            "first seen",
        ),
        (_parsed(tuple(_entry(n) for n in range(9))), "warning", "all items have the same date", "news of today"),
        (
            _parsed(tuple(_entry(n, published=NOW - timedelta(days=150 + n)) for n in range(9))),
            "warning",
            "5 months ago: the feed seems to be dead",
            "look on the publisher's site",
        ),
        (
            _parsed((*_entries(), _entry(key=f"g-{'0' * 40}-{'1' * 36}"))),
            "warning",
            "1 of 11 items have an id that another item has too",
            "none is lost",
        ),
        (
            _parsed((*_entries(), _entry(key=f"c-{'0' * 64}"))),
            "warning",
            "1 of 11 items have no id, and no link of their own",
            "counts as a new article",
        ),
        (_parsed((*_entries(), _entry(key=f"l-{'0' * 64}"))), "note", "are known again by their links", ""),
        (
            _parsed(tuple(_entry(n, html="<p>In short.</p>" * 5, published=NOW - n * timedelta(1)) for n in range(5))),
            "warning",
            "only summaries, of about 49 letters",
            "--full-text",
        ),
        (
            _parsed(tuple(_entry(n, html="", url="", published=NOW - n * timedelta(1)) for n in range(5))),
            "warning",
            "only titles, and no links",
            "another feed",
        ),
        (_parsed(broken=True), "warning", "ends in the middle", "look again"),
        (
            _parsed(rung="repaired", warnings=("not well-formed: <unknown>:3:8: unclosed token",)),
            "note",
            "no well-formed XML (line 3: unclosed token), and was mended",
            "tell the publisher",
        ),
        (_parsed(warnings=("declared as ascii, is utf-8",)), "note", "wrongly declared as ascii", "nothing is"),
        (_parsed(warnings=("9 items: only the first 4 are read",)), "note", "only the first 4", "come on top"),
        (_parsed(warnings=("9 items in the document, 4 of them readable",)), "warning", "4 of them", "are lost"),
        (_parsed(warnings=("text after the end of the feed",)), "note", "text after the end", ""),
    ],
)  # fmt: skip
def test_a_fault_of_the_document_is_told_with_what_to_do(parsed: Parsed, level: str, says: str, advice: str) -> None:
    [found] = _said(parsed)
    assert found.level == level
    assert says in found.text
    assert advice in found.advice


@pytest.mark.parametrize(
    ("answer", "level", "says", "advice"),
    [
        ({"url": "https://example.org/new"}, "note", "for the time being", "stays the right one"),
        (
            {"url": "https://example.org/new", "moved_to": "https://example.org/new"},
            "note",
            "has moved for good to https://example.org/new",
            "add it under that address",
        ),
        ({"etag": None, "size": 94 * 1024}, "note", "all 94 KiB of it are sent at each poll", "ask for them"),
        ({"headers": {"content-type": "text/html; charset=utf-8"}}, "note", "calls it a web page", ""),
        ({"ms": 20_000}, "warning", "took 20 seconds", "after 45 it would be given up"),
        (
            {"cut": True, "warnings": ("longer than 5242880 bytes: cut",), "size": 5 * 2**20},
            "warning",
            "longer than 5.0 MiB: only its first 10 items are read",
            '--max-body "12 MiB"',
        ),
        (
            {"cut": True, "warnings": ("the answer broke off after 900 bytes",)},
            "warning",
            "the answer broke off after 900 bytes",
            "look again",
        ),
    ],
)  # fmt: skip
def test_a_fault_of_the_answer_is_told_with_what_to_do(
    answer: dict[str, object], level: str, says: str, advice: str
) -> None:
    [found] = _said(_parsed(), **answer)
    assert found.level == level
    assert says in found.text
    assert advice in found.advice


def test_what_a_fault_speaks_for_stands_as_options() -> None:
    cut = _said(_parsed(), cut=True, warnings=("longer than 1 bytes: cut",), size=100)
    short = _said(_parsed(tuple(_entry(n, html="<p>Short.</p>", published=NOW - n * timedelta(1)) for n in range(5))))
    assert [one.options for one in (*cut, *short)] == [("--max-body", "2 MiB"), ("--full-text",)]


def test_warnings_stand_before_notes() -> None:
    found = _said(_parsed((), warnings=("text after the end of the feed",)), etag=None)
    assert [one.level for one in found] == ["warning", "note", "note"]


def test_by_what_an_item_is_known_is_read_from_its_key() -> None:
    items = [
        Item(guid="a", title="1"),
        Item(guid="a", title="2", link="https://example.org/2"),
        Item(guid="a", title="3"),
        Item(link="https://example.org/4"),
        Item(title="5"),
    ]
    kinds = [key_kind(one.key) for one in parse_document(rss(items)).entries]
    assert sorted(kinds) == ["content", "id", "id used again", "id used again", "link"]
    assert {key_kind(one.key) for one in parse_document(rss(story(3))).entries} == {"id"}


def test_the_rhythm_is_taken_from_the_dates_that_are_over() -> None:
    entries = (*_entries(13), _entry(20, published=NOW + timedelta(days=3)), _entry(21, published=None))
    found = rhythm(Sight(asked=URL), _parsed(entries), NOW, SETTINGS)
    assert (found.oldest, found.newest) == (NOW - timedelta(hours=24), NOW)
    assert found.a_day == pytest.approx(12)
    assert (found.interval, found.because) == (timedelta(minutes=15), "interval")


def test_a_busy_feed_is_asked_more_often_and_a_quiet_one_less() -> None:
    busy = rhythm(Sight(asked=URL), _parsed(_entries(200, timedelta(minutes=2))), NOW, SETTINGS)
    quiet = rhythm(Sight(asked=URL), _parsed((_entry(published=NOW - timedelta(days=60)),)), NOW, SETTINGS)
    assert busy.interval < timedelta(minutes=15) < quiet.interval


@pytest.mark.parametrize(
    ("hints", "headers"),
    [(Hints(every=timedelta(minutes=25)), {}), (Hints(), {"cache-control": "public, max-age=1500"})],
)
def test_what_the_feed_asks_for_is_told(hints: Hints, headers: dict[str, str]) -> None:
    found = rhythm(Sight(asked=URL, headers=headers), _parsed(hints=hints), NOW, SETTINGS)
    assert (found.interval, found.because) == (timedelta(minutes=25), "the feed's hint")


def test_a_feed_without_dates_has_no_rhythm() -> None:
    found = rhythm(Sight(asked=URL), _parsed((_entry(published=None),)), NOW, SETTINGS)
    assert (found.oldest, found.newest, found.a_day) == (None, None, None)


@pytest.mark.parametrize(
    ("sight", "says"),
    [
        (Sight(asked=URL, reason="denied", http=401), "https://NAME:PASSWORD@host/"),
        (Sight(asked=URL, reason="denied", http=403), "let 'alerts/0' in"),
        (Sight(asked=URL, reason="denied", http=451), "legal"),
        (Sight(asked=URL, reason="http_client", http=404), "alerts feeds check https://example.org/"),
        (Sight(asked="https://example.org/", reason="http_client", http=404), "see that the address is right"),
        (Sight(asked=URL, reason="not_a_feed", message='it begins "<opml ver"'), "alerts feeds import FILE"),
        (Sight(asked=URL, reason="tls"), "tell the publisher"),
        (Sight(asked=URL, reason="bad_url"), ""),
    ],
)
def test_where_there_is_no_feed_it_is_said_what_to_do(sight: Sight, says: str) -> None:
    assert says in what_to_do(sight, SETTINGS)
    assert "{" not in what_to_do(sight, SETTINGS)
