from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from alerts.collect.asking.fetch import Fetcher
from alerts.collect.outcome import Outcome, PollTarget, Settled
from alerts.collect.politeness import settle
from alerts.collect.poll import Parser, poll_feed
from alerts.collect.worker import ParserPool
from tests.collect.conftest import DirectParser
from tests.fakes.feeds import FeedServer, rss, story

NOW = datetime(2020, 1, 7, 12, tzinfo=UTC)
QUARTER = timedelta(minutes=15)
FEED = rss(story(3))


class Poller:
    """Polls one feed as the service would, keeping between polls what the store keeps."""

    def __init__(self, fetcher: Fetcher, parser: Parser) -> None:
        self.fetcher, self.parser = fetcher, parser
        # last asked as a whole just now: else each poll would be without validators
        self.feed = PollTarget(id=1, url="", interval=QUARTER, whole_at=NOW)
        self.settled: list[Settled] = []

    async def __call__(self, url: str) -> Outcome:
        outcome = await poll_feed(replace(self.feed, url=url), self.fetcher, self.parser, now=NOW)
        settled = settle(self.feed, outcome, new=0, items=3, now=NOW, settings=self.fetcher.settings)
        self.settled.append(settled)
        self.feed = replace(
            self.feed,
            etag=outcome.etag,
            last_modified=outcome.last_modified,
            marks=outcome.marks,
            failures=settled.failures,
        )
        return outcome


@pytest.fixture
def poll(fetcher: Fetcher, parser: Parser) -> Poller:
    return Poller(fetcher, parser)


async def test_the_parser_process_and_the_parser_agree(server: FeedServer, fetcher: Fetcher, pool: ParserPool) -> None:
    target = PollTarget(id=1, url=server.serve(FEED, etag='"1"'), interval=QUARTER)
    inside = await poll_feed(target, fetcher, DirectParser(), now=NOW)
    outside = await poll_feed(target, fetcher, pool, now=NOW)
    assert replace(inside, ms=0) == replace(outside, ms=0)


async def test_a_feed_gives_its_entries(server: FeedServer, poll: Poller) -> None:
    outcome = await poll(server.serve(FEED, etag='"1"', last_modified="Mon", zipped=True))
    assert outcome.ok and outcome.status == "ok"
    assert [entry.title for entry in outcome.entries] == ["Report 3", "Report 2", "Report 1"]
    assert (outcome.http, outcome.size, outcome.error) == (200, len(FEED), None)
    assert (outcome.etag, outcome.last_modified) == ('"1"', "Mon")
    assert (outcome.title, outcome.language) == ("Example news", "en-gb")
    assert (poll.settled[-1].next_due, poll.settled[-1].due_reason) == (NOW + QUARTER, "interval")
    assert outcome.ms > 0


async def test_a_feed_without_news_answers_not_modified(server: FeedServer, poll: Poller) -> None:
    url = server.serve(FEED, etag='"1"')
    await poll(url)
    outcome = await poll(url)
    assert outcome.ok and outcome.status == "not_modified"
    assert (outcome.http, outcome.size, outcome.entries, outcome.etag) == (304, 0, (), '"1"')
    assert poll.settled[-1].next_due == NOW + QUARTER


async def test_failures_count_up_and_a_good_poll_clears_them(server: FeedServer, poll: Poller) -> None:
    url = server.fail(500)
    for _ in range(3):
        await poll(url)
    assert [settled.next_due - NOW for settled in poll.settled] == [QUARTER, 2 * QUARTER, 4 * QUARTER]
    assert poll.feed.failures == 3
    outcome = await poll(server.serve(FEED))
    assert (poll.feed.failures, len(outcome.entries)) == (0, 3)


async def test_retry_after_sets_the_next_poll(server: FeedServer, poll: Poller) -> None:
    outcome = await poll(server.fail(429, headers={"Retry-After": "7200"}))
    assert outcome.status == "throttled"
    assert outcome.retry_after == timedelta(hours=2)
    assert (poll.settled[-1].next_due, poll.settled[-1].due_reason) == (NOW + timedelta(hours=2), "retry-after")
    await poll(server.fail(503, headers={"Retry-After": "Tue, 07 Jan 2020 15:00:00 GMT"}))
    assert poll.settled[-1].next_due == NOW + timedelta(hours=3)


FAULTS: dict[str, tuple[Callable[[FeedServer], str], str, str]] = {
    "500": (lambda s: s.fail(500), "http_server", "answered 500 (Internal Server Error)"),
    "404": (lambda s: s.fail(404), "http_client", "answered 404 (Not Found)"),
    "410": (lambda s: s.fail(410), "gone", "answered 410 (Gone)"),
    "403": (lambda s: s.fail(403), "denied", "answered 403 (Forbidden)"),
    "429": (lambda s: s.fail(429), "throttled", "answered 429 (Too Many Requests)"),
    "hangs up": (lambda s: s.hang_up(), "protocol", "closed the connection"),
    "circle": (lambda s: s.redirect("/feed"), "redirects", "in a circle"),
    "private": (lambda s: s.redirect("http://169.254.169.254/x"), "forbidden_address", "not on the public internet"),
    "page": (lambda s: s.serve(b"<html><title>Log in</title></html>"), "html", 'a web page ("Log in"), not a feed'),
    "empty": (lambda s: s.serve(b""), "empty", "is empty"),
    "text": (lambda s: s.serve(b"Come back later"), "not_a_feed", 'begins "Come back later"'),
    "hostile": (lambda s: s.serve(FEED.replace(b"<item>", b"<a>" * 5000 + b"<item>", 1)), "hostile", "open at once"),
    "broken JSON": (lambda s: s.serve(b'{"items": [{"id"', kind="application/json"), "unreadable", "nor valid JSON"),
}


