"""Rows of made-up values in every table there is, also in those that come later: all kinds of columns with what is hard
to carry from one database to another."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import JSON, BigInteger, Boolean, Column, Connection, Date, Float, Integer, LargeBinary, Table, insert
from sqlalchemy.types import TypeEngine

from alerts.store.schema import BIG, UtcTime, metadata

_JSON: Final[tuple[Any, ...]] = (
    None,
    {"b": [1, 1.0, 1e300, -0.0, 0.1], "a": "قصف 🌍 \0 \"'"},
    [],
    "x",
    2**60,
    2.5,
    -7.0,
)
_REALS: Final = (0.1 + 0.2, -1e-300, 3.0, 1.7976931348623157e308, -0.0)
_TEXTS: Final = ("", "'\"\\\t\r\n;", "Обстріл міста", "🌍\u2028", "\\N", "\\.", "NULL", "a|b,c")


def fill(conn: Connection, number: int = 8) -> None:
    """`number` rows in every table; ids are 3, 6, 9, ..."""
    for table in metadata.sorted_tables:
        conn.execute(insert(table), [row(table, index) for index in range(1, number + 1)])


def row(table: Table, index: int) -> dict[str, Any]:
    """The `index`th, from 1 on."""
    return {column.name: _value(column, index) for column in table.columns}


def _value(column: Column[Any], index: int) -> Any:
    key = next(iter(column.foreign_keys), None)
    if key is not None:
        return _value(key.column, index)
    if column.nullable and index % 3 == 0:
        return None
    return _of(column.type, column, index)


def _of(kind: TypeEngine[Any], column: Column[Any], index: int) -> Any:
    if isinstance(kind, UtcTime):
        return datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=index * 40, microseconds=(index - 1) * 123_456)
    if isinstance(kind, Boolean):
        return index % 2 == 0
    if isinstance(kind, Integer):
        return -(2**63) + index if isinstance(kind, BigInteger) and kind is not BIG else 3 * index
    if isinstance(kind, Float):
        return _REALS[index % len(_REALS)]
    if isinstance(kind, Date):
        return date(1999 + index, 12, 31)
    if isinstance(kind, LargeBinary):
        return bytes(range(256)) * (index - 1)
    if isinstance(kind, JSON):
        return _JSON[index % len(_JSON)]
    text = f"{index}{column.name}{_TEXTS[index % len(_TEXTS)]}"
    length: int | None = getattr(kind, "length", None)
    return text[:length]
