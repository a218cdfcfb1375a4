"""A look at an address: the feed there, the feed of the page there, or why there is none."""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator

import pytest

from alerts.collect.asking.fetch import Fetcher
from alerts.collect.lists.checkup import Look, look, look_at_document
from alerts.collect.settings import CollectSettings
from tests.collect.conftest import DirectParser
from tests.fakes.feeds import FeedServer, rss, story

LINK = '<link rel="alternate" type="application/rss+xml" title="{0}" href="{0}">'


@pytest.fixture
async def fetcher(settings: CollectSettings) -> AsyncIterator[Fetcher]:
    async with Fetcher(dataclasses.replace(settings, host_gap=0.0)) as fetcher:
        yield fetcher


def _page(server: FeedServer, path: str, *hrefs: str) -> str:
    head = "".join(LINK.format(href) for href in hrefs)
    body = f"<!doctype html><html><head><title>Home</title>{head}</head><body>Hello</body></html>"
    return server.serve(body.encode(), path, kind="text/html")


async def _look(url: str, fetcher: Fetcher, parser: DirectParser, *, max_body: int | None = None) -> Look:
    return await look(url, fetcher, parser, max_body=max_body)


async def test_a_feed_is_seen_as_the_service_would(server: FeedServer, fetcher: Fetcher, parser: DirectParser) -> None:
    url = server.serve(rss(story(3)), etag='"1"')
    found = await _look(f" feed:{url} ", fetcher, parser)
    assert (found.way, found.page, found.others, found.tried) == ("given", None, (), ())
    sight = found.sight
    assert sight.parsed is not None
    assert (len(sight.parsed.entries), sight.http, sight.etag, sight.reason) == (3, 200, '"1"', "")
    assert sight.size == len(rss(story(3)))
    assert len(server.asked) == 1


async def test_of_a_page_the_feed_it_names_is_looked_at_and_the_others_are_named(
    server: FeedServer, fetcher: Fetcher, parser: DirectParser
) -> None:
    server.serve(rss(story(1)), "/b.rss")
    found = await _look(_page(server, "/", "/gone.rss", "/b.rss", "/c.rss"), fetcher, parser)
    assert (found.way, found.sight.asked) == ("named", server.url("/b.rss"))
    assert found.page is not None
    assert found.page.asked == server.url("/")
    assert [one.asked for one in found.tried] == [server.url("/gone.rss")]
    assert [one.url for one in found.others] == [server.url("/gone.rss"), server.url("/c.rss")]
    assert [asked.path for asked in server.asked] == ["/", "/gone.rss", "/b.rss"]


async def test_of_a_page_that_names_none_the_usual_places_are_asked_one_after_the_other(
    server: FeedServer, fetcher: Fetcher, parser: DirectParser
) -> None:
    server.serve(rss(story(1)), "/rss.xml")
    found = await _look(_page(server, "/"), fetcher, parser)
    assert (found.way, found.sight.asked) == ("usual place", server.url("/rss.xml"))
    assert [asked.path for asked in server.asked] == ["/", "/feed", "/rss", "/rss.xml"]


async def test_a_page_without_any_feed_is_told_with_what_was_tried(
    server: FeedServer, fetcher: Fetcher, parser: DirectParser
) -> None:
    _page(server, "/feed")  # a server that shows its home page at every address
    found = await _look(_page(server, "/"), fetcher, parser)
    assert (found.sight.parsed, found.sight.reason) == (None, "html")
    assert "Home" in found.sight.message
    assert [one.reason for one in found.tried] == ["html", *["http_client"] * 5]
    assert len(server.asked) == 7


@pytest.mark.parametrize("status", [403, 429, 500])
async def test_a_server_that_turns_us_away_is_not_asked_at_more_places(
    server: FeedServer, fetcher: Fetcher, parser: DirectParser, status: int
) -> None:
    server.fail(status, "/feed")
    found = await _look(_page(server, "/"), fetcher, parser)
    assert len(server.asked) == 2
    assert [one.http for one in found.tried] == [status]


