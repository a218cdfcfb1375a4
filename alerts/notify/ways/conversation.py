"""A connection to an SMTP server from the moment at which mails can go over it.

aiosmtplib connects, encrypts and logs in. It waits for each answer before the next command, which over a long way
takes four times as long for a mail, and here half of our processor time; so from then on the commands are ours, several
at once where the server allows it (PIPELINING, RFC 2920).
"""

from __future__ import annotations

import asyncio
from collections import deque
from contextlib import suppress
from dataclasses import dataclass
from typing import Final, cast

LONGEST_ANSWER: Final = 32 * 1024


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer; `code` is 0 for one that is none."""

    code: int
    text: str

    @property
    def yes(self) -> bool:
        return self.code // 100 == 2


class Conversation(asyncio.Protocol):
    """Takes a connection over. `used`: a mail went over it before; `spoiled`: it is in the middle of one that the
    server refused."""

    def __init__(self, transport: asyncio.Transport, *, pipelining: bool) -> None:
        self._transport, self.pipelining = transport, pipelining
        self.used = self.spoiled = False
        self.trouble = ""
        self._buffer = bytearray()
        self._lines: list[str] = []
        self._replies: deque[Reply] = deque()
        self._waiter: asyncio.Future[None] | None = None
        self._wanted = 0
        transport.set_protocol(self)

    @property
    def usable(self) -> bool:
        """Whether another mail may go over it: it is there, and the server has not said anything unasked, which is how
        it takes its leave."""
        return not (self.trouble or self._replies or self._transport.is_closing())

    def say(self, data: bytes) -> None:
        """Send bytes; what becomes of them is seen by the replies."""
        if not self._transport.is_closing():
            self._transport.write(data)

    async def replies(self, wanted: int, seconds: float) -> list[Reply]:
        """The next `wanted` replies; fewer when the server hangs up or does not answer in time: `trouble` says it."""
        if len(self._replies) < wanted and not self.trouble:
            loop = asyncio.get_running_loop()
            self._wanted, self._waiter = wanted, loop.create_future()
            alarm = loop.call_later(seconds, self._too_late, seconds)
            try:
                await self._waiter
            finally:
                alarm.cancel()
                self._waiter = None
        return [self._replies.popleft() for _ in range(min(wanted, len(self._replies)))]

    def hang_up(self) -> None:
        """End the connection at once."""
        self.trouble = self.trouble or "we hung up"
        self._transport.abort()
        self._wake()

    async def leave(self) -> None:
        """Take leave of the server, which may take two seconds for it."""
        if self.usable:
            self.say(b"QUIT\r\n")
            await self.replies(1, 2.0)
        self._transport.close()

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        *lines, rest = self._buffer.split(b"\n")
        self._buffer = rest
        for line in lines:
            self._take(line.decode("utf-8", "surrogateescape").rstrip("\r"))
        if len(rest) + sum(map(len, self._lines)) > LONGEST_ANSWER:
            self._replies.append(Reply(0, "an answer without an end"))
            self.hang_up()
        if len(self._replies) >= self._wanted:
            self._wake()

    def connection_lost(self, exc: Exception | None) -> None:
        self.trouble = self.trouble or (f"the connection broke: {exc}" if exc else "it hung up")
        self._wake()

    def _take(self, line: str) -> None:
        if not (line[:3].isascii() and line[:3].isdigit()):
            self._lines.clear()
            self._replies.append(Reply(0, line))
        elif line[3:4] == "-":
            self._lines.append(line[4:].strip())
        else:
            self._replies.append(Reply(int(line[:3]), "\n".join([*self._lines, line[4:].strip()])))
            self._lines.clear()

    def _too_late(self, seconds: float) -> None:
        self.trouble = f"it said nothing for {seconds:g} s"
        self._wake()

    def _wake(self) -> None:
        if self._waiter is not None:
            with suppress(asyncio.InvalidStateError):
                self._waiter.set_result(None)


def taken_over(transport: asyncio.BaseTransport, *, pipelining: bool) -> Conversation:
    """A conversation over a connection that somebody else made."""
    return Conversation(cast("asyncio.Transport", transport), pipelining=pipelining)
