"""Machines that share one database: who lives, and who may have which name."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import Engine

from alerts.errors import StoreError
from alerts.roles import MACHINE_ROLES
from alerts.store import machines
from alerts.store.database import reading, writing
from alerts.store.machines import DEAD_AFTER, Machine
from tests.store.values import NOW


def _machine(name: str = "one", life: str = "aaaaaaaaaaaa", home: str = "host:/data") -> Machine:
    return Machine(
        name=name, life=life, home=home, roles=MACHINE_ROLES, version="1", settings="s", started=NOW, seen=NOW
    )


def test_who_was_not_heard_of_for_long_is_dead_and_is_still_known(engine: Engine) -> None:
    with writing(engine) as conn:
        machines.register(conn, _machine())
        machines.register(conn, replace(_machine("two", "bbbbbbbbbbbb", "other:/data"), seen=NOW + DEAD_AFTER))
    with reading(engine) as conn:
        assert [one.name for one in machines.living(conn, NOW + DEAD_AFTER)] == ["two"]
        assert [one.name for one in machines.every(conn)] == ["one", "two"]


def test_a_machine_that_starts_anew_is_another_life_and_goes_by_the_same_edition(engine: Engine) -> None:
    with writing(engine) as conn:
        machines.register(conn, replace(_machine(), edition=7, base="digest"))
        machines.register(conn, _machine(life="bbbbbbbbbbbb"))
        [found] = machines.every(conn)
        machines.leave(conn, "aaaaaaaaaaaa")  # the one before cannot sign off the new one
    assert (found.life, found.edition, found.base) == ("bbbbbbbbbbbb", 7, "digest")
    with reading(engine) as conn:
        assert machines.living(conn, NOW) == [found]


def test_two_machines_may_not_have_one_name_while_both_live(engine: Engine) -> None:
    other = _machine(life="bbbbbbbbbbbb", home="other:/data")
    with writing(engine) as conn:
        machines.register(conn, _machine())
        with pytest.raises(StoreError, match=r"called 'one' \(host:/data\): give this one another name"):
            machines.register(conn, other)
        machines.register(conn, replace(other, seen=NOW + DEAD_AFTER))
        assert [one.home for one in machines.every(conn)] == ["other:/data"]


def test_those_that_were_stopped_are_not_missed_nor_for_ever_those_that_died(engine: Engine) -> None:
    with writing(engine) as conn:
        machines.register(conn, _machine())
        machines.register(conn, _machine("two", "bbbbbbbbbbbb", "other:/data"))
        machines.leave(conn, "aaaaaaaaaaaa")
        assert [one.name for one in machines.every(conn)] == ["two"]
        assert machines.forget_long_dead(conn, NOW + timedelta(days=6)) == 0
        assert machines.forget_long_dead(conn, NOW + timedelta(days=8)) == 1


def test_a_heartbeat_is_written_with_the_databases_own_time(migrated_postgres: Engine) -> None:
    with writing(migrated_postgres) as conn:
        now = machines.database_time(conn)
        machines.register(conn, _machine("beats", "cccccccccccc"))
        seen = machines.beat(conn, "cccccccccccc", -1500)
        assert seen is not None
        assert now <= seen <= machines.database_time(conn)
        [found] = [one for one in machines.every(conn) if one.name == "beats"]
        assert (found.seen, found.skew_ms) == (seen, -1500)
        assert machines.beat(conn, "dddddddddddd", 0) is None
        machines.leave(conn, "cccccccccccc")
