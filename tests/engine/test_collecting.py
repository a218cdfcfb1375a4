"""Feeds are polled politely and side by side, and nothing that came in is dropped."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from sqlalchemy import Connection, Engine, func, select

from alerts.collect.asking.fetch import Fetcher
from alerts.collect.settings import CollectSettings
from alerts.engine.collecting import Collector, Polled
from alerts.errors import StoreError
from alerts.store import feeds, polling
from alerts.store.database import open_database, reading, writing
from alerts.store.feeds import FeedRow
from alerts.store.polling import Finished, PollResult
from alerts.store.schema import article, feed
from tests.collect.conftest import DirectParser
from tests.fakes import waiting
from tests.fakes.feeds import RSS, FeedServer, rss, story
from tests.sealed import VAULT
from tests.warm import empty_database


@dataclass(slots=True)
class Newsroom:
    """A feed server known by two names, which are two hosts to the poller; what it was asked, and when."""

    server: FeedServer
    engine: Engine
    collector: Collector
    polled: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    running: dict[str, int] = field(default_factory=dict)
    most: dict[str, int] = field(default_factory=dict)

    def add(self, host: str, path: str, *, wait: Callable[[], Any] | None = None) -> str:
        """A feed of three reports at `host`; each answer waits for `wait()`."""

        async def answer(request: web.Request) -> web.StreamResponse:
            self.running[host] = self.running.get(host, 0) + 1
            self.most["all"] = max(self.most.get("all", 0), sum(self.running.values()))
            self.most[host] = max(self.most.get(host, 0), self.running[host])
            try:
                await (wait() if wait is not None else asyncio.sleep(0.01))
            finally:
                self.running[host] -= 1
            return web.Response(body=rss(story(3)), headers={"Content-Type": RSS})

        self.server.answer(answer, path)
        with writing(self.engine) as conn:
            now = datetime.now(UTC) - timedelta(seconds=1)
            url = f"http://{host}:{self.server.port}{path}"
            return feeds.add_feed(conn, url, now=now, interval=timedelta(hours=1)).url

    def count(self, what: Any) -> int:
        with reading(self.engine) as conn:
            return conn.execute(what).scalar_one()  # type: ignore[no-any-return]

    @property
    def articles(self) -> int:
        return self.count(select(func.count()).select_from(article))

    @property
    def leased(self) -> int:
        return self.count(select(func.count()).select_from(feed).where(feed.c.lease_token.is_not(None)))


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Newsroom]:
    engine = open_database(f"sqlite:///{empty_database(tmp_path / 'alerts.db')}", vault=VAULT, busy_s=2)
    async with FeedServer() as server:
        allowed = (server.address, f"localhost:{server.port}")
        async with Fetcher(CollectSettings(allow_hosts=allowed, host_gap=0)) as fetcher:
            collector = Collector(engine, fetcher, DirectParser(), clock=lambda: datetime.now(UTC), retry_s=0.05)
            made = Newsroom(server, engine, collector)
            collector.on_poll = lambda polled: made.polled.append(polled.feed.url)
            collector.on_error = lambda feed, error: made.errors.append(f"{feed.url} {error}")
            yield made
            await collector.stop()
    engine.dispose()


async def test_a_host_is_asked_for_one_feed_at_a_time_and_hosts_side_by_side(room: Newsroom) -> None:
    urls = {room.add(host, f"/{host}/{i}") for host in ("127.0.0.1", "localhost") for i in range(12)}
    await room.collector.run_due()
    assert (set(room.polled), len(room.polled)) == (urls, 24)
    assert (room.most["127.0.0.1"], room.most["localhost"], room.most["all"]) == (1, 1, 2)
    assert room.articles == 24 * 3
    assert room.leased == 0


async def test_a_host_that_ends_while_others_are_looked_for_is_asked_for_the_rest(
    room: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    urls = {room.add("127.0.0.1", f"/{i}") for i in range(9)}  # one more than is claimed at a time
    claim, end = room.collector._claim, time.monotonic() + 5

    def late(hosts: int, busy: tuple[str, ...]) -> list[FeedRow]:
        while busy and room.collector.hosts.busy and time.monotonic() < end:
            time.sleep(0.01)
        return claim(hosts, busy)

    monkeypatch.setattr(room.collector, "_claim", late)
    await room.collector.run_due()
    assert set(room.polled) == urls


async def test_a_slow_host_holds_up_nobody(room: Newsroom) -> None:
    never = asyncio.Event()
    for i in range(20):
        room.add("127.0.0.1", f"/slow/{i}", wait=never.wait)
    quick = {room.add("localhost", f"/quick/{i}") for i in range(3)}
    room.collector.hosts.at_once = 2
    await room.collector.tick()
    await waiting.until(lambda: set(room.polled) == quick)
    assert room.leased == 8  # of the slow host no more than can be asked before the lease ends


async def test_no_more_hosts_than_places_are_asked(room: Newsroom) -> None:
    for host in ("127.0.0.1", "localhost"):
        room.add(host, f"/{host}")
    room.collector.hosts.at_once = 1
    assert await room.collector.tick() == 1
    assert await room.collector.tick() == 0
    await waiting.until(lambda: len(room.polled) == 1)
    assert await room.collector.run_due() == 1
    assert room.most["all"] == 1


async def test_at_a_stop_what_runs_is_broken_off_and_due_again(room: Newsroom) -> None:
    never = asyncio.Event()
    for i in range(3):
        room.add("127.0.0.1", f"/slow/{i}", wait=never.wait)
    await room.collector.tick()
    await waiting.until(lambda: room.running.get("127.0.0.1"))
    async with asyncio.timeout(10):  # it would wait a quarter of a minute for an answer
        await room.collector.stop()
    assert (room.leased, room.polled) == (0, [])
    assert room.count(select(func.count()).select_from(feed).where(feed.c.last_poll.is_(None))) == 3


async def test_what_is_being_stored_at_a_stop_is_stored(room: Newsroom, monkeypatch: pytest.MonkeyPatch) -> None:
    real, begun = polling.finish_polls, asyncio.Event()
    loop = asyncio.get_running_loop()

    def slow(conn: Connection, *rest: Any) -> list[PollResult]:
        loop.call_soon_threadsafe(begun.set)
        asyncio.run_coroutine_threadsafe(asyncio.sleep(0.1), loop).result()
        return real(conn, *rest)

    monkeypatch.setattr(polling, "finish_polls", slow)
    room.add("127.0.0.1", "/feed")
    await room.collector.tick()
    await begun.wait()
    await room.collector.stop()
    assert (room.articles, room.leased) == (3, 0)


async def test_while_the_database_is_full_what_came_in_is_kept_and_nobody_is_asked(
    room: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    full, tries = [True], []
    real = polling.finish_polls

    def finish(conn: Connection, *rest: Any) -> list[PollResult]:
        tries.append(full[0])
        if full[0]:
            raise StoreError("the database is full", reason="full")
        return real(conn, *rest)

    monkeypatch.setattr(polling, "finish_polls", finish)
    room.add("127.0.0.1", "/feed")
    await room.collector.tick()
    await waiting.until(lambda: len(tries) > 2)
    room.add("localhost", "/other")
    with pytest.raises(StoreError, match="full"):
        await room.collector.tick()
    assert (room.articles, [asked.path for asked in room.server.asked]) == (0, ["/feed"])
    full[0] = False
    await waiting.until(lambda: room.polled)
    await room.collector.run_due()
    assert [asked.path for asked in room.server.asked] == ["/feed", "/other"]
    assert (room.articles, room.errors) == (6, [])


async def test_a_fault_of_ours_with_one_feed_leaves_the_others_alone(
    room: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = polling.finish_polls

    def finish(conn: Connection, polls: Sequence[Finished], *rest: Any) -> list[PollResult]:
        if any(poll.feed.url.endswith("/bad") for poll in polls):
            raise ZeroDivisionError("by mistake")
        return real(conn, polls, *rest)

    monkeypatch.setattr(polling, "finish_polls", finish)
    bad, good = room.add("127.0.0.1", "/bad"), room.add("127.0.0.1", "/good")
    await room.collector.run_due()
    assert room.errors == [f"{bad} by mistake"]
    assert room.polled == [good]
    assert room.leased == 1  # asked again when its lease ends, and not each second


async def test_a_feeds_fault_is_stored_with_its_address(room: Newsroom) -> None:
    room.server.fail(503, "/down")
    url = room.server.url("/down")
    seen: list[Polled] = []
    room.collector.on_poll = seen.append
    with writing(room.engine) as conn:
        feeds.add_feed(conn, url, now=datetime.now(UTC), interval=timedelta(hours=1))
    await room.collector.run_due()
    with reading(room.engine) as conn:
        [row] = feeds.list_feeds(conn)
    assert (row.last_status, row.failures) == ("http_server", 1)
    assert url in str(row.last_error)
    assert [polled.outcome.ok for polled in seen] == [False]
