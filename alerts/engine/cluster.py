"""Several machines share the work by one PostgreSQL database: procrastinate's workers run the stages as jobs.

What can go wrong with the database ends the workers (procrastinate's own way); they are begun again until it works. A
machine that is cut off breaks its jobs off, and lets nobody finish them: they are others' by then (`heart`).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import URL

from alerts.engine.heart import Heart
from alerts.engine.local import LocalEngine
from alerts.engine.tasks import Work, build_app
from alerts.errors import StoreError
from alerts.store.machines import DEAD_AFTER

if TYPE_CHECKING:
    from procrastinate import App
    from procrastinate.manager import JobManager
    from procrastinate.worker import Worker

_log = logging.getLogger(__name__)
_CONNECTIONS: Final = 6
_OPEN_S: Final = 10.0
_CLOSE_S: Final = 2.0
_END_S: Final = 20.0
_AGAIN_S: Final = 0.5
_AGAIN_MOST_S: Final = 5.0
_HEARTBEAT_S: Final = 3.0
_IN_ORDER: Final = ("collect", "analyse", "notify")
_ROUNDS: Final = 20
MISSING: Final = 'engine = "cluster" needs procrastinate: pip install "alerts[postgres]"'


def connector_of(url: URL, broken: Callable[[Exception], object] = lambda error: None) -> Any:
    """procrastinate's connections to the database at `url`. `broken` is told when something could not be written: a job
    that has ended may not be known to have. Raises StoreError where procrastinate is not installed."""
    try:
        from procrastinate import PsycopgConnector, exceptions
    except ModuleNotFoundError:
        raise StoreError(MISSING) from None

    class Connector(PsycopgConnector):
        async def execute_query_async(self, query: Any, **arguments: Any) -> None:
            try:
                await super().execute_query_async(query, **arguments)
            except exceptions.ConnectorException as error:
                broken(error)
                raise

    plain = url.set(drivername="postgresql").render_as_string(hide_password=False)
    settings = {"application_name": "alerts jobs", "connect_timeout": 10, "tcp_user_timeout": 8_000}
    return Connector(
        conninfo=plain, kwargs=settings, min_size=1, max_size=_CONNECTIONS, timeout=_OPEN_S, reconnect_timeout=_OPEN_S
    )


@dataclass(slots=True, kw_only=True)
class ClusterEngine:
    """One machine of several. `queues`: how many jobs of each queue it takes at once. `local` runs what every
    machine does for itself, by its own clock."""

    url: URL
    work: Work
    heart: Heart
    queues: Mapping[str, int]
    local: LocalEngine
    _halt: asyncio.Event = field(default_factory=asyncio.Event)
    _stopping: bool = False
    _fault: Exception | None = None
    _keeping: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Take jobs from now on. The heart beats already."""
        _hush()
        await self.local.start()
        self._keeping = asyncio.create_task(self._keep_working(), name="jobs")

    async def stop(self) -> None:
        """Take no more jobs; waits for those under way."""
        self._stopping = True
        self._halt.set()
        await self.local.stop()
        if self._keeping is not None:
            await self._keeping

    def cut(self) -> None:
        """Break off all jobs at once: to be called when the heart is cut off."""
        self._halt.set()

    def _broken(self, error: Exception) -> None:
        """Begin anew. A job whose end could not be written would be this machine's for as long as it lives, and its
        host would be asked by nobody: only the jobs of workers that are gone are taken over."""
        self._fault = error
        self._halt.set()

    async def _keep_working(self) -> None:
        wait, said = _AGAIN_S, ""
        while not self._stopping:
            if self.heart.is_cut:
                await asyncio.sleep(_AGAIN_S)
                continue
            self._halt.clear()
            begun = asyncio.get_running_loop().time()
            trouble = await self._session()
            if trouble and trouble != said and not self._stopping:
                _log.error("no jobs can be taken, this is tried again: %s", trouble)
            said = trouble
            lasted = asyncio.get_running_loop().time() - begun
            wait = _AGAIN_S if lasted > _END_S else min(2 * wait, _AGAIN_MOST_S)
            if not self._stopping:
                await asyncio.sleep(wait)

    async def _session(self) -> str:
        """Work until it is to stop or something fails; returns what failed."""
        connector, self._fault = connector_of(self.url, self._broken), None
        try:
            async with asyncio.timeout(_OPEN_S):
                await connector.open_async()
            return await self._run(self._workers(connector), connector)
        except Exception as error:  # whatever it is: a machine that takes no jobs has to say so, and to try again
            return _words(error)
        finally:
            await _close(connector)

    def _workers(self, connector: Any) -> list[Worker]:
        apps = {periodic: _app(connector, self.work, periodic=periodic) for periodic in (True, False)}
        for app in apps.values():
            app.job_manager = _manager(connector, self.heart)
        return [_worker(apps[queue == "upkeep"], queue, at_once) for queue, at_once in self.queues.items()]

    async def _run(self, workers: list[Worker], connector: Any) -> str:
        running = [asyncio.create_task(_run(worker), name=f"jobs of {worker.worker_name}") for worker in workers]
        halted = asyncio.create_task(self._halt.wait())
        await asyncio.wait((*running, halted), return_when=asyncio.FIRST_COMPLETED)
        halted.cancel()
        if self.heart.is_cut:
            await _close(connector)  # first: nobody shall say that a job is done which is another's by now
        for worker in workers:
            if not self._stopping:
                worker.shutdown_graceful_timeout = 0.0
            worker.stop()  # type: ignore[no-untyped-call]
        ends = await asyncio.gather(*running, return_exceptions=True)
        if self._stopping or self.heart.is_cut:
            return ""
        faults = dict.fromkeys(_words(end) for end in (*ends, self._fault) if isinstance(end, Exception))
        return "; ".join(faults) or "it ended"


