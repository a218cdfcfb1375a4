"""Every mail is sent by one courier at a time, and its state says what is known of it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import Connection, Engine

from alerts.store import alerts, outbox, people, told
from alerts.store.database import reading, writing
from alerts.store.outbox import STATES, OutboxRow, State
from tests.store import values
from tests.store.conftest import empty
from tests.store.mailed import New
from tests.store.values import HOUR, NOW

MINUTE = timedelta(minutes=1)


@pytest.fixture
def mails(engine: Engine) -> Iterator[tuple[str, list[int]]]:
    """An alert and the readers of three mails about it, the last of them the most urgent."""
    with writing(engine) as conn:
        yield_value = _prepare(conn, 3)
        outbox.enqueue(
            conn,
            [
                New(alert_id=yield_value[0], person_id=person, urgency=urgency)
                for urgency, person in enumerate(yield_value[1])
            ],
        )
    yield yield_value


def _prepare(conn: Connection, readers: int) -> tuple[str, list[int]]:
    saved = alerts.save_alert(conn, values.alert(), title="t", summary="s")
    return saved.id, [people.add_person(conn, f"r{i}@example.org", now=NOW).id for i in range(readers)]


def _lease(conn: Connection, token: str = "t", now: datetime = NOW, limit: int = 10) -> list[OutboxRow]:
    return outbox.lease(conn, now, token, limit, 60)


def _ids(rows: list[OutboxRow]) -> list[int]:
    return [row.id for row in rows]


def _counts(conn: Connection) -> dict[State, int]:
    return {state: number for state, number in outbox.counts(conn).items() if number}


def test_leased_mails_come_urgent_first_with_their_readers(engine: Engine, mails: tuple[str, list[int]]) -> None:
    with writing(engine) as conn:
        rows = _lease(conn)
        addresses = people.addresses(conn, [rows[0].person.id])
    assert [row.urgency for row in rows] == [2, 1, 0]
    assert [row.person.id for row in rows] == list(reversed(mails[1]))
    assert [*addresses.values()] == ["r2@example.org"]
    assert (rows[0].alert_id, rows[0].state, rows[0].lease_token) == (mails[0], "queued", "t")
    assert "@" not in repr(rows[0]).replace(rows[0].message_id, "")


@pytest.mark.usefixtures("mails")
def test_a_leased_mail_is_nobody_elses_until_the_lease_runs_out(engine: Engine) -> None:
    with writing(engine) as conn:
        first = _lease(conn, "one", limit=2)
        second = _lease(conn, "two", limit=5)
        assert (len(first), len(second)) == (2, 1)
        assert not {*_ids(first)} & {*_ids(second)}
        assert _lease(conn, "three") == []
        assert len(_lease(conn, "four", now=NOW + MINUTE)) == 3


def test_the_same_mail_is_queued_once(engine: Engine, mails: tuple[str, list[int]]) -> None:
    alert_id, readers = mails
    with writing(engine) as conn:
        outbox.enqueue(conn, [New(alert_id=alert_id, person_id=reader) for reader in readers])
        assert _counts(conn) == {"queued": 3}
        outbox.enqueue(conn, [New(alert_id=alert_id, person_id=readers[0], version=2)])
        assert _counts(conn) == {"queued": 4}
        outbox.enqueue(conn, [])


def test_a_mail_waits_for_its_time_and_expires(engine: Engine) -> None:
    with writing(engine) as conn:
        alert_id, [one, two] = _prepare(conn, 2)
        outbox.enqueue(conn, [New(alert_id=alert_id, person_id=one, not_before=NOW + MINUTE, expires=NOW + HOUR)])
        outbox.enqueue(conn, [New(alert_id=alert_id, person_id=two, not_before=NOW + MINUTE, expires=None)])
        assert outbox.next_due_at(conn) == NOW + MINUTE
        assert _lease(conn) == []
        assert outbox.expire(conn, NOW) == 0
        assert outbox.expire(conn, NOW + HOUR) == 1
        assert [row.person.id for row in _lease(conn, now=NOW + HOUR)] == [two]
        [failed] = outbox.list_rows(conn, states=["failed"])
    assert (failed.last_error, failed.finished) == ("not sent in time", NOW + HOUR)


@pytest.mark.usefixtures("mails")
def test_a_sent_mail_is_accepted_and_done(engine: Engine) -> None:
    with writing(engine) as conn:
        ids = _ids(_lease(conn))
        assert outbox.last_accepted(conn) is None
        assert outbox.mark_sending(conn, ids, "t", NOW, 60) == set(ids)
        assert outbox.mark_accepted(conn, ids, "t", NOW + MINUTE) == set(ids)
        assert _counts(conn) == {"accepted": 3}
        assert _lease(conn, now=NOW + HOUR) == outbox.stale_sending(conn, NOW + HOUR, "x", 10, 60) == []
        assert outbox.last_accepted(conn) == NOW + MINUTE
        assert {row.attempts for row in outbox.list_rows(conn)} == {1}


@pytest.mark.usefixtures("mails")
def test_a_courier_that_lost_its_lease_marks_nothing(engine: Engine) -> None:
    with writing(engine) as conn:
        ids = _ids(_lease(conn, "old"))
        _lease(conn, "new", now=NOW + MINUTE)
        later = NOW + MINUTE
        assert outbox.mark_sending(conn, ids, "old", later, 60) == set()
        assert outbox.mark_failed(conn, ids, "old", later, "x") == set()
        assert outbox.mark_sending(conn, ids, "new", later, 60) == set(ids)
        assert outbox.mark_accepted(conn, ids, "old", later) == set()
        assert _counts(conn) == {"sending": 3}


@pytest.mark.usefixtures("mails")
def test_a_mail_is_not_accepted_unless_it_was_being_sent(engine: Engine) -> None:
    with writing(engine) as conn:
        ids = _ids(_lease(conn))
        assert outbox.mark_accepted(conn, ids, "t", NOW) == set()
        assert outbox.mark_ambiguous(conn, ids, "t", NOW, "x") == set()


@pytest.mark.usefixtures("mails")
def test_a_deferred_mail_is_tried_again_later(engine: Engine) -> None:
    with writing(engine) as conn:
        ids = _ids(_lease(conn))
        outbox.mark_sending(conn, ids, "t", NOW, 60)
        assert outbox.mark_deferred(conn, ids, "t", NOW + HOUR, "421 busy\x00") == set(ids)
        assert _lease(conn, now=NOW + MINUTE) == []
        again = _lease(conn, now=NOW + HOUR)
        assert [(row.attempts, row.last_error) for row in again] == [(1, "421 busy")] * 3


@pytest.mark.usefixtures("mails")
def test_a_crash_while_sending_leaves_mails_for_one_courier_to_look_after(engine: Engine) -> None:
    with writing(engine) as conn:
        ids = _ids(_lease(conn))
        outbox.mark_sending(conn, ids[:2], "t", NOW, 60)
    with writing(engine) as conn:
        assert outbox.stale_sending(conn, NOW, "next", 10, 60) == []
        later = NOW + MINUTE
        assert _ids(outbox.stale_sending(conn, later, "next", 10, 60)) == ids[:2]
        assert outbox.stale_sending(conn, later, "another", 10, 60) == []
        assert _ids(_lease(conn, "another", now=later)) == ids[2:]
        assert outbox.mark_ambiguous(conn, ids[:1], "next", later, "no answer") == {ids[0]}
        assert outbox.mark_accepted(conn, ids[1:2], "next", later) == {ids[1]}
        assert _counts(conn) == {"queued": 1, "accepted": 1, "ambiguous": 1}


@pytest.mark.usefixtures("mails")
def test_an_operator_releases_what_is_held_or_ambiguous(engine: Engine) -> None:
    with writing(engine) as conn:
        ids = _ids(_lease(conn))
        outbox.mark_held(conn, ids[:1], "t", NOW, "policy")
        outbox.mark_sending(conn, ids[1:], "t", NOW, 60)
        outbox.mark_ambiguous(conn, ids[1:2], "t", NOW, "no answer")
        outbox.mark_accepted(conn, ids[2:], "t", NOW)
        assert _counts(conn) == {"held": 1, "ambiguous": 1, "accepted": 1}
        assert outbox.release(conn, ids, NOW + HOUR) == 2
        assert sorted(_ids(_lease(conn, now=NOW + HOUR))) == sorted(ids[:2])


@pytest.mark.usefixtures("mails")
def test_what_was_not_begun_is_given_back(engine: Engine) -> None:
    with writing(engine) as conn:
        ids = _ids(_lease(conn))
        outbox.mark_sending(conn, ids[:1], "t", NOW, 60)
        assert outbox.give_back(conn, "t") == 2
        assert len(_lease(conn, "next")) == 2


def test_unsent_mails_of_earlier_versions_are_taken_back(engine: Engine, mails: tuple[str, list[int]]) -> None:
    alert_id, readers = mails
    with writing(engine) as conn:
        [sent] = _lease(conn, limit=1)
        outbox.mark_sending(conn, [sent.id], "t", NOW, 60)
        outbox.mark_accepted(conn, [sent.id], "t", NOW)
        outbox.enqueue(conn, [New(alert_id=alert_id, person_id=reader, version=2) for reader in readers])
        assert set(told.withdraw(conn, alert_id, NOW, before_version=2)) == {*readers} - {sent.person.id}
        assert _counts(conn) == {"queued": 3, "accepted": 1, "withdrawn": 2}
        assert told.told(conn, alert_id) == dict.fromkeys(readers, 2)
        assert told.told(conn, alert_id, reached=True) == {sent.person.id: 1}


def test_a_leased_mail_is_taken_back_too_and_its_courier_learns_it(
    engine: Engine, mails: tuple[str, list[int]]
) -> None:
    alert_id, readers = mails
    with writing(engine) as conn:
        first, *others = _ids(_lease(conn))
        outbox.mark_sending(conn, [first], "t", NOW, 60)
        assert len(told.withdraw(conn, alert_id, NOW, before_version=2)) == len(readers) - 1
        assert outbox.mark_sending(conn, others, "t", NOW, 60) == set()


def test_the_mails_of_a_reader_who_left_go_too(engine: Engine, mails: tuple[str, list[int]]) -> None:
    with writing(engine) as conn:
        people.remove_person(conn, mails[1][0])
        assert _counts(conn) == {"queued": 2}


def test_two_couriers_at_once_never_get_the_same_mail(engine: Engine) -> None:
    with writing(engine) as conn:
        alert_id, readers = _prepare(conn, 20)
        outbox.enqueue(conn, [New(alert_id=alert_id, person_id=reader) for reader in readers])
    taken: list[int] = []

    def work(token: str) -> None:
        for turn in range(10):
            with writing(engine) as conn:
                taken.extend(_ids(_lease(conn, f"{token}{turn}", limit=3)))

    threads = [threading.Thread(target=work, args=(token,)) for token in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(taken) == len(set(taken)) == 20


def test_every_state_is_counted(engine: Engine) -> None:
    with reading(engine) as conn:
        assert outbox.counts(conn) == dict.fromkeys(STATES, 0)


def test_no_order_of_events_sends_a_mail_twice_or_forgets_one(sqlite_engine: Engine) -> None:
    """Couriers lease, send, crash and come back late, in any order: the mail server hears of a mail at most
    once as long as nobody releases it, and no mail leaves the outbox."""

    class Couriers(RuleBasedStateMachine):
        @initialize()
        def begin(self) -> None:
            empty(sqlite_engine)
            self.now, self.turn, self.held = NOW, 0, dict[str, list[int]]()
            self.sent: list[int] = []
            with writing(sqlite_engine) as conn:
                alert_id, readers = _prepare(conn, 3)
                outbox.enqueue(conn, [New(alert_id=alert_id, person_id=reader, expires=None) for reader in readers])

        @rule(limit=st.integers(1, 3))
        def lease(self, limit: int) -> None:
            self.turn += 1
            with writing(sqlite_engine) as conn:
                self.held[f"t{self.turn}"] = _ids(_lease(conn, f"t{self.turn}", self.now, limit))

        @rule(data=st.data(), result=st.sampled_from(["accepted", "deferred", "crash"]))
        def send(self, data: st.DataObject, result: str) -> None:
            token = data.draw(st.sampled_from([*self.held, "none"]))
            ids = self.held.get(token, [])
            with writing(sqlite_engine) as conn:
                ours = outbox.mark_sending(conn, ids, token, self.now, 60)
            if result == "deferred":  # refused by the server: not sent
                with writing(sqlite_engine) as conn:
                    outbox.mark_deferred(conn, ours, token, self.now, "421")
                return
            self.sent.extend(ours)
            if result == "accepted":
                with writing(sqlite_engine) as conn:
                    outbox.mark_accepted(conn, ours, token, self.now)

        @rule()
        def look_after_the_stale(self) -> None:
            self.turn += 1
            token = f"t{self.turn}"
            with writing(sqlite_engine) as conn:
                rows = outbox.stale_sending(conn, self.now, token, 10, 60)
                outbox.mark_ambiguous(conn, _ids(rows), token, self.now, "no answer")

        @rule(seconds=st.sampled_from([1, 61]))
        def wait(self, seconds: int) -> None:
            self.now += timedelta(seconds=seconds)

        @invariant()
        def every_mail_is_there_and_none_was_sent_twice(self) -> None:
            assert len(self.sent) == len(set(self.sent))
            with reading(sqlite_engine) as conn:
                found = {row.id: row.state for row in outbox.list_rows(conn)}
            assert len(found) == 3
            for number, state in found.items():
                assert (number in self.sent) == (state in ("sending", "accepted", "ambiguous"))

    checks = settings(max_examples=15, stateful_step_count=12, deadline=None, suppress_health_check=list(HealthCheck))
    run_state_machine_as_test(Couriers, settings=checks)
