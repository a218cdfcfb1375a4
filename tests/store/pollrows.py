"""Rows of the log of polls, as tests want them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, update

from alerts.store.schema import feed, poll


def add_polls(conn: Connection, feed_id: int, times: Iterable[datetime], status: str = "ok", **more: Any) -> None:
    """Polls of a feed at these times, all of one kind: with twenty items that were known, when a document came."""
    came = {"entries": 20, "overlap": 20, "bytes": 1000} if status == "ok" else {}
    http = {"ok": 200, "not_modified": 304}.get(status)
    row = {"feed_id": feed_id, "status": status, "http": http, "ms": 100, "due_reason": "interval", **came, **more}
    conn.execute(insert(poll), [{**row, "at": at} for at in times])


def set_feed(conn: Connection, feed_id: int, **columns: Any) -> None:
    """Columns of a feed, as polls would have left them."""
    conn.execute(update(feed).where(feed.c.id == feed_id).values(columns))
