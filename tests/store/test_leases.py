"""Leases of mails: whose they are, and who may look after what was being sent."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine

from alerts.store import leases, outbox
from alerts.store.database import writing
from tests.store.mailed import queue, reader

NOW = datetime(2026, 3, 5, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def _two(engine: Engine) -> None:
    """Mails to two readers wait."""
    with writing(engine) as conn:
        for name in ("one", "two"):
            queue(conn, reader(conn, f"{name}@example.org", now=NOW).id, f"{name}@alerts", NOW)


def test_only_the_leases_of_the_dead_are_forgotten(engine: Engine) -> None:
    _two(engine)
    alive, dead = leases.new_life(), leases.new_life()
    with writing(engine) as conn:
        mine = outbox.lease(conn, NOW, leases.new_token(alive), 1, 60)
        theirs = outbox.lease(conn, NOW, leases.new_token(dead), 1, 60)
        assert leases.forget(conn, but=[alive]) == 1
        again = outbox.lease(conn, NOW, leases.new_token(alive), 5, 60)
    assert [row.id for row in again] == [row.id for row in theirs] != [row.id for row in mine]


def test_what_the_dead_were_sending_is_looked_after_from_the_time_on_that_is_given(engine: Engine) -> None:
    _two(engine)
    token = leases.new_token(leases.new_life())
    with writing(engine) as conn:
        rows = outbox.lease(conn, NOW, token, 1, 60)
        outbox.mark_sending(conn, [row.id for row in rows], token, NOW, 600)
        assert leases.forget(conn, NOW + timedelta(seconds=5), but=[leases.new_life()]) == 1
        assert outbox.stale_sending(conn, NOW + timedelta(seconds=4), "t", 5, 60) == []
        assert len(outbox.stale_sending(conn, NOW + timedelta(seconds=5), "t", 5, 60)) == 1


def test_a_mail_that_went_another_way_is_left_to_who_can_tell_for_a_while(engine: Engine) -> None:
    _two(engine)
    with writing(engine) as conn:
        for way in ("here", "there"):
            rows = outbox.lease(conn, NOW, way, 1, 60)
            outbox.mark_sending(conn, [row.id for row in rows], way, NOW, 60, way=way)
        soon, later = NOW + timedelta(minutes=2), NOW + HOUR
        mine = outbox.stale_sending(conn, soon, "mine", 5, 60, way="here", strange_s=600)
        assert [row.way for row in mine] == ["here"]
        other = outbox.stale_sending(conn, later, "theirs", 5, 60, way="here", strange_s=600)
        assert {row.way for row in other} == {"here", "there"}
