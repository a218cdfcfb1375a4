"""One dead address is the reader's affair; many refusals at once are ours, and stop all mails."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import Connection

from alerts.notify.inbox import bouncing
from alerts.notify.inbox.reports import Bounce, Kind
from alerts.store import bounces, holds, people, strangers, suppression
from alerts.store.database import writing
from tests.notify.inbox.world import DESK, DOMAIN, READER, TOKEN, World, states, told
from tests.notify.world import START
from tests.store import mailed


def _back(world: World, conn: Connection, kind: Kind, *, token: str = TOKEN, status: str = "5.1.1") -> None:
    found = bounces.mail_of(conn, f"<{token}@{DOMAIN}>")
    assert found is not None
    bouncing.came_back(conn, DESK, found, Bounce(kind=kind, status=status), world.clock())


def _send(world: World, conn: Connection, number: int, person_id: int | None = None) -> str:
    """One more mail, to somebody new unless said; its token."""
    token = f"{number:028x}"
    who = person_id or mailed.reader(conn, f"r{number}@example.org", now=world.clock()).id
    mailed.send(conn, who, f"<{token}@{DOMAIN}>", world.clock())
    return token


def test_a_dead_address_is_written_to_no_more(world: World) -> None:
    with writing(world.engine) as conn:
        known = world.reader(conn)
        mailed.queue(conn, known.id, "<next@alerts.example>", world.clock())
        _back(world, conn, "gone")
        assert people.active_people(conn) == []
        assert suppression.is_suppressed(conn, people.mark_of(conn, READER)) == "bounce"
    assert states(world.engine) == ["failed", "withdrawn"]


def test_what_may_be_good_again_is_given_up_after_five_days(world: World) -> None:
    with writing(world.engine) as conn:
        known = world.reader(conn)
        for day in range(5):
            assert len(people.active_people(conn)) == 1
            for number in (10 * day + 1, 10 * day + 2):
                _back(world, conn, "later", token=_send(world, conn, number, known.id), status="5.2.2")
            world.clock.advance(days=1)
        assert people.active_people(conn) == []


def test_five_days_in_two_weeks_are_not_five_in_ten(world: World) -> None:
    with writing(world.engine) as conn:
        known = world.reader(conn)
        for number in range(1, 12):
            _back(world, conn, "later", token=_send(world, conn, number, known.id), status="4.4.1")
            world.clock.advance(days=3)
        assert len(people.active_people(conn)) == 1


def test_other_reports_leave_the_reader_and_the_mail_alone(world: World) -> None:
    kinds: tuple[Kind, ...] = ("nothing", "elsewhere")
    with writing(world.engine) as conn:
        world.reader(conn)
        for kind in kinds:
            _back(world, conn, kind)
        assert len(people.active_people(conn)) == 1
    assert states(world.engine) == ["accepted"]


def test_a_storm_of_refusals_suppresses_nobody_and_stops_all_mails(world: World) -> None:
    with writing(world.engine) as conn:
        desk = world.reader(conn, "desk@example.org", token="d" * 28, duties=["operator"])
        for number in range(1, 40):
            assert holds.all_held(conn) == (number > bouncing.STORM)
            _back(world, conn, "policy", token=_send(world, conn, number), status="5.7.26")
        assert len(people.active_people(conn)) == 39
        assert suppression.count_since(conn, START - timedelta(days=1)) == {}
        [(bulletin, person_id)] = told(conn)
        assert person_id == desk.id
        assert "5.7.26" in bulletin.body and "@" not in bulletin.body
    assert states(world.engine).count("held") == 39


def test_refusals_now_and_then_stop_nothing(world: World) -> None:
    with writing(world.engine) as conn:
        for number in range(1, 40):
            _back(world, conn, "policy", token=_send(world, conn, number), status="5.7.1")
            world.clock.advance(minutes=10)
        assert not holds.all_held(conn)


def test_refusals_by_one_house_among_many_are_told_once_and_stop_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bouncing, "STORM", 2)
    with writing(world.engine) as conn:
        world.reader(conn, "night@example.org", token="f" * 28, duties=["operator"])
        tokens = [_send(world, conn, number) for number in range(1, 91)]
        for token in tokens[:4]:
            _back(world, conn, "policy", token=token, status="5.7.1")
        assert not holds.all_held(conn)
        [(bulletin, _)] = told(conn)
        assert bulletin.subject == "Mails are refused" and "5.7.1" in bulletin.body
        for token in tokens[4:6]:
            _back(world, conn, "policy", token=token, status="5.7.1")
        assert holds.all_held(conn)


def test_two_reports_about_one_mail_are_one_refusal(world: World) -> None:
    with writing(world.engine) as conn:
        world.reader(conn)
        for _ in range(2 * bouncing.STORM):
            _back(world, conn, "policy", status="5.7.1")
        assert not holds.all_held(conn)


def test_too_many_dead_addresses_stop_all_mails_once(world: World) -> None:
    with writing(world.engine) as conn:
        tokens = [_send(world, conn, number) for number in range(1, 101)]
        for number, token in enumerate(tokens[:20]):
            assert holds.all_held(conn) == (number >= bouncing.LEAST)
            _back(world, conn, "gone", token=token)
        [hold] = holds.in_force(conn)
        holds.release(conn, hold.id, world.clock())
        world.clock.advance(minutes=1)
        _back(world, conn, "gone", token=tokens[30])
        assert not holds.all_held(conn)


def test_a_few_dead_addresses_of_many_stop_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bouncing, "LEAST", 2)
    with writing(world.engine) as conn:
        tokens = [_send(world, conn, number) for number in range(1, 102)]
        for token in tokens[:3]:
            _back(world, conn, "gone", token=token)
        assert not holds.all_held(conn)
        _back(world, conn, "gone", token=tokens[3])
        assert holds.all_held(conn)


@pytest.mark.parametrize(("kind", "status"), [("gone", "5.1.1"), ("policy", "5.7.1")])
def test_strangers_whose_addresses_are_dead_or_refuse_us_stop_nothing(world: World, kind: Kind, status: str) -> None:
    with writing(world.engine) as conn:
        for number in range(1, 3 * bouncing.LEAST):
            stranger = strangers.find_or_make(conn, f"s{number}@example.net", world.clock())
            _back(world, conn, kind, token=_send(world, conn, number, stranger.id), status=status)
        assert not holds.all_held(conn)
    assert set(states(world.engine)) == {"failed"}


def test_for_a_few_dead_addresses_nobody_counts_all_mails_that_were_ever_sent(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[datetime] = []

    def reached(conn: Connection, since: datetime) -> int:
        looked.append(since)
        return 1

    monkeypatch.setattr(bounces, "reached", reached)
    with writing(world.engine) as conn:
        for number in range(1, bouncing.LEAST + 1):
            _back(world, conn, "gone", token=_send(world, conn, number))
            assert bool(looked) == (number >= bouncing.LEAST)


def test_the_other_operators_hear_at_once_of_one_who_cannot_be_reached(world: World) -> None:
    with writing(world.engine) as conn:
        gone = world.reader(conn, duties=["reader", "escalation", "operator"])
        other = world.reader(conn, "night@example.org", token="f" * 28, duties=["operator"])
        _back(world, conn, "gone")
        [(bulletin, person_id)] = told(conn)
        assert person_id == other.id
        assert bulletin.subject == f"Person {gone.id} (escalation and operator) cannot be reached"
        assert "5.1.1" in bulletin.body and "@" not in bulletin.body


def test_who_was_given_up_elsewhere_is_missed_all_the_same_and_once(world: World) -> None:
    with writing(world.engine) as conn:
        world.reader(conn, "night@example.org", token="f" * 28, duties=["operator"])
        gone = mailed.reader(conn, now=world.clock(), duties=["escalation"])
        bounces.give_up(conn, gone.id, "bounce", "5.1.1", world.clock())
        for _ in range(3):
            bouncing.upkeep(conn, DESK, world.clock())
        assert f"Person {gone.id} (escalation) cannot be reached" in [one.subject for one, _ in told(conn)]
        assert len(told(conn)) == 2  # and the report of the day


def test_operators_hear_once_a_day_how_many_were_given_up(world: World) -> None:
    with writing(world.engine) as conn:
        world.reader(conn, "night@example.org", token="f" * 28, duties=["operator"])
        bouncing.upkeep(conn, DESK, world.clock())
        assert told(conn) == []
        for number in (1, 2):
            _back(world, conn, "gone", token=_send(world, conn, number))
        bouncing.give_up(conn, DESK, mailed.reader(conn, now=world.clock()).id, "complaint", "", world.clock())
        suppression.suppress(conn, "e" * 64, "never", world.clock())
        for _ in range(24):
            world.clock.advance(hours=1)
            bouncing.upkeep(conn, DESK, world.clock())
        [(bulletin, _)] = told(conn)
        assert bulletin.subject == "4 addresses get no mails any more"
        assert "- 2 because mail to them came back\n- 1 because they complained" in bulletin.body
        assert "- 1 because they asked never to be written to again" in bulletin.body
        _back(world, conn, "gone", token=_send(world, conn, 3))
        bouncing.upkeep(conn, DESK, world.clock())
        assert len(told(conn)) == 1
        world.clock.advance(hours=2)
        bouncing.upkeep(conn, DESK, world.clock())
        assert [one.subject for one, _ in told(conn)][1:] == ["1 address gets no mails any more"]
