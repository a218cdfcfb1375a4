"""A line to a real server on loopback: who connects to it talks to the server through what a test does with it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self


@dataclass(slots=True, kw_only=True)
class Line:
    """`async with Line(to_port=PORT) as line`: connections to `line.port` go to the server at PORT, by `_carry`."""

    to_port: int
    port: int = 0
    _server: asyncio.Server | None = None
    _talks: set[asyncio.Task[None]] = field(default_factory=set)

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._join, "127.0.0.1", self.port, limit=1 << 20)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server is not None
        self._server.close()
        for talk in self._talks:
            talk.cancel()
        await asyncio.gather(*self._talks, return_exceptions=True)

    async def _join(self, client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._talks.add(task)
        try:
            await self._open()
            server, to_server = await asyncio.open_connection("127.0.0.1", self.to_port)
            try:
                await self._carry(client, to_client, server, to_server)
            finally:
                to_server.transport.abort()
        except (OSError, EOFError, asyncio.CancelledError):
            pass
        finally:
            to_client.transport.abort()
            self._talks.discard(task)

    async def _open(self) -> None:
        """Before the server is reached."""

    async def _carry(
        self,
        client: asyncio.StreamReader,
        to_client: asyncio.StreamWriter,
        server: asyncio.StreamReader,
        to_server: asyncio.StreamWriter,
    ) -> None:
        """What both say to each other, until one has enough. Raises OSError or EOFError where the line breaks."""
        raise NotImplementedError
