"""Where a server of this service listens that only programs of the same machine may reach."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Listen:
    """A port of this machine, or the path of a socket."""

    host: str = ""
    port: int = 0
    path: Path | None = None

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}" if self.path is None else str(self.path)


def listen_at(text: str) -> Listen:
    """What "127.0.0.1:8024", "localhost:8024" or "/run/alerts/lmtp" means. Raises ValueError for an address that other
    machines can reach."""
    if text.startswith("/"):
        return Listen(path=Path(text))
    host, _, port = text.rpartition(":")
    host = "127.0.0.1" if host == "localhost" else host.strip("[]")
    try:
        here = ipaddress.ip_address(host).is_loopback
    except ValueError:
        here = False
    if not here:
        raise ValueError('write an address of this machine itself, such as "127.0.0.1:8024", or the path of a socket')
    if not (port.isascii() and port.isdecimal() and 0 < int(port) <= 65535):
        raise ValueError('write a port behind the address, such as "127.0.0.1:8024"')
    return Listen(host=host, port=int(port))
