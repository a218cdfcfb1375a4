"""The cable to a server: it can be cut, as networks do it. Who talks through it hears nothing then, not even an end."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field
from types import TracebackType


@dataclass(slots=True)
class Cable:
    """`async with Cable(port) as cable`: `cable.port` leads to `port` on loopback, until it is cut."""

    to_port: int
    port: int = 0
    _whole: asyncio.Event = field(default_factory=asyncio.Event)
    _server: asyncio.Server | None = None
    _lines: set[asyncio.Task[None]] = field(default_factory=set)

    async def __aenter__(self) -> Cable:
        self._whole.set()
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server is not None
        self._server.close()
        for line in self._lines:
            line.cancel()
        await asyncio.gather(*self._lines, return_exceptions=True)

    def cut(self) -> None:
        """From now on nothing comes through."""
        self._whole.clear()

    def mend(self) -> None:
        """What was held up comes through now."""
        self._whole.set()

    async def _connected(self, near: asyncio.StreamReader, answer: asyncio.StreamWriter) -> None:
        await self._whole.wait()
        try:
            far, ask = await asyncio.open_connection("127.0.0.1", self.to_port)
        except OSError:
            answer.close()
            return
        for source, target in ((near, ask), (far, answer)):
            task = asyncio.create_task(self._carry(source, target))
            self._lines.add(task)
            task.add_done_callback(self._lines.discard)

    async def _carry(self, source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await source.read(65536):
                await self._whole.wait()
                target.write(data)
                await target.drain()
        with suppress(OSError):
            target.close()
