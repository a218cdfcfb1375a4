"""Passes: what the links and addresses in a reader's mails carry, by which they confirm, leave, or change their wishes.

Nothing about a pass is stored. It is valid because we signed it, names a person by number and never by address, and
is good for one purpose only. It stands in the local part of mail addresses too ("confirm+PASS@..."), which some
servers turn into small letters and which must not be longer than 64 characters: so it is made of small letters,
digits and hyphens, and is short. No log line holds one.
"""

from __future__ import annotations

import hmac
import re
from base64 import b32encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Final, Literal

from alerts.errors import InputError
from alerts.readers import YES_WITHIN

Purpose = Literal["confirm", "unsubscribe", "preferences"]

LASTS: Final[Mapping[Purpose, timedelta | None]] = MappingProxyType(
    {"confirm": YES_WITHIN, "unsubscribe": None, "preferences": timedelta(days=30)}
)
"""How long a pass is good; None: for ever."""

_BEGIN: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MINUTE: Final = timedelta(minutes=1)
_DIGITS: Final = "0123456789abcdefghijklmnopqrstuvwxyz"
_SIGNATURE: Final = 15  # bytes: 120 bits, 24 letters
_FORM: Final = re.compile(r"([0-9a-z]{1,7})-([0-9a-z]{1,5})-([0-9a-z]{1,6})-([a-z2-7]{24})")
_FORGED: Final = (
    "This link is not one that was sent from here, or a part of it is missing. "
    "Open it in the mail once more, or copy the whole of it."
)
_OLD: Final[Mapping[Purpose, str]] = MappingProxyType(
    {
        "confirm": "This link is too old: it was good for two days. Ask once more, and a new one is sent.",
        "unsubscribe": "This link is too old to be used.",
        "preferences": "This link is too old to be used. Newer mails have links of their own.",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pass:
    """Whom a pass was sent to; `series` is what `Person.series` was then."""

    person_id: int
    series: int


def make(
    secret: bytes,
    purpose: Purpose,
    person_id: int,
    *,
    series: int = 0,
    now: datetime | None = None,
) -> str:
    """A pass for one person: at most 45 of a-z, 0-9 and "-". Equal for equal arguments: with the time for `now` at
    which a mail was written every attempt at it holds the same. `now` is needed for what does not last for ever."""
    lasts = LASTS[purpose]
    end = 0
    if lasts is not None:
        if now is None:
            raise ValueError(f'a pass to "{purpose}" needs the time from which it is good')
        end = (now + lasts - _BEGIN) // _MINUTE + 1  # the minute after: it is never good for less
    body = f"{_written(person_id)}-{_written(series)}-{_written(end)}"
    return f"{body}-{_signature(secret, purpose, body)}"


def read(secret: bytes, purpose: Purpose, token: str, now: datetime) -> Pass:
    """What a pass stands for, in capitals or not. Raises InputError, in words for the reader, for one that we did not
    make for this purpose and for one that is too old; the error does not repeat it."""
    found = _FORM.fullmatch(token.lower()) if token.isascii() else None
    if found is None:
        raise InputError(_FORGED)
    body, _, signature = found[0].rpartition("-")
    if not hmac.compare_digest(signature, _signature(secret, purpose, body)):
        raise InputError(_FORGED)
    person_id, series, end = (int(number, 36) for number in found.groups()[:3])
    if end and (now - _BEGIN) // _MINUTE >= end:
        raise InputError(_OLD[purpose])
    return Pass(person_id=person_id, series=series)


def _signature(secret: bytes, purpose: Purpose, body: str) -> str:
    digest = hmac.digest(secret, f"alerts: pass\x1f{purpose}\x1f{body}".encode(), "sha256")
    return b32encode(digest[:_SIGNATURE]).decode("ascii").lower()


def _written(number: int) -> str:
    """A number of 0 or more in base 36, as `int(text, 36)` reads it."""
    text = ""
    while number:
        number, digit = divmod(number, 36)
        text = _DIGITS[digit] + text
    return text or "0"