async def work_through(url: URL, work: Work) -> None:
    """All that is due, job by job, to the end: for who moves the clock. A round of jobs may make others due; what stays
    due after many is left. Raises StoreError where procrastinate is not installed."""
    _hush()
    app = _app(connector_of(url), work, periodic=False)
    async with app.open_async():
        for queue in _IN_ORDER:
            for _ in range(_ROUNDS):
                if queue != "analyse":  # whose jobs come with what is to be read
                    await work.plan()
                if not list(await app.job_manager.list_jobs_async(queue=queue, status="todo")):
                    break
                await _run(_worker(app, queue, 1, waits=False))


def _hush() -> None:
    for name in ("procrastinate", "psycopg.pool"):
        logging.getLogger(name).setLevel(logging.CRITICAL)  # what matters of it is said here, once


def _app(connector: Any, work: Work, *, periodic: bool) -> App:
    async def mine() -> Work:
        return work

    return build_app(connector, mine, periodic=periodic)


def _manager(connector: Any, heart: Heart) -> JobManager:
    """What its workers tell the database: that they are this machine's, too."""
    from procrastinate.manager import JobManager

    class Manager(JobManager):
        async def register_worker(self) -> int:
            worker = await super().register_worker()
            await heart.employ(worker)
            return worker

        async def unregister_worker(self, worker_id: int) -> None:
            await super().unregister_worker(worker_id)
            heart.dismiss(worker_id)

    return Manager(connector)


def _worker(app: App, queue: str, at_once: int, *, waits: bool = True) -> Worker:
    """Takes jobs of a queue, and with `waits` those too that are still to come."""
    from procrastinate.worker import Worker

    return Worker(
        app=app,
        queues=[queue],
        name=queue,
        concurrency=at_once,
        wait=waits,
        listen_notify=waits,
        fetch_job_polling_interval=1.0,
        delete_jobs="successful",
        install_signal_handlers=False,
        update_heartbeat_interval=_HEARTBEAT_S,
        stalled_worker_timeout=DEAD_AFTER.total_seconds(),
        shutdown_graceful_timeout=_END_S,
    )


async def _run(worker: Worker) -> None:
    await worker.run()  # type: ignore[no-untyped-call]


async def _close(connector: Any) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(_CLOSE_S):
            await connector.close_async()


def _words(error: BaseException) -> str:
    """What went wrong, by its cause where there is one: procrastinate wraps what the database says."""
    cause = error.__cause__ or error
    said = getattr(getattr(cause, "diag", None), "message_primary", None) or str(cause)
    return " ".join(said.split()) or type(cause).__name__
