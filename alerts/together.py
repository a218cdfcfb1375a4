"""A service as one of several machines that share the work by their database (`engine = "cluster"`)."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, Engine

from alerts.collect.links import fulltext
from alerts.company import Stages
from alerts.config import Config
from alerts.configured import Progress, editions_of, in_force, machine_of, open_store
from alerts.engine import base
from alerts.engine.base import Stage
from alerts.engine.cluster import ClusterEngine, work_through
from alerts.engine.editions import Editions
from alerts.engine.heart import Heart, own_clock
from alerts.engine.local import LocalEngine
from alerts.engine.single import SingleService
from alerts.errors import Fault
from alerts.notify.courier import Courier
from alerts.roles import MachineRole
from alerts.sharing import SharedWork, on_news, on_one
from alerts.store import notices


class Together:
    """One machine of several; method by method what `Alone` is. It goes by the edition of rules and templates that is
    in force for all, and by the database's clock."""

    def __init__(self, config: Config, single: SingleService) -> None:
        self._config, self._single = config, single
        self.in_force = in_force(config)
        self.heart: Heart | None = None
        self.editions: Editions | None = None

    @property
    def _joined(self) -> Heart:
        assert self.heart is not None, "join comes first"
        return self.heart

    @property
    def life(self) -> str:
        return self._joined.me.life

    def join(self, progress: Progress) -> Engine:
        """Open the database, and say there that this machine lives. Raises AlertsError."""
        self._single.take()  # before it says that
        engine = open_store(self._config, progress, locked=True)
        self.heart = Heart(engine=open_store(self._config, locked=True), me=machine_of(self._config))
        self.heart.join()
        self.editions = editions_of(self._config, engine, self.now)
        self.editions.prepare()
        return engine

    def now(self) -> datetime:
        return own_clock() if self.heart is None else self.heart.now()

    def may_work(self) -> bool:
        return not self._joined.is_cut

    def is_first(self, role: MachineRole | None = None) -> bool:
        return self._joined.is_first(role)

    def at_home(self, fault: Fault) -> Fault:
        return fault if self.editions is None else self.editions.at_home(fault)

    def on_news(self, conn: Connection, news: Mapping[int, Sequence[str]]) -> None:
        on_news(conn, news)

    def on_one(self, conn: Connection, article_id: int) -> None:
        on_one(conn, article_id)

    def tidy(self, conn: Connection, now: datetime) -> None:
        """Each job sees to what others left of it."""
        if len(self._joined.living) == 1:
            notices.put_start(conn, now)

    async def begin(self, courier: Courier) -> None:
        await self._joined.start()
        await courier.look_after()

    def work(self, stages: Stages) -> SharedWork:
        """What this machine can do of the work that is shared."""
        return SharedWork(
            engine=stages.engine,
            heart=self._joined,
            clock=lambda: stages.clock(),
            collector=stages.collector,
            linker=stages.linker,
            analyst=stages.analyst,
            courier=stages.courier,
            canary=stages.canary,
            watch=stages.watch,
            pulse=stages.pulse,
            gap=stages.config.collect.host_gap,
            pages=fulltext.missing() is None,
            keep_up=stages.upkeep,
        )

    def runs(self, stages: Stages, feeding: Stage) -> base.Engine:
        """Jobs for what its roles say; what is at the machine itself it does by its own clock."""
        heart, work, roles = self._joined, self.work(stages), stages.config.service.roles
        at_once = {"collect": stages.config.collect.at_once, "analyse": 1, "notify": 1}
        own = [
            feeding,
            Stage(name="reloading rules", every_s=2.0, run=stages.keeper.look),
            Stage(name="watching", every_s=30.0, run=heart.for_all(stages.look_around)),
            Stage(name="pruning", every_s=60.0, run=heart.for_all(stages.prune)),
            Stage(name="the canary", every_s=5.0, run=work.sing),
        ]
        if "collect" in roles:
            own.append(Stage(name="storing polls", every_s=1.0, run=work.say_kept, kind="feeds"))
        if "notify" in roles:
            own.append(Stage(name="looking after mails", every_s=5.0, run=work.look_after))
        engine = ClusterEngine(
            url=stages.engine.url,
            work=work,
            heart=heart,
            queues={"upkeep": 4} | {role: at_once[role] for role in roles if role in at_once},
            local=LocalEngine(tuple(own), stages.pulse),
        )

        def cut() -> None:
            engine.cut()
            stages.courier.stop()

        heart.on_cut, heart.on_back = cut, stages.courier.go_on
        return engine

    async def step(self, stages: Stages) -> None:
        work = self.work(stages)
        await work_through(stages.engine.url, work)
        await work.sing()

    async def end(self, stages: Stages, running: base.Engine) -> None:
        """Jobs end as what they wait for does."""
        await asyncio.gather(running.stop(), stages.collector.stop(), stages.linker.stop())

    async def leave(self) -> None:
        if self.heart is not None:
            await self.heart.stop()
