"""Names to addresses, in threads of our own: the system's resolver blocks, for many seconds when name servers are away,
and must not hold up what else waits for a thread, the database above all.
"""

from __future__ import annotations

import asyncio
import socket
from concurrent.futures import ThreadPoolExecutor

from aiohttp.abc import AbstractResolver, ResolveResult

_AT_ONCE = 64


class Resolver(AbstractResolver):
    """`socket.getaddrinfo`, many at once."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="resolver")

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Raises OSError."""
        loop = asyncio.get_running_loop()
        found = await loop.run_in_executor(self._threads, _look_up, host, port, family)
        flags = socket.AI_NUMERICHOST | socket.AI_NUMERICSERV
        return [
            ResolveResult(hostname=host, host=address, port=port, family=kind, proto=proto, flags=flags)
            for kind, proto, address in found
        ]

    async def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)


def _look_up(host: str, port: int, family: int) -> list[tuple[socket.AddressFamily, int, str]]:
    infos = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, family=family, flags=socket.AI_ADDRCONFIG)
    return [(kind, proto, _written(address)) for kind, _, proto, _, address in infos]


def _written(address: tuple[object, ...]) -> str:
    """The address as text; one that holds only on one link names that."""
    scope = f"%{address[3]}" if len(address) > 3 and address[3] else ""
    return f"{address[0]}{scope}"
