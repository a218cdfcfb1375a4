"""A recording server proves how the collector behaves over hours and days: what it asks, when, and what it believes."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from aiohttp import web
from sqlalchemy import select

from alerts.collect.asking.fetch import Fetcher
from alerts.collect.settings import CollectSettings
from alerts.engine.collecting import Collector, Polled
from alerts.errors import InputError
from alerts.store import documents, feeds, meta
from alerts.store.database import open_database, reading, writing
from alerts.store.feeds import FeedRow, Wishes
from alerts.store.schema import article, poll
from tests.collect.conftest import DirectParser
from tests.fakes.feeds import FeedServer, Item, rss, story
from tests.sealed import VAULT
from tests.warm import empty_database

START = datetime(2026, 3, 2, 12, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def items(first: int, last: int) -> bytes:
    """Reports number `last` down to `first`."""
    return rss(story(last)[: last - first + 1])


@dataclass
class Days:
    """A collector on a clock of its own, and what its polls came to."""

    path: Path
    server: FeedServer
    settings: CollectSettings
    now: datetime = START
    polled: list[Polled] = field(default_factory=list)
    errors: list[Exception] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.open()

    def open(self) -> None:
        self.engine = open_database(f"sqlite:///{self.path}", vault=VAULT)
        self.fetcher = Fetcher(self.settings)
        self.collector = Collector(
            self.engine,
            self.fetcher,
            DirectParser(),
            clock=lambda: self.now,
            on_poll=self.polled.append,
            on_error=lambda feed, error: self.errors.append(error),
        )

    async def close(self) -> None:
        await self.collector.stop()
        await self.fetcher.close()
        self.engine.dispose()
        assert self.errors == []

    async def restart(self) -> None:
        await self.close()
        self.open()

    def add(self, url: str, own: Wishes | None = None) -> None:
        with writing(self.engine) as conn:
            feeds.add_feed(conn, url, now=self.now, interval=15 * MINUTE, own=own or Wishes())

    @property
    def feed(self) -> FeedRow:
        with reading(self.engine) as conn:
            [found] = feeds.list_feeds(conn)
        return found

    def asked(self, path: str = "/feed") -> int:
        return sum(one.path == path for one in self.server.asked)

    async def poll(self, after: timedelta | None = None) -> Polled:
        """The next poll: when it is due, or forced some time from now."""
        self.now = max(self.now, self.feed.next_due) if after is None else self.now + after
        if after is not None:
            with writing(self.engine) as conn:
                conn.exec_driver_sql("UPDATE feed SET next_due = added")
        await self.collector.run_due()
        return self.polled[-1]

    @property
    def titles(self) -> list[str]:
        with reading(self.engine) as conn:
            return sorted(conn.execute(select(article.c.title)).scalars())


@pytest.fixture
async def days(tmp_path: Path) -> AsyncIterator[Days]:
    path = empty_database(tmp_path / "alerts.db")
    async with FeedServer() as server:
        hosts = (server.address, f"localhost:{server.port}")
        made = Days(path, server, CollectSettings(allow_hosts=hosts, host_gap=0, jitter=0))
        yield made
        await made.close()


async def test_nothing_is_asked_before_it_is_due_nor_after_a_restart(days: Days) -> None:
    days.add(days.server.serve(items(1, 3)))
    await days.collector.run_due()
    due = days.feed.next_due
    assert due == START + 15 * MINUTE
    for _ in range(3):
        await days.restart()
        days.now = due - timedelta(seconds=1)
        await days.collector.run_due()
    assert days.asked() == 1
    days.now = due
    await days.collector.run_due()
    assert days.asked() == 2


async def test_both_validators_go_back_and_are_replaced_by_what_comes(days: Days) -> None:
    days.add(days.server.serve(items(1, 3), etag='W/"a b"', last_modified="yesterday, about noon"))
    await days.poll()
    days.server.serve(items(1, 4), etag='"new"')
    await days.poll()
    await days.poll()
    given = [(one.headers.get("If-None-Match"), one.headers.get("If-Modified-Since")) for one in days.server.asked]
    assert given == [(None, None), ('W/"a b"', "yesterday, about noon"), ('"new"', None)]


async def test_too_many_requests_rest_the_whole_host_for_as_long_as_it_asks(days: Days) -> None:
    for path in ("/a", "/b", "/c"):
        days.add(days.server.fail(429, path, headers={"Retry-After": "1800"}))
    await days.collector.run_due()
    assert len(days.server.asked) == 1
    days.now += timedelta(seconds=1799)
    await days.collector.run_due()
    assert len(days.server.asked) == 1
    days.now += timedelta(seconds=1)
    await days.collector.run_due()
    assert len(days.server.asked) == 2


async def test_one_feed_cannot_silence_its_host_for_longer_than_an_hour(days: Days) -> None:
    days.add(days.server.fail(429, "/a", headers={"Retry-After": "86400"}))
    days.add(days.server.serve(items(1, 3), "/b"))
    await days.collector.run_due()
    assert (days.asked("/a"), days.asked("/b")) == (1, 0)
    days.now += HOUR
    await days.collector.run_due()
    assert (days.asked("/a"), days.asked("/b")) == (1, 1)


async def test_a_server_that_is_away_says_when_to_come_again(days: Days) -> None:
    until = START + 5 * HOUR
    days.add(days.server.fail(503, headers={"Retry-After": until.strftime("%a, %d %b %Y %H:%M:%S GMT")}))
    await days.poll()
    assert days.feed.next_due == until


async def test_a_feed_that_is_gone_is_asked_once_a_day_for_ever(days: Days) -> None:
    days.add(days.server.fail(410))
    for day in range(5):
        await days.poll()
        assert days.now == START + day * DAY


async def test_a_host_has_one_connection_and_one_request_at_a_time_with_a_gap_between(days: Days) -> None:
    days.settings = CollectSettings(allow_hosts=(days.server.address,), host_gap=0.05, jitter=0)
    await days.restart()
    times: list[tuple[float, float]] = []
    peers: set[object] = set()

    async def answer(request: web.Request) -> web.StreamResponse:
        begun = asyncio.get_running_loop().time()
        assert request.transport is not None
        peers.add(request.transport.get_extra_info("peername"))
        await asyncio.sleep(0.01)
        times.append((begun, asyncio.get_running_loop().time()))
        return web.Response(body=items(1, 3))

    for number in range(6):
        days.add(days.server.answer(answer, f"/{number}"))
    await days.collector.run_due()
    assert (len(times), len(peers)) == (6, 1)
    for (_, end), (begin, _) in pairwise(times):
        assert begin - end >= 0.045


async def test_redirects_of_many_feeds_to_one_host_wait_for_their_turn_there(days: Days) -> None:
    running, most = 0, 0

    async def answer(request: web.Request) -> web.StreamResponse:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0.03)
        running -= 1
        return web.Response(body=items(1, 3))

    target = days.server.answer(answer, "/shared").replace("127.0.0.1", "localhost")
    days.add(days.server.redirect(target, "/a"))
    days.add(days.server.answer(answer, "/b").replace("127.0.0.1", "localhost"))
    await days.collector.run_due()
    assert (most, len(days.server.asked)) == (1, 3)


async def test_a_permanent_redirect_is_believed_after_five_times_in_a_day(days: Days) -> None:
    old = days.server.redirect("/new", "/old", status=301)
    new = days.server.serve(items(1, 3), "/new", etag='"1"')
    days.add(old)
    for number in range(5):
        assert days.feed.url == old, number
        await days.poll(after=5 * HOUR)
    assert days.feed.url == old  # five times, but not for a day
    polled = await days.poll(after=5 * HOUR)
    assert (days.feed.url, polled.result.url, days.feed.etag) == (new, new, None)
    assert days.asked("/old") == 6
    polled = await days.poll()
    assert (days.asked("/old"), polled.outcome.ok, polled.result.new) == (6, True, 0)
    assert days.server.asked[-1].headers.get("If-None-Match") is None  # validators are one address's
    with pytest.raises(InputError, match="it has moved"):
        days.add(old)


async def test_what_an_operator_says_of_a_feed_while_it_is_asked_stands(days: Days) -> None:
    asked, go = asyncio.Event(), asyncio.Event()

    async def answer(request: web.Request) -> web.StreamResponse:
        asked.set()
        await go.wait()
        return web.Response(body=items(1, 3), headers={"ETag": '"old"', "Content-Type": "application/rss+xml"})

    days.add(days.server.answer(answer, "/old"))
    new = days.server.serve(items(1, 4), "/new")
    running = asyncio.create_task(days.collector.run_due())
    await asked.wait()
    with writing(days.engine) as conn:
        feeds.change_feed(conn, replace(days.feed, url=new, source="Renamed"), now=days.now)
    go.set()
    await running
    assert (days.feed.url, days.feed.source, days.feed.etag) == (new, "Renamed", None)
    assert days.titles == [f"Report {number}" for number in range(1, 5)]


async def test_a_redirect_that_changes_its_mind_moves_nothing(days: Days) -> None:
    for path in ("/one", "/two"):
        days.server.serve(items(1, 3), path)
    days.add(days.server.url("/old"))
    for number in range(12):
        days.server.redirect(("/one", "/two")[number % 2], "/old", status=308)
        await days.poll(after=5 * HOUR)
    assert days.feed.url == days.server.url("/old")


async def test_a_feed_that_moved_onto_another_one_stays_and_says_so(days: Days) -> None:
    target = days.server.serve(items(1, 3), "/new")
    days.add(days.server.redirect("/new", "/old", status=301))
    for _ in range(7):
        await days.poll(after=5 * HOUR)
        if len(days.polled) == 2:
            days.add(target)
            break
    with reading(days.engine) as conn:
        assert len(feeds.list_feeds(conn)) == 2
    for _ in range(6):
        days.now += 5 * HOUR
        with writing(days.engine) as conn:
            conn.exec_driver_sql("UPDATE feed SET next_due = added")
        await days.collector.run_due()
    with reading(days.engine) as conn:
        found = {feed.url: feed.moved_to for feed in feeds.list_feeds(conn)}
    assert found == {days.server.url("/old"): target, target: None}


async def test_a_server_that_says_not_modified_for_ever_is_found_out_within_a_day(days: Days) -> None:
    lying = {"body": items(1, 3)}

    async def answer(request: web.Request) -> web.StreamResponse:
        if "If-None-Match" in request.headers:
            return web.Response(status=304, headers={"ETag": '"same"'})
        return web.Response(body=lying["body"], headers={"ETag": '"same"', "Content-Type": "application/rss+xml"})

    days.add(days.server.answer(answer))
    await days.poll()
    lying["body"] = items(2, 4)
    for _ in range(8):
        polled = await days.poll(after=3 * HOUR)
    assert (polled.result.new, polled.result.lied) == (1, True)
    assert days.feed.lies_since == days.now
    lying["body"] = items(3, 5)
    polled = await days.poll()
    assert (polled.result.new, polled.outcome.status) == (1, "ok")


async def test_an_honest_server_is_not_called_a_liar(days: Days) -> None:
    days.add(days.server.serve(items(1, 3), etag='"1"'))
    for number in range(2, 9):
        for _ in range(3):
            await days.poll(after=3 * HOUR)
        days.server.serve(items(number, number + 2), etag=f'"{number}"')
    assert days.feed.lies_since is None
    whole = [polled.outcome.whole for polled in days.polled if polled.outcome.status == "ok"]
    assert whole.count(True) >= 2


async def test_items_that_may_have_been_missed_are_told_and_looked_for_in_older_documents(days: Days) -> None:
    def linked(body: bytes, older: str) -> bytes:
        link = f'<atom:link xmlns:atom="http://www.w3.org/2005/Atom" rel="prev-archive" href="{older}"/>'
        return body.replace(b"<channel>", b"<channel>" + link.encode())

    days.add(days.server.serve(items(1, 3)))
    await days.poll()
    days.server.serve(linked(items(10, 12), "/page/2"))
    days.server.serve(linked(items(7, 9), "/page/3"), "/page/2")
    days.server.serve(linked(items(3, 6), "/page/4"), "/page/3")
    days.server.serve(items(1, 2), "/page/4")
    polled = await days.poll()
    assert polled.result.gap
    assert days.feed.gap_at == days.now
    assert days.titles == sorted(f"Report {number}" for number in range(1, 13))
    assert days.asked("/page/4") == 0  # where one is known, nothing is missing any more
    assert days.feed.interval < 15 * MINUTE / 2
    assert not (await days.poll()).result.gap


async def test_a_hidden_gap_costs_no_endless_walk(days: Days) -> None:
    def page(first: int, older: str) -> bytes:
        link = f'<atom:link xmlns:atom="http://www.w3.org/2005/Atom" rel="next" href="{older}"/>'
        return items(first, first + 2).replace(b"<channel>", b"<channel>" + link.encode())

    days.add(days.server.serve(items(1, 3)))
    await days.poll()
    days.server.serve(page(100, "/page/0"))
    for number in range(20):
        days.server.serve(page(90 - 3 * number, f"/page/{number + 1}"), f"/page/{number}")
    await days.poll()
    assert sum(one.path.startswith("/page/") for one in days.server.asked) == 5


async def test_documents_are_kept_of_polls_that_brought_something_or_could_not_be_read(days: Days) -> None:
    days.add(days.server.serve(items(1, 3)))
    await days.poll()
    await days.poll()
    days.server.serve(b"Come back later", kind="text/plain")
    await days.poll()
    with reading(days.engine) as conn:
        kept = documents.of_feed(conn, days.feed.id)
        assert [one.status for one in kept] == ["not_a_feed", "ok"]
        first = documents.get(conn, kept[-1].id)
    assert first is not None
    assert (first.body, first.content_type) == (items(1, 3), "application/rss+xml; charset=utf-8")


async def test_every_poll_leaves_a_row_with_what_it_met(days: Days) -> None:
    days.add(days.server.serve(items(1, 3), etag='"1"'))
    await days.poll()
    await days.poll()
    days.server.serve(items(2, 4), etag='"2"')
    await days.poll()
    days.server.fail(500)
    await days.poll()
    with reading(days.engine) as conn:
        rows = conn.execute(select(poll).order_by(poll.c.id)).all()
    met = [(row.status, row.http, row.entries, row.new, row.overlap, row.whole, row.gap) for row in rows]
    assert met == [
        ("ok", 200, 3, 3, 0, True, False),
        ("not_modified", 304, 0, 0, 0, False, False),
        ("ok", 200, 3, 1, 2, False, False),
        ("http_server", 500, 0, 0, 0, False, False),
    ]
    assert rows[-1].due_reason == "failure 1"


def unreachable(count: int) -> Sequence[str]:
    """Addresses of different hosts at which nobody listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    return [f"http://127.0.0.{number + 2}:{port}/feed" for number in range(count)]


