"""One service a data folder: two would send each other's mails, and poll each other's feeds.

A file lock, and not a file with a process id in it: the kernel lets go of it when the process dies, however
it dies.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from alerts.errors import StoreError


class SingleService:
    """The lock on the data folder: `take`, then `release`."""

    def __init__(self, data: Path) -> None:
        self.path = data / "running"
        self._handle: int | None = None

    def take(self) -> None:
        """Raises StoreError when another service has it, or when it cannot be had. Does nothing when it is ours."""
        if self._handle is not None:
            return
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise StoreError(f"{self.path} cannot be opened: {error.strerror}") from None
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(handle)
            raise StoreError(
                f"another service runs on the folder {self.path.parent}: stop it, or set another [service] data",
                reason="locked",
            ) from None
        self._handle = handle

    def release(self) -> None:
        """Let go; does nothing without the lock."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None
