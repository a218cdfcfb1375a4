"""Polls into the database, in the order they end: those that end while others are being stored go into the next
transaction together. A poll that the database cannot take is kept until it can.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, TypeVar

from sqlalchemy import Connection, Engine

from alerts.collect.outcome import Outcome
from alerts.errors import StoreError
from alerts.store import articles, polling
from alerts.store.database import writing
from alerts.store.feeds import FeedRow
from alerts.store.polling import Finished, PollResult, Settle

News = Callable[[Connection, Mapping[int, Sequence[str]]], None]
"""What follows from articles that are new or revised (their keys, by feed), in the transaction that stores them."""

_Result = TypeVar("_Result")
_TOGETHER: Final = 64
# Seconds that a poll waits for others: a transaction costs more than what most polls write in it.
_GATHER: Final = 0.05
# A transaction that stores thousands of articles would keep all other writers waiting.
_ENTRIES_TOGETHER: Final = 400


def no_news(conn: Connection, keys: Mapping[int, Sequence[str]]) -> None:
    """Nothing follows: the reading stage looks for itself what waits."""


class Threads:
    """Work on the database in threads, done to its end even if who asked for it is cancelled (`ended` waits for it)."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[Any]] = set()

    async def do(self, work: Callable[[], _Result]) -> _Result:
        task = asyncio.create_task(asyncio.to_thread(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return await asyncio.shield(task)

    async def ended(self) -> None:
        """All work is done."""
        await asyncio.gather(*self._tasks, return_exceptions=True)


@dataclass(slots=True)
class _Poll:
    feed: FeedRow
    outcome: Outcome
    done: asyncio.Future[PollResult]


@dataclass(slots=True, kw_only=True)
class Recorder:
    """`await recorder.record(feed, outcome)`. `under_way` counts the polls that may come here, those that wait
    included. `retry_s` is the wait until a database that could not be written is tried again; `trouble` says why it
    could not, until it can."""

    engine: Engine
    clock: Callable[[], datetime]
    settle: Callable[[datetime], Settle]
    threads: Threads
    under_way: Callable[[], int]
    retry_s: float = 5.0
    on_news: News = no_news
    trouble: StoreError | None = None
    _waiting: list[_Poll] = field(default_factory=list)
    _writer: asyncio.Task[None] | None = None

    async def record(self, feed: FeedRow, outcome: Outcome, *, patient: bool = True) -> PollResult:
        """Store what a poll came to, with others that wait. `patient`: however long the database cannot take it; else
        raises StoreError. Raises InputError for a feed that was removed meanwhile."""
        if not patient:
            [result] = await self.threads.do(lambda: self._store([(feed, outcome)]))
            return result
        poll = _Poll(feed, outcome, asyncio.get_running_loop().create_future())
        self._waiting.append(poll)
        if self._writer is None or self._writer.done():
            self._writer = asyncio.create_task(self._write(), name="recording polls")
        return await poll.done

    async def stop(self) -> None:
        """What is being stored is stored; what the database cannot take is given up, and its feeds polled again."""
        if self._writer is not None:
            self._writer.cancel()
            await asyncio.gather(self._writer, return_exceptions=True)
        await self.threads.ended()
        for poll in self._waiting:
            poll.done.cancel()

    async def _write(self) -> None:
        while self._waiting:
            if len(self._waiting) < min(_TOGETHER, self.under_way()):
                await asyncio.sleep(_GATHER)
            some = self._next()
            try:
                await self._write_some(some)
                self.trouble = None
            except StoreError as error:
                self.trouble = error
                self._waiting = some + self._waiting
                await asyncio.sleep(self.retry_s)

    def _next(self) -> list[_Poll]:
        some: list[_Poll] = []
        entries = 0
        while self._waiting and len(some) < _TOGETHER and entries <= _ENTRIES_TOGETHER:
            some.append(self._waiting.pop(0))
            entries += len(some[-1].outcome.entries)
        return some

    async def _write_some(self, some: list[_Poll]) -> None:
        """Together, or if one of them cannot be stored, each by itself. Raises StoreError when none could be."""
        try:
            results = await self.threads.do(lambda: self._store([(poll.feed, poll.outcome) for poll in some]))
        except StoreError:
            raise
        except Exception as error:
            if len(some) == 1:
                _end(some[0], error)
                return
            while some:
                await self._write_some(some[:1])
                del some[0]  # now it need not be stored again, should the next one meet a StoreError
        else:
            for poll, result in zip(some, results, strict=True):
                _end(poll, result)

    def _store(self, polls: list[tuple[FeedRow, Outcome]]) -> list[PollResult]:
        now = self.clock()
        finished = [
            Finished(
                feed=feed,
                outcome=outcome,
                drafts=articles.drafts(outcome.entries, seen=now, language=outcome.language),
            )
            for feed, outcome in polls
        ]
        with writing(self.engine) as conn:
            results = polling.finish_polls(conn, finished, now, self.settle(now))
            if news := {feed.id: result.news for (feed, _), result in zip(polls, results, strict=True) if result.news}:
                self.on_news(conn, news)
            return results


def _end(poll: _Poll, result: PollResult | Exception) -> None:
    if poll.done.done():
        return  # whoever waited for it was cancelled
    if isinstance(result, Exception):
        poll.done.set_exception(result)
    else:
        poll.done.set_result(result)