async def test_a_page_that_names_itself_is_asked_once(
    server: FeedServer, fetcher: Fetcher, parser: DirectParser
) -> None:
    found = await _look(_page(server, "/news", "/news", "/a", "/b", "/c", "/d"), fetcher, parser)
    assert found.sight.parsed is None
    assert [asked.path for asked in server.asked] == ["/news", "/a", "/b", "/c"]


@pytest.mark.parametrize(("status", "reason"), [(404, "http_client"), (401, "denied"), (410, "gone")])
async def test_what_cannot_be_had_is_told_with_its_reason(
    server: FeedServer, fetcher: Fetcher, parser: DirectParser, status: int, reason: str
) -> None:
    found = await _look(server.fail(status), fetcher, parser)
    assert (found.sight.http, found.sight.reason, found.sight.parsed) == (status, reason, None)
    assert str(status) in found.sight.message
    assert server.url() not in found.sight.message
    assert len(server.asked) == 1


@pytest.mark.parametrize("body", [b"", b"%PDF-1.7", b'{"a": 1}', b"<opml/>"])
async def test_a_document_that_is_no_feed_is_told(
    server: FeedServer, fetcher: Fetcher, parser: DirectParser, body: bytes
) -> None:
    found = await _look(server.serve(body), fetcher, parser)
    assert found.sight.parsed is None
    assert found.sight.message
    assert len(server.asked) == 1


@pytest.mark.parametrize(("status", "for_good"), [(301, True), (308, True), (302, False)])
async def test_redirects_are_seen_and_whether_for_good(
    server: FeedServer, fetcher: Fetcher, parser: DirectParser, status: int, for_good: bool
) -> None:
    to = server.serve(rss(story(1)), "/new")
    sight = (await _look(server.redirect("/new", "/old", status=status), fetcher, parser)).sight
    assert (sight.asked, sight.url, sight.moved_to) == (server.url("/old"), to, to if for_good else None)


async def test_a_private_address_is_refused(fetcher: Fetcher, parser: DirectParser) -> None:
    found = await _look("http://10.1.2.3/feed", fetcher, parser)
    assert found.sight.reason == "forbidden_address"


async def test_what_is_longer_than_allowed_is_cut_and_more_can_be_allowed(
    server: FeedServer, fetcher: Fetcher, parser: DirectParser
) -> None:
    url = server.serve(rss(story(40)))
    cut, whole = await _look(url, fetcher, parser, max_body=2000), await _look(url, fetcher, parser)
    assert cut.sight.cut
    assert cut.sight.parsed is not None
    assert whole.sight.parsed is not None
    assert 0 < len(cut.sight.parsed.entries) < len(whole.sight.parsed.entries) == 40


async def test_a_password_is_sent_and_never_shown(server: FeedServer, fetcher: Fetcher, parser: DirectParser) -> None:
    url = server.serve(rss(story(1))).replace("//", "//desk:secret@")
    found = await _look(url, fetcher, parser)
    assert "secret" not in repr(found)
    assert server.asked[0].headers["Authorization"].startswith("Basic ")


async def test_a_saved_document_is_read_as_if_it_came(parser: DirectParser) -> None:
    found = await look_at_document(rss(story(2)), "saved.xml", parser)
    assert (found.way, found.sight.asked, found.sight.http) == ("file", "saved.xml", None)
    assert found.sight.parsed is not None
    assert len(found.sight.parsed.entries) == 2
    assert (await look_at_document(b"", "saved.xml", parser)).sight.reason == "empty"


async def test_what_is_no_address_is_refused_before_anybody_is_asked(fetcher: Fetcher, parser: DirectParser) -> None:
    with pytest.raises(ValueError, match="begins with http"):
        await _look("ftp://example.org/", fetcher, parser)
