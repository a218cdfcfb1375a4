"""Machines that share one database: each says every few seconds that it lives. What a machine had in hand that is not
heard of any more is free for the others; what one had that starts anew, at once.

Times are the database's: the clocks of machines may differ.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, delete, func, select, update

from alerts.errors import StoreError
from alerts.roles import MachineRole
from alerts.store import jobs
from alerts.store.schema import UtcTime, machine
from alerts.store.upsert import upsert

DEAD_AFTER: Final = timedelta(seconds=16)
"""Who was not heard of for so long is dead. A machine that cannot say that it lives stops its own work before that."""
FORGOTTEN_AFTER: Final = timedelta(days=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """One start of the service on one machine. `life` begins the tokens of its leases; `home` is where it runs,
    `settings` a digest of what all should have alike. `skew_ms`: how far its own clock is ahead of the database's.
    `edition` is the edition of rules and templates it goes by, `base` what its own folders are of, `trouble` what is
    wrong there. `workers` are the numbers of those who take jobs for it."""

    name: str
    life: str
    home: str
    roles: tuple[MachineRole, ...]
    version: str
    settings: str
    started: datetime
    seen: datetime
    skew_ms: int = 0
    edition: int | None = None
    base: str | None = None
    trouble: str | None = None
    workers: tuple[int, ...] = ()

    def lives(self, now: datetime) -> bool:
        """Whether it was heard of lately."""
        return now - self.seen < DEAD_AFTER


def database_time(conn: Connection) -> datetime:
    """What the database's clock says at this moment."""
    found: datetime = conn.execute(_NOW).scalar_one()
    return found


_NOW: Final = select(func.clock_timestamp(type_=UtcTime))


def register(conn: Connection, one: Machine, *, starts: bool = True) -> None:
    """It starts: an earlier start of the same machine is over from now on. Or (`starts` False) it has been forgotten
    while it lived. Raises StoreError when another that lives has its name."""
    there = conn.execute(select(machine).where(machine.c.name == one.name).with_for_update()).one_or_none()
    if there is not None and one.seen - there.seen < DEAD_AFTER and (there.home != one.home or not starts):
        raise StoreError(
            f"another machine of this service is called '{one.name}' ({there.home}): give this one another name, "
            "[service] machine" + (", and another host name" if there.home == one.home else ""),
            reason="locked",
        )
    keep = ("edition", "base", "trouble") if there is not None and there.home == one.home else ()
    if there is not None:
        jobs.let_go(conn, there.workers or ())
    conn.execute(upsert(conn, machine, ("name",), keep=keep), {**asdict(one), "roles": list(one.roles)})


def beat(conn: Connection, life: str, skew_ms: int) -> datetime | None:
    """It lives; returns the database's time. None: it is over, another start of the same machine runs."""
    mine = update(machine).where(machine.c.life == life).values(seen=func.clock_timestamp(), skew_ms=skew_ms)
    found: datetime | None = conn.execute(mine.returning(machine.c.seen)).scalar_one_or_none()
    return found


def employ(conn: Connection, life: str, workers: Sequence[int]) -> None:
    """These take jobs for it."""
    conn.execute(update(machine).where(machine.c.life == life).values(workers=list(workers)))


def leave(conn: Connection, life: str) -> None:
    """It was stopped, and is not missed."""
    conn.execute(delete(machine).where(machine.c.life == life))


def every(conn: Connection) -> list[Machine]:
    """All that were not stopped, dead ones included, by name."""
    return [_machine(row) for row in conn.execute(select(machine).order_by(machine.c.name))]


def living(conn: Connection, now: datetime) -> list[Machine]:
    """Those that live, by name."""
    return [one for one in every(conn) if one.lives(now)]


def living_beside(conn: Connection, home: str) -> list[str]:
    """The names of machines that live elsewhere than at `home`, in a database of any version: asks for no more than all
    versions know."""
    if conn.dialect.name == "sqlite" or not conn.dialect.has_table(conn, "machine"):
        return []
    query = select(machine.c.name).where(machine.c.home != home, machine.c.seen > database_time(conn) - DEAD_AFTER)
    return list(conn.execute(query.order_by(machine.c.name)).scalars())


def forget_long_dead(conn: Connection, now: datetime) -> int:
    """Miss those no more that have been dead for a week; returns how many."""
    return conn.execute(delete(machine).where(machine.c.seen < now - FORGOTTEN_AFTER)).rowcount


def lives(machines: Sequence[Machine]) -> list[str]:
    """What the tokens of their leases begin with."""
    return [one.life for one in machines]


def _machine(row: Any) -> Machine:
    return Machine(**row._asdict() | {"roles": tuple(row.roles), "workers": tuple(row.workers or ())})
