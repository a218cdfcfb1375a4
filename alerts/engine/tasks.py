"""The stages as tasks of procrastinate, for machines that share the work.

A job is a wake-up, never the work itself: what is to be done stands in the rows of the tables, and who takes a job up
reads them again. So a job that comes twice does nothing the second time, and one that is lost is made up for by `plan`,
which looks every second what is due.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from procrastinate import App, JobContext
    from procrastinate.connector import BaseConnector

POLL_HOST: Final = "alerts.poll_host"
ANALYSE: Final = "alerts.analyse"
DELIVER: Final = "alerts.deliver"
EVERY_SECOND: Final = "* * * * * *"
_EVERY_FEW_SECONDS: Final = "* * * * * */3"
_EVERY_MINUTE: Final = "* * * * *"
_EVERY_NIGHT: Final = "17 3 * * *"
FAILED_KEPT: Final = timedelta(days=7)


class Work(Protocol):
    """What a machine can do for all. Every method may run on several machines, and again after a crash."""

    async def plan(self) -> None:
        """Put in jobs for what is due."""

    async def take_over(self) -> None:
        """Free what dead machines had in hand."""

    async def poll_host(self, host: str) -> None:
        """Poll the feeds of a host that are due, and fetch what articles link to there. No other job asks this host."""

    async def analyse(self, ids: Sequence[int], attempts: int) -> None:
        """Read these articles, match and track them. `attempts`: how many machines died over this job."""

    async def deliver(self) -> None:
        """Send what is due, to about a hundred people."""

    async def upkeep(self) -> None:
        """End what is over, remind, forget what is old."""

    async def prune_jobs(self) -> None:
        """Forget jobs that failed long ago, and machines that are gone."""


Worker = Callable[[], Awaitable[Work]]


def build_app(connector: BaseConnector, work: Worker, *, periodic: bool = True) -> App:
    """The tasks, on `work`; with `periodic` those too that come by the clock."""
    from procrastinate import App

    app = App(connector=connector, periodic_defaults={"max_delay": 60.0})

    @app.task(name=POLL_HOST, queue="collect")
    async def poll_host(host: str) -> None:
        await (await work()).poll_host(host)

    @app.task(name=ANALYSE, queue="analyse", pass_context=True)
    async def analyse(context: JobContext, ids: list[int]) -> None:
        await (await work()).analyse(ids, context.job.attempts)

    @app.task(name=DELIVER, queue="notify")
    async def deliver() -> None:
        await (await work()).deliver()

    if periodic:
        _by_the_clock(app, work)
    return app


def _by_the_clock(app: App, work: Worker) -> None:
    @app.periodic(cron=EVERY_SECOND)
    @app.task(name="alerts.plan", queue="upkeep", queueing_lock="plan")
    async def plan(timestamp: int) -> None:
        await (await work()).plan()

    @app.periodic(cron=_EVERY_FEW_SECONDS)
    @app.task(name="alerts.take_over", queue="upkeep", queueing_lock="take over")
    async def take_over(timestamp: int) -> None:
        await (await work()).take_over()

    @app.periodic(cron=_EVERY_MINUTE)
    @app.task(name="alerts.upkeep", queue="upkeep", queueing_lock="upkeep", lock="upkeep")
    async def upkeep(timestamp: int) -> None:
        await (await work()).upkeep()

    @app.periodic(cron=_EVERY_NIGHT)
    @app.task(name="alerts.prune_jobs", queue="upkeep", queueing_lock="prune jobs")
    async def prune_jobs(timestamp: int) -> None:
        await (await work()).prune_jobs()
