"""Ports for servers that are told theirs beforehand."""

from __future__ import annotations

import socket
from typing import Final

_HELD: Final[list[socket.socket]] = []


def free_port() -> int:
    """A port on loopback that nobody listens on. It is bound until this process ends, so that the system gives it to
    nobody else meanwhile: a server that is told it can still have it (SO_REUSEADDR)."""
    one = socket.socket()
    one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    one.bind(("127.0.0.1", 0))
    _HELD.append(one)
    return int(one.getsockname()[1])
