"""Keys to the data: kept by their hashes, and good as long as whose they are may see them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine

from alerts.errors import InputError
from alerts.store import keys, operators
from alerts.store.database import reading, writing

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
MARK = "a" * 64


@pytest.fixture
def ana(engine: Engine) -> int:
    with writing(engine) as conn:
        return operators.add(conn, "ana@desk.example", "viewer", "Ana", NOW).person_id


def test_a_key_is_found_by_its_hash_until_it_is_withdrawn_by_whose_it_is(engine: Engine, ana: int) -> None:
    with writing(engine) as conn:
        made = keys.add(conn, MARK, person_id=ana, label=" the  dashboard ", now=NOW)
        assert (made.label, made.name, made.used) == ("the dashboard", "Ana", None)
        assert keys.find(conn, MARK) == made and keys.find(conn, "b" * 64) is None
        keys.touch(conn, made.id, NOW + timedelta(days=1))
        assert not keys.withdraw(conn, made.id, ana + 1)
        [left] = keys.of_person(conn, ana)
        assert left.used == NOW + timedelta(days=1) and keys.list_all(conn) == [left]
        assert keys.withdraw(conn, made.id, ana) and not keys.withdraw(conn, made.id, ana)
        assert keys.find(conn, MARK) is None


def test_who_is_no_operator_any_more_has_no_key(engine: Engine, ana: int) -> None:
    with writing(engine) as conn:
        keys.add(conn, MARK, person_id=ana, label="map", now=NOW)
        operators.remove(conn, ana)
    with reading(engine) as conn:
        assert keys.find(conn, MARK) is None and keys.list_all(conn) == []


@pytest.mark.parametrize("label", ["", "  ", "x" * 61, "ana@desk.example", "a\x07b"])
def test_what_says_not_what_a_key_is_for_is_refused(engine: Engine, ana: int, label: str) -> None:
    with writing(engine) as conn, pytest.raises(InputError, match="what the key is for"):
        keys.add(conn, MARK, person_id=ana, label=label, now=NOW)


def test_nobody_has_more_keys_than_they_can_oversee_and_strangers_none(engine: Engine, ana: int) -> None:
    with writing(engine) as conn:
        for number in range(keys.MOST):
            keys.add(conn, f"{number:064}", person_id=ana, label="map", now=NOW)
        with pytest.raises(InputError, match="withdraw one"):
            keys.add(conn, MARK, person_id=ana, label="map", now=NOW)
        with pytest.raises(InputError, match="only operators"):
            keys.add(conn, MARK, person_id=ana + 1, label="map", now=NOW)
