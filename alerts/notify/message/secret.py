"""The installation's secret: what makes Message-IDs unguessable and the same on every attempt."""

from __future__ import annotations

import hmac
import os
import secrets
from hashlib import sha256
from pathlib import Path

from alerts.errors import AlertsError

_BYTES = 32


def load_secret(data: Path) -> bytes:
    """The secret in the folder `data`, made there at first use (file `secret`, readable by the owner only).

    Raises AlertsError when the file cannot be read or is damaged: going on with another secret would send
    mails that are under way a second time under new Message-IDs.
    """
    path = data / "secret"
    try:
        if not path.exists():
            _make(path)
        secret = path.read_bytes()
    except OSError as error:
        raise AlertsError(f"{path}: the secret for Message-IDs cannot be used: {error.strerror}") from error
    if len(secret) != _BYTES:
        raise AlertsError(
            f"{path}: the secret is damaged ({len(secret)} bytes, not {_BYTES}): restore it from a backup"
        )
    return secret


def _make(path: Path) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    fresh = path.with_name(f".secret.{os.getpid()}")
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        os.write(handle, secrets.token_bytes(_BYTES))
        os.fsync(handle)
    finally:
        os.close(handle)
    try:
        os.link(fresh, path)  # not rename: of two processes that start at once, the first one's secret stays
    except FileExistsError:
        pass
    finally:
        fresh.unlink()
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make names made or moved in `folder` last through a power cut."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def token(secret: bytes, *parts: object) -> str:
    """28 hexadecimal digits that only this installation can make from `parts`."""
    message = "\x1f".join(map(str, parts)).encode()
    return hmac.new(secret, message, sha256).hexdigest()[:28]


def bulletin_message_id(secret: bytes, *, bulletin_id: int, person_id: int, domain: str) -> str:
    """The Message-ID of one bulletin to one person."""
    return f"<{token(secret, 'bulletin', bulletin_id, person_id)}@{domain}>"


def message_id(secret: bytes, *, alert_id: str, version: int, person_id: int, domain: str, reminder: int = 0) -> str:
    """The Message-ID of one mail, the same on every attempt: with it a store that collapses equal ones shows
    one. Version 1's is the root of the reader's thread about the alert."""
    again = (reminder,) if reminder else ()
    return f"<{token(secret, 'mail', alert_id, version, person_id, *again)}@{domain}>"
