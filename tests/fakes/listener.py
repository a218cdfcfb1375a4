"""A server on loopback that talks with each who connects to it, and breaks off at the end what still goes on."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self


@dataclass(slots=True, kw_only=True)
class Listener:
    """`async with Listener() as one`: who connects to `one.port` is talked with by `_talk`."""

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
        self.hang_up()
        await asyncio.gather(*self._talks, return_exceptions=True)

    def hang_up(self) -> None:
        """End all connections, whatever is going on."""
        for talk in self._talks:
            talk.cancel()

    async def _join(self, client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._talks.add(task)
        try:
            await self._talk(client, to_client)
        except (OSError, EOFError, asyncio.CancelledError):
            pass
        finally:
            to_client.transport.abort()
            self._talks.discard(task)

    async def _talk(self, client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        """One connection, until one of both has enough. Raises OSError or EOFError where it breaks."""
        raise NotImplementedError
