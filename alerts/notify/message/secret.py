"""Message-IDs and tokens made from the installation's secret: unguessable, and the same on every attempt."""

from __future__ import annotations

import hmac
from typing import Final

_SIGNED: Final = 12


def token(secret: bytes, *parts: object) -> str:
    """28 hexadecimal digits that only this installation can make from `parts`."""
    message = "\x1f".join(map(str, parts)).encode()
    return hmac.digest(secret, message, "sha256").hex()[:28]


def bulletin_message_id(secret: bytes, *, bulletin_id: int, person_id: int, domain: str) -> str:
    """The Message-ID of one bulletin to one person."""
    return f"<{token(secret, 'bulletin', bulletin_id, person_id)}@{domain}>"


def message_id(secret: bytes, *, alert_id: str, version: int, person_id: int, domain: str, reminder: int = 0) -> str:
    """The Message-ID of one mail, the same on every attempt: with it a store that collapses equal ones shows
    one. Version 1's is the root of the reader's thread about the alert."""
    again = (reminder,) if reminder else ()
    return f"<{token(secret, 'mail', alert_id, version, person_id, *again)}@{domain}>"


def bounce_address(secret: bytes, message_id: str) -> str:
    """The envelope's sender, to which a mail comes back that cannot be delivered: its local part names the mail. It is
    signed, as Message-IDs get about: they stand in answers to a mail, and in copies that are passed on. Who knows one
    could else have its reader taken for gone."""
    digits, _, domain = message_id.strip("<>").partition("@")
    return f"bounce+{token(secret, 'bounce', digits)[:_SIGNED]}-{digits}@{domain}"


def bounced(secret: bytes, name: str) -> str | None:
    """The digits of the Message-ID in what stands behind "bounce+"; None for what we did not sign."""
    signature, _, digits = name.partition("-")
    known = hmac.compare_digest(signature.encode(), token(secret, "bounce", digits)[:_SIGNED].encode())
    return digits if known else None
