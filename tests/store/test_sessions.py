"""Who is logged in, and as what: looked up anew each time, so that what is lost is lost at once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Connection, Engine, func, select

from alerts.errors import InputError
from alerts.store import operators, people, sessions
from alerts.store.database import reading, writing
from alerts.store.schema import login_link, session
from alerts.store.sessions import IDLE, LONGEST

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def logged_in(conn: Connection, person_id: int, mark: str, now: datetime = NOW) -> None:
    sessions.begin(conn, mark, person_id=person_id, series=0, now=now)


def role(engine: Engine, mark: str, now: datetime = NOW) -> str | None:
    with reading(engine) as conn:
        found = sessions.find(conn, mark, now)
    return None if found is None else f"{found.role} {found.name}".strip()


def test_somebody_is_what_they_are_now(engine: Engine) -> None:
    with writing(engine) as conn:
        ana = people.add_person(conn, "ana@desk.example", now=NOW).id
        logged_in(conn, ana, "a")
    assert role(engine, "a") == "reader"
    with writing(engine) as conn:
        operators.add(conn, "ana@desk.example", "analyst", "Ana", NOW)
    assert role(engine, "a") == "analyst Ana"
    with writing(engine) as conn:
        operators.set_role(conn, ana, "admin")
    assert role(engine, "a") is None
    with writing(engine) as conn:
        logged_in(conn, ana, "b")
        operators.remove(conn, ana)
        logged_in(conn, ana, "c")
    assert (role(engine, "b"), role(engine, "c")) == (None, "reader")
    with writing(engine) as conn:
        people.set_active(conn, ana, False)
    assert role(engine, "c") is None


def test_a_session_lasts_while_it_is_used_and_not_for_ever(engine: Engine) -> None:
    with writing(engine) as conn:
        ana = operators.add(conn, "ana@desk.example", "viewer", "Ana", NOW).person_id
        logged_in(conn, ana, "a")
        [one] = sessions.of_person(conn, ana, NOW)
        sessions.touch(conn, one.id, NOW + 11 * HOUR)
        sessions.touch(conn, one.id, NOW + HOUR)  # late, from another thread
    assert role(engine, "a", NOW + 11 * HOUR + IDLE - HOUR) == "viewer Ana"
    assert role(engine, "a", NOW + 11 * HOUR + IDLE) is None
    with writing(engine) as conn:
        sessions.touch(conn, one.id, NOW + LONGEST - HOUR)
    assert role(engine, "a", NOW + LONGEST) is None


def test_all_sessions_but_one_are_ended_with_the_links_that_could_begin_another(engine: Engine) -> None:
    with writing(engine) as conn:
        ana, vera = (operators.add(conn, f"{name}@desk.example", "viewer", name, NOW) for name in ("Ana", "Vera"))
        for number, mark in enumerate("abc"):
            logged_in(conn, ana.person_id, mark, NOW + number * HOUR)
        logged_in(conn, vera.person_id, "v")
        sessions.put_link(conn, "l", person_id=ana.person_id, series=0, goal="/", now=NOW)
        latest = sessions.of_person(conn, ana.person_id, NOW + 2 * HOUR)
        assert [one.created for one in latest] == [NOW + number * HOUR for number in (2, 1, 0)]
        assert sessions.end_all(conn, ana.person_id, but=latest[0].id) == 2
        assert sessions.get_link(conn, "l") is None
        assert sessions.end(conn, latest[0].id) and not sessions.end(conn, latest[0].id)
    assert [role(engine, mark) for mark in "abcv"] == [None, None, None, "viewer Vera"]


def test_one_link_that_is_used_uses_up_all_of_its_person(engine: Engine) -> None:
    with writing(engine) as conn:
        ana = operators.add(conn, "ana@desk.example", "viewer", "Ana", NOW).person_id
        for mark in "lm":
            sessions.put_link(conn, mark, person_id=ana, series=0, goal="/", now=NOW)
        assert sessions.use_link(conn, "l", NOW)
        assert not sessions.use_link(conn, "l", NOW) and not sessions.use_link(conn, "m", NOW)
        assert not sessions.use_link(conn, "x", NOW)


def test_what_cannot_be_used_any_more_is_forgotten(engine: Engine) -> None:
    with writing(engine) as conn:
        ana = operators.add(conn, "ana@desk.example", "viewer", "Ana", NOW).person_id
        logged_in(conn, ana, "a")
        logged_in(conn, ana, "b", NOW + 20 * HOUR)
        sessions.put_link(conn, "l", person_id=ana, series=0, goal="/", now=NOW)
        sessions.forget(conn, NOW + 24 * HOUR)
        left = [conn.execute(select(func.count()).select_from(table)).scalar_one() for table in (session, login_link)]
    assert left == [1, 0]


def test_names_and_addresses_are_an_operators_alone(engine: Engine) -> None:
    with writing(engine) as conn:
        operators.add(conn, "ana@desk.example", "viewer", "Ana", NOW)
        for address, name in (("ANA@desk.example", "Other"), ("eve@desk.example", " aNA ")):
            with pytest.raises(InputError, match="already"):
                operators.add(conn, address, "viewer", name, NOW)
        assert [one.name for one in operators.list_all(conn)] == ["Ana"]
