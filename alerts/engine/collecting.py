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
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from sqlalchemy import Engine

from alerts.collect import politeness
from alerts.collect.asking.fetch import Fetcher
from alerts.collect.outage import Outage
from alerts.collect.outcome import Outcome, Settled
from alerts.collect.poll import Parser, poll_feed
from alerts.engine import older
from alerts.engine.hosts import Hosts
from alerts.engine.pulse import Work
from alerts.engine.recording import News, Recorder, Threads, no_news
from alerts.errors import StoreError
from alerts.store import meta, polling
from alerts.store.database import writing
from alerts.store.feeds import FeedRow
from alerts.store.polling import Finished, PollResult, Settle

# A host's claim must be polled before its lease ends, however slow the host is: eight polls of a minute.
LEASE_S: Final = 600.0
_AT_A_TIME: Final = 8
_HICCUP: Final = timedelta(minutes=2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Polled:
    """One finished poll."""

    feed: FeedRow
    outcome: Outcome
    result: PollResult


class Collector:
    """Polls feeds of `at_once` hosts side by side. `on_poll` is told of each finished poll, `on_error` of one
    that broke off by a fault of ours (its feed is due again when its lease ends). `retry_s` is the wait until
    a database that could not be written is tried again. `on_news` is called in the transaction that stores articles;
    `may` says whether a feed may be asked at this moment.
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
        on_news: News = no_news,
        may: Callable[[], bool] = lambda: True,
    ) -> None:
        self.engine, self.fetcher, self.parser, self.clock = engine, fetcher, parser, clock
        self.on_poll, self.on_error, self.may = on_poll, on_error, may
        self.outage = Outage()
        self._threads = Threads()
        self.hosts = Hosts(at_once)
        self.recorder = Recorder(
            engine=engine,
            clock=clock,
            settle=self._settle,
            threads=self._threads,
            under_way=lambda: len(self.hosts.busy),
            retry_s=retry_s,
            on_news=on_news,
        )
        self._outage_noted: datetime | None = None
        self._token = secrets.token_hex(16)

    @property
    def longest(self) -> Work:
        """The host that was begun first, for the watchdog: it must end, however slow its server is. What cannot be
        stored waits for the database, and is not stuck."""
        going, most = self.hosts.longest_s, 2 * (LEASE_S + _AT_A_TIME * self.fetcher.settings.host_gap)
        outer = "" if self.recorder.trouble is None else str(self.recorder.trouble)
        return Work(name="the polls of a host", due_s=going, quiet_s=going, patience_s=most, outer=outer)

    async def tick(self) -> int:
        """Begin to poll hosts that have feeds due, as far as places are free; returns how many hosts.

        Raises StoreError when the database cannot be used, or could not take what a poll brought.
        """
        await self._ready()
        free, busy = self.hosts.free, self.hosts.busy
        if not free:
            return 0
        begun: dict[str, list[FeedRow]] = {}
        for feed in await self._threads.do(lambda: self._claim(free, busy)):
            begun.setdefault(feed.host, []).append(feed)
        for host, claimed in begun.items():
            self.hosts.begin(host, self._host(host, claimed))
        return len(begun)

    async def run_due(self) -> int:
        """Poll all feeds that are due now, to the last; returns how many hosts were asked. Raises StoreError."""
        return await self.hosts.all_due(self.tick)

    async def poll_host(self, host: str) -> None:
        """Poll feeds of a host that are due, some of them: for who sees to it that nobody else asks this host. Raises
        StoreError."""
        await self._ready()
        if claimed := await self._threads.do(lambda: self._claim_host(host)):
            await self.hosts.run(host, self._host(host, claimed))

    async def _ready(self) -> None:
        """Raises StoreError when the database could not take what a poll brought."""
        if self.recorder.trouble is not None:
            raise self.recorder.trouble
        await self._note_outage()

    async def stop(self) -> None:
        """Break off what runs, and give the feeds back; what is being stored is stored."""
        await self.hosts.stop()
        await self.recorder.stop()
        with suppress(StoreError):  # then the next start gives them back
            await asyncio.to_thread(self._give_back)

    async def poll(self, feed: FeedRow) -> Polled:
        """Poll one feed now, and store what it came to. Raises StoreError, or InputError for a feed that was
        removed meanwhile."""
        return await self._one(feed, patient=False)

    async def _host(self, host: str, claimed: list[FeedRow]) -> None:
        """Poll these feeds of a host, one after the other."""
        for feed in claimed:
            if not self.may():
                return
            try:
                polled = await self._one(feed)
            except Exception as error:
                self.on_error(feed, error)
            else:
                if polled.outcome.status == "throttled" and await self._put_off(host, polled.outcome):
                    return

    async def _one(self, feed: FeedRow, *, patient: bool = True) -> Polled:
        outcome = await poll_feed(feed, self.fetcher, self.parser, now=self.clock())
        again = self.outage.heard(feed.id, feed.host, outcome, self.clock())
        if not outcome.ok and self.outage.since is not None:
            outcome = replace(outcome, ours=True)
        polled = Polled(feed=feed, outcome=outcome, result=await self.recorder.record(feed, outcome, patient=patient))
        self.on_poll(polled)
        if again:
            await self._threads.do(lambda: self._bring_forward(again))
        if polled.result.gap and outcome.older:
            await self._older(feed, outcome)
        return polled

    async def _older(self, feed: FeedRow, outcome: Outcome) -> None:
        """Items came and went between two polls: look for them where the feed says that its older ones are."""
        async for page in older.pages(outcome.older, self.fetcher, self.parser):
            store = partial(older.store, self.engine, feed, page.entries, language=outcome.language, now=self.clock())
            if await self._threads.do(store):
                return

    def _settle(self, now: datetime) -> Settle:
        def settle(poll: Finished, new: int, items: int) -> Settled:
            return politeness.settle(
                poll.feed,
                poll.outcome,
                new=new,
                items=items,
                now=now,
                settings=self.fetcher.settings,
                jitter=random.random(),
            )

        return settle

    def _claim(self, hosts: int, busy: tuple[str, ...]) -> list[FeedRow]:
        with writing(self.engine) as conn:
            return polling.claim_due(
                conn,
                self.clock(),
                token=self._token,
                hosts=hosts,
                each=_AT_A_TIME,
                but=busy,
                lease_s=LEASE_S,
            )

    def _claim_host(self, host: str) -> list[FeedRow]:
        with writing(self.engine) as conn:
            return polling.claim_host(
                conn, self.clock(), host=host, token=self._token, each=_AT_A_TIME, lease_s=LEASE_S
            )

    async def _put_off(self, host: str, outcome: Outcome) -> bool:
        """Leave a host alone that has had too many requests; whether that could be stored."""
        wait = min(outcome.retry_after or politeness.THROTTLES_HOST, politeness.THROTTLES_HOST)
        try:
            await self._threads.do(lambda: self._put_off_until(host, self.clock() + wait))
        except StoreError:
            return False
        return True

    def _put_off_until(self, host: str, until: datetime) -> None:
        with writing(self.engine) as conn:
            polling.put_off(conn, host, until)

    def _bring_forward(self, feed_ids: tuple[int, ...]) -> None:
        with writing(self.engine) as conn:
            polling.bring_forward(conn, feed_ids, self.clock())

    async def _note_outage(self) -> None:
        """Write down that we are cut off, and that it is over, for the look and the status to find."""
        since = self.outage.since
        noted = since if since is not None and self.clock() - since >= _HICCUP else None
        if noted != self._outage_noted:
            await self._threads.do(lambda: self._put_outage(noted))
            self._outage_noted = noted

    def _put_outage(self, since: datetime | None) -> None:
        with writing(self.engine) as conn:
            meta.put_outage(conn, since)

    def _give_back(self) -> None:
        with writing(self.engine) as conn:
            polling.release(conn, self._token)
