"""Documents as they came, kept so that a poll can be played again: of polls that brought something new, and of those
that could not be read. The oldest give way when they take too much room.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import brotli
from sqlalchemy import Connection, delete, func, insert, select

from alerts.collect.outcome import Document
from alerts.store.codec import clean
from alerts.store.schema import document

_QUALITY: Final = 0  # a fifth of the size in a third of a millisecond; others gain little more
PRUNED_AT_ONCE: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A document's row: `size` is what it takes here, in bytes."""

    id: int
    feed_id: int
    at: datetime
    status: str
    url: str
    content_type: str
    size: int


def put(conn: Connection, came: Iterable[tuple[int, Document, str]], *, now: datetime) -> None:
    """Keep documents of polls: the feed's id, the document, and the status that the poll ended with."""
    rows = [_row(feed_id, one, status, now) for feed_id, one, status in came]
    if rows:
        conn.execute(insert(document), rows)


def _row(feed_id: int, came: Document, status: str, now: datetime) -> dict[str, Any]:
    body = brotli.compress(came.body, quality=_QUALITY)
    return {
        "feed_id": feed_id,
        "at": now,
        "status": status,
        "url": clean(came.url),
        "content_type": clean(came.content_type)[:200],
        "size": len(body),
        "body": body,
    }


def of_feed(conn: Connection, feed_id: int) -> list[Kept]:
    """The documents kept of a feed, the newest first."""
    query = select(*_COLUMNS).where(document.c.feed_id == feed_id).order_by(document.c.id.desc())
    return [_kept(row) for row in conn.execute(query)]


def get(conn: Connection, document_id: int) -> Document | None:
    """A document as it came."""
    row = conn.execute(select(document).where(document.c.id == document_id)).one_or_none()
    if row is None:
        return None
    return Document(url=row.url, content_type=row.content_type, body=brotli.decompress(row.body))


def total(conn: Connection) -> int:
    """The bytes that all documents take."""
    return int(conn.execute(select(func.coalesce(func.sum(document.c.size), 0))).scalar_one())


def prune(conn: Connection, most: int) -> int:
    """Forget the oldest documents while all take more than `most` bytes, up to `PRUNED_AT_ONCE` of them; returns how
    many went."""
    over = total(conn) - most
    gone: list[int] = []
    oldest = select(document.c.id, document.c.size).order_by(document.c.id).limit(PRUNED_AT_ONCE)
    for row in conn.execute(oldest).all() if over > 0 else ():
        if over > 0:
            gone.append(row.id)
            over -= row.size
    if gone:
        conn.execute(delete(document).where(document.c.id <= gone[-1]))
    return len(gone)


_COLUMNS: Final = (
    document.c.id,
    document.c.feed_id,
    document.c.at,
    document.c.status,
    document.c.url,
    document.c.content_type,
    document.c.size,
)


def _kept(row: Any) -> Kept:
    return Kept(**row._asdict())
