"""One process does it all: a scheduler's ticks run the stages, each at most once at a time.

A stage that fails says so and is tried again at its next tick; nothing it had in hand is lost, because
every step is a transaction. So a full disk stops the service from going on, and never makes it forget.
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

from apscheduler.schedulers.asyncio import AsyncIOScheduler

from alerts.engine.base import Stage
from alerts.engine.guard import Guard
from alerts.engine.pulse import Pulse


class LocalEngine:
    """Runs stages by APScheduler ticks in the running event loop. `pulse` hears of their runs and troubles."""

    def __init__(self, stages: tuple[Stage, ...], pulse: Pulse | None = None) -> None:
        self._stages = stages
        self._scheduler = AsyncIOScheduler(timezone="UTC")
        self._guard = Guard(pulse or Pulse())
        self._running: set[asyncio.Task[None]] = set()
        self._busy: set[str] = set()

    async def start(self) -> None:
        """Begin to tick. Must be called in a running event loop."""
        for stage in self._stages:
            self._scheduler.add_job(
                self._tick,
                "interval",
                args=[stage],
                seconds=stage.every_s,
                coalesce=True,
                misfire_grace_time=None,
                max_instances=1,
                id=stage.name,
                next_run_time=datetime.now(UTC),
            )
        self._scheduler.start()

    async def stop(self) -> None:
        """No further ticks; waits for what is under way."""
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)
        while self._running:
            await asyncio.wait(set(self._running))

    async def _tick(self, stage: Stage) -> None:
        """Begin a stage and return at once: APScheduler cancels its own jobs at the end, and ours must finish.
        (A coroutine, as APScheduler runs plain functions in a thread.)"""
        if stage.name in self._busy:
            return
        self._busy.add(stage.name)
        task = asyncio.create_task(self._run(stage), name=stage.name)
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def _run(self, stage: Stage) -> None:
        try:
            await self._guard.run(stage.name, stage.run(), stage.kind)
        finally:
            self._busy.discard(stage.name)
