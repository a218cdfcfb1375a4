"""An SMTP server that allows several commands at once, and answers them as it is told: late, in pieces, wrongly, not at
all. It speaks no better SMTP than the tests need."""

from __future__ import annotations

import asyncio
from collections import defaultdict, deque
from dataclasses import dataclass, field
from types import TracebackType


@dataclass(slots=True)
class Scripted:
    """`answers["RCPT"]` holds the next answers to RCPT (also "MAIL", "DATA", "TEXT"); without any all is well. An
    answer is sent in the pieces between "|"; "drop" hangs up, "silence" says nothing more. `texts` came whole."""

    answers: dict[str, deque[str]] = field(default_factory=lambda: defaultdict(deque))
    texts: list[bytes] = field(default_factory=list)
    heard: list[str] = field(default_factory=list)
    connections: int = 0
    port: int = 0
    _server: asyncio.Server | None = None
    _writers: list[asyncio.StreamWriter] = field(default_factory=list)

    async def __aenter__(self) -> Scripted:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server is not None
        self._server.close()
        self.hang_up()

    def hang_up(self) -> None:
        """End all connections, whatever is going on."""
        for writer in self._writers:
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._writers.append(writer)
        writer.write(b"220 scripted.example\r\n")
        try:
            while line := await reader.readline():
                word = line.decode().split(" ")[0].split(":")[0].strip()
                self.heard.append(word)
                usual = {
                    "EHLO": "250-scripted.example\r\n250-PIPELINING\r\n250 ENHANCEDSTATUSCODES",
                    "DATA": "354 go on",
                }
                if not await self._answer(word, usual.get(word, "250 fine"), writer) or word == "QUIT":
                    break
                if word == "DATA" and self.heard[-1] != "refused":
                    self.texts.append(await reader.readuntil(b"\r\n.\r\n"))
                    if not await self._answer("TEXT", "250 taken", writer):
                        break
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        writer.close()

    async def _answer(self, word: str, usual: str, writer: asyncio.StreamWriter) -> bool:
        answer = self.answers[word].popleft() if self.answers[word] else usual
        if answer == "silence":
            await asyncio.sleep(3600)
        if answer == "drop":
            writer.transport.abort()
            return False
        if word == "DATA" and not answer.replace("|", "").startswith("354"):
            self.heard.append("refused")
        for piece in f"{answer}\r\n".split("|"):
            writer.write(piece.encode())
            await writer.drain()
            await asyncio.sleep(0.02 if "|" in answer else 0)
        return True
