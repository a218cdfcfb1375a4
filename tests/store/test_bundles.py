"""Rows that go in one mail share its fate, whatever becomes of it, and none of them is lost."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Connection, Engine

from alerts.store import alerts, outbox, people, silences, told
from alerts.store.database import reading, writing
from alerts.store.outbox import OutboxRow
from alerts.store.waiting import Decide, Heard, Mail, Plan, Waiting
from alerts.track.silence import Silence
from tests.store import values
from tests.store.mailed import New
from tests.store.values import HOUR, NOW

MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, kw_only=True)
class World:
    """Three alerts of one incident, and readers with a mail of each: rows 1-3 are the first reader's."""

    alerts: tuple[str, ...]
    readers: tuple[int, ...]


def prepare(conn: Connection, *, readers: int = 1) -> World:
    first = alerts.save_alert(conn, values.alert(), title="t", summary="s")
    more = [
        alerts.save_alert(conn, values.alert(key=f"k{number}", incident=first.incident), title="t", summary="s")
        for number in (2, 3)
    ]
    made = (first, *more)
    for one in made:
        alerts.add_version(conn, one, values.message(), title="t", summary="s")
    ids = tuple(people.add_person(conn, f"r{number}@example.org", now=NOW).id for number in range(readers))
    for person in ids:
        outbox.enqueue(conn, [New(alert_id=one.id, person_id=person) for one in made])
    return World(alerts=tuple(one.id for one in made), readers=ids)


@pytest.fixture
def world(engine: Engine) -> World:
    with writing(engine) as conn:
        return prepare(conn)


def all_in_one(waiting: Sequence[Waiting], heard: Sequence[Heard]) -> Plan:
    """Each reader's first row leads, and all others go along, but what was made up before goes as it is."""
    mails = [Mail(lead=row.id) for row in waiting if row.fixed and row.due]
    for person in dict.fromkeys(row.person_id for row in waiting):
        rows = [row.id for row in waiting if row.person_id == person and not row.fixed]
        mails += [Mail(lead=rows[0], members=tuple(rows[1:]))] if rows else []
    return Plan(mails=tuple(mails))


def lease(conn: Connection, token: str = "t", now: datetime = NOW, decide: Decide = all_in_one) -> list[OutboxRow]:
    return outbox.lease(conn, now, token, 10, 60, decide=decide)


def found(engine: Engine) -> dict[int, tuple[str, int | None]]:
    """State and lead of each row."""
    with reading(engine) as conn:
        return {row.id: (row.state, row.lead_id) for row in outbox.list_rows(conn)}


FATES: dict[str, Callable[[Connection, Collection[int]], set[int]]] = {
    "accepted": lambda conn, ids: outbox.mark_accepted(conn, ids, "t", NOW),
    "failed": lambda conn, ids: outbox.mark_failed(conn, ids, "t", NOW, "550"),
    "ambiguous": lambda conn, ids: outbox.mark_ambiguous(conn, ids, "t", NOW, "no answer"),
    "held": lambda conn, ids: outbox.mark_held(conn, ids, "t", NOW, "policy"),
}


@pytest.mark.usefixtures("world")
@pytest.mark.parametrize("fate", FATES)
def test_what_goes_in_a_mail_shares_its_fate(engine: Engine, fate: str) -> None:
    with writing(engine) as conn:
        [lead] = lease(conn)
    assert sorted(found(engine).values(), key=str) == [("bundled", lead.id)] * 2 + [("queued", None)]
    with writing(engine) as conn:
        assert outbox.mark_sending(conn, [lead.id], "t", NOW, 60) == {lead.id}
    assert {state for state, _ in found(engine).values()} == {"sending"}
    with writing(engine) as conn:
        assert FATES[fate](conn, [lead.id]) == {lead.id}
        assert {state: count for state, count in outbox.counts(conn).items() if count} == {fate: 1, "bundled": 2}
    assert {state for state, _ in found(engine).values()} == {fate}