async def test_while_we_are_cut_off_nothing_is_held_against_feeds_and_afterwards_all_are_asked(days: Days) -> None:
    urls = unreachable(6)
    days.settings = CollectSettings(allow_hosts=("127.0.0.1", *(url.split("/")[2] for url in urls)), host_gap=0)
    await days.restart()
    for url in urls:
        days.add(url)
    for _ in range(4):
        await days.collector.run_due()
        days.now += HOUR
    with reading(days.engine) as conn:
        found = feeds.list_feeds(conn)
        assert meta.outage_since(conn) == START
    assert max(feed.failures for feed in found) <= 1  # the first ones could not know
    days.add(days.server.serve(items(1, 3)))
    days.polled.clear()
    with writing(days.engine) as conn:
        conn.exec_driver_sql(
            "UPDATE feed SET next_due = '2026-03-03 00:00:00' WHERE url LIKE '%:' || ? || '/feed' = 0",
            (days.server.port,),
        )
    await days.collector.run_due()
    assert len(days.polled) == 7  # the one that answers, and then all the others at once
    await days.collector.tick()
    with reading(days.engine) as conn:
        assert meta.outage_since(conn) is None


async def test_an_item_is_a_revision_when_its_text_changes_under_a_delta(days: Days) -> None:
    first = Item(title="Two dead in Northtown", guid="1", html="<p>Two died.</p>")
    other = Item(title="Rain", guid="2", html="<p>It rains.</p>")
    days.add(days.server.serve(rss([first, other])))
    await days.poll()
    changed = Item(title="Two hundred dead in Northtown", guid="1", html="<p>Two hundred died.</p>")
    days.server.serve(rss([changed, other]))
    polled = await days.poll()
    assert (polled.result.new, polled.result.revised, polled.result.same) == (0, 1, 1)
    assert days.titles == ["Rain", "Two hundred dead in Northtown"]


