"""Requests on a clock of their own: what a reader waits, counted from the moment at which a request was due. A client
that waits for each answer before it asks again would not ask while the server hangs, and so not see it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from typing import Final

CONNECTIONS: Final = 40
_HEAD: Final = "GET {} HTTP/1.1\r\nHost: alerts.example\r\nAccept-Encoding: gzip\r\n\r\n"


async def paced(port: int, addresses: Sequence[str], *, per_second: float) -> tuple[list[float], int]:
    """Seconds from when each was due to the end of its answer, and how many were sent away (503). Raises ValueError for
    any other answer that is not 200."""
    free: asyncio.Queue[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = asyncio.Queue()
    for _ in range(CONNECTIONS):
        free.put_nowait(await asyncio.open_connection("127.0.0.1", port, limit=2**22))
    begun = time.perf_counter()

    async def one(number: int, address: str) -> tuple[float, bool]:
        due = begun + number / per_second
        await asyncio.sleep(due - time.perf_counter())
        connection = await free.get()
        answered = await _ask(*connection, address)
        free.put_nowait(connection)
        return time.perf_counter() - due, answered

    done = await asyncio.gather(*(one(number, address) for number, address in enumerate(addresses)))
    while not free.empty():
        free.get_nowait()[1].close()
    return [took for took, _ in done], sum(not answered for _, answered in done)


async def _ask(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, address: str) -> bool:
    writer.write(_HEAD.format(address).encode())
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    if not head.startswith((b"http/1.1 200", b"http/1.1 503")):
        raise ValueError(f"{address}: {head[:60]!r}")
    await reader.readexactly(int(head.partition(b"content-length: ")[2].partition(b"\r\n")[0]))
    return head.startswith(b"http/1.1 200")