@pytest.mark.usefixtures("world")
def test_a_mail_is_the_same_at_the_next_attempt_and_takes_up_nothing_new(engine: Engine) -> None:
    with writing(engine) as conn:
        [lead] = lease(conn)
        outbox.mark_sending(conn, [lead.id], "t", NOW, 60)
        outbox.mark_deferred(conn, [lead.id], "t", NOW, "421")
        assert [row.id for row in outbox.parts(conn, [lead.id])[lead.id]] == [lead.id + 1, lead.id + 2]
        late = alerts.save_alert(conn, values.alert(key="late"), title="t", summary="s")
        alerts.add_version(conn, late, values.message(), title="t", summary="s")
        outbox.enqueue(conn, [New(alert_id=late.id, person_id=lead.person.id)])
        again = lease(conn, "t2")
        assert [row.id for row in again] == [lead.id, lead.id + 3]
        assert [len(parts) for parts in outbox.parts(conn, [row.id for row in again]).values()] == [2, 0]


@pytest.mark.usefixtures("world")
def test_a_mail_that_was_given_back_stays_as_it_was_made_up(engine: Engine) -> None:
    with writing(engine) as conn:
        [lead] = lease(conn)
        assert outbox.give_back(conn, "t") == 1
        [again] = lease(conn, "t2")
        assert (again.id, len(outbox.parts(conn, [again.id])[again.id])) == (lead.id, 2)


@pytest.mark.usefixtures("world")
def test_after_a_crash_only_the_mail_itself_is_asked_for(engine: Engine) -> None:
    with writing(engine) as conn:
        [lead] = lease(conn)
        outbox.mark_sending(conn, [lead.id], "t", NOW, 60)
        [stale] = outbox.stale_sending(conn, NOW + HOUR, "next", 10, 60)
        assert stale.id == lead.id
        outbox.mark_accepted(conn, [lead.id], "next", NOW + HOUR)
    assert {state for state, _ in found(engine).values()} == {"accepted"}


@pytest.mark.usefixtures("world")
def test_what_expires_with_its_mail_is_failed_and_can_be_released_with_it(engine: Engine) -> None:
    with writing(engine) as conn:
        [lead] = lease(conn)
        later = NOW + 49 * HOUR
        assert outbox.expire(conn, later) == 1
        assert outbox.release(conn, [lead.id, lead.id + 1], later) == 1
        [again] = lease(conn, "t2", later)
        assert len(outbox.parts(conn, [again.id])[again.id]) == 2


def test_a_part_that_is_taken_back_lets_the_others_wait_again_and_its_courier_knows(
    engine: Engine, world: World
) -> None:
    with writing(engine) as conn:
        [lead] = lease(conn)
        assert set(told.withdraw(conn, world.alerts[2], NOW, before_version=2)) == {*world.readers}
        assert outbox.mark_sending(conn, [lead.id], "t", NOW, 60) == set()
    assert list(dict(sorted(found(engine).items())).values()) == [
        ("queued", None), ("queued", None), ("withdrawn", None),
    ]  # fmt: skip


def test_a_mail_that_was_begun_keeps_its_other_parts(engine: Engine, world: World) -> None:
    with writing(engine) as conn:
        [lead] = lease(conn)
        outbox.mark_sending(conn, [lead.id], "t", NOW, 60)
        outbox.mark_deferred(conn, [lead.id], "t", NOW, "421")
        told.withdraw(conn, world.alerts[2], NOW, before_version=2)
    assert [state for _, state in sorted(found(engine).items())] == [
        ("queued", None), ("bundled", lead.id), ("withdrawn", None),
    ]  # fmt: skip


def test_without_its_lead_each_part_waits_again(engine: Engine, world: World) -> None:
    with writing(engine) as conn:
        lease(conn)
        told.withdraw(conn, world.alerts[0], NOW, before_version=2)
    assert [state for state, _ in dict(sorted(found(engine).items())).values()] == ["withdrawn", "queued", "queued"]


def test_what_is_under_way_is_not_taken_back(engine: Engine, world: World) -> None:
    with writing(engine) as conn:
        [lead] = lease(conn)
        outbox.mark_sending(conn, [lead.id], "t", NOW, 60)
        assert told.withdraw(conn, world.alerts[2], NOW, before_version=2) == {}
        assert told.told(conn, world.alerts[2], reached=True) == dict.fromkeys(world.readers, 1)


def covering(conn: Connection) -> OutboxRow:
    ids = [row.id for row in sorted(outbox.list_rows(conn), key=lambda row: row.id)]

    def decide(waiting: Sequence[Waiting], heard: Sequence[Heard]) -> Plan:
        return Plan(mails=(Mail(lead=ids[0], members=(ids[2],), covered={ids[1]: waiting[0].alert_id}),))

    [lead] = lease(conn, decide=decide)
    return lead


