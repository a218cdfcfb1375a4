"""Mails into a Maildir on this disk: the way out until a mail server is configured.

Delivery is the classic one (write in `tmp`, fsync, rename into `new`, fsync the folder), with one difference:
the file's name comes from the Message-ID, so a second attempt after a crash finds the first one's file and
leaves it. Names end in `.eml`, which mail programs open by a click and Maildir readers do not mind.
"""

from __future__ import annotations

import asyncio
import errno
import os
import time
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path

from alerts.errors import MailError
from alerts.notify.ways.transport import Crash, Envelope, Fate, no_crash
from alerts.vault import sync_folder

_FOLDERS = ("tmp", "new", "cur")
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_LEFT_BEHIND = 36 * 3600  # seconds; the Maildir convention for what a crash left in tmp


class Maildir:
    """A Transport into the Maildir at `folder`, made when missing (folders 0700, mails 0600)."""

    def __init__(self, folder: Path, *, at_once: int = 16, crash: Crash = no_crash) -> None:
        self.folder, self._at_once, self._crash = folder, at_once, crash
        try:
            for name in _FOLDERS:
                (folder / name).mkdir(mode=0o700, parents=True, exist_ok=True)
            folder.chmod(0o700)
            self._sweep()
        except OSError as error:
            raise _unusable(folder, error) from error

    @property
    def at_once(self) -> int:
        return self._at_once

    async def send(self, envelope: Envelope) -> None:
        """Return when the mail lies safely in `new`, now or from an earlier attempt."""
        await asyncio.to_thread(self._deliver, envelope)

    @property
    def settles(self) -> timedelta:
        return timedelta(0)

    async def find(self, sought: Mapping[str, datetime]) -> Mapping[str, Fate]:
        def look() -> dict[str, Fate]:
            return {name: "taken" if self._has(file_name(name)) else "absent" for name in sought}

        return await asyncio.to_thread(look)

    def hang_up(self) -> None:
        """A disk answers in time."""

    async def close(self) -> None:
        """Nothing is kept open."""

    def _deliver(self, envelope: Envelope) -> None:
        name = file_name(envelope.message_id)
        fresh = self.folder / "tmp" / f"{name}.{os.getpid()}"
        try:
            if self._has(name):
                return
            _write(fresh, envelope.message)
            self._crash("mail-written")
            fresh.rename(self.folder / "new" / name)
            self._crash("mail-renamed")
            sync_folder(self.folder / "new")
        except OSError as error:
            fresh.unlink(missing_ok=True)
            raise _unusable(self.folder, error) from error

    def _has(self, name: str) -> bool:
        if (self.folder / "new" / name).exists():
            return True
        # A reader's program moves a mail it has shown to `cur`, and adds its flags to the name.
        with os.scandir(self.folder / "cur") as entries:
            return any(entry.name.partition(":")[0] == name for entry in entries)

    def _sweep(self) -> None:
        for path in (self.folder / "tmp").iterdir():
            if time.time() - path.stat().st_mtime > _LEFT_BEHIND:
                path.unlink(missing_ok=True)


def file_name(message_id: str) -> str:
    """The mail's name in `new`. Message-IDs are ours: hexadecimal digits before the @."""
    local = message_id.strip("<>").partition("@")[0]
    if not local.isalnum():
        raise MailError("this is not one of our Message-IDs", reason="refused", permanent=True)
    return f"{local}.eml"


def _write(path: Path, data: bytes) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _unusable(folder: Path, error: OSError) -> MailError:
    advice = "free some space" if error.errno in _NO_ROOM else "make it writable for the user that runs alerts"
    return MailError(f"{folder}: mails cannot be written: {error.strerror}; {advice}", reason="disk", permanent=False)
