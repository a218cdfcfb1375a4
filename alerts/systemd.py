"""What systemd is told of the service (sd_notify(3)): that it has started, what it does, that it is alive.

The protocol is a few words in one datagram; there is no kept library for it that needs no compiler. Without systemd
nothing is sent, and nothing else is different.
"""

from __future__ import annotations

import logging
import os
import socket
from collections.abc import MutableMapping
from dataclasses import dataclass
from typing import Final

_log = logging.getLogger(__name__)
_SECONDS: Final = 1.0  # systemd that takes nothing for so long misses a word; a service must not wait for it


@dataclass(frozen=True, slots=True, kw_only=True)
class Notifier:
    """Tells whoever listens at `address`: the path of a socket, or an abstract one that begins with "@"; "" tells
    nobody. `watchdog_s`: within so many seconds it wants to hear `alive` again, or it kills and restarts us; None: it
    does not watch."""

    address: str = ""
    watchdog_s: float | None = None

    def started(self) -> None:
        self.tell("READY=1")

    def stopping(self) -> None:
        self.tell("STOPPING=1\nSTATUS=stopping")

    def alive(self) -> None:
        if self.watchdog_s is not None:
            self.tell("WATCHDOG=1")

    def status(self, line: str) -> None:
        """One line for `systemctl status`."""
        self.tell("STATUS=" + " ".join(line.split()))

    def tell(self, words: str) -> None:
        """Send these words. A failure is logged and is no trouble: systemd then does as if nothing had been said."""
        if not self.address:
            return
        address = "\0" + self.address[1:] if self.address.startswith("@") else self.address
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as out:
                out.settimeout(_SECONDS)
                out.sendto(words.encode(), address)
        except OSError as error:
            _log.warning("systemd cannot be told %r: %s", words, error)


def take_notifier(environ: MutableMapping[str, str] = os.environ) -> Notifier:
    """Whom systemd has named in the environment; taken out of it, so that no process that we start speaks for us."""
    address = environ.pop("NOTIFY_SOCKET", "")
    usec, pid = environ.pop("WATCHDOG_USEC", ""), environ.pop("WATCHDOG_PID", "")
    ours = pid in ("", str(os.getpid())) and usec.isdecimal() and int(usec) > 0
    return Notifier(address=address, watchdog_s=int(usec) / 1e6 if ours and address else None)
