"""Hearts of machines on one PostgreSQL, with clocks that a test moves."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Engine, select, update

from alerts.engine.heart import Heart
from alerts.roles import MACHINE_ROLES
from alerts.store import leases, machines
from alerts.store.database import open_database, reading, writing
from alerts.store.machines import Machine
from alerts.store.schema import machine
from tests.sealed import VAULT


@dataclass(slots=True)
class Ticks:
    """A monotonic clock of `at` seconds, that goes on by `step` whenever somebody looks at it."""

    at: float = 1000.0
    step: float = 0.0

    def __call__(self) -> float:
        self.at += self.step
        return self.at


@dataclass(slots=True)
class Hearts:
    """Makes hearts on a database, and closes what they have open in the end."""

    shared: Engine
    _made: list[Heart] = field(default_factory=list)

    def make(self, name: str = "one", *, home: str = "", port: int | None = None, **more: Any) -> Heart:
        """One that has not joined. `port`: where it finds the database, if not where all others do."""
        url = self.shared.url if port is None else self.shared.url.set(port=port)
        opened = open_database(url.render_as_string(hide_password=False), vault=VAULT, shared=True)
        now = datetime.now(UTC)
        me = Machine(
            name=name,
            life=leases.new_life(),
            home=home or f"{name}:/data",
            roles=more.pop("roles", MACHINE_ROLES),
            version="1",
            settings="s",
            started=now,
            seen=now,
        )
        self._made.append(Heart(engine=opened, me=me, **more))
        return self._made[-1]

    def join(self, name: str = "one", **more: Any) -> Heart:
        """One that has joined."""
        made = self.make(name, **more)
        made.join()
        return made

    def close(self) -> None:
        for heart in self._made:
            heart.engine.dispose()


def grown_silent(engine: Engine, name: str, length: timedelta) -> None:
    """As if this machine had not been heard of for so long."""
    with writing(engine) as conn:
        silent = machines.database_time(conn) - length
        conn.execute(update(machine).where(machine.c.name == name).values(seen=silent))


def database_time(engine: Engine) -> datetime:
    with reading(engine) as conn:
        return machines.database_time(conn)


def row_of(engine: Engine, name: str) -> Any:
    """What all see of a machine; None where nothing."""
    with reading(engine) as conn:
        return conn.execute(select(machine).where(machine.c.name == name)).one_or_none()
