"""All that is stored, from one database into another: SQLite to PostgreSQL and back.

Rows are moved as they are stored (`store.rows`), so neither the installation's secret nor any code that understands
them is needed. What is copied is what one reader sees at one moment; it is compared with what can be read of the copy
before that is committed. It is one transaction of the target: whoever is interrupted, and however, leaves it empty and
begins again.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Engine, Table, insert, text, true
from sqlalchemy.exc import DBAPIError

from alerts.errors import StoreError
from alerts.store import counters, migrations, queueing, rows
from alerts.store.database import reading, writing
from alerts.store.rows import Fingerprint, Prints, Raw
from alerts.store.schema import machine, meta, metadata

Progress = Callable[[str, float], None]
"""Gets what is being done, and the share that is done."""

TABLES: Final[Sequence[Table]] = [table for table in metadata.sorted_tables if table is not machine]
"""What is copied, in the order in which rows can be added: what they refer to is there before. The machines of a
service are those that run on its database now."""


@dataclass(frozen=True, slots=True)
class Copied:
    """A table that is the same in both databases."""

    table: str
    fingerprint: Fingerprint


def copy(source: Engine, target: Engine, progress: Progress = lambda stage, share: None) -> list[Copied]:
    """Copy all rows of our tables, and up to where their numbers were used, and compare both databases. `source` is of
    the required version; `target` is brought there, and is empty but for what a service writes that never ran (`meta`).

    Raises StoreError when either is not so, when `source` has what `target` cannot hold, and when they differ in the
    end. The target is then as it was.
    """
    migrations.check(source)
    migrations.upgrade(target)
    with reading(source) as old, writing(target) as new:
        _have_alone(new)
        _want_empty(new)
        told = _Told(progress, {table.name: rows.count(old, table, _ours(table)) for table in TABLES})
        taken = [_copy_table(old, new, table, told) for table in TABLES]
        counters.put(new, counters.read(old))
        _want_whole(new)
        for table, copied in zip(TABLES, taken, strict=True):
            _want_same(copied, _look_again(new, table, told))
        _get_to_know(new)
    return taken


def _ours(table: Table) -> ColumnElement[bool]:
    """The rows that are copied: not what a database knows of itself."""
    return meta.c.name != queueing.APPLIED if table is meta else true()


def has_rows(conn: Connection) -> list[str]:
    """The tables in which there is anything of an installation in operation."""
    return [table.name for table in TABLES if table is not meta and conn.execute(table.select().limit(1)).first()]


class _Told:
    """Tells how far it is: every row is seen twice."""

    def __init__(self, progress: Progress, sizes: dict[str, int]) -> None:
        self._progress, self._sizes = progress, sizes
        self._all, self._done = 2 * sum(sizes.values()) or 1, 0

    def rows(self, number: int, table: Table, stage: str) -> None:
        self._done += number
        if self._sizes[table.name]:
            share = min(1.0, self._done / self._all)
            self._progress(f"{stage} {table.name} ({self._sizes[table.name]:,} rows)", share)


def _have_alone(conn: Connection) -> None:
    """Nobody writes into the target, and no service begins there, before this transaction ends. (SQLite has one writer
    anyway.)"""
    migrations.one_at_a_time(conn)
    if conn.dialect.name == "postgresql":
        names = ", ".join(f'"{table.name}"' for table in TABLES)
        conn.execute(text(f"LOCK TABLE {names} IN EXCLUSIVE MODE"))
        if (encoding := conn.execute(text("SHOW server_encoding")).scalar_one()) != "UTF8":
            raise StoreError(
                f"the database's encoding is {encoding}: make it anew with ENCODING 'UTF8' TEMPLATE template0"
            )
    else:
        conn.execute(text("PRAGMA defer_foreign_keys = ON"))  # rows may refer to later ones of their own table


def _want_empty(conn: Connection) -> None:
    if found := has_rows(conn):
        raise StoreError(
            f"the database that is to be filled is not empty: there are rows in {', '.join(found[:4])}"
            f"{' and others' if len(found) > 4 else ''}; name a new one"
        )
    conn.execute(meta.delete().where(_ours(meta)))


def _get_to_know(conn: Connection) -> None:
    """Let PostgreSQL look at what its tables hold now: until then its queries would go slow ways."""
    if conn.dialect.name == "postgresql":
        conn.execute(text("ANALYZE " + ", ".join(f'"{table.name}"' for table in TABLES)))


def _copy_table(old: Connection, new: Connection, table: Table, told: _Told) -> Copied:
    prints = Prints(table)
    told.rows(0, table, "copying")
    into = _copy_in if new.dialect.name == "postgresql" else _insert

    def seen() -> Iterator[Sequence[Raw]]:
        for some in rows.read(old, table, _ours(table)):
            prints.add(some)
            yield some
            told.rows(len(some), table, "copying")

    into(new, table, seen())
    return Copied(table.name, prints.fingerprint)


def _insert(conn: Connection, table: Table, parts: Iterator[Sequence[Raw]]) -> None:
    convert = rows.storable(table, conn.dialect)
    statement = str(insert(table).compile(dialect=conn.dialect))
    for some in parts:
        conn.exec_driver_sql(statement, [_converted(row, convert) for row in some])


def _converted(row: Raw, convert: Sequence[Callable[[Any], Any] | None]) -> tuple[Any, ...]:
    return tuple(value if make is None else make(value) for value, make in zip(row, convert, strict=True))


def _copy_in(conn: Connection, table: Table, parts: Iterator[Sequence[Raw]]) -> None:
    import psycopg

    columns = ", ".join(f'"{column.name}"' for column in table.columns)
    statement = f'COPY "{table.name}" ({columns}) FROM STDIN'
    raw: Any = conn.connection.driver_connection
    try:
        with raw.cursor() as cursor, cursor.copy(statement) as into:
            for some in parts:
                for row in some:
                    into.write_row(row)
    except (psycopg.DataError, psycopg.IntegrityError) as error:
        raise _refused(table, error) from None
    except psycopg.Error as error:
        raise DBAPIError.instance(statement, None, error, psycopg.Error, dialect=conn.dialect) from None


def _refused(table: Table, error: Any) -> StoreError:
    """PostgreSQL's own words, without the row, which may be a reader's."""
    said = error.diag.message_primary or str(error)
    row = re.search(r"COPY \w+, (line \d+(?:, column \w+)?)", error.diag.context or "")
    where = f" ({row[1]})" if row else ""
    return StoreError(f"{table.name}: PostgreSQL does not take what is there: {said}{where}", reason="damaged")


def _look_again(conn: Connection, table: Table, told: _Told) -> Copied:
    prints = Prints(table)
    for some in rows.read(conn, table, _ours(table)):
        prints.add(some)
        told.rows(len(some), table, "comparing")
    return Copied(table.name, prints.fingerprint)


def _want_whole(conn: Connection) -> None:
    """On SQLite, whether what rows refer to is there: it would say so at the end, and not of which. (PostgreSQL says it
    at once.)"""
    if conn.dialect.name == "sqlite" and (lost := conn.exec_driver_sql("PRAGMA foreign_key_check").first()):
        raise StoreError(f"{lost[0]}: a row refers to one of {lost[2]} that is not there", reason="damaged")


def _want_same(first: Copied, second: Copied) -> None:
    if first == second:
        return
    old, new = first.fingerprint, second.fingerprint
    what = f"{old.rows:,} and {new.rows:,} rows" if old.rows != new.rows else f"the hashes differ: {old} and {new}"
    raise StoreError(
        f"{first.table} is not the same in both databases ({what}); nothing was copied, and the source is as it was",
        reason="damaged",
    )
