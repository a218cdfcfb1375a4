"""What takes how much room in the database, and how much of it would go by the settings of how long things are kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, Connection, Engine, Table, func, select, text
from sqlalchemy.exc import OperationalError

from alerts.store import pruning
from alerts.store.database import reading
from alerts.store.schema import article, audit, document, metadata, outbox, poll, report, story
from alerts.store.schema.base import UtcTime

_MAILS_AT_ONCE: Final = 2_000


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of thing: its rows are those of the first table, its room that of all, and `at` says how old one is."""

    what: str
    tables: tuple[str, ...]
    at: ColumnElement[datetime] | None = None


_KINDS: Final = (
    Kind("articles", ("article", "linked"), article.c.first_seen),
    Kind("prints of texts", ("story", "minhash"), story.c.published),
    Kind(
        "alerts",
        (
            "alert",
            "alert_version",
            "incident",
            "evidence",
            "listing",
            "listing_text",
            "listing_word",
            "act",
            "judgement",
        ),
    ),
    Kind("mails", ("outbox", "bulletin"), outbox.c.created),
    Kind("polls", ("poll",), poll.c.at),
    Kind("documents", ("document",), document.c.at),
    Kind("counts of rules", ("report", "count_day"), report.c.published),
    Kind("audit log", ("audit",), audit.c.at),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """`room` in bytes, indexes included; None where the database cannot say. `going` is how many would go now, as
    far as that is looked up."""

    what: str
    rows: int
    room: int | None
    oldest: datetime | None
    going: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """All kinds of things, and what is beside them; `whole` is all that the database takes, `free` how much of that is
    used again by what comes."""

    kinds: tuple[Size, ...]
    whole: int
    free: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Before:
    """Before when things go, by the settings; None: never. `over`: when the alerts of mails have to be over."""

    articles: datetime | None = None
    prints: datetime | None = None
    mails: datetime | None = None
    over: datetime | None = None
    polls: datetime | None = None
    audit: datetime | None = None


def sizes(conn: Connection, before: Before) -> Sizes:
    """How things stand. Reads all of the database, which may take minutes."""
    room = _rooms(conn)
    going = _going(conn, before)
    kinds = [_size(conn, kind, room, going) for kind in _KINDS]
    named = {name for kind in _KINDS for name in kind.tables}
    rest = None if room is None else sum(size for name, size in room.items() if name not in named)
    whole, free = _whole(conn)
    return Sizes(kinds=(*kinds, Size(what="all else", rows=0, room=rest, oldest=None)), whole=whole, free=free)


def _size(conn: Connection, kind: Kind, room: Mapping[str, int] | None, going: Mapping[str, int]) -> Size:
    table = metadata.tables[kind.tables[0]]
    oldest = None if kind.at is None else conn.execute(select(func.min(kind.at, type_=UtcTime))).scalar_one()
    return Size(
        what=kind.what,
        rows=_count(conn, table),
        room=None if room is None else sum(room.get(name, 0) for name in kind.tables),
        oldest=oldest,
        going=going.get(kind.what),
    )


def _count(conn: Connection, table: Table, *where: ColumnElement[bool]) -> int:
    return conn.execute(select(func.count()).select_from(table).where(*where)).scalar_one()


def _going(conn: Connection, before: Before) -> dict[str, int]:
    found: dict[str, int] = {}
    if before.articles is not None:
        old = (article.c.first_seen < before.articles, article.c.text != "", pruning.unneeded())
        found["articles"] = _count(conn, article, *old)
    if before.prints is not None:
        found["prints of texts"] = _count(conn, story, story.c.published < before.prints, pruning.unneeded_print())
    if before.mails is not None and before.over is not None:
        found["mails"] = _mails(conn, before.mails, before.over)
    for what, table, at, when in (
        ("polls", poll, poll.c.at, before.polls),
        ("audit log", audit, audit.c.at, before.audit),
    ):
        if when is not None:
            found[what] = _count(conn, table, at < when)
    return found


def _mails(conn: Connection, before: datetime, over: datetime, *, at_once: int = _MAILS_AT_ONCE) -> int:
    number, after = 0, None
    while True:
        go, after = pruning.mails_to_go(conn, before, over, after, at_once)
        number += len(go)
        if after is None:
            return number


def _rooms(conn: Connection) -> dict[str, int] | None:
    """The bytes that each table takes with its indexes; None where this SQLite cannot say."""
    if conn.dialect.name == "postgresql":
        query = """SELECT relname AS name, pg_total_relation_size(oid) AS size
            FROM pg_class WHERE relkind = 'r' AND NOT relisshared"""
    else:
        # Not its pgsize, which runs over at 2 GiB; pageno is the number of pages here.
        query = """SELECT m.tbl_name AS name, SUM(s.pageno) * (SELECT page_size FROM pragma_page_size()) AS size
            FROM dbstat s JOIN sqlite_master m ON m.name = s.name WHERE s.aggregate = TRUE GROUP BY m.tbl_name"""
    try:
        return {row.name: int(row.size) for row in conn.execute(text(query))}
    except OperationalError:  # built without dbstat
        return None


def compact(engine: Engine) -> None:
    """Write a SQLite database anew, without its free room. Nobody else may use it meanwhile. Raises StoreError."""
    with reading(engine) as conn:
        conn.exec_driver_sql("COMMIT")  # it stands in no transaction
        conn.exec_driver_sql("VACUUM")
        conn.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")


def _whole(conn: Connection) -> tuple[int, int]:
    if conn.dialect.name == "postgresql":
        return int(conn.execute(text("SELECT pg_database_size(current_database())")).scalar_one()), 0
    page, pages, free = (
        int(conn.execute(text(f"PRAGMA {name}")).scalar_one()) for name in ("page_size", "page_count", "freelist_count")
    )
    return page * pages, page * free
