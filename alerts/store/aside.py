"""Mails that came in and trip over a fault of ours: kept until a version that can take them, sealed, for they hold
addresses. Whoever sent such a mail could send many: no more than `MOST` are kept, and none for ever.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, delete, func, insert, select

from alerts.store.codec import clean
from alerts.store.database import vault_of
from alerts.store.health import Count
from alerts.store.schema import aside

MOST: Final = 50
KEPT: Final = timedelta(days=30)
_LONGEST_FAULT: Final = 200


def put(conn: Connection, text: str, fault: str, now: datetime) -> bool:
    """Keep all of a mail that is needed to take it; `fault` says what it trips over, without an address. False, and
    nothing, when too many lie there."""
    if count(conn) >= MOST:
        return False
    row = {"since": now, "fault": clean(fault)[:_LONGEST_FAULT], "sealed": vault_of(conn).seal(text)}
    conn.execute(insert(aside).values(row))
    return True


def listed(conn: Connection) -> list[int]:
    """The mails that lie here, as they came."""
    return list(conn.execute(select(aside.c.id).order_by(aside.c.id)).scalars())


def take(conn: Connection, number: int) -> str | None:
    """Take one out, to be done in this transaction; None when it is gone. Raises AlertsError where it was sealed with
    another secret."""
    gone = delete(aside).where(aside.c.id == number).returning(aside.c.sealed)
    sealed = conn.execute(gone).scalar_one_or_none()
    return None if sealed is None else vault_of(conn).open(sealed)


def forget(conn: Connection, now: datetime) -> int:
    """Drop what has been here for too long; how many."""
    return conn.execute(delete(aside).where(aside.c.since <= now - KEPT)).rowcount


def count(conn: Connection) -> int:
    """How many lie here."""
    found: int = conn.execute(select(func.count()).select_from(aside)).scalar_one()
    return found


def standing(conn: Connection) -> Count | None:
    """How many lie here, since when, and what one of them trips over; None for none."""
    row = conn.execute(select(func.count(), func.min(aside.c.since), func.max(aside.c.fault))).one()
    return Count(number=row[0], since=row[1], example=row[2]) if row[0] else None
