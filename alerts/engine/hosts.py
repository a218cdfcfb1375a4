"""Work on many hosts side by side, one task a host: no server ever sees two requests of ours at once."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine
from typing import Final

_BREATH: Final = 0.25  # seconds until places that became free are given to others


class Hosts:
    """Places for the tasks of up to `at_once` hosts."""

    def __init__(self, at_once: int) -> None:
        self.at_once = at_once
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._begun: dict[str, float] = {}  # by the monotonic clock

    @property
    def free(self) -> int:
        """How many hosts more may be asked."""
        return max(0, self.at_once - len(self._tasks))

    @property
    def busy(self) -> tuple[str, ...]:
        """The hosts that are being asked."""
        return tuple(self._tasks)

    @property
    def longest_s(self) -> float:
        """For how long the host that was begun first is being asked; 0 when none is."""
        return time.monotonic() - min(self._begun.values()) if self._begun else 0.0

    def begin(self, host: str, work: Coroutine[None, None, None]) -> None:
        """Do this work; the host is busy until it ends."""
        task = self._tasks[host] = asyncio.create_task(work, name=f"host {host}")
        self._begun[host] = time.monotonic()
        task.add_done_callback(lambda _: self._ended(host))

    def _ended(self, host: str) -> None:
        del self._tasks[host], self._begun[host]

    async def run(self, host: str, work: Coroutine[None, None, None]) -> None:
        """Do this work to its end, or until `stop`; who is cancelled meanwhile breaks it off."""
        self.begin(host, work)
        task = self._tasks[host]
        try:
            await task
        except asyncio.CancelledError:
            me = asyncio.current_task()
            if me is not None and me.cancelling():
                raise

    async def all_due(self, begin: Callable[[], Awaitable[int]]) -> int:
        """Call `begin`, which begins what is due and says for how many hosts, to the last; how many in all."""
        count, more = 0, True
        while more:
            more = bool(self._tasks)  # a host that ends while `begin` looks elsewhere may have more that is due
            begun = await begin()
            count, more = count + begun, more or begun > 0
            if self._tasks:
                await asyncio.wait(set(self._tasks.values()), timeout=_BREATH)
        return count

    async def stop(self) -> None:
        """Break off what runs."""
        running = set(self._tasks.values())
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
