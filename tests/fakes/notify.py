"""The socket on which systemd hears of a service."""

from __future__ import annotations

import socket
from collections.abc import Callable
from types import TracebackType


class NotifySocket:
    """`with NotifySocket(ADDRESS) as listener`: a path, or an abstract name that begins with "@"."""

    def __init__(self, address: str) -> None:
        self.address = address
        self._all: list[str] = []
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.setblocking(False)

    def __enter__(self) -> NotifySocket:
        self._socket.bind("\0" + self.address[1:] if self.address.startswith("@") else self.address)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._socket.close()

    def heard(self) -> list[str]:
        """The lines that came since it was asked before."""
        lines: list[str] = []
        while True:
            try:
                lines += self._socket.recv(65536).decode().splitlines()
            except BlockingIOError:
                self._all += lines
                return lines

    @property
    def lines(self) -> list[str]:
        """All that ever came."""
        self.heard()
        return self._all

    def says(self, word: str) -> Callable[[], bool]:
        """Whether a line that begins so has come by now."""
        return lambda: any(line.startswith(word) for line in self.lines)
