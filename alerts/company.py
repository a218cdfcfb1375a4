"""Whether a service does all of its work itself (`Alone`) or shares it with other machines (`together.Together`): what
differs between the two is there, method by method."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Protocol

from sqlalchemy import Connection, Engine

from alerts.config import Config
from alerts.configured import Progress, open_store
from alerts.engine import base
from alerts.engine.analysis import Analyst
from alerts.engine.base import Stage
from alerts.engine.canary import Canary
from alerts.engine.collecting import Collector
from alerts.engine.linked import Linker
from alerts.engine.local import LocalEngine
from alerts.engine.pulse import Pulse
from alerts.errors import Fault
from alerts.notify.courier import Courier
from alerts.reports import Watch
from alerts.roles import MachineRole
from alerts.rulekeeper import RuleKeeper
from alerts.store import leases, linked, meta, notices, polling


class Stages(Protocol):
    """What a service does, once it is open (`service.Service`)."""

    config: Config
    clock: Callable[[], datetime]
    engine: Engine
    collector: Collector
    linker: Linker
    analyst: Analyst
    courier: Courier
    canary: Canary
    keeper: RuleKeeper
    watch: Watch
    pulse: Pulse

    async def collect(self) -> None: ...

    async def analyse(self) -> None: ...

    async def deliver(self) -> None: ...

    async def upkeep(self) -> None: ...

    async def prune(self) -> None: ...

    async def look_around(self) -> None: ...


class Alone:
    """All of the work is its own. `in_force` is the configuration with the rules and templates that count, `life` the
    name of this run in leases; `heart` and `editions` are for those who share work."""

    heart = None
    editions = None

    def __init__(self, config: Config) -> None:
        self.in_force = self._config = config
        self.life = leases.new_life()

    def join(self, progress: Progress) -> Engine:
        """Open the database. Raises StoreError."""
        return open_store(self._config, progress)

    def now(self) -> datetime:
        """The time by which to decide, from `join` on."""
        return datetime.now(UTC)

    def may_work(self) -> bool:
        """False when others may have taken over what it had in hand."""
        return True

    def is_first(self, role: MachineRole | None = None) -> bool:
        """Whether it does what one machine (of a role) does for all."""
        return True

    def at_home(self, fault: Fault) -> Fault:
        """A fault in a file, by the name that the file has for its writer."""
        return fault

    def on_news(self, conn: Connection, news: Mapping[int, Sequence[str]]) -> None:
        """What to do in the transaction that stores articles; by feed, the keys of those that are to be read."""

    def on_one(self, conn: Connection, article_id: int) -> None:
        """The same for one article."""

    def tidy(self, conn: Connection, now: datetime) -> None:
        """Free what an earlier run left half-way."""
        polling.forget_leases(conn)
        linked.forget_claims(conn, now)
        meta.put_outage(conn, None)
        notices.put_start(conn, now)

    async def begin(self, courier: Courier) -> None:
        """From now on it works. What became of mails that were being sent is looked up."""
        await courier.recover()

    def runs(self, stages: Stages, feeding: Stage) -> base.Engine:
        """What makes the stages run; `feeding` is the watchdog's."""
        return LocalEngine(
            (
                Stage(name="collecting", every_s=1.0, run=stages.collect, kind="feeds"),
                Stage(name="following links", every_s=1.0, run=stages.linker.run),
                Stage(name="reading", every_s=1.0, run=stages.analyse, kind="articles"),
                Stage(name="mailing", every_s=1.0, run=stages.deliver, kind="mails"),
                Stage(name="reloading rules", every_s=2.0, run=stages.keeper.look),
                Stage(name="upkeep", every_s=60.0, run=stages.upkeep),
                Stage(name="pruning", every_s=60.0, run=stages.prune),
                Stage(name="watching", every_s=30.0, run=stages.look_around),
                feeding,
            ),
            stages.pulse,
        )

    async def step(self, stages: Stages) -> None:
        """All that is to be done for articles and mails, to the end, for who moves the clock."""
        await stages.collector.run_due()
        await stages.linker.run_due()
        await stages.analyse()
        await stages.deliver()

    async def end(self, stages: Stages, running: base.Engine) -> None:
        """Begin nothing more, and finish or give back what is under way."""
        await running.stop()

    async def leave(self) -> None:
        """Not be missed by others."""
