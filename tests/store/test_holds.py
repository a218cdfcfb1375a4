"""What an operator has to let go waits, and runs out of no time."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import Connection, Engine

from alerts.errors import InputError
from alerts.store import alerts, bulletins, holds, outbox, schema
from alerts.store.database import reading, writing
from tests.store.mailed import New
from tests.store.test_bundles import World, prepare
from tests.store.values import HOUR, NOW

RULE = "attack"


def mails(conn: Connection) -> World:
    """Two alerts of one rule with a mail each."""
    return prepare(conn, readers=1)


def rule_of(conn: Connection, world: World) -> str:
    found = alerts.alert_of(conn, world.alerts[0])
    assert found is not None
    return found.rule


def test_a_hold_is_in_force_until_it_is_released(engine: Engine) -> None:
    with writing(engine) as conn:
        made = holds.put(conn, "all", "550 5.7.1 policy", NOW)
        assert made is not None
        assert holds.in_force(conn) == [made]
        assert holds.all_held(conn)
        assert holds.release(conn, made.id, NOW + HOUR) == made
        assert (holds.in_force(conn), holds.all_held(conn)) == ([], False)


def test_the_same_hold_is_put_once_and_again_after_its_release(engine: Engine) -> None:
    with writing(engine) as conn:
        first = holds.put(conn, "rule", "too much", NOW, rule=RULE)
        assert first is not None
        assert holds.put(conn, "rule", "far too much", NOW, rule=RULE) is None
        assert holds.put(conn, "rule", "too much", NOW, rule="siege") is not None
        holds.release(conn, first.id, NOW)
        assert holds.put(conn, "rule", "too much", NOW, rule=RULE) is not None


def test_what_is_not_in_force_cannot_be_released(engine: Engine) -> None:
    with writing(engine) as conn:
        made = holds.put(conn, "all", "why", NOW)
        assert made is not None
        holds.release(conn, made.id, NOW)
        for number in (made.id, 77):
            with pytest.raises(InputError, match=f"no hold {number} in force"):
                holds.release(conn, number, NOW)


def test_while_all_mails_are_held_only_bulletins_go_out(engine: Engine) -> None:
    with writing(engine) as conn:
        world = mails(conn)
        holds.put(conn, "all", "why", NOW)
        number = bulletins.add(conn, kind="mail", subject="s", body="b", now=NOW)
        outbox.enqueue(conn, [New(alert_id="", person_id=world.readers[0], bulletin_id=number, message_id="<b@x>")])
        rows = outbox.lease(conn, NOW, "t", 10, 60)
        assert [row.bulletin_id for row in rows] == [number]


def test_what_is_held_is_not_given_up_and_is_worth_sending_when_let_go(engine: Engine) -> None:
    later = NOW + timedelta(days=9)
    with writing(engine) as conn:
        world = mails(conn)
        made = holds.put(conn, "all", "why", NOW)
        assert made is not None
        assert holds.kept(conn, made) == len(world.alerts)
        assert outbox.expire(conn, later) == 0
        holds.release(conn, made.id, later)
        assert outbox.expire(conn, later) == 0
        assert len(outbox.lease(conn, later, "t", 10, 60)) == len(world.alerts)


def test_what_a_rule_has_held_back_can_be_dropped_and_then_nobody_gets_it(engine: Engine) -> None:
    with writing(engine) as conn:
        world = mails(conn)
        made = holds.put(conn, "rule", "why", NOW, rule=rule_of(conn, world))
        assert made is not None
        conn.execute(schema.outbox.update().values(waits="hold"))
        assert holds.drop(conn, made.id, NOW) == len(world.alerts)
        assert holds.in_force(conn) == []
    with reading(engine) as conn:
        assert {row.state for row in outbox.list_rows(conn)} == {"withdrawn"}


def test_a_hold_of_all_mails_cannot_be_dropped(engine: Engine) -> None:
    with writing(engine) as conn:
        made = holds.put(conn, "all", "why", NOW)
        assert made is not None
        with pytest.raises(InputError, match="not dropped"):
            holds.drop(conn, made.id, NOW)
