"""A stamp that is another one as soon as any alert has changed, whoever changed it: what was made of alerts before may
be shown again for as long as it stays the same."""

from __future__ import annotations

import secrets
from typing import Final

from sqlalchemy import Connection

from alerts.store import meta

_NAME: Final = "stamp of alerts"


def renew(conn: Connection) -> None:
    """Alerts have changed. After they were written: who waits for them (`alone_with_alerts`) must not hold this row."""
    meta.put(conn, _NAME, secrets.token_hex(8))


def read(conn: Connection) -> str:
    """The stamp; empty where no alert was ever stored."""
    return str(meta.get(conn, _NAME) or "")
