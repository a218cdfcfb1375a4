"""Message-IDs and tokens made from the installation's secret: unguessable, and the same on every attempt."""

from __future__ import annotations

import hmac
from hashlib import sha256


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


def bounce_address(message_id: str) -> str:
    """The envelope's sender, to which a mail comes back that cannot be delivered: its local part names the mail. The
    Message-ID tells nobody the reader, and nobody can make one up."""
    return f"bounce+{message_id.strip('<>')}"
