"""Signed links for one press: which alert, which version, which reader, until when.

The token is all that the page behind a link needs, so no list of links is kept that could be lost or stolen. It
names a reader by number, never by address. Whoever holds it can say something of this alert in that reader's
name and nothing else; so no log line holds one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from hashlib import sha256

from itsdangerous import Signer
from itsdangerous.signer import HMACAlgorithm

from alerts.errors import InputError

EXPIRE = timedelta(days=30)
_BEGIN = datetime(1970, 1, 1, tzinfo=UTC)
_DAY = timedelta(days=1)
_FORM = re.compile(r"([1-9][0-9]{0,8})\.([0-9]{1,9})\.([1-9][0-9]{0,8})\.([0-9]{1,6})\.[A-Za-z0-9_-]{20}")
_FORGED = (
    "This link is not one that was sent from here, or a part of it is missing. "
    "Open it in the mail once more, or copy the whole of it."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """What a link is about, and whom it was sent to."""

    alert_id: str
    version: int
    person_id: int


class _Short(HMACAlgorithm):
    """120 bits of HMAC-SHA-256, 20 letters: enough, and a link half as long in a mail that is read as plain text."""

    def get_signature(self, key: bytes, value: bytes) -> bytes:
        return super().get_signature(key, value)[:15]


def sign(
    secret: bytes, *, alert_id: str, version: int, person_id: int, now: datetime, expire: timedelta = EXPIRE
) -> str:
    """The token of one reader's links about one version of an alert. It is good until the end of the day (UTC) that
    lies `expire` after `now`: with the version's time for `now` every attempt at a mail holds the same."""
    last = (now + expire - _BEGIN) // _DAY
    return _signer(secret).sign(f"{alert_id}.{version}.{person_id}.{last}").decode("ascii")


def read(secret: bytes, token: str, now: datetime) -> Link:
    """What a token stands for. Raises InputError, in words for the reader, for one that we did not make and for one
    that is too old; the error does not repeat it."""
    found = _FORM.fullmatch(token)
    if found is None or not _signer(secret).validate(token):
        raise InputError(_FORGED)
    alert_id, version, person_id, last = found.groups()
    if (now - _BEGIN) // _DAY > int(last):
        raise InputError("This link is too old to be used. Newer mails about the alert have links of their own.")
    return Link(alert_id=alert_id, version=int(version), person_id=int(person_id))


@lru_cache(maxsize=4)
def _signer(secret: bytes) -> Signer:
    algorithm = _Short(sha256)
    return Signer(secret, salt=b"alerts: verdicts", key_derivation="hmac", digest_method=sha256, algorithm=algorithm)
