"""Mails on their way out, side by side: the courier's engine, which knows nothing of what a mail is about.

    ready --mark (committed)--> marked --send--> result --commit--> done

Every connection takes the next mail as soon as it is free. Marks and results of all of them are committed together,
every few milliseconds, so that a commit's fsync does not bound the rate. No more mails are marked than go out within
two such commits, of the slow ones of late: these are what a crash leaves in doubt. And no more are fetched than go out
in about a second: so what is more urgent comes soon, whatever waits, and overtakes what is ready.
"""

from __future__ import annotations

import asyncio
import heapq
import itertools
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from alerts.errors import MailError
from alerts.notify.ways.transport import Envelope
from alerts.notify.ways.verdict import Verdict
from alerts.store.outbox import OutboxRow

MOST: Final = 256
"""How many mails are fetched at once at the most."""
_MARKED: Final = 128
_CALM: Final = 16  # a slow commit is remembered for about so many
_PAUSE_S: Final = 0.020
_LOOK_S: Final = 1.0
GRACE_S: Final = 5.0
"""How long what is under way may take once the run is to end."""
_LAST_S: Final = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A mail with its row; or why it cannot be made."""

    row: OutboxRow
    mail: Envelope | MailError

    @property
    def order(self) -> tuple[int, datetime, int]:
        """The most urgent first, then in turn."""
        return -self.row.urgency, self.row.not_before, self.row.id


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """A result that is not in the database yet."""

    row: OutboxRow
    verdict: Verdict


@dataclass(slots=True, kw_only=True)
class Stream:
    """One run. `fetch` takes up to so many mails that are due; `commit` marks some as being sent and stores results,
    and returns the ids of those that are ours to send; `send` brings one out. While `goes_on` says so new ones are
    begun; once `stops` does, what is under way has some seconds to end and is broken off by `hang_up` then. `unbegun`
    is the result of a mail that was marked and then not begun. `rounds`: how often to fetch; None until nothing is
    due. `grace_s`: those seconds."""

    at_once: int
    fetch: Callable[[int], Awaitable[Sequence[Item]]]
    commit: Callable[[Sequence[Item], Sequence[Settled]], Awaitable[set[int]]]
    send: Callable[[Item], Awaitable[Verdict]]
    goes_on: Callable[[], bool]
    stops: Callable[[], bool]
    hang_up: Callable[[], None]
    unbegun: Callable[[], Verdict]
    rounds: int | None = None
    grace_s: float = GRACE_S
    _ready: list[tuple[tuple[int, datetime, int], int, Item]] = field(default_factory=list)
    _numbers: Iterator[int] = field(default_factory=itertools.count)
    _marked: list[Item] = field(default_factory=list)
    _busy: set[int] = field(default_factory=set)
    _results: list[Settled] = field(default_factory=list)
    _news: asyncio.Event = field(default_factory=asyncio.Event)
    _work: asyncio.Event = field(default_factory=asyncio.Event)
    _fetching: asyncio.Task[Sequence[Item]] | None = None
    _fault: BaseException | None = None
    _limit: int = 0
    _window: int = 0
    _done: int = 0
    _fetched_at: float = 0.0
    _fetch_after: float = 0.0
    _ends_at: float = 0.0

    async def run(self) -> list[Settled]:
        """Send until nothing is due and nothing under way. Returns results that could not be stored, and raises nothing
        of the database's: that is in `fault`."""
        self._window, self._limit = self.at_once, 2 * self.at_once
        workers = [asyncio.create_task(self._worker()) for _ in range(self.at_once)]
        try:
            while not self._over():
                self._fetch_more()
                await self._commit_group()
                await self._pause()
        finally:
            for worker in workers:
                worker.cancel()
            if self._fetching is not None:
                self._fetching.cancel()
            await asyncio.gather(*workers, return_exceptions=True)
        self._put_back()
        return self._results

    @property
    def fault(self) -> BaseException | None:
        """Why it ended before its time: what `fetch` or `commit` raised."""
        return self._fault

    def wake(self) -> None:
        """Look again whether it goes on."""
        self._news.set()

    @property
    def _begins(self) -> bool:
        return self._fault is None and self.goes_on()

    def _over(self) -> bool:
        if self._busy or self._fetching is not None:
            return self._ends_at > 0 and time.monotonic() > self._ends_at + _LAST_S
        if self._begins and (self._ready or self._marked):
            return False
        left = (self._results or self._marked) and self._fault is None
        return not left and (not self._begins or self._fetch_after > 0 or self.rounds == 0)

    def _fetch_more(self) -> None:
        if self._fetching is not None and self._fetching.done():
            self._take_in(self._fetching)
            self._fetching = None
        wanted = self._begins and self._fetching is None and self.rounds != 0 and time.monotonic() >= self._fetch_after
        if wanted and len(self._ready) < self._limit:
            self._fetching = asyncio.ensure_future(self.fetch(self._limit))
            self._fetching.add_done_callback(lambda _: self._news.set())
            self.rounds = None if self.rounds is None else self.rounds - 1

    def _take_in(self, fetching: asyncio.Task[Sequence[Item]]) -> None:
        now = time.monotonic()
        try:
            items = fetching.result()
        except Exception as error:
            self._fault = error
            return
        rate = self._done / max(now - self._fetched_at, 0.001)
        self._limit = max(2 * self.at_once, min(MOST, round(rate)))
        self._done, self._fetched_at = 0, now
        self._fetch_after = 0.0 if items else now + _LOOK_S
        # Where the way out is slow, a lease may run out here, and the same mail be fetched again.
        here = {item.row.id for *_, item in self._ready}
        for item in (one for one in items if one.row.id not in here):
            heapq.heappush(self._ready, (item.order, next(self._numbers), item))

    async def _commit_group(self) -> None:
        """Store what came in since the last time, and mark what goes next."""
        marks: list[Item] = []
        if not self._begins:
            self._put_back()
        elif self._ready:
            room = self._window - len(self._marked) - len(self._busy)
            marks = [heapq.heappop(self._ready)[2] for _ in range(min(room, len(self._ready)))]
        if self._fault is not None or not (marks or self._results):
            return
        results = self._results.copy()
        try:
            ours = await self.commit(marks, results)
        except Exception as error:
            self._fault = error
            # Perhaps it was done, and only the answer did not come.
            self._results += [Settled(row=item.row, verdict=self.unbegun()) for item in marks]
            return
        del self._results[: len(results)]
        before = self._window - 1 - self._window // _CALM
        self._window = max(self.at_once, min(_MARKED, max(2 * len(results), before)))
        self._done += len(results)
        self._marked += [item for item in marks if item.row.id in ours]
        self._work.set()

    def _put_back(self) -> None:
        self._results += [Settled(row=item.row, verdict=self.unbegun()) for item in self._marked]
        self._marked.clear()

    async def _pause(self) -> None:
        """Until there is something to do; at least so long that results come together."""
        await asyncio.sleep(_PAUSE_S if self._results or self._busy else 0)
        if not self._over():
            with suppress(TimeoutError):
                async with asyncio.timeout(_LOOK_S / 4):
                    await self._news.wait()
        self._news.clear()
        if self.stops() and self._busy:
            now = time.monotonic()
            self._ends_at = self._ends_at or now + self.grace_s
            if now > self._ends_at:
                self.hang_up()

    async def _worker(self) -> None:
        while True:
            item = self._next()
            if item is None:
                self._work.clear()
                await self._work.wait()
                continue
            self._busy.add(item.row.person.id)
            verdict = await self.send(item)
            self._busy.discard(item.row.person.id)
            self._results.append(Settled(row=item.row, verdict=verdict))
            self._news.set()
            self._work.set()

    def _next(self) -> Item | None:
        """The next mail to a reader who gets none at this moment: so that nothing overtakes what it follows."""
        if not self._begins:
            return None
        for place, item in enumerate(self._marked):
            if item.row.person.id not in self._busy:
                return self._marked.pop(place)
        return None
