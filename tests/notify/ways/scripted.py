"""An SMTP server that allows several commands at once, and answers them as it is told: late, in pieces, wrongly, not at
all. It speaks no better SMTP than the tests need."""

from __future__ import annotations

import asyncio
from collections import defaultdict, deque
from dataclasses import dataclass, field

from tests.fakes.listener import Listener


@dataclass(slots=True, kw_only=True)
class Scripted(Listener):
    """`answers["RCPT"]` holds the next answers to RCPT (also "MAIL", "DATA", "TEXT"); without any all is well. An
    answer is sent in the pieces between "|"; "drop" hangs up, "silence" says nothing more. `texts` came whole."""

    answers: dict[str, deque[str]] = field(default_factory=lambda: defaultdict(deque))
    texts: list[bytes] = field(default_factory=list)
    heard: list[str] = field(default_factory=list)
    connections: int = 0

    async def _talk(self, client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        self.connections += 1
        to_client.write(b"220 scripted.example\r\n")
        while line := await client.readline():
            word = line.decode().split(" ")[0].split(":")[0].strip()
            self.heard.append(word)
            usual = {
                "EHLO": "250-scripted.example\r\n250-PIPELINING\r\n250 ENHANCEDSTATUSCODES",
                "DATA": "354 go on",
            }
            if not await self._answer(word, usual.get(word, "250 fine"), to_client) or word == "QUIT":
                return
            if word == "DATA" and self.heard[-1] != "refused":
                self.texts.append(await client.readuntil(b"\r\n.\r\n"))
                if not await self._answer("TEXT", "250 taken", to_client):
                    return

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
