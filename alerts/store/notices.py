"""Operators' notices: what does not go on as it should, each told once when it opens and once when it is over.

One open notice a (kind, subject). `told` is when operators were last told of it: null while nobody was, and before
`ended` while they have not heard of its end.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, cast

from sqlalchemy import Connection, Row, insert, select, update

from alerts.store import meta
from alerts.store.codec import clean
from alerts.store.schema import notice
from alerts.track.quiet import Kind, Trouble

_SUBJECT: Final = 250
_TEXT: Final = 2000
_LOOKED: Final = "last look for notices"
_STARTED: Final = "service started"


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """`since` is when the trouble began, as far as known; `opened` when it was noticed."""

    id: int
    kind: Kind
    subject: str
    text: str
    since: datetime
    opened: datetime
    told: datetime | None
    ended: datetime | None


def open_notices(conn: Connection) -> list[Notice]:
    """What is open, the oldest first."""
    return _list(conn, notice.c.ended.is_(None))


def latest(conn: Connection, limit: int) -> list[Notice]:
    """Open and ended ones, the latest opened first."""
    query = select(notice).order_by(notice.c.opened.desc(), notice.c.id.desc()).limit(limit)
    return [_notice(row) for row in conn.execute(query)]


def begin(conn: Connection, found: Sequence[Trouble], now: datetime) -> None:
    """Open notices; there must be none open of the same kind and subject."""
    rows = [
        {
            "kind": one.kind,
            "subject": clean(one.subject)[:_SUBJECT],
            "text": clean(one.text)[:_TEXT],
            "since": one.since,
            "opened": now,
        }
        for one in found
    ]
    if rows:
        conn.execute(insert(notice), rows)


def end(conn: Connection, ids: Collection[int], now: datetime) -> None:
    """These are over."""
    conn.execute(update(notice).where(notice.c.id.in_(ids), notice.c.ended.is_(None)).values(ended=now))


def ended_since(conn: Connection, since: datetime) -> list[Notice]:
    """What was over lately."""
    return _list(conn, notice.c.ended >= since)


def untold(conn: Connection) -> tuple[list[Notice], list[Notice]]:
    """What operators have still to hear: notices that opened, and ends of those they were told of."""
    opened = _list(conn, notice.c.ended.is_(None) & notice.c.told.is_(None))
    return opened, _list(conn, notice.c.told < notice.c.ended)


def mark_told(conn: Connection, ids: Collection[int], now: datetime) -> None:
    """Operators were told how these stand."""
    conn.execute(update(notice).where(notice.c.id.in_(ids)).values(told=now))


def forget(conn: Connection, before: datetime) -> int:
    """Forget what ended before a time; returns how many."""
    return conn.execute(notice.delete().where(notice.c.ended < before)).rowcount


@dataclass(frozen=True, slots=True, kw_only=True)
class LastLook:
    """When the facts were last looked through, and when a canary last came out."""

    at: datetime
    canary: datetime | None


def put_look(conn: Connection, at: datetime, canary: datetime | None) -> None:
    """Note a look. A canary that came out before stays noted."""
    before = last_look(conn)
    known = canary or (before.canary if before else None)
    meta.put(conn, _LOOKED, {"at": at.isoformat(), "canary": known.isoformat() if known else None})


def put_start(conn: Connection, at: datetime) -> None:
    """Note that the service was started: its first look comes only when it has got going."""
    meta.put(conn, _STARTED, at.isoformat())


def sign_of_life(conn: Connection) -> datetime | None:
    """When the service last looked, or was started since."""
    started, look = meta.get(conn, _STARTED), last_look(conn)
    known = [datetime.fromisoformat(started)] if started else []
    return max([*known, *([look.at] if look else [])], default=None)


def last_look(conn: Connection) -> LastLook | None:
    """The last look; None when there was none yet."""
    noted = meta.get(conn, _LOOKED)
    if not noted:
        return None
    canary = datetime.fromisoformat(noted["canary"]) if noted["canary"] else None
    return LastLook(at=datetime.fromisoformat(noted["at"]), canary=canary)


def _list(conn: Connection, which: Any) -> list[Notice]:
    return [_notice(row) for row in conn.execute(select(notice).where(which).order_by(notice.c.opened, notice.c.id))]


def _notice(row: Row[Any]) -> Notice:
    return Notice(**row._asdict() | {"kind": cast(Kind, row.kind)})
