"""A line to a real server on loopback: who connects to it talks to the server through what a test does with it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from tests.fakes.listener import Listener


@dataclass(slots=True, kw_only=True)
class Line(Listener):
    """`async with Line(to_port=PORT) as line`: connections to `line.port` go to the server at PORT, by `_carry`."""

    to_port: int

    async def _talk(self, client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        await self._open()
        server, to_server = await asyncio.open_connection("127.0.0.1", self.to_port)
        try:
            await self._carry(client, to_client, server, to_server)
        finally:
            to_server.transport.abort()

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
