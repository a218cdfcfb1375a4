"""The installation's secret, and what it keeps: what names a reader is sealed with it, and addresses are found by
keyed marks.

One file of 32 random bytes is all there is to keep and to back up. Sealing and marking have a key of their own each,
made from it (HKDF, RFC 5869); what mails are signed with (`notify.message`) names its use in all that it signs. So what
one use gives away says nothing of the others. Who has the database without this file learns nobody's address, not even
whether one they know is in it.
"""

from __future__ import annotations

import base64
import hmac
import os
import secrets
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from alerts import credentials
from alerts.errors import AlertsError

BYTES: Final = 32
_NONCE: Final = 12
_CREDENTIAL: Final = "alerts-secret"


class Vault:
    """Seals texts, and makes marks by which equal ones are found. Its `repr` says nothing."""

    def __init__(self, secret: bytes) -> None:
        self._cipher = AESGCM(_derived(secret, b"alerts: sealed addresses"))
        self._marks = _derived(secret, b"alerts: marks of addresses")

    def seal(self, text: str) -> str:
        """`text` sealed, as ASCII; different every time."""
        nonce = secrets.token_bytes(_NONCE)
        return base64.urlsafe_b64encode(nonce + self._cipher.encrypt(nonce, text.encode(), None)).decode("ascii")

    def open(self, sealed: str) -> str:
        """What was sealed. Raises AlertsError where it was sealed with another secret, or damaged."""
        try:
            data = base64.urlsafe_b64decode(sealed.encode("ascii"))
            return self._cipher.decrypt(data[:_NONCE], data[_NONCE:], None).decode()
        except (ValueError, InvalidTag):
            raise AlertsError(
                "what is sealed in the database cannot be opened with this secret: restore the file that belongs to it"
            ) from None

    def mark(self, text: str) -> str:
        """64 hexadecimal digits, the same for texts that differ in capitals only; nothing can be read from them."""
        return hmac.new(self._marks, text.casefold().encode(), sha256).hexdigest()


def _derived(secret: bytes, use: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=BYTES, salt=None, info=use).derive(secret)


@dataclass(frozen=True, slots=True)
class SecretFile:
    """Where the secret lies. `made`: whether it may be made there when it is missing."""

    path: Path
    made: bool


def secret_file(data: Path, wanted: Path | None = None) -> SecretFile:
    """The file that holds the secret: `wanted` when the configuration names one, else the systemd credential
    "alerts-secret", else `secret` in the folder `data`, the only one that is made by itself."""
    if wanted is not None:
        return SecretFile(wanted, made=False)
    found = credentials.folder() / _CREDENTIAL
    if os.path.exists(found):  # unlike Path.exists, never raises
        return SecretFile(found, made=False)
    return SecretFile(data / "secret", made=True)


def load_secret(data: Path, wanted: Path | None = None) -> bytes:
    """The secret (`secret_file`), made at first use (readable by the owner only).

    Raises AlertsError when the file cannot be read or is damaged: going on with another secret would lose every
    address, and send mails that are under way a second time under new Message-IDs.
    """
    file = secret_file(data, wanted)
    path = file.path
    try:
        if file.made and not path.exists():
            _make(path)
        secret = path.read_bytes()
    except OSError as error:
        why = f"the secret of this installation cannot be used: {error.strerror}"
        raise AlertsError(f"{path}: {why}; {_what_to_do(file)}") from error
    if len(secret) != BYTES:
        raise AlertsError(f"{path}: the secret is damaged ({len(secret)} bytes, not {BYTES}): restore it from a backup")
    return secret


def _what_to_do(file: SecretFile) -> str:
    if file.made or file.path.exists():
        return "may this user write in its folder?"
    return f"restore it from a backup, or for a new installation make it: head -c {BYTES} /dev/urandom > {file.path}"


def _make(path: Path) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    fresh = path.with_name(f".secret.{os.getpid()}")
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        os.write(handle, secrets.token_bytes(BYTES))
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
