"""What all tables share: names of constraints, and times.

Times are UTC: `UtcTime` refuses naive ones and gives aware ones back on both databases."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import BigInteger, DateTime, Integer, MetaData, String, TypeDecorator
from sqlalchemy.engine import Dialect

OPEN = "state IN ('unconfirmed', 'active')"

# The number of what comes by the million a day: PostgreSQL's Integer ends at two thousand millions, which the polls of
# 100,000 feeds come to within a year. (SQLite's has room for all, and numbers rows by itself only under that name.)
BIG = BigInteger().with_variant(Integer(), "sqlite")

# In the order of its letters' numbers on both databases, so that words that begin alike stand together.
WORD = String(40).with_variant(String(40, collation="C"), "postgresql")

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class UtcTime(TypeDecorator[datetime]):
    """An instant. Stored as UTC, on SQLite as text; a naive datetime is a mistake and raises ValueError."""

    impl = DateTime(timezone=True)
    cache_ok = True

    # The processors themselves, not `process_bind_param`: a poll reads and writes a dozen times, and the usual
    # way from text to an instant and back is three calls longer.
    def bind_processor(self, dialect: Dialect) -> Callable[[datetime | None], Any]:
        return _text if dialect.name == "sqlite" else _utc

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], datetime | None]:
        return _from_text if dialect.name == "sqlite" else _utc


def _utc(value: datetime | None) -> datetime | None:
    if value is None or value.tzinfo is UTC:
        return value
    if value.tzinfo is None:
        raise ValueError("a time without a time zone cannot be stored")
    return value.astimezone(UTC)


def _text(value: datetime | None) -> str | None:
    utc = _utc(value)
    return None if utc is None else utc.isoformat(" ", "microseconds")[:26]


def _from_text(value: str | None) -> datetime | None:
    return None if value is None else datetime.fromisoformat(value + "+00:00")
