"""A row's encoding is the same on both databases, and different for different rows."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Date,
    Engine,
    Float,
    LargeBinary,
    MetaData,
    String,
    Table,
    true,
)

from alerts.errors import StoreError
from alerts.store import rows
from alerts.store.database import reading, writing
from alerts.store.rows import Prints
from alerts.store.schema import UtcTime, metadata
from tests.store import anyrows
from tests.store.conftest import empty

ALL = Table(
    "all_kinds",
    MetaData(),
    Column("number", BigInteger, primary_key=True),
    Column("name", String(8)),
    Column("real", Float),
    Column("yes", Boolean),
    Column("at", UtcTime),
    Column("day", Date),
    Column("bytes", LargeBinary),
    Column("json", JSON),
)
_TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8)
_ROWS = st.tuples(
    st.integers(-(2**63), 2**63 - 1),
    st.none() | _TEXTS,
    st.none() | st.floats(allow_nan=False),
    st.none() | st.booleans(),
    st.none() | st.datetimes(timezones=st.just(UTC)),
    st.none() | st.dates(),
    st.none() | st.binary(max_size=8),
    st.none() | (_TEXTS | st.lists(_TEXTS)).map(json.dumps),
)


def encoded(row: tuple[object, ...]) -> bytes:
    return Prints(ALL).encoded(row)


@settings(max_examples=40)
@given(one=_ROWS, other=_ROWS)
def test_rows_are_encoded_alike_when_they_are_equal_and_else_never(
    one: tuple[object, ...], other: tuple[object, ...]
) -> None:
    assert (encoded(one) == encoded(other)) == (one == other)


@settings(max_examples=40)
@given(rows=st.lists(_ROWS, max_size=6), shuffled=st.randoms())
def test_a_fingerprint_does_not_depend_on_the_order_of_rows(rows: list[tuple[object, ...]], shuffled: object) -> None:
    first, second = Prints(ALL), Prints(ALL)
    first.add(rows)
    again = list(rows)
    shuffled.shuffle(again)  # type: ignore[attr-defined]
    for row in again:
        second.add([row])
    assert first.fingerprint == second.fingerprint
    assert first.fingerprint.rows == len(rows)


def test_a_row_more_or_another_value_makes_another_fingerprint() -> None:
    blank = (None,) * 6
    made = []
    for some in ([], [(1, None, *blank)], [(1, "", *blank)], [(1, None, *blank)] * 2, [(2, None, *blank)]):
        prints = Prints(ALL)
        prints.add(some)
        made.append(prints.fingerprint)
    assert len(set(made)) == len(made)


def test_an_instant_is_the_same_in_every_time_zone() -> None:
    at = datetime(2026, 3, 1, 12, tzinfo=UTC)
    there = at.astimezone(timezone(timedelta(hours=5, minutes=30)))
    assert encoded((1, None, None, None, at, None, None, None)) == encoded(
        (1, None, None, None, there, None, None, None)
    )


@settings(max_examples=40)
@given(number=st.integers() | st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_alone_is_the_same_json_however_it_is_written(number: float) -> None:
    assert encoded((*(None,) * 7, json.dumps(number))) == encoded((*(None,) * 7, f" {number!r} "))
    if number == int(number):
        assert encoded((*(None,) * 7, json.dumps(number))) == encoded((*(None,) * 7, str(int(number))))


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ((2**63, *(None,) * 7), "row with number 9223372036854775808 has in number what does not fit"),
        ((1, "nine chars", *(None,) * 6), "row with number 1 has in name .*10 characters, and there is room for 8"),
        ((1, "a\0b", *(None,) * 6), "in name .*NUL"),
        ((1, None, None, "maybe", *(None,) * 4), "in yes what does not fit"),
    ],
)
def test_what_no_other_database_would_take_is_told_with_its_place_and_without_its_value(
    row: tuple[object, ...], says: str
) -> None:
    with pytest.raises(StoreError, match=says) as caught:
        Prints(ALL).add([row])
    assert "nine" not in str(caught.value)
    assert "maybe" not in str(caught.value)


def test_what_is_read_of_every_table_is_the_same_from_both_databases(
    sqlite_engine: Engine, migrated_postgres: Engine
) -> None:
    found = []
    for engine in (sqlite_engine, migrated_postgres):
        empty(engine)
        with writing(engine) as conn:
            anyrows.fill(conn)
        with reading(engine) as conn:
            encode = {table: Prints(table).encoded for table in metadata.sorted_tables}
            found.append({
                table.name: sorted(encode[table](row) for some in rows.read(conn, table, true()) for row in some)
                for table in metadata.sorted_tables
            })  # fmt: skip
    assert found[0] == found[1]
    assert all(len(set(some)) == 8 for some in found[0].values())
