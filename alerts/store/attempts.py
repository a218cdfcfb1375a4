"""What strangers asked of us, for the limits: keyed marks only, kept for a day."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, delete, func, insert, select, text

from alerts.store.schema import attempt

KEPT: Final = timedelta(days=1)
_ALONE: Final = text("LOCK TABLE attempt IN SHARE ROW EXCLUSIVE MODE")


def alone(conn: Connection) -> None:
    """Nobody else's attempts are counted or added before this transaction ends: else two who ask at the same moment
    would each be the first. (SQLite has one writer anyway.)"""
    if conn.dialect.name == "postgresql":
        conn.execute(_ALONE)


def add(conn: Connection, kind: str, mark: str, now: datetime) -> None:
    """Remember an attempt."""
    conn.execute(insert(attempt), {"kind": kind, "mark": mark, "at": now})


def count(conn: Connection, kinds: Collection[str], since: datetime, *, mark: str | None = None) -> int:
    """How many there were after `since`: of one mark, or of all."""
    query = select(func.count()).where(attempt.c.kind.in_(kinds), attempt.c.at > since)
    return int(conn.execute(query if mark is None else query.where(attempt.c.mark == mark)).scalar_one())


def forget(conn: Connection, now: datetime) -> int:
    """Forget what is older than a day; how many."""
    return conn.execute(delete(attempt).where(attempt.c.at <= now - KEPT)).rowcount