def same_id(*numbers: int) -> bytes:
    """Items that all have one id."""
    return rss(
        [
            Item(
                title=f"Report {number}",
                guid="1",
                link=f"https://example.org/{number}",
                html=f"<p>Report {number}.</p>",
                published=f"Mon, 02 Mar 2026 {number:02}:00:00 GMT",
            )
            for number in numbers
        ]
    )


async def test_items_that_share_one_id_are_each_kept_while_they_come_and_go(days: Days) -> None:
    days.add(days.server.serve(same_id(3, 2, 1)))
    await days.poll()
    for number in range(4, 9):
        days.server.serve(same_id(number, number - 1, number - 2))
        polled = await days.poll(after=HOUR if number < 8 else DAY)  # the last one is read whole
        assert (polled.result.new, polled.result.revised, polled.result.same) == (1, 0, 2), number
    assert days.titles == [f"Report {number}" for number in range(1, 9)]


async def test_an_id_that_is_used_again_after_its_item_has_gone_is_a_new_article(days: Days) -> None:
    days.add(days.server.url())
    for number in range(1, 4):
        days.server.serve(same_id(number))
        polled = await days.poll(after=HOUR)
        assert (polled.result.new, polled.result.revised) == (1, 0)
        assert (await days.poll(after=DAY)).result.new == 0
    assert days.titles == ["Report 1", "Report 2", "Report 3"]