@pytest.mark.parametrize("name", FAULTS)
async def test_a_fault_is_named_and_loses_nothing(server: FeedServer, poll: Poller, name: str) -> None:
    """The validators stay those of the last document that was read, so what comes next is read in whole."""
    make, status, message = FAULTS[name]
    await poll(server.serve(FEED, etag='"old"'))
    url = make(server)
    server.asked.clear()
    outcome = await poll(url)
    assert outcome.status == status
    assert not outcome.ok
    assert outcome.error is not None
    assert outcome.error.startswith(f"{url}: ")
    assert message in outcome.error
    assert outcome.entries == ()
    assert outcome.etag == '"old"'
    assert poll.feed.failures == 1
    assert NOW + QUARTER <= poll.settled[-1].next_due <= NOW + timedelta(hours=24)
    assert 1 <= len(server.asked) <= 2  # a connection kept open that hangs up is tried once more
    after = await poll(server.serve(rss(story(4)), etag='"new"'))
    assert len(after.entries) + after.unchanged == 4


async def test_a_slow_feed_is_a_fault_too(server: FeedServer, hasty: Fetcher, parser: Parser) -> None:
    outcome = await Poller(hasty, parser)(server.drip(FEED))
    assert outcome.status == "timeout"
    assert outcome.error == f"{server.url()}: took too long to answer"


async def test_a_document_that_cannot_be_read_is_handed_on_raw(server: FeedServer, poll: Poller) -> None:
    outcome = await poll(server.serve(b"Come back later"))
    assert outcome.document is not None
    assert (outcome.document.url, outcome.document.body) == (server.url(), b"Come back later")
    assert outcome.size == 15


async def test_a_document_that_breaks_off_is_asked_for_again_in_whole(server: FeedServer, poll: Poller) -> None:
    half = FEED[: FEED.rindex(b"<item>") + 10]
    outcome = await poll(server.serve(half, etag='"half"'))
    assert (outcome.status, len(outcome.entries), outcome.truncated, outcome.etag) == ("ok", 2, True, None)
    assert "the document ends in the middle" in outcome.warnings


async def test_a_lost_connection_gives_its_whole_items(server: FeedServer, poll: Poller) -> None:
    outcome = await poll(server.break_off(FEED, after=FEED.rindex(b"<item>") + 10))
    assert (outcome.status, len(outcome.entries), outcome.truncated, outcome.etag) == ("ok", 2, True, None)


async def test_an_endless_feed_gives_the_items_under_the_cap(server: FeedServer, poll: Poller) -> None:
    head = FEED[: FEED.rindex(b"</channel>")]
    item = b"<item><title>More</title><description>%s</description></item>" % (b"x" * 1000)
    outcome = await poll(server.endless(head, item))
    assert outcome.status == "ok"
    assert outcome.truncated
    assert len(outcome.entries) == 4  # the endless ones are copies of one
    assert outcome.size <= poll.fetcher.settings.max_body


async def test_a_long_feed_keeps_its_validators(server: FeedServer, poll: Poller) -> None:
    """Cut at the cap it would be the same again: asking for it each time would only cost the server."""
    url = server.serve(rss(story(2_000)), etag='"long"')
    outcome = await poll(url)
    assert (outcome.status, outcome.truncated, outcome.etag) == ("ok", True, '"long"')
    assert (await poll(url)).status == "not_modified"


async def test_a_wrong_charset_spoils_no_letter(server: FeedServer, poll: Poller) -> None:
    body = FEED.replace(b"Report 1", "Évacuation".encode())
    outcome = await poll(server.serve(body, kind="text/xml; charset=iso-8859-1"))
    assert outcome.entries[-1].title == "Évacuation"
    assert outcome.warnings == ("declared as iso8859-1, is utf-8",)


async def test_a_feed_that_moved_for_good_is_told(server: FeedServer, poll: Poller) -> None:
    target = server.serve(FEED, "/new")
    outcome = await poll(server.redirect("/new", status=301))
    assert outcome.moved_to == target
    assert len(outcome.entries) == 3


async def test_relative_links_are_resolved_against_where_the_feed_was_found(server: FeedServer, poll: Poller) -> None:
    server.serve(FEED.replace(b"https://example.org/reports/1", b"story/1"), "/news/feed")
    outcome = await poll(server.redirect("/news/feed"))
    assert outcome.entries[-1].url == server.url("/news/story/1")


async def test_once_a_day_a_feed_is_asked_without_validators_and_read_whole(server: FeedServer, poll: Poller) -> None:
    url = server.serve(FEED, etag='"1"')
    await poll(url)
    assert (await poll(url)).status == "not_modified"
    poll.feed = replace(poll.feed, whole_at=NOW - timedelta(hours=24))
    outcome = await poll(url)
    assert (outcome.status, outcome.whole, outcome.same, len(outcome.entries)) == ("ok", True, True, 3)
    assert "If-None-Match" not in server.asked[-1].headers


async def test_a_feed_that_lied_is_always_asked_without_validators(server: FeedServer, poll: Poller) -> None:
    url = server.serve(FEED, etag='"1"')
    poll.feed = replace(poll.feed, lies_since=NOW, etag='"1"')
    assert (await poll(url)).whole
