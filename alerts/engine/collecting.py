"""The collecting stage: feeds that are due are claimed, polled side by side by host, and stored.

A host's feeds are polled one after the other, so that no server ever sees two requests of ours at once; hosts
side by side, so that a slow one holds up nobody else.

What a poll brought is never dropped: while the database cannot take it, it is kept, and no further feed is
asked.
"""

from __future__ import annotations

import asyncio
import random
import secrets
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import Engine

from alerts.collect.fetch import Fetcher
from alerts.collect.outcome import Outcome
from alerts.collect.poll import Parser, poll_feed
from alerts.errors import StoreError
from alerts.store import articles, feeds
from alerts.store.database import writing
from alerts.store.feeds import FeedRow, PollResult

_Result = TypeVar("_Result")
# A host's claim must be polled before its lease ends, however slow the host is: eight polls of a minute.
LEASE_S = 600.0
_AT_A_TIME = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Polled:
    """One finished poll."""

    feed: FeedRow
    outcome: Outcome
    result: PollResult


class Collector:
    """Polls feeds of `at_once` hosts side by side. `on_poll` is told of each finished poll, `on_error` of one
    that broke off by a fault of ours (its feed is due again when its lease ends). `retry_s` is the wait until
    a database that could not be written is tried again.
    """

    def __init__(
        self,
        engine: Engine,
        fetcher: Fetcher,
        parser: Parser,
        *,
        clock: Callable[[], datetime],
        at_once: int = 64,
        retry_s: float = 5.0,
        on_poll: Callable[[Polled], None] = lambda polled: None,
        on_error: Callable[[FeedRow, Exception], None] = lambda feed, error: None,
    ) -> None:
        self.engine, self.fetcher, self.parser, self.clock = engine, fetcher, parser, clock
        self.at_once, self.retry_s = at_once, retry_s
        self.on_poll, self.on_error = on_poll, on_error
        self._hosts: dict[str, asyncio.Task[None]] = {}
        self._threads: set[asyncio.Task[Any]] = set()
        self._troubles: dict[str, StoreError] = {}
        self._token = secrets.token_hex(16)

    async def tick(self) -> int:
        """Begin to poll hosts that have a feed due, as far as places are free; returns how many.

        Raises StoreError when the database cannot be used, or could not take what a poll brought.
        """
        self._raise_trouble()
        free = self.at_once - len(self._hosts)
        if free <= 0:
            return 0
        claimed = await self._in_thread(lambda: self._claim(free, busy=tuple(self._hosts)))
        for feed in claimed:
            self._hosts[feed.host] = asyncio.create_task(self._host(feed), name=f"host {feed.host}")
        return len(claimed)

    async def run_due(self) -> int:
        """Poll all feeds that are due now, to the last; returns how many hosts were asked. Raises StoreError."""
        asked = 0
        while (begun := await self.tick()) or self._hosts:
            asked += begun
            if self._hosts:
                await asyncio.wait(set(self._hosts.values()), timeout=1.0, return_when=asyncio.FIRST_COMPLETED)
        return asked

    async def stop(self) -> None:
        """Break off what runs, and give the feeds back; what is being stored is stored."""
        running = set(self._hosts.values())
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        await asyncio.gather(*self._threads, return_exceptions=True)
        with suppress(StoreError):  # then the next start gives them back
            await asyncio.to_thread(self._give_back)

    async def poll(self, feed: FeedRow) -> Polled:
        """Poll one feed now, and store what it came to. Raises StoreError, or InputError for a feed that was
        removed meanwhile."""
        outcome = await self._ask(feed)
        return self._tell(feed, outcome, await self._in_thread(lambda: self._store(feed, outcome)))

    async def _host(self, feed: FeedRow) -> None:
        """Poll the host's feeds that are due, one after the other, beginning with `feed`."""
        host, waiting = feed.host, [feed]
        try:
            while waiting:
                for feed in waiting:
                    await self._one(feed)
                waiting = await self._in_thread(lambda: self._claim(_AT_A_TIME, host=host))
        except StoreError:
            pass  # the next tick meets it too, and says so
        finally:
            del self._hosts[host]
            self._troubles.pop(host, None)

    async def _one(self, feed: FeedRow) -> None:
        try:
            outcome = await self._ask(feed)
            self._tell(feed, outcome, await self._stored_at_last(feed, outcome))
        except Exception as error:
            self.on_error(feed, error)

    async def _ask(self, feed: FeedRow) -> Outcome:
        return await poll_feed(feed.target, self.fetcher, self.parser, now=self.clock(), jitter=random.random())

    def _tell(self, feed: FeedRow, outcome: Outcome, result: PollResult) -> Polled:
        polled = Polled(feed=feed, outcome=outcome, result=result)
        self.on_poll(polled)
        return polled

    async def _stored_at_last(self, feed: FeedRow, outcome: Outcome) -> PollResult:
        """Store an outcome, however long the database cannot take it."""
        while True:
            try:
                result = await self._in_thread(lambda: self._store(feed, outcome))
            except StoreError as error:
                self._troubles[feed.host] = error
                await asyncio.sleep(self.retry_s)
            else:
                self._troubles.pop(feed.host, None)
                return result

    async def _in_thread(self, work: Callable[[], _Result]) -> _Result:
        """Do work on the database; to its end even if this is cancelled meanwhile (`stop` waits for it)."""
        task = asyncio.create_task(asyncio.to_thread(work))
        self._threads.add(task)
        task.add_done_callback(self._threads.discard)
        return await asyncio.shield(task)

    def _raise_trouble(self) -> None:
        for trouble in self._troubles.values():
            raise trouble

    def _claim(self, limit: int, *, host: str | None = None, busy: tuple[str, ...] | None = None) -> list[FeedRow]:
        with writing(self.engine) as conn:
            return feeds.claim_due(
                conn,
                self.clock(),
                token=self._token,
                limit=limit,
                lease_s=LEASE_S,
                host=host,
                one_a_host_but=busy,
            )

    def _give_back(self) -> None:
        with writing(self.engine) as conn:
            feeds.release(conn, self._token)

    def _store(self, feed: FeedRow, outcome: Outcome) -> PollResult:
        now = self.clock()
        found = articles.drafts(outcome.entries, seen=now, language=outcome.language)
        with writing(self.engine) as conn:
            return feeds.finish_poll(conn, feed, outcome, found, now)
