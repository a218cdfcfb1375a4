"""Whether alerts have changed, looked up in the database once a second at most, however many ask."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic
from typing import Final

from starlette.concurrency import run_in_threadpool

from alerts.errors import StoreError


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """The stamp of alerts as it was at a moment of the monotonic clock; None where the database could not say."""

    stamp: str | None
    at: float


_NEVER: Final = Seen(stamp=None, at=float("-inf"))


class Changes:
    """`read` gives the stamp (`store.stamp`), and is called in a thread; what it said holds for `every` seconds."""

    def __init__(self, read: Callable[[], str], *, every: float, clock: Callable[[], float] = monotonic) -> None:
        self._read, self._every, self.clock = read, every, clock
        self._last = _NEVER
        self._looking: asyncio.Task[Seen] | None = None

    async def seen(self) -> Seen:
        """The stamp, not older than `every` seconds."""
        if self.clock() < self._last.at + self._every:
            return self._last
        if self._looking is None:
            self._looking = asyncio.create_task(self._look())
            self._looking.add_done_callback(self._looked)
        return await asyncio.shield(self._looking)

    async def _look(self) -> Seen:
        at = self.clock()
        try:
            stamp = await run_in_threadpool(self._read)
        except StoreError:  # whoever makes an answer learns of it, too
            stamp = None
        self._last = Seen(stamp=stamp, at=at)
        return self._last

    def _looked(self, task: asyncio.Task[Seen]) -> None:
        self._looking = None
        if not task.cancelled():
            task.exception()  # who waits has it
