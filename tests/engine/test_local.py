"""Stages tick side by side, each at most once at a time, and their trouble is said once."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

import pytest

from alerts.engine.base import Stage
from alerts.engine.local import LocalEngine
from alerts.errors import StoreError
from tests.fakes import waiting


async def run(*stages: Stage, until: Callable[[], bool]) -> None:
    """Run stages until a condition holds, then stop."""
    engine = LocalEngine(stages)
    await engine.start()
    await waiting.until(until)
    await engine.stop()


def stage(name: str, work: Callable[[], Awaitable[object]]) -> Stage:
    return Stage(name=name, every_s=0.02, run=work)


async def test_a_stage_is_run_at_once_and_again_and_again() -> None:
    runs: list[int] = []

    async def work() -> None:
        runs.append(len(runs))

    await run(stage("working", work), until=lambda: len(runs) > 2)
    assert runs == [*range(len(runs))]


async def test_a_slow_stage_holds_up_no_other_and_never_runs_twice_at_a_time() -> None:
    quick, running, most = [0], [0], [0]

    async def slow() -> None:
        running[0] += 1
        most[0] = max(most[0], running[0])
        await asyncio.sleep(0.3)
        running[0] -= 1

    async def other() -> None:
        quick[0] += 1

    await run(stage("slow", slow), stage("quick", other), until=lambda: quick[0] > 8)
    assert (most[0], running[0]) == (1, 0)


async def test_what_is_under_way_is_finished_at_the_end() -> None:
    begun, done = asyncio.Event(), []

    async def work() -> None:
        begun.set()
        await asyncio.sleep(0.1)
        done.append(True)

    await run(stage("working", work), until=begun.is_set)
    assert done


async def test_a_trouble_is_said_once_and_its_end_too(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "alerts.engine")
    runs = [0]

    async def work() -> None:
        runs[0] += 1
        if runs[0] < 5:
            raise StoreError("the database is full: free space", reason="full")

    await run(stage("reading", work), until=lambda: runs[0] > 6)
    assert [record.getMessage() for record in caplog.records] == [
        "reading has to wait: the database is full: free space",
        "reading works again",
    ]


async def test_a_fault_of_ours_is_said_once_with_its_place_and_stops_nothing(caplog: pytest.LogCaptureFixture) -> None:
    runs = [0]

    async def work() -> None:
        runs[0] += 1
        raise ZeroDivisionError("by mistake")

    await run(stage("reading", work), until=lambda: runs[0] > 4)
    [record] = caplog.records
    assert record.getMessage() == "reading failed, and is tried again: ZeroDivisionError('by mistake')"
    assert record.exc_info is not None
