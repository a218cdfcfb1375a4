"""The queue of jobs for procrastinate's own commands, with the configuration that ALERTS_CONFIG names:

    ALERTS_CONFIG=/etc/alerts/config.toml procrastinate --app=alerts.worker.app shell
    ALERTS_CONFIG=/etc/alerts/worker.toml procrastinate --app=alerts.worker.app worker --queues=collect,analyse

`alerts run` needs none of this: it has its own workers. A worker that is started so is one more machine, with a data
folder and a name of its own; what it needs is opened when its first job comes, and goes by what is in force for all.
"""

from __future__ import annotations

import asyncio
import atexit
import os
from contextlib import suppress
from pathlib import Path

from alerts.config import load
from alerts.configured import open_store
from alerts.engine.base import Stage
from alerts.engine.cluster import connector_of
from alerts.engine.local import LocalEngine
from alerts.engine.tasks import Work, build_app
from alerts.errors import InputError, StoreError
from alerts.service import Service


class _Machine:
    """This process as one of the machines."""

    def __init__(self) -> None:
        named = os.environ.get("ALERTS_CONFIG")
        if not named:
            raise InputError('set ALERTS_CONFIG to the configuration, one with [service] engine = "cluster"')
        self.config = load(Path(named))
        if self.config.service.engine != "cluster":
            raise InputError(f'{named}: [service] engine is not "cluster": there is no queue')
        self._opening = asyncio.Lock()
        self._work: Work | None = None

    async def work(self) -> Work:
        """What it does, opened at the first call."""
        async with self._opening:
            if self._work is None:
                service = Service(self.config)
                await asyncio.to_thread(service.prepare)
                atexit.register(_leave, service)
                await service.open()
                rules = Stage(name="reloading rules", every_s=2.0, run=service.keeper.look)
                await LocalEngine((rules,), service.pulse).start()
                self._work = service.work()
            return self._work


def _leave(service: Service) -> None:
    """It is stopped, and not missed by the others. (procrastinate has no word for us when a worker ends.)"""
    if service.heart is not None:
        with suppress(StoreError):
            service.heart.leave()


_machine = _Machine()
_store = open_store(_machine.config)
app = build_app(connector_of(_store.url), _machine.work)
_store.dispose()
