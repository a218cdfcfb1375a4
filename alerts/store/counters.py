"""Up to where the numbers of rows were used. They are never given twice, also where the highest row is gone: mails,
links and CAP messages name them for years."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import Column, Connection, func, select, text

from alerts.store.schema import metadata

_NUMBERED: Final[Mapping[str, Column[Any]]] = {
    table.name: table.autoincrement_column for table in metadata.sorted_tables if table.autoincrement_column is not None
}


def read(conn: Connection) -> dict[str, int]:
    """The highest number that was ever given in each table that numbers its rows; 0 for none."""
    remembered = _of_sqlite(conn) if conn.dialect.name == "sqlite" else _of_postgres(conn)
    found = {}
    for name, column in _NUMBERED.items():
        highest = conn.execute(select(func.max(column))).scalar_one() or 0
        found[name] = max(highest, remembered.get(name, 0))
    return found


def put(conn: Connection, used: Mapping[str, int]) -> None:
    """Go on after these numbers."""
    for name, number in used.items():
        if conn.dialect.name == "sqlite":
            _put_sqlite(conn, name, number)
        elif number:
            conn.execute(_SET, {"name": name, "column": _NUMBERED[name].name, "number": number})


_SEQUENCE: Final = text("SELECT pg_get_serial_sequence(:name, :column)")
_SET: Final = text("SELECT setval(pg_get_serial_sequence(:name, :column), :number)")


def _of_sqlite(conn: Connection) -> dict[str, int]:
    return {name: number for name, number in conn.execute(text("SELECT name, seq FROM sqlite_sequence"))}


def _put_sqlite(conn: Connection, name: str, number: int) -> None:
    """Tables that are not AUTOINCREMENT have no counter: they go on after their highest row."""
    if not _NUMBERED[name].table.dialect_options["sqlite"]["autoincrement"] or not number:
        return
    row = {"name": name, "number": number}
    conn.execute(text("DELETE FROM sqlite_sequence WHERE name = :name"), {"name": name})
    conn.execute(text("INSERT INTO sqlite_sequence (name, seq) VALUES (:name, :number)"), row)


def _of_postgres(conn: Connection) -> dict[str, int]:
    found = {}
    for name, column in _NUMBERED.items():
        sequence = conn.execute(_SEQUENCE, {"name": name, "column": column.name}).scalar_one()
        # The name comes from the database itself, and is quoted by it.
        last, given = conn.execute(text(f"SELECT last_value, is_called FROM {sequence}")).one()
        found[name] = last if given else 0
    return found