def test_a_covered_row_is_kept_with_the_mail_that_mentions_it(engine: Engine, world: World) -> None:
    with writing(engine) as conn:
        lead = covering(conn)
        outbox.mark_sending(conn, [lead.id], "t", NOW, 60)
        outbox.mark_accepted(conn, [lead.id], "t", NOW)
        assert {row.state for row in outbox.parts(conn, [lead.id])[lead.id]} == {"inhibited", "accepted"}
        assert told.told(conn, world.alerts[1]) == {}
        assert {state: count for state, count in outbox.counts(conn).items() if count} == {
            "accepted": 1, "bundled": 1, "inhibited": 1,
        }  # fmt: skip


def test_what_a_cancelled_alert_covered_waits_to_be_sent_after_all(engine: Engine, world: World) -> None:
    with writing(engine) as conn:
        lead = covering(conn)
        outbox.mark_sending(conn, [lead.id], "t", NOW, 60)
        outbox.mark_accepted(conn, [lead.id], "t", NOW)
        assert told.uncover(conn, world.alerts[0], NOW + HOUR, expires=NOW + 9 * HOUR) == 1
        [again] = outbox.lease(conn, NOW + HOUR, "t2", 10, 60)
        assert (again.alert_id, again.covered_by, again.expires) == (world.alerts[1], None, NOW + 9 * HOUR)
        assert told.uncover(conn, world.alerts[0], NOW + HOUR, expires=NOW + 9 * HOUR) == 0


def test_of_what_was_covered_only_the_latest_is_sent_after_all(engine: Engine, world: World) -> None:
    by, covered = world.alerts[0], world.alerts[1]

    def keep_back(waiting: Sequence[Waiting], heard: Sequence[Heard]) -> Plan:
        return Plan(covered={row.id: by for row in waiting if row.alert_id == covered})

    with writing(engine) as conn:
        lease(conn, decide=keep_back)
        alerts.add_version(conn, values.alert(id=covered), values.message(2), title="t", summary="s")
        outbox.enqueue(conn, [New(alert_id=covered, person_id=world.readers[0], version=2)])
        lease(conn, "t2", decide=keep_back)
        assert told.uncover(conn, by, NOW, expires=NOW + HOUR) == 1
        versions = {row.version for row in outbox.list_rows(conn, states=["queued"]) if row.alert_id == covered}
        assert versions == {2}


@pytest.mark.parametrize("state", ["cancelled", "closed", "merged"])
def test_what_is_over_by_then_is_not_sent_after_all(engine: Engine, world: World, state: str) -> None:
    with writing(engine) as conn:
        covering(conn)
        covered = alerts.alert_of(conn, world.alerts[1])
        assert covered is not None
        alerts.save_state(conn, values.alert(id=covered.id, state=state))
        assert told.uncover(conn, world.alerts[0], NOW, expires=NOW + HOUR) == 0


def test_what_was_covered_since_is_mentioned_in_the_next_mail(engine: Engine, world: World) -> None:
    by, covered = world.alerts[0], world.alerts[1]
    with writing(engine) as conn:
        lease(conn, decide=lambda waiting, heard: Plan(covered={w.id: by for w in waiting if w.alert_id == covered}))
        rows = {row.alert_id: row for row in outbox.list_rows(conn)}

        def decide(waiting: Sequence[Waiting], heard: Sequence[Heard]) -> Plan:
            return Plan(mails=(Mail(lead=rows[world.alerts[2]].id, members=(rows[by].id,)),))

        [lead] = lease(conn, "t2", decide=decide)
        parts = {row.alert_id: row.state for row in outbox.parts(conn, [lead.id])[lead.id]}
    assert parts == {by: "bundled", covered: "inhibited"}


