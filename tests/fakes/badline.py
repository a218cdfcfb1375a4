"""A line to a real mail server that is cut, slow, or answers for the server: what it does to a mail is told beforehand.

It speaks no better SMTP than the tests need: commands in turn, and no encryption.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from tests.fakes.line import Line

Fault = Literal[
    "421",  # instead of taking the sender, the server wants to be left alone
    "450",  # the mailbox cannot be reached now
    "slow",  # answers come in small pieces
    "cut before the dot",  # the text came, and its end did not: the server throws it away
    "cut at the dot",  # the server may take it or not, and says nothing that arrives
    "cut after the dot",  # the server has taken it, and its answer does not arrive
    "half an answer",  # the server has taken it, and the first two digits of its answer arrive
]
FAULTS: tuple[Fault, ...] = (
    *("421", "450", "slow", "cut before the dot"),
    *("cut at the dot", "cut after the dot", "half an answer"),
)
_END = b"\r\n.\r\n"


class _Cut(EOFError):
    """The connection ends here."""


@dataclass(slots=True, kw_only=True)
class BadLine(Line):
    """`async with BadLine(to_port=PORT, faults=...) as line`: mails to `line.port` go to the server at PORT, each with
    the next of the faults, until there are none any more."""

    faults: deque[Fault]

    async def _carry(
        self,
        client: asyncio.StreamReader,
        to_client: asyncio.StreamWriter,
        server: asyncio.StreamReader,
        to_server: asyncio.StreamWriter,
    ) -> None:
        await _Talk(client, to_client, server, to_server, self.faults).run()


@dataclass(slots=True)
class _Talk:
    """One connection: what the client says, and what the server answers."""

    client: asyncio.StreamReader
    to_client: asyncio.StreamWriter
    server: asyncio.StreamReader
    to_server: asyncio.StreamWriter
    faults: deque[Fault]
    fault: Fault | None = None

    async def run(self) -> None:
        await self._tell(await self._answer())
        while line := await self.client.readline():
            word = line[:4].upper()
            if word == b"MAIL":
                self.fault = self.faults.popleft() if self.faults else None
            if word == b"MAIL" and self.fault == "421":
                await self._tell(b"421 4.3.2 come back later\r\n")
                return
            if word == b"RCPT" and self.fault == "450":
                await self._tell(b"450 4.2.1 the mailbox is locked\r\n")
                continue
            self.to_server.write(line)
            answer = await self._answer()
            await self._tell(answer)
            if word == b"DATA" and answer.startswith(b"354"):
                await self._text(await self.client.readuntil(_END))

    async def _text(self, text: bytes) -> None:
        cut = self.fault == "cut before the dot"
        self.to_server.write(text[: -len(_END)] if cut else text)
        await self.to_server.drain()
        if self.fault in ("cut before the dot", "cut at the dot"):
            raise _Cut
        answer = await self._answer()
        if self.fault == "half an answer":
            await self._tell(answer[:2])
        if self.fault in ("cut after the dot", "half an answer"):
            raise _Cut
        await self._tell(answer)

    async def _answer(self) -> bytes:
        lines = [await self.server.readuntil(b"\n")]
        while lines[-1][3:4] == b"-":
            lines.append(await self.server.readuntil(b"\n"))
        return b"".join(lines)

    async def _tell(self, answer: bytes) -> None:
        size = 3 if self.fault == "slow" else len(answer)
        for piece in _pieces(answer, size):
            self.to_client.write(piece)
            await self.to_client.drain()
            if self.fault == "slow":
                await asyncio.sleep(0.005)


def _pieces(data: bytes, size: int) -> Iterable[bytes]:
    return (data[at : at + size] for at in range(0, len(data), size))
