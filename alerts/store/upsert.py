"""INSERT ... ON CONFLICT, which SQLite and PostgreSQL spell alike and SQLAlchemy keeps apart."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table
from sqlalchemy.dialects import postgresql, sqlite

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
