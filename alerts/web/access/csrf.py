"""The token in the forms of who has logged in. It is made from the secret of their cookie, so only pages that were made
for its holder know it.

In each answer it stands masked anew. Answers are compressed, and some repeat what stood in the address: else one who
watches the length of many answers could learn the token letter by letter (BREACH).
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from typing import Final

_BYTES: Final = 16


def token(secret: str) -> str:
    """A token for forms of who has this cookie: another one each time."""
    made = hmac.digest(secret.encode("utf-8", "replace"), b"alerts: forms", hashlib.sha256)[:_BYTES]
    mask = secrets.token_bytes(_BYTES)
    return (mask + _mixed(mask, made)).hex()


def same(given: str, known: str) -> bool:
    """Whether two tokens were made from one cookie."""
    one, other = _plain(given), _plain(known)
    return one is not None and other is not None and hmac.compare_digest(one, other)


def _plain(given: str) -> bytes | None:
    try:
        both = bytes.fromhex(given)
    except ValueError:
        return None
    return _mixed(both[:_BYTES], both[_BYTES:]) if len(both) == 2 * _BYTES else None


def _mixed(one: bytes, other: bytes) -> bytes:
    return bytes(left ^ right for left, right in zip(one, other, strict=True))
