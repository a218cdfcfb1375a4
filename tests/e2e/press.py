"""Web servers of many names on loopback, that hold who asks them to be polite: one request at a time, and a pause
between two."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from types import TracebackType

from aiohttp import web

from tests.fakes.feeds import RSS, FeedServer, Item, rss


@dataclass(slots=True)
class Host:
    """One web server: what its feed says, and how it was treated. Times are of the monotonic clock."""

    answer_s: float
    items: list[Item] = field(default_factory=list)
    asked: int = 0
    under_way: int = 0
    free_since: float = 0.0
    at_once: int = 1  # the most there ever were
    shortest: float = 1e9  # the shortest pause there ever was

    async def answer(self, request: web.Request) -> web.StreamResponse:
        now = time.monotonic()
        self.asked += 1
        self.under_way += 1
        self.at_once = max(self.at_once, self.under_way)
        if self.free_since:
            self.shortest = min(self.shortest, now - self.free_since)
        try:
            await asyncio.sleep(self.answer_s)
            return web.Response(body=rss(self.items), content_type=RSS.partition(";")[0], charset="utf-8")
        finally:
            self.under_way -= 1
            self.free_since = time.monotonic()


@dataclass(slots=True)
class Press:
    """`async with Press(hosts) as press`: servers at 127.0.1.1, 127.0.1.2 ..., each with `/feed`. An answer takes
    `answer_s`."""

    count: int
    answer_s: float = 0.05
    hosts: dict[str, Host] = field(default_factory=dict)
    _servers: Sequence[FeedServer] = ()
    _open: AsyncExitStack = field(default_factory=AsyncExitStack)

    async def __aenter__(self) -> Press:
        self.hosts = {f"127.0.1.{number}": Host(self.answer_s) for number in range(1, self.count + 1)}
        self._servers = [await self._open.enter_async_context(FeedServer(host=host)) for host in self.hosts]
        for server, host in zip(self._servers, self.hosts.values(), strict=True):
            server.answer(host.answer)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._open.aclose()

    @property
    def addresses(self) -> list[str]:
        return [server.address for server in self._servers]

    def urls(self) -> list[str]:
        return [server.url() for server in self._servers]

    def publish(self, number: int, item: Item) -> None:
        """A report on top of the feed of one of the hosts."""
        host = list(self.hosts.values())[number % self.count]
        host.items.insert(0, item)
        del host.items[40:]
