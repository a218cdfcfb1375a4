"""The collecting stage: feeds that are due are claimed, polled side by side by host, and stored.

A host's feeds are polled one after the other, so that no server ever sees two requests of ours at once.
"""

from __future__ import annotations

import asyncio
import random
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine

from alerts.collect.fetch import Fetcher
from alerts.collect.outcome import Outcome
from alerts.collect.poll import poll_feed
from alerts.collect.worker import ParserPool
from alerts.store import articles, feeds
from alerts.store.database import writing
from alerts.store.feeds import FeedRow, PollResult

LEASE_S = 600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Polled:
    """One finished poll."""

    feed: FeedRow
    outcome: Outcome
    result: PollResult


class Collector:
    """Polls feeds. `on_poll` is told of each finished one, `on_error` of a poll that could not be stored
    (its feed is due again when its lease ends).

    A slow host holds up nobody: each tick claims as many feeds as places are free.
    """

    def __init__(
        self,
        engine: Engine,
        fetcher: Fetcher,
        pool: ParserPool,
        *,
        clock: Callable[[], datetime],
        at_once: int = 64,
        on_poll: Callable[[Polled], None] = lambda polled: None,
        on_error: Callable[[FeedRow, Exception], None] = lambda feed, error: None,
    ) -> None:
        self.engine, self.fetcher, self.pool, self.clock, self.at_once = engine, fetcher, pool, clock, at_once
        self.on_poll, self.on_error = on_poll, on_error
        self._hosts: dict[str, list[FeedRow]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._token = secrets.token_hex(16)

    async def tick(self) -> int:
        """Begin to poll the feeds that are due and for which a place is free; returns how many.

        Raises StoreError when the database cannot be used.
        """
        free = self.at_once - sum(len(some) + 1 for some in self._hosts.values())
        if free <= 0:
            return 0
        claimed = await asyncio.to_thread(self._claim, free)
        for feed in claimed:
            if feed.host in self._hosts:
                self._hosts[feed.host].append(feed)
            else:
                self._hosts[feed.host] = [feed]
                task = asyncio.create_task(self._host(feed.host))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)
        return len(claimed)

    async def run_due(self) -> int:
        """Poll all feeds that are due now, to the last; returns how many."""
        polled = 0
        while True:
            begun = await self.tick()
            polled += begun
            if self._tasks:
                await asyncio.wait(set(self._tasks))
            elif not begun:
                return polled

    async def stop(self) -> None:
        """Break off what runs, and give the feeds back."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.to_thread(self._give_back)

    async def poll(self, feed: FeedRow) -> Polled:
        """Poll one feed now, and store what it came to. Raises StoreError, or InputError for a feed that was
        removed meanwhile."""
        now = self.clock()
        outcome = await poll_feed(feed.target, self.fetcher, self.pool, now=now, jitter=random.random())
        result = await asyncio.to_thread(self._store, feed, outcome)
        polled = Polled(feed=feed, outcome=outcome, result=result)
        self.on_poll(polled)
        return polled

    async def _host(self, host: str) -> None:
        waiting = self._hosts[host]
        try:
            while waiting:
                feed = waiting.pop(0)
                try:
                    await self.poll(feed)
                except Exception as error:
                    self.on_error(feed, error)
        finally:
            del self._hosts[host]

    def _claim(self, limit: int) -> list[FeedRow]:
        with writing(self.engine) as conn:
            return feeds.claim_due(conn, self.clock(), token=self._token, limit=limit, lease_s=LEASE_S)

    def _give_back(self) -> None:
        with writing(self.engine) as conn:
            feeds.release(conn, self._token)

    def _store(self, feed: FeedRow, outcome: Outcome) -> PollResult:
        now = self.clock()
        found = articles.drafts(outcome.entries, seen=now, language=outcome.language)
        with writing(self.engine) as conn:
            return feeds.finish_poll(conn, feed, outcome, found, now)
