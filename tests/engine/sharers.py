"""Machines that take jobs from one PostgreSQL and note what they were to do, instead of doing it."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import Engine, text

from alerts.engine.cluster import ClusterEngine
from alerts.engine.heart import Heart
from alerts.engine.local import LocalEngine
from alerts.engine.tasks import POLL_HOST
from alerts.store import jobs
from alerts.store.database import reading, writing
from alerts.store.jobs import Job


def host_job(host: str) -> Job:
    """As `jobs.plan_hosts` puts them in."""
    name = f"host {host}"
    return Job(queue="collect", task=POLL_HOST, args={"host": host}, lock=name, waits_once=name)


def put_in(engine: Engine, *these: Job) -> None:
    with writing(engine) as conn:
        jobs.defer(conn, these)


def counts(engine: Engine) -> dict[tuple[str, str], int]:
    """How many jobs there are, by queue and status; not those that come by the clock."""
    with reading(engine) as conn:
        return {key: number for key, number in jobs.counts(conn).items() if key[0] != "upkeep"}


def forget_jobs(engine: Engine) -> None:
    with writing(engine) as conn:
        for table in ("jobs", "workers", "periodic_defers"):
            conn.execute(text(f"DELETE FROM procrastinate_{table}"))


@dataclass(slots=True)
class Hosts:
    """Web servers, as several machines ask them: how many of them did at once."""

    under_way: Counter[str] = field(default_factory=Counter)
    at_once: Counter[str] = field(default_factory=Counter)
    asked: Counter[str] = field(default_factory=Counter)
    answer_s: float = 0.0
    answers: asyncio.Event = field(default_factory=asyncio.Event)

    async def ask(self, host: str) -> None:
        self.asked[host] += 1
        self.under_way[host] += 1
        self.at_once[host] = max(self.at_once[host], self.under_way[host])
        try:
            await asyncio.sleep(self.answer_s)
            await self.answers.wait()
        finally:
            self.under_way[host] -= 1


@dataclass(slots=True)
class Notes:
    """The work of a machine."""

    hosts: Hosts = field(default_factory=Hosts)
    read: list[tuple[list[int], int]] = field(default_factory=list)
    done: Counter[str] = field(default_factory=Counter)

    async def plan(self) -> None:
        self.done["plan"] += 1

    async def take_over(self) -> None:
        self.done["take over"] += 1

    async def poll_host(self, host: str) -> None:
        await self.hosts.ask(host)
        self.done["poll"] += 1

    async def analyse(self, ids: Sequence[int], attempts: int) -> None:
        self.read.append((list(ids), attempts))

    async def deliver(self) -> None:
        self.done["deliver"] += 1

    async def upkeep(self) -> None:
        self.done["upkeep"] += 1

    async def prune_jobs(self) -> None:
        self.done["prune"] += 1


def sharer(heart: Heart, work: Notes) -> ClusterEngine:
    """A machine that has joined; its heart must have been started."""
    queues = {"upkeep": 4, "collect": 4, "analyse": 1, "notify": 1}
    made = ClusterEngine(url=heart.engine.url, work=work, heart=heart, queues=queues, local=LocalEngine(()))
    heart.on_cut = made.cut
    return made
