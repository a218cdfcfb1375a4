"""Who said yes is a reader, who left is none, and a stranger is forgotten; on both databases."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import Engine

from alerts.readers import Wishes
from alerts.store import attempts, people, strangers
from alerts.store.database import reading, writing
from tests.store.values import NOW

SYRIA = Wishes(countries=("SYR",))


def test_strangers_are_told_from_readers_and_from_those_who_left(engine: Engine) -> None:
    with writing(engine) as conn:
        stranger = strangers.find_or_make(conn, "zoe@example.org", NOW)
        reader = people.add_person(conn, "ana@example.org", now=NOW)
        left = people.add_person(conn, "ben@example.org", now=NOW)
        assert strangers.leave(conn, left, NOW)
        people.assign_duties(conn, "operator", ["ops@example.org"], NOW)
        assert strangers.forget(conn, NOW - timedelta(seconds=1)) == 0
        assert strangers.forget(conn, NOW) == 1
    with reading(engine) as conn:
        assert people.get_person(conn, stranger.id) is None
        assert {one.id for one in people.list_people(conn)} >= {reader.id, left.id} and len(
            people.list_people(conn)
        ) == 3


def test_wishes_wait_for_a_yes_and_then_hold(engine: Engine) -> None:
    with writing(engine) as conn:
        who = strangers.find_or_make(conn, "zoe@example.org", NOW)
        strangers.ask(conn, who.id, SYRIA, NOW)
        assert strangers.asked_of(conn, [who.id, 99]) == {who.id: SYRIA}
        assert strangers.confirm(conn, who, SYRIA, NOW)
        assert strangers.asked_of(conn, [who.id]) == {}
        now = people.get_person(conn, who.id)
    assert now is not None and (now.active, now.duties, now.wishes, now.series) == (True, ("reader",), SYRIA, 1)


def test_a_series_that_is_over_confirms_nothing_and_lets_nobody_leave(engine: Engine) -> None:
    with writing(engine) as conn:
        who = strangers.find_or_make(conn, "zoe@example.org", NOW)
        assert strangers.confirm(conn, who, SYRIA, NOW)
        assert not strangers.confirm(conn, who, Wishes(), NOW)
        assert not strangers.leave(conn, who, NOW)
        now = people.get_person(conn, who.id)
    assert now is not None and now.active and now.wishes == SYRIA


def test_an_address_is_found_again_however_it_is_written(engine: Engine) -> None:
    with writing(engine) as conn:
        first = strangers.find_or_make(conn, "zoe@example.org", NOW)
        assert strangers.find_or_make(conn, "Zoe@EXAMPLE.org", NOW) == first


def test_attempts_are_counted_by_kind_mark_and_time(engine: Engine) -> None:
    with writing(engine) as conn:
        attempts.alone(conn)
        for kind, mark, hours in (("a", "x", 0), ("a", "y", 1), ("b", "x", 2), ("a", "x", 25)):
            attempts.add(conn, kind, mark, NOW + timedelta(hours=hours))
        assert attempts.count(conn, ("a",), NOW - timedelta(hours=1)) == 3
        assert attempts.count(conn, ("a", "b"), NOW, mark="x") == 2
        assert attempts.forget(conn, NOW + timedelta(hours=25)) == 2
        assert attempts.count(conn, ("a", "b"), NOW - timedelta(hours=1)) == 2
