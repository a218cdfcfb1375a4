"""Bulletins: mails that are about no alert. They lie in the outbox beside those that are."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, insert, select

from alerts.store.codec import clean
from alerts.store.schema import bulletin


@dataclass(frozen=True, slots=True, kw_only=True)
class Bulletin:
    """What a bulletin says: plain text, paragraphs apart by an empty line. `kind` is what it is about, a word."""

    id: int
    kind: str
    created: datetime
    subject: str
    body: str


def add(conn: Connection, *, kind: str, subject: str, body: str, now: datetime) -> int:
    """Write a bulletin; its id."""
    row = {"kind": kind, "created": now, "subject": clean(subject), "body": clean(body)}
    made: int = conn.execute(insert(bulletin).values(row).returning(bulletin.c.id)).scalar_one()
    return made


def by_id(conn: Connection, ids: Collection[int]) -> dict[int, Bulletin]:
    """Bulletins by id; an unknown id is left out."""
    rows = conn.execute(select(bulletin).where(bulletin.c.id.in_(ids)))
    return {row.id: Bulletin(**row._asdict()) for row in rows}
