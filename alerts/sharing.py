"""What a machine does of the work that several share: the service's own stages, taken up job by job."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, Engine

from alerts.engine.analysis import BATCH, Analyst, Fatal, Report
from alerts.engine.canary import Canary
from alerts.engine.collecting import Collector
from alerts.engine.guard import Guard
from alerts.engine.heart import Heart
from alerts.engine.linked import Linker
from alerts.engine.pulse import Pulse
from alerts.engine.tasks import ANALYSE, DELIVER, FAILED_KEPT, POLL_HOST
from alerts.errors import StoreError
from alerts.notify.courier import Courier
from alerts.reports import Watch
from alerts.store import articles, jobs, leases, machines, meta, polling, waiting
from alerts.store.database import writing
from alerts.store.jobs import Job

_log = logging.getLogger(__name__)
PEOPLE: Final = 100
"""How many people a job of mails is for."""
_HOSTS_WAIT: Final = 500  # jobs of hosts that wait at the most: a queue of twenty thousand is slow to take from
_OVERLOOKED_AFTER: Final = timedelta(seconds=10)
_OVERLOOKED: Final = 200
_AGAIN_S: Final = 1.0
_OUTAGE_DOUBTED: Final = timedelta(minutes=5)  # what answered just before it may have been stored after it began
_ALONE_FROM: Final = 2  # an article whose job has ended two machines is read by itself,
# and set aside when that has ended four more, with pauses between: what ends machines may be something else, soon after
# each of their starts, and an article that they have in hand then is not to blame.
_ASIDE_FROM: Final = 6
_DOUBT: Final = jobs.Doubt(after=_ALONE_FROM, rest=timedelta(seconds=10))


def on_news(conn: Connection, news: Mapping[int, Sequence[str]]) -> None:
    """Articles are new or revised: they are to be read. In the transaction that stores them."""
    ids = [article_id for feed_id, keys in news.items() for article_id in articles.ids_of(conn, feed_id, keys)]
    to_be_read(conn, ids)


def on_one(conn: Connection, article_id: int) -> None:
    """An article may be read, or reads otherwise now."""
    to_be_read(conn, [article_id])


def to_be_read(conn: Connection, ids: Sequence[int], *, each: int = BATCH, attempts: int = 0) -> None:
    """Put in jobs that read these articles. `attempts`: how many machines died over them."""
    parts = [list(ids[start : start + each]) for start in range(0, len(ids), each)]
    jobs.defer(conn, [Job(queue="analyse", task=ANALYSE, args={"ids": part}, attempts=attempts) for part in parts])


@dataclass(slots=True, kw_only=True)
class SharedWork:
    """A machine's part (`engine.tasks.Work`). `gap` lies between two requests to one host, `pages` says whether this
    machine can read full text, `upkeep` is the service's."""

    engine: Engine
    heart: Heart
    clock: Callable[[], datetime]
    collector: Collector
    linker: Linker
    analyst: Analyst
    courier: Courier
    canary: Canary
    watch: Watch
    gap: timedelta
    pages: bool
    keep_up: Callable[[], Awaitable[None]]
    pulse: Pulse
    _mailing: asyncio.Lock = field(default_factory=asyncio.Lock)
    _guard: Guard = field(init=False)

    def __post_init__(self) -> None:
        self._guard = Guard(self.pulse)

    async def plan(self) -> None:
        await self._guard.run("planning", asyncio.to_thread(self._plan))

    def _plan(self) -> None:
        now = self.clock()
        with writing(self.engine) as conn:
            jobs.plan_hosts(conn, now, task=POLL_HOST, most=_HOSTS_WAIT, gap=self.gap, pages=self.pages)
            couriers = sum("notify" in one.roles for one in self.heart.living)
            people = waiting.count_readers(conn, now, PEOPLE * couriers)
            wanted = min(couriers, -(-people // PEOPLE))
            jobs.defer(conn, [Job(queue="notify", task=DELIVER, waits_once=f"deliver {n}") for n in range(wanted)])
            late = articles.overlooked(conn, now - _OVERLOOKED_AFTER, limit=_OVERLOOKED, now=now)
            to_be_read(conn, jobs.unplanned(conn, ANALYSE, late) if late else ())

    async def take_over(self) -> None:
        await self._guard.run("taking over", asyncio.to_thread(self.free))

    def free(self) -> None:
        """Free what dead machines had in hand. Raises StoreError."""
        with writing(self.engine) as conn:
            now = machines.database_time(conn)
            if again := jobs.take_over(conn, machines.DEAD_AFTER, gap=self.gap, doubt=_DOUBT):
                _log.warning("%d jobs of a machine that is gone, or was cut off, are taken over", again)
            living = machines.lives(machines.living(conn, now))
            if mails := leases.forget(conn, now + self.courier.transport.settles, but=living):
                _log.warning("%d mails that a machine which is gone had in hand are taken over", mails)

    async def poll_host(self, host: str) -> None:
        await self._guard.run("collecting", self._poll_host(host), "feeds")

    async def _poll_host(self, host: str) -> None:
        await self.collector.poll_host(host)
        if await self.linker.fetch_host(host):
            await asyncio.sleep(self.gap.total_seconds())  # the next may ask from another machine

    async def say_kept(self) -> None:
        """Raises StoreError while the database does not take what polls of this machine brought: their jobs wait for it
        without a word."""
        if self.collector.recorder.trouble is not None:
            raise self.collector.recorder.trouble

    async def analyse(self, ids: Sequence[int], attempts: int) -> None:
        await self._guard.run("reading", self._analyse(ids, attempts), "articles")

    async def _analyse(self, ids: Sequence[int], attempts: int) -> None:
        if attempts >= _ALONE_FROM and len(ids) > 1:
            await asyncio.to_thread(self._each_alone, ids, attempts)
            return
        if attempts >= _ASIDE_FROM:
            self.watch.on_report(await asyncio.to_thread(self.analyst.set_aside, ids, Fatal(), self.clock))
            return
        report = await self._read(ids)
        self.pulse.done("articles")
        if report.articles:
            self.watch.on_report(report)

    async def _read(self, ids: Sequence[int]) -> Report:
        """Patiently: what holds up the database is told, and passes, and these articles are this job's."""
        while True:
            try:
                return await asyncio.to_thread(self.analyst.run_some, ids, self.clock)
            except StoreError as error:
                if self.heart.is_cut:
                    raise
                _log.warning("%d articles have to wait: %s", len(ids), error)
                await asyncio.sleep(_AGAIN_S)

    def _each_alone(self, ids: Sequence[int], attempts: int) -> None:
        with writing(self.engine) as conn:
            to_be_read(conn, ids, each=1, attempts=attempts)

    async def deliver(self) -> None:
        # What is under way goes on to its end, even when the job is broken off: it knows best what became of a mail.
        await asyncio.shield(asyncio.ensure_future(self._guard.run("mailing", self._deliver(), "mails")))

    async def _deliver(self) -> None:
        async with self._mailing:
            tally = await self.courier.deliver_some(PEOPLE)
            self.pulse.done("mails")
            self.watch.counts.mails += tally.accepted

    async def look_after(self) -> None:
        """What became of mails that were being sent by a courier which is gone? Only who went the same way can tell."""
        if not self._mailing.locked() and not self.heart.is_cut:
            async with self._mailing:
                await self.courier.look_after()

    async def sing(self) -> None:
        """Take this machine's canary through its own stages."""
        await asyncio.to_thread(self.canary.read)
        await self.canary.deliver()

    async def upkeep(self) -> None:
        await self._guard.run("upkeep", self._upkeep())

    async def _upkeep(self) -> None:
        await asyncio.to_thread(self._end_outage)
        await self.keep_up()

    def _end_outage(self) -> None:
        """Who noted that nothing can be fetched may be gone before it can say that this is over."""
        with writing(self.engine) as conn:
            since = meta.outage_since(conn)
            if since is not None and polling.answered_since(conn, since + _OUTAGE_DOUBTED):
                meta.put_outage(conn, None)

    async def prune_jobs(self) -> None:
        await self._guard.run("pruning jobs", asyncio.to_thread(self._prune_jobs))

    def _prune_jobs(self) -> None:
        now = self.heart.now()
        with writing(self.engine) as conn:
            jobs.prune(conn, now - FAILED_KEPT)
            machines.forget_long_dead(conn, now)
