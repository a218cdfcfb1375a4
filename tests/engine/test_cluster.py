"""Machines take jobs from one PostgreSQL: each is done by one of them, and what goes wrong with the database ends
nothing for good."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from datetime import timedelta

import pytest
from sqlalchemy import Engine, text

from alerts.engine.cluster import ClusterEngine
from alerts.engine.heart import CUT_AFTER_S
from alerts.engine.tasks import ANALYSE, DELIVER
from alerts.store import jobs, machines
from alerts.store.database import reading, writing
from alerts.store.jobs import Doubt, Job
from alerts.store.machines import DEAD_AFTER
from tests.engine.hearts import Hearts, Ticks
from tests.engine.sharers import Hosts, Notes, counts, forget_jobs, host_job, put_in, sharer
from tests.fakes import waiting
from tests.store.conftest import empty

HOUR = timedelta(hours=1)
NO_GAP = timedelta()
Start = Callable[..., Awaitable[ClusterEngine]]


@pytest.fixture
def shared(migrated_postgres: Engine) -> Iterator[Engine]:
    empty(migrated_postgres)
    forget_jobs(migrated_postgres)
    yield migrated_postgres
    empty(migrated_postgres)
    forget_jobs(migrated_postgres)


@pytest.fixture
async def start(shared: Engine) -> AsyncIterator[Start]:
    """Start a machine of a name, with this work."""
    hearts, running = Hearts(shared), list[ClusterEngine]()

    async def run(name: str, work: Notes, **more: object) -> ClusterEngine:
        heart = hearts.join(name, **more)
        running.append(sharer(heart, work))
        await heart.start()
        await running[-1].start()
        return running[-1]

    yield run
    for engine in running:
        await engine.stop()
        await engine.heart.stop()
    hearts.close()


def open_hosts(answer_s: float = 0.0) -> Hosts:
    """They answer at once."""
    hosts = Hosts(answer_s=answer_s)
    hosts.answers.set()
    return hosts


async def test_jobs_are_done_by_the_task_of_their_name_and_leave_nothing_behind(shared: Engine, start: Start) -> None:
    work = Notes(open_hosts())
    reading_job = Job(queue="analyse", task=ANALYSE, args={"ids": [3, 5]}, attempts=2)
    put_in(shared, host_job("a.example"), reading_job, Job(queue="notify", task=DELIVER))
    await start("one", work)
    await waiting.until(lambda: work.done["poll"] and work.done["deliver"] and work.read and work.done["plan"])
    assert (work.hosts.asked["a.example"], work.read, work.done["deliver"]) == (1, [([3, 5], 2)], 1)
    await waiting.until(lambda: not counts(shared))


async def test_a_host_is_never_asked_by_two_at_once_however_many_jobs_and_machines_there_are(
    shared: Engine, start: Start
) -> None:
    hosts, names = Hosts(answer_s=0.03), ("a.example", "b.example")
    for name in ("one", "two"):
        await start(name, Notes(hosts))

    async def put_in_more() -> None:
        await asyncio.to_thread(put_in, shared, *(host_job(name) for name in names))

    await put_in_more()
    await waiting.until(lambda: hosts.under_way.total() == 2)  # different ones side by side
    await put_in_more()
    hosts.answers.set()
    async with asyncio.timeout(60):
        while min(hosts.asked[name] for name in names) < 5:
            await put_in_more()
    assert {name: hosts.at_once[name] for name in names} == dict.fromkeys(names, 1)


async def test_who_stops_ends_what_it_has_begun_and_takes_nothing_more(shared: Engine, start: Start) -> None:
    work = Notes()
    engine = await start("one", work)
    put_in(shared, host_job("a.example"))
    await waiting.until(lambda: work.hosts.under_way["a.example"])
    put_in(shared, host_job("a.example"))
    stopping = asyncio.create_task(engine.stop())
    await asyncio.sleep(0.1)
    assert not stopping.done()
    work.hosts.answers.set()
    await stopping
    assert (work.done["poll"], counts(shared)) == (1, {("collect", "todo"): 1})


async def test_who_is_cut_off_breaks_its_jobs_off_and_ends_none_of_them_for_they_are_others(
    shared: Engine, start: Start
) -> None:
    ticks, work = Ticks(), Notes()
    engine = await start("one", work, ticks=ticks, beat_s=1000.0)
    put_in(shared, host_job("a.example"))
    await waiting.until(lambda: work.hosts.under_way["a.example"])
    ticks.at += CUT_AFTER_S + 1  # nothing was heard of the database
    await waiting.until(lambda: not work.hosts.under_way["a.example"])
    work.hosts.answers.set()
    await asyncio.sleep(0.2)
    assert (work.done["poll"], counts(shared)) == (0, {("collect", "doing"): 1})
    with writing(shared) as conn:  # long enough ago for the others
        conn.execute(text("UPDATE procrastinate_workers SET last_heartbeat = now() - interval '1 minute'"))
    assert await _free(shared) >= 1
    await engine.heart._try_to_beat()
    await waiting.until(lambda: work.done["poll"] == 1)


async def test_what_a_machine_had_in_hand_is_free_as_soon_as_it_starts_anew(shared: Engine, start: Start) -> None:
    work = Notes()
    await start("one", work, home="here:/data")
    put_in(shared, host_job("a.example"))
    await waiting.until(lambda: work.hosts.under_way["a.example"])
    [in_hand] = _asking(shared)
    assert await _free(shared) == 0
    anew = Hearts(shared)
    await asyncio.to_thread(anew.join, "one", home="here:/data")
    anew.close()
    await _free(shared)
    assert in_hand not in _asking(shared)  # what is free is another job
    work.hosts.answers.set()


async def test_a_job_whose_end_could_not_be_written_is_taken_over_while_its_machine_lives(
    shared: Engine, start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    work = Notes()
    await start("one", work)
    put_in(shared, host_job("a.example"))
    await waiting.until(lambda: work.hosts.under_way["a.example"])
    with writing(shared) as held:
        held.execute(text("SELECT id FROM procrastinate_jobs WHERE queue_name = 'collect' FOR UPDATE"))
        work.hosts.answers.set()
        await waiting.until(lambda: _break(shared, "%finish_job%"))
    async with asyncio.timeout(90):
        while work.done["poll"] < 2:
            await _free(shared)
            await asyncio.sleep(0.02)
    errors = [
        record for record in caplog.records if record.name.startswith("alerts") and record.levelno >= logging.ERROR
    ]
    assert [record.getMessage() for record in errors] == [
        "no jobs can be taken, this is tried again: terminating connection due to administrator command"
    ]


async def test_a_job_that_no_task_is_for_fails_is_counted_and_holds_up_nobody(shared: Engine, start: Start) -> None:
    """As those of a newer version do on a machine with an older one."""
    work = Notes(open_hosts())
    put_in(shared, Job(queue="collect", task="alerts.of_tomorrow"), host_job("a.example"))
    await start("one", work)
    await waiting.until(lambda: work.done["poll"] and counts(shared) == {("collect", "failed"): 1})
    with writing(shared) as conn:
        assert jobs.prune(conn, machines.database_time(conn) + HOUR) == 1
    assert counts(shared) == {}


async def test_when_all_connections_break_jobs_are_taken_again_soon(shared: Engine, start: Start) -> None:
    work = Notes(open_hosts())
    await start("one", work)
    await waiting.until(lambda: work.done["plan"])
    _break(shared, "%")
    put_in(shared, host_job("a.example"))
    await waiting.until(lambda: work.done["poll"], seconds=20)


async def _free(engine: Engine) -> int:
    """Free what nobody works at; returns how many jobs. In a thread: it may have to wait for a worker of this loop."""

    def free() -> int:
        with writing(engine) as conn:
            return jobs.take_over(conn, DEAD_AFTER, gap=NO_GAP, doubt=Doubt(after=9, rest=NO_GAP))

    return await asyncio.to_thread(free)


def _asking(engine: Engine) -> list[int]:
    """The numbers of the jobs to ask a host."""
    with reading(engine) as conn:
        return list(conn.execute(text("SELECT id FROM procrastinate_jobs WHERE queue_name = 'collect'")).scalars())


def _break(engine: Engine, query: str) -> int:
    """Break the connections of workers that are at such a query, or were last; returns how many."""
    with reading(engine) as conn:
        return len(conn.execute(_BREAK, {"query": query}).all())


_BREAK = text("""SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE application_name = 'alerts jobs' AND query LIKE :query AND datname = current_database()
    AND (wait_event_type = 'Lock' OR :query = '%')""")
