"""The cable to a server: it can be cut, as networks do it. Who talks through it hears nothing then, not even an end."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from tests.fakes.line import Line


@dataclass(slots=True, kw_only=True)
class Cable(Line):
    """`async with Cable(to_port=PORT) as cable`: `cable.port` leads to PORT on loopback, until it is cut."""

    _whole: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.mend()

    def cut(self) -> None:
        """From now on nothing comes through."""
        self._whole.clear()

    def mend(self) -> None:
        """What was held up comes through now."""
        self._whole.set()

    async def _open(self) -> None:
        await self._whole.wait()

    async def _carry(
        self,
        client: asyncio.StreamReader,
        to_client: asyncio.StreamWriter,
        server: asyncio.StreamReader,
        to_server: asyncio.StreamWriter,
    ) -> None:
        await asyncio.gather(self._one_way(client, to_server), self._one_way(server, to_client))

    async def _one_way(self, source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        while data := await source.read(65536):
            await self._whole.wait()
            target.write(data)
            await target.drain()
        target.close()
