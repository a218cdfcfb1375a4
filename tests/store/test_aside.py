"""What could not be taken is kept for a while, and nobody can read in it."""

from __future__ import annotations

from sqlalchemy import Engine, select

from alerts.store import aside
from alerts.store.database import reading, writing
from alerts.store.schema import aside as table
from tests.store.values import NOW

MAIL = "From: ana@example.org"


def test_a_mail_is_sealed_and_comes_out_once(engine: Engine) -> None:
    with writing(engine) as conn:
        assert aside.put(conn, MAIL, "ValueError in taking.py:88\0" + "x" * 300, NOW)
        [row] = conn.execute(select(table)).all()
        assert "example.org" not in row.sealed and "@" not in row.sealed
        assert row.fault.startswith("ValueError in taking.py:88") and len(row.fault) == 200
        [number] = aside.listed(conn)
        assert (aside.take(conn, number), aside.take(conn, number)) == (MAIL, None)
        assert (aside.count(conn), aside.standing(conn)) == (0, None)


def test_no_more_is_kept_than_so_many(engine: Engine) -> None:
    with writing(engine) as conn:
        kept = [aside.put(conn, MAIL, "ValueError", NOW) for _ in range(aside.MOST + 2)]
    assert kept == [True] * aside.MOST + [False, False]
    with reading(engine) as conn:
        assert aside.count(conn) == aside.MOST


def test_nothing_is_kept_for_ever(engine: Engine) -> None:
    with writing(engine) as conn:
        aside.put(conn, MAIL, "old", NOW)
        aside.put(conn, MAIL, "new", NOW + aside.KEPT / 2)
        assert aside.forget(conn, NOW + aside.KEPT) == 1
        found = aside.standing(conn)
        assert found is not None and (found.number, found.since, found.example) == (1, NOW + aside.KEPT / 2, "new")
