"""Rows as they are stored: read raw from any table on both databases, and known again by a hash.

Raw: nothing is opened or read into a value of ours. What is sealed stays sealed, and JSON stays the text it is (to
read and write it anew could change a number). All else is what a reader gets: instants, days, numbers, bytes.

A table's fingerprint is the sum of the hashes of its rows, so that the order in which two databases give them (each
sorts words in its own way) does not matter. A row is hashed in an encoding in which different rows differ always.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Final

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    Connection,
    Date,
    Dialect,
    Float,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    TypeDecorator,
    cast,
    func,
    select,
    type_coerce,
)
from sqlalchemy.types import TypeEngine

from alerts.errors import StoreError
from alerts.store.schema import UtcTime

Raw = Sequence[Any]
Encode = Callable[[Any], bytes]

_TOGETHER: Final = 2_000
_STREAMED: Final = {"stream_results": True, "max_row_buffer": _TOGETHER}
_MODULUS: Final = 2**256


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What a table holds, whatever the order of its rows: their number, and the sum of their hashes."""

    rows: int = 0
    total: int = 0

    def __str__(self) -> str:
        return f"{self.total:064x}"


def count(conn: Connection, table: Table, which: ColumnElement[bool]) -> int:
    """How many of these rows a table has."""
    found: int = conn.execute(select(func.count()).select_from(table).where(which)).scalar_one()
    return found


def read(conn: Connection, table: Table, which: ColumnElement[bool]) -> Iterator[Sequence[Raw]]:
    """These rows of a table, some at a time, by their key; fetched as they are used."""
    postgres = conn.dialect.name == "postgresql"
    columns = [_raw(column, postgres) for column in table.columns]
    query = select(*columns).where(which).order_by(*table.primary_key.columns)
    with conn.execute(query, execution_options=_STREAMED) as found:
        yield from found.partitions(_TOGETHER)


def _raw(column: Column[Any], postgres: bool) -> Any:
    if not isinstance(column.type, JSON):
        return column
    return cast(column, Text) if postgres else type_coerce(column, _Json)


class _Json(TypeDecorator[str]):
    """JSON as text, which SQLite keeps for all but bare numbers: of these it makes numbers of its own."""

    impl = Text
    cache_ok = True

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], str | None]:
        return lambda value: value if value is None or isinstance(value, str) else json.dumps(value)


def storable(table: Table, dialect: Dialect) -> list[Callable[[Any], Any] | None]:
    """What makes of a raw value, for each column, the one that the driver of a database takes; None: it takes it as
    it is."""
    kinds = [Text() if isinstance(column.type, JSON) else column.type for column in table.columns]
    return [kind.dialect_impl(dialect).bind_processor(dialect) for kind in kinds]


class Prints:
    """Makes the fingerprint of a table from its raw rows, of which none can be such that a database would refuse it."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._encoders = [_encoder(column.type) for column in table.columns]
        self._rows = 0
        self._total = 0

    def add(self, rows: Sequence[Raw]) -> None:
        """Count these rows in. Raises StoreError for a value that does not fit its column: SQLite takes any."""
        sha, total = hashlib.sha256, 0
        for row in rows:
            total += int.from_bytes(sha(self.encoded(row)).digest())
        self._total = (self._total + total) % _MODULUS
        self._rows += len(rows)

    def encoded(self, row: Raw) -> bytes:
        """A row as bytes: each value with its length before it, "-" for NULL."""
        pieces = []
        for value, encode in zip(row, self._encoders, strict=True):
            if value is None:
                pieces.append(b"-")
                continue
            try:
                said = encode(value)
            except (ValueError, AttributeError, TypeError) as error:
                raise self._unfit(row, error) from None
            pieces.append(b"%d:%b" % (len(said), said))
        return b"".join(pieces)

    def _unfit(self, row: Raw, error: Exception) -> StoreError:
        for column, value, encode in zip(self._table.columns, row, self._encoders, strict=True):
            try:
                if value is not None:
                    encode(value)
            except (ValueError, AttributeError, TypeError):
                return StoreError(
                    f"{self._table.name}: {_which(self._table, row)} has in {column.name} what does not fit ({error})",
                    reason="damaged",
                )
        raise error

    @property
    def fingerprint(self) -> Fingerprint:
        return Fingerprint(self._rows, self._total)


def _which(table: Table, row: Raw) -> str:
    """A row by its number; other keys may be what nobody is to read in a message."""
    if isinstance(row[0], int):
        return f"the row with {table.columns[0].name} {row[0]}"
    return "a row"


def _encoder(kind: TypeEngine[Any]) -> Encode:
    if isinstance(kind, UtcTime):
        return _instant
    if isinstance(kind, Boolean):
        return _truth
    if isinstance(kind, Integer):  # BigInteger is one, too
        return _whole(8 if isinstance(kind, BigInteger) else 4)
    if isinstance(kind, String):  # Text is one, too
        return _text if kind.length is None else _short(kind.length)
    return _BY_KIND[type(kind)]


def _instant(value: datetime) -> bytes:
    return value.astimezone(UTC).isoformat(" ", "microseconds").encode("ascii")


def _truth(value: bool) -> bytes:
    if value is True:
        return b"t"
    if value is False:
        return b"f"
    raise ValueError("neither true nor false")


def _whole(size: int) -> Encode:
    least, most = -(2 ** (8 * size - 1)), 2 ** (8 * size - 1) - 1

    def encode(value: int) -> bytes:
        if not least <= value <= most:
            raise ValueError(f"a number of more than {size} bytes")
        return b"%d" % value

    return encode


def _real(value: float) -> bytes:
    return repr(float(value) + 0.0).encode("ascii")  # + 0.0: what is 0 is never -0


def _day(value: date) -> bytes:
    return value.isoformat().encode("ascii")


def _text(value: str) -> bytes:
    if "\0" in value:
        raise ValueError("the character NUL")
    return value.encode()


def _short(length: int) -> Encode:
    def encode(value: str) -> bytes:
        if len(value) > length:
            raise ValueError(f"{len(value)} characters, and there is room for {length}")
        return _text(value)

    return encode


def _json(value: str) -> bytes:
    if not _BARE_NUMBER.match(value):
        return _text(value)
    number = json.loads(value)
    return b"%d" % number if number == int(number) else repr(number).encode("ascii")  # 5.0 is 5 on SQLite


_BARE_NUMBER: Final = re.compile(r"\s*-?\d")
_BY_KIND: Final[dict[type[TypeEngine[Any]], Encode]] = {Float: _real, Date: _day, LargeBinary: bytes, JSON: _json}
