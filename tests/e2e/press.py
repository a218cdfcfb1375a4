"""Web servers of many names on loopback, that hold who asks them to be polite: one request at a time, and a pause
between two."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from types import TracebackType

from aiohttp import web

from tests.fakes.feeds import RSS, Item, rss


@dataclass(slots=True)
class Host:
    """One web server: what its feed says, and how it was treated. Times are of the monotonic clock."""

    items: list[Item] = field(default_factory=list)
    asked: int = 0
    under_way: int = 0
    free_since: float = 0.0
    at_once: int = 1  # the most there ever were
    shortest: float = 1e9  # the shortest pause there ever was


@dataclass(slots=True)
class Press:
    """`async with Press(hosts) as press`: servers at 127.0.1.1, 127.0.1.2 ..., each with `/feed`. An answer takes
    `answer_s`."""

    count: int
    answer_s: float = 0.05
    port: int = 0
    hosts: dict[str, Host] = field(default_factory=dict)
    _runner: web.ServerRunner | None = None

    async def __aenter__(self) -> Press:
        self.hosts = {f"127.0.1.{number}": Host() for number in range(1, self.count + 1)}
        self._runner = web.ServerRunner(web.Server(self._answer), shutdown_timeout=0.1)
        await self._runner.setup()
        for host in self.hosts:
            site = web.TCPSite(self._runner, host, self.port)
            await site.start()
            self.port = self._runner.addresses[0][1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._runner is not None
        await self._runner.cleanup()

    @property
    def addresses(self) -> list[str]:
        return [f"{host}:{self.port}" for host in self.hosts]

    def urls(self) -> list[str]:
        return [f"http://{address}/feed" for address in self.addresses]

    def publish(self, number: int, item: Item) -> None:
        """A report on top of the feed of one of the hosts."""
        host = list(self.hosts.values())[number % self.count]
        host.items.insert(0, item)
        del host.items[40:]

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        host = self.hosts[request.host.partition(":")[0]]
        now = time.monotonic()
        host.asked += 1
        host.under_way += 1
        host.at_once = max(host.at_once, host.under_way)
        if host.free_since:
            host.shortest = min(host.shortest, now - host.free_since)
        try:
            await asyncio.sleep(self.answer_s)
            return web.Response(body=rss(host.items), content_type=RSS.partition(";")[0], charset="utf-8")
        finally:
            host.under_way -= 1
            host.free_since = time.monotonic()
