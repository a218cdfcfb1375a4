"""The daemon lives months in hours: it keeps up, and needs no more memory, tasks or files at the end than after the
first quarter."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sqlite3
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import pytest

from tests.e2e.daemon import Daemon, children
from tests.e2e.notes import note
from tests.e2e.year import Year
from tests.fakes import waiting
from tests.fakes.ports import free_port

SPEED = 1_000.0
_LATEST_S = 60.0  # until all that was published is read
_MIB = 2**20


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """What the daemon holds at a moment. Memory in MiB, of it alone and with its helpers."""

    second: float
    memory: float
    all_memory: float
    files: int
    helpers: int
    tasks: int
    threads: int


_WHOLES: dict[str, Callable[[Sample], float]] = {
    "files": lambda one: one.files,
    "helpers": lambda one: one.helpers,
    "tasks": lambda one: one.tasks,
    "threads": lambda one: one.threads,
}
_MEMORIES: dict[str, Callable[[Sample], float]] = {"its": lambda one: one.memory, "all": lambda one: one.all_memory}


async def _sample(daemon: Daemon, counts: Path, since: float) -> Sample:
    pid, before = daemon.process.pid, len(_lines(counts))
    os.kill(pid, signal.SIGUSR1)
    await waiting.until(lambda: len(_lines(counts)) > before, what="its counts")
    told, family = json.loads(_lines(counts)[-1]), [pid, *children(pid)]
    return Sample(
        second=round(time.monotonic() - since, 1),
        memory=_memory(pid),
        all_memory=sum(map(_memory, family)),
        files=len(os.listdir(f"/proc/{pid}/fd")),
        helpers=len(family) - 1,
        tasks=told["tasks"],
        threads=told["threads"],
    )


def _lines(file: Path) -> list[str]:
    """The whole lines."""
    return file.read_text(encoding="utf-8").split("\n")[:-1] if file.exists() else []


def _memory(pid: int) -> float:
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except FileNotFoundError:  # a helper that has just ended
        return 0.0
    return pages * os.sysconf("SC_PAGE_SIZE") / _MIB


def _quarter(samples: Sequence[Sample], number: int, of: Callable[[Sample], float]) -> list[float]:
    return [of(one) for one in samples[number * len(samples) // 4 : (number + 1) * len(samples) // 4]]


async def _lived(year: Year, seconds: float, every_s: float) -> list[Sample]:
    """So many seconds of the daemon, looked at every now and then; then until it has read all there is."""
    clock, samples = year.clock(), []
    arguments = (year.begins.isoformat(), repr(clock.since), repr(clock.speed))
    async with Daemon(year, *arguments, program=("-m", "tests.e2e.speeding")) as daemon:
        world, since = asyncio.create_task(year.go_on(clock)), time.monotonic()
        while time.monotonic() - since < seconds:
            await asyncio.sleep(every_s)
            samples.append(await _sample(daemon, year.folder / "counts", since))
            note(f"{clock():%Y-%m-%d} {samples[-1]}")
            assert daemon.process.returncode is None, daemon.log[-2_000:]
        year.ends = True
        await waiting.until(lambda: _all_stored(year), seconds=_LATEST_S, what=f"all stored: {year.counts}")
        world.cancel()
        await asyncio.gather(world, return_exceptions=True)
        await waiting.until(lambda: not _unread(year), seconds=_LATEST_S, what="all read")
        assert await daemon.end() == 0
        note(f"{Counter(line.partition('[')[2][:60] for line in daemon.log.splitlines()).most_common(12)}")
        assert "[error" not in daemon.log
    return samples


def _all_stored(year: Year) -> bool:
    return year.counts.get('alerts_articles_total{kind="new"}', 0) >= year.published


def _number(year: Year, query: str) -> int:
    with sqlite3.connect(f"file:{year.folder}/data/alerts.db?mode=ro", uri=True, timeout=30) as conn:
        [[found]] = conn.execute(query).fetchall()
    conn.close()
    return int(found)


def _unread(year: Year) -> int:
    return _number(year, "SELECT count(*) FROM article WHERE analysed IS NULL")


def _holds_no_more(samples: Sequence[Sample], *, more: float, grows: float) -> None:
    """The last quarter against the second: the first warms up. There may be so many `more`, and memory may have grown
    `grows` times."""
    for name, of in _WHOLES.items():
        assert median(_quarter(samples, 3, of)) <= median(_quarter(samples, 1, of)) + more, name
    for name, of in _MEMORIES.items():
        before, after = median(_quarter(samples, 1, of)), median(_quarter(samples, 3, of))
        note(f"memory, {name}: {before:.1f} MiB in the second quarter, {after:.1f} in the last")
        assert after < grows * before, name


@pytest.mark.parametrize(
    ("seconds", "more", "grows"),
    [  # in so short a time it only warms up
        pytest.param(12, 150, 1.5, id="short"),
        pytest.param(7_200, 3, 1.05, id="long", marks=[pytest.mark.soak, pytest.mark.timeout(9_000)]),
    ],
)
async def test_at_a_thousand_times_the_speed_it_keeps_up_and_holds_no_more_in_the_end_than_early_on(
    tmp_path: Path, gazetteer_path: Path, seconds: float, more: float, grows: float
) -> None:
    days = SPEED * seconds / 86_400
    async with Year(tmp_path, gazetteer_path, free_port(), days, SPEED) as year:
        samples = await _lived(year, seconds, max(0.5, seconds / 240))
        mails, published = year.smtp.received, year.published
        note(f"{published} articles, {len(mails)} mails, {year.seen} pages, not: {year.missed}")
        assert not year.missed
        names = [mail.message.partition(b"Message-ID:")[2].split()[0] for mail in mails]
        assert len(names) == len(set(names)) >= 1
        _holds_no_more(samples, more=more, grows=grows)
