"""INSERT ... ON CONFLICT, which SQLite and PostgreSQL spell alike and SQLAlchemy keeps apart."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, TextClause, text
from sqlalchemy.dialects import postgresql, sqlite

from alerts.store.batches import AT_ONCE

Only = Callable[[Any], ColumnElement[bool]]


def insert_for(conn: Connection, table: Table) -> sqlite.Insert | postgresql.Insert:
    """The dialect's own INSERT."""
    return _insert(conn.dialect.name, table)


def _insert(dialect: str, table: Table) -> sqlite.Insert | postgresql.Insert:
    return sqlite.insert(table) if dialect == "sqlite" else postgresql.insert(table)


def upsert(
    conn: Connection, table: Table, key: Sequence[str], *, keep: Collection[str] = (), only: Only | None = None
) -> sqlite.Insert | postgresql.Insert:
    """Insert rows; where `key` is taken, replace what is there except for the columns of `keep`. `only`
    (given the new row) says when."""
    if only is None:
        return _upsert(conn.dialect.name, table, tuple(key), frozenset(keep))
    return _on_conflict(insert_for(conn, table), table, key, keep, only)


def insert_new(conn: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows that all have the same columns, but for those that are there already. In PostgreSQL a thousand are
    one statement; their times are to be aware."""
    if conn.dialect.name == "sqlite":
        conn.execute(insert_for(conn, table).on_conflict_do_nothing(), rows)
        return
    for start in range(0, len(rows), AT_ONCE):
        values = json.dumps(list(rows[start : start + AT_ONCE]), default=datetime.isoformat)
        conn.execute(_insert_new(table, tuple(rows[0])), {"rows": values})


@lru_cache(maxsize=64)
def _insert_new(table: Table, columns: tuple[str, ...]) -> TextClause:
    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]
    types = ", ".join(f"{name} {table.c[name].type.compile(dialect=dialect)}" for name in columns)
    return text(
        f"INSERT INTO {table.name} ({', '.join(columns)}) SELECT * FROM jsonb_to_recordset(CAST(:rows AS jsonb))"
        f" AS made ({types}) ON CONFLICT DO NOTHING"
    )


@lru_cache(maxsize=64)
def _upsert(
    dialect: str, table: Table, key: tuple[str, ...], keep: frozenset[str]
) -> sqlite.Insert | postgresql.Insert:
    """Made once: putting a statement together takes longer than most of them take to run."""
    return _on_conflict(_insert(dialect, table), table, key, keep, None)


def _on_conflict(
    statement: sqlite.Insert | postgresql.Insert,
    table: Table,
    key: Sequence[str],
    keep: Collection[str],
    only: Only | None,
) -> sqlite.Insert | postgresql.Insert:
    columns = [column.name for column in table.columns if not column.primary_key or column.name not in ("id", *key)]
    fresh = {name: statement.excluded[name] for name in columns if name not in (*key, *keep)}
    where = only(statement.excluded) if only is not None else None
    return statement.on_conflict_do_update(index_elements=list(key), set_=fresh, where=where)
