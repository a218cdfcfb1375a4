"""One request a host at a time, and a gap between two: whoever asks a host waits for its turn.

A host is a name as URLs write it. Feeds, the pages they link to and what redirects lead to all wait in one line.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field


@dataclass(slots=True)
class _Host:
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    waiting: int = 0
    free_at: float = 0.0


class Turns:
    """`async with turns.turn(host): ...`; `gap` is in seconds, from the end of a request to the next one's begin."""

    def __init__(self, gap: float) -> None:
        self.gap = gap
        self._hosts: dict[str, _Host] = {}

    @asynccontextmanager
    async def turn(self, host: str) -> AsyncIterator[None]:
        """Nobody else has a turn at `host` within the block."""
        loop = asyncio.get_running_loop()
        line = self._hosts.setdefault(host, _Host())
        line.waiting += 1
        try:
            async with line.lock:
                if (wait := line.free_at - loop.time()) > 0:
                    await asyncio.sleep(wait)
                try:
                    yield
                finally:
                    line.free_at = loop.time() + self.gap
        finally:
            line.waiting -= 1
            if not line.waiting:
                loop.call_later(self.gap, self._forget, host)

    def _forget(self, host: str) -> None:
        line = self._hosts.get(host)
        if line is not None and not line.waiting and line.free_at <= asyncio.get_running_loop().time() + 0.001:
            del self._hosts[host]