def test_a_silenced_row_names_its_silence_which_is_not_idle_then(engine: Engine, world: World) -> None:
    with writing(engine) as conn:
        draft = Silence(rules=("shelling",), place=None, author="A", why="known", created=NOW, until=NOW + 24 * HOUR)
        made = silences.add(conn, draft, NOW)
        plan = Plan(silenced={row.id: made.id for row in outbox.list_rows(conn)})
        assert lease(conn, now=NOW + MINUTE, decide=lambda waiting, heard: plan) == []
        assert {(row.state, row.silence_id) for row in outbox.list_rows(conn)} == {("silenced", made.id)}
        [silence] = silences.in_force(conn, NOW + MINUTE)
        assert silence.last_hid == NOW + MINUTE
        assert told.told(conn, world.alerts[0]) == {}


def test_a_decision_knows_what_waits_and_what_was_told(engine: Engine, world: World) -> None:
    seen: list[tuple[Sequence[Waiting], Sequence[Heard]]] = []

    def note(waiting: Sequence[Waiting], heard: Sequence[Heard]) -> Plan:
        seen.append((waiting, heard))
        return Plan(mails=(Mail(lead=waiting[0].id),))

    with writing(engine) as conn:
        [lead] = lease(conn, decide=note)
        outbox.mark_sending(conn, [lead.id], "t", NOW, 60)
        outbox.mark_accepted(conn, [lead.id], "t", NOW)
        lease(conn, "t2", decide=note)
    (first, nothing), (second, [heard]) = seen
    assert nothing == []
    assert [row.alert_id for row in first] == list(world.alerts)
    assert [row.alert_id for row in second] == list(world.alerts[1:])
    assert {(row.due, row.fixed, row.rule, row.kind, row.going_on, row.urgency) for row in first} == {
        (True, False, "shelling", "new", True, 2)
    }
    assert {row.place and row.place.country for row in first} == {"YEM"}
    assert len({row.incident for row in first}) == 1
    assert (heard.alert_id, heard.version, heard.incident) == (world.alerts[0], 1, first[0].incident)


def test_two_couriers_at_once_never_part_what_belongs_together(engine: Engine) -> None:
    with writing(engine) as conn:
        made = prepare(conn, readers=12)
    leads: list[int] = []

    def work(token: str) -> None:
        for turn in range(12):
            with writing(engine) as conn:
                rows = outbox.lease(conn, NOW, f"{token}{turn}", 2, 60, decide=all_in_one)
                leads.extend(row.id for row in rows)

    threads = [threading.Thread(target=work, args=(token,)) for token in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(leads) == len(set(leads)) == len(made.readers)
    with reading(engine) as conn:
        assert {len(parts) for parts in outbox.parts(conn, leads).values()} == {2}


def test_a_courier_that_sends_and_a_tracker_that_takes_back_never_both_succeed(engine: Engine) -> None:
    """Whichever comes first: a part is either in the mail that is sent, and told, or withdrawn, and in none."""
    with writing(engine) as conn:
        made = prepare(conn, readers=8)
    with writing(engine) as conn:
        leads = [row.id for row in lease(conn)]
    begun: set[int] = set()

    def send() -> None:
        for lead in leads:
            with writing(engine) as conn:
                begun.update(outbox.mark_sending(conn, [lead], "t", NOW, 60))

    def take_back() -> None:
        with writing(engine) as conn:
            told.withdraw(conn, made.alerts[2], NOW, before_version=2)

    threads = [threading.Thread(target=work) for work in (send, take_back)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with reading(engine) as conn:
        for lead, parts in outbox.parts(conn, leads).items():
            assert [row.state for row in parts] == (["sending"] * 2 if lead in begun else [])
        rows = [row for row in outbox.list_rows(conn) if row.alert_id == made.alerts[2]]
    assert sorted(row.state for row in rows) == ["sending"] * len(begun) + ["withdrawn"] * (8 - len(begun))


def test_what_a_part_covered_waits_again_when_that_is_taken_back(engine: Engine, world: World) -> None:
    with writing(engine) as conn:
        first, second, third = sorted(row.id for row in outbox.list_rows(conn))
        plan = Plan(mails=(Mail(lead=first, members=(second,), covered={third: world.alerts[1]}),))
        lease(conn, decide=lambda waiting, heard: plan)
        outbox.mark_sending(conn, [first], "t", NOW, 60)
        outbox.mark_deferred(conn, [first], "t", NOW, "421")
        told.withdraw(conn, world.alerts[1], NOW, before_version=2)
    assert found(engine) == {first: ("queued", None), second: ("withdrawn", None), third: ("queued", None)}
