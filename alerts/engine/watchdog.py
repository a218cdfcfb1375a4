"""The watchdog: looks every few seconds whether the stages get on, and tells systemd that the service is alive only
while they do. When one is stuck it says why and falls silent; then systemd ends the service and starts it anew.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, Literal

from sqlalchemy import Engine

from alerts.engine.pulse import KINDS, Kind, Pulse, Work, stuck
from alerts.errors import StoreError
from alerts.store.database import reading
from alerts.store.duework import DueWork, due_work
from alerts.systemd import Notifier

_log = logging.getLogger(__name__)
EVERY_S: Final = 20.0
_LOOKS_MISSED: Final = 6
_NOTHING: Final = DueWork()

State = Literal["starting", "ok", "stuck"]


@dataclass(slots=True, kw_only=True)
class Watchdog:
    """`kinds` are those of the work that this machine has a part in; while `is_cut` it must not do any. `others` are
    works that the pulse does not know of; `said` what is told of the service while all is well; `on_stuck` is called
    once, in a thread, when a stage is found to be stuck. `reasons` says, after each look, which stages are stuck; ()
    while all get on. `due` is what it found due."""

    engine: Engine
    pulse: Pulse
    clock: Callable[[], datetime]
    notifier: Notifier
    kinds: Collection[Kind] = KINDS
    is_cut: Callable[[], bool] = lambda: False
    others: Callable[[], Sequence[Work]] = tuple
    said: Callable[[], str] = str
    on_stuck: Callable[[], None] = lambda: None
    reasons: tuple[str, ...] = ()
    due: DueWork = _NOTHING
    _looked: float | None = None
    _stuck: frozenset[str] = frozenset()

    @property
    def every_s(self) -> float:
        """How often to look: thrice in the time after which systemd gives us up."""
        return EVERY_S if self.notifier.watchdog_s is None else self.notifier.watchdog_s / 3

    @property
    def state(self) -> State:
        """How the stages do. Without a look for long, whatever makes them run does so no more."""
        if self._looked is None:
            return "starting"
        late = self.pulse.clock() - self._looked > _LOOKS_MISSED * self.every_s
        return "stuck" if late or self.reasons else "ok"

    async def look(self) -> None:
        """One look. While the database does not answer nobody can know what is due: then only what hangs is stuck."""
        try:
            self.due = await asyncio.to_thread(self._due)
        except StoreError:
            self.due = _NOTHING
        before = self.reasons
        found = stuck([*self._works(), *self.pulse.runs(), *self.others()], self._stuck)
        self._stuck = frozenset(work.name for work in found)
        self._judge(tuple(work.reason for work in found))
        self._looked = self.pulse.clock()
        if self.reasons and not before:
            await self._tell_stuck()
        if self.reasons:
            self.notifier.status(f"stuck: {'; '.join(self.reasons)}")
        else:
            self.notifier.alive()
            self.notifier.status(self.said())

    async def _tell_stuck(self) -> None:
        try:
            await asyncio.to_thread(self.on_stuck)
        except StoreError as error:
            _log.error("what hangs cannot be set aside: %s", error)

    def _due(self) -> DueWork:
        with reading(self.engine) as conn:
            return due_work(conn, self.clock())

    def _works(self) -> list[Work]:
        """Feeds of one slow server may be due for long, and another machine polls them: any poll counts."""
        due, cut = self.due, "this machine is cut off from the others" if self.is_cut() else ""
        ages = {"feeds": due.feed, "articles": due.article, "mails": due.mail}
        found = [self.pulse.work(kind, ages[kind].total_seconds()) for kind in KINDS if kind in self.kinds]
        found = [replace(work, outer=work.outer or cut) for work in found]
        if due.polled is None:
            return found
        polled = due.polled.total_seconds()
        return [replace(work, quiet_s=min(work.quiet_s, polled)) if work.name == "feeds" else work for work in found]

    def _judge(self, reasons: tuple[str, ...]) -> None:
        if reasons and not self.reasons:
            ends = "" if self.notifier.watchdog_s is None else "; systemd will start the service anew"
            _log.error("stuck: %s%s", "; ".join(reasons), ends)
        if self.reasons and not reasons:
            _log.info("no longer stuck")
        self.reasons = reasons
