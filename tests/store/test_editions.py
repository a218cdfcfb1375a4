"""Editions: one is in force, and is replaced by who knows it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, insert

from alerts.store import editions
from alerts.store.database import reading, writing
from alerts.store.editions import KEPT, Standing, digest_of, manifest_of
from alerts.store.schema import machine

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def put(engine: Engine, text: str, over: int | None) -> int | None:
    with writing(engine) as conn:
        return editions.put(conn, {"rules/0/a.toml": text.encode()}, by="alpha", now=NOW, over=over)


def test_what_is_put_over_the_one_in_force_is_in_force(engine: Engine) -> None:
    with reading(engine) as conn:
        assert editions.head(conn) is None
    first = put(engine, "one", None)
    assert put(engine, "one", None) == first  # the same files are no other edition
    second = put(engine, "two", first)
    assert second is not None and first is not None and second > first
    assert put(engine, "three", first) is None  # it was made without knowing of the second
    with reading(engine) as conn:
        found = editions.get(conn, second)
        assert found is not None and found.files == {"rules/0/a.toml": b"two"}
        head = editions.head(conn)
        assert head is not None and (head.number, head.by, head.made) == (second, "alpha", NOW)
        assert head.digest == digest_of(manifest_of(found.files)) == editions.digest_at(conn, second)


def test_any_content_comes_back_as_it_was(engine: Engine) -> None:
    files = {
        "templates/a": b"\x89PNG\0",
        "templates/b": "a\u2028é\r\n".encode(),
        "templates/c": b"",
        "templates/d": b"\0",
    }
    with writing(engine) as conn:
        number = editions.put(conn, files, by="alpha", now=NOW, over=None)
    with reading(engine) as conn:
        found = editions.get(conn, number or 0)
    assert found is not None and found.files == files


@given(st.dictionaries(st.text(min_size=1), st.binary()), st.dictionaries(st.text(min_size=1), st.binary()))
def test_other_files_have_another_digest(one: dict[str, bytes], other: dict[str, bytes]) -> None:
    if "\n" not in "".join((*one, *other)):
        assert (digest_of(manifest_of(one)) == digest_of(manifest_of(other))) == (one == other)


def test_the_last_are_kept(engine: Engine) -> None:
    last: int | None = None
    for number in range(KEPT + 3):
        last = put(engine, str(number), last)
    with reading(engine) as conn:
        kept = list(editions.kept(conn))
    assert len(kept) == KEPT and kept[0].files == {"rules/0/a.toml": str(KEPT + 2).encode()}


def test_of_large_ones_fewer_are_kept(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(editions, "_ROOM", 40)
    last: int | None = None
    for _ in range(3):
        for size in range(10, 18):
            last = put(engine, "x" * size, last)
    with reading(engine) as conn:
        assert len(list(editions.kept(conn))) == editions.LEAST_KEPT


def test_of_many_that_publish_at_once_one_does(engine: Engine) -> None:
    first = put(engine, "first", None)
    with ThreadPoolExecutor(8) as pool:
        numbers = list(pool.map(lambda text: put(engine, text, first), (f"by {at}" for at in range(8))))
    assert len([one for one in numbers if one is not None]) == 1


def test_a_machine_says_where_it_stands_once_it_is_known(engine: Engine) -> None:
    one = Standing(edition=3, base="abc", trouble="a.toml:1: error")
    with writing(engine) as conn:
        editions.put_standing(conn, "alpha", one)
        assert editions.standing(conn, "alpha") is None
        row = {"life": "x", "home": "h", "roles": [], "version": "1", "settings": "", "skew_ms": 0}
        conn.execute(insert(machine).values(name="alpha", started=NOW, seen=NOW, **row))
        assert editions.standing(conn, "alpha") == Standing(edition=None, base=None, trouble="")
        editions.put_standing(conn, "alpha", one)
        assert editions.standing(conn, "alpha") == one
