"""The heart of a machine that shares the work: it tells the database every two seconds that the machine lives, and
brings back what the database's clock says, by which all machines decide.

A machine that cannot say that it lives is dead to the others after 16 seconds (`machines.DEAD_AFTER`), and they take
over what it had in hand. So it stops its own work after 8: two never ask one host at once, nor send one mail.
"""

from __future__ import annotations

import asyncio
import logging
import math
import threading
import time
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import Connection, Engine

from alerts.errors import StoreError
from alerts.roles import MachineRole
from alerts.store import machines
from alerts.store.database import writing
from alerts.store.machines import Machine

_log = logging.getLogger(__name__)
BEAT_S: Final = 2.0
CUT_AFTER_S: Final = 8.0
_WATCH_S: Final = 0.25
_PROMPT_S: Final = 0.5
_WORKERS: Final = 100
"""So many of them are known, the latest: those of earlier times that could not say that they end stay on the list."""
SKEW: Final = timedelta(seconds=2)
"""A clock that is further off than this is told of: what stands in logs and mails' heads is off by as much."""
_MOST_SKEW: Final = timedelta(days=20)  # the database has four bytes for milliseconds


def own_clock() -> datetime:
    """What this machine's own clock says."""
    return datetime.now(UTC)


@dataclass(slots=True, kw_only=True)
class Heart:
    """Beats by `engine`, which had best be its own. `on_cut` is called when the database was not reached for too long,
    `on_back` when it is again. `clock` and `ticks` (seconds) are this machine's own clocks."""

    engine: Engine
    me: Machine
    on_cut: Callable[[], object] = lambda: None
    on_back: Callable[[], object] = lambda: None
    beat_s: float = BEAT_S
    cut_after_s: float = CUT_AFTER_S
    clock: Callable[[], datetime] = own_clock
    ticks: Callable[[], float] = time.monotonic
    living: tuple[Machine, ...] = ()
    _workers: deque[int] = field(default_factory=lambda: deque(maxlen=_WORKERS))
    _anchor: tuple[datetime, float] | None = None
    _latest: datetime = datetime(1970, 1, 1, tzinfo=UTC)
    _beaten: float = 0.0
    _trouble: str = ""
    _cut: bool = True
    _skewed: bool = False
    _one_by_one: threading.Lock = field(default_factory=threading.Lock)
    _beating: threading.Lock = field(default_factory=threading.Lock)
    _left: bool = False
    _tasks: list[asyncio.Task[None]] = field(default_factory=list)

    def now(self) -> datetime:
        """What the database's clock says, as far as this machine knows: it never goes back."""
        if self._anchor is None:
            return self.clock()
        with self._one_by_one:
            at, mark = self._anchor
            self._latest = max(self._latest, at + timedelta(seconds=self.ticks() - mark))
            return self._latest

    @property
    def is_cut(self) -> bool:
        """Whether this machine must not work, as others may believe it dead."""
        return self._cut or self._late

    @property
    def _late(self) -> bool:
        return self.ticks() - self._beaten > self.cut_after_s

    def is_first(self, role: MachineRole | None = None) -> bool:
        """Whether this machine does what one machine (of a role) has to do for all."""
        names = [one.name for one in self.living if role is None or role in one.roles]
        return bool(names) and names[0] == self.me.name

    def for_all(self, run: Callable[[], Awaitable[None]]) -> Callable[[], Awaitable[None]]:
        """What one machine does for all."""

        async def run_if_first() -> None:
            if self.is_first() and not self.is_cut:
                await run()

        return run_if_first

    def join(self) -> None:
        """Register this machine, and learn the time. Raises StoreError, as for a name that another has."""
        with writing(self.engine) as conn:
            now = machines.database_time(conn)
            self._anchor = (now, self.ticks())
            self.me = replace(self.me, started=now, seen=now)
            machines.register(conn, self.me)
            self.living = tuple(machines.living(conn, now))
        self._beaten, self._left = self.ticks(), False

    async def start(self) -> None:
        """Beat from now on."""
        await self._try_to_beat()  # it may be long since `join`
        self._tasks = [asyncio.create_task(self._beat_on()), asyncio.create_task(self._watch())]

    async def stop(self) -> None:
        """Beat no more. The machine is not missed by the others."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._cut = True
        try:
            await asyncio.to_thread(self.leave)
        except StoreError as error:
            _log.warning("the other machines are not told that this one stops: %s", error)
        self.engine.dispose()

    def leave(self) -> None:
        """Say that this machine stops. Raises StoreError."""
        with self._beating:  # one under way, or that comes late, would make this machine known again
            self._left = True
            with writing(self.engine) as conn:
                machines.leave(conn, self.me.life)

    async def employ(self, worker: int) -> None:
        """Before it takes a job, this is said: its jobs are free when this machine starts anew. Raises StoreError."""
        self._workers.append(worker)
        await asyncio.to_thread(self._say_workers)

    def dismiss(self, worker: int) -> None:
        """It takes no more jobs, and has none."""
        with suppress(ValueError):  # so many came after it that it is not known any more
            self._workers.remove(worker)

    def _say_workers(self) -> None:
        with writing(self.engine) as conn:
            machines.employ(conn, self.me.life, tuple(self._workers))

    async def _beat_on(self) -> None:
        while True:
            await asyncio.sleep(self.beat_s)
            await self._try_to_beat()

    async def _try_to_beat(self) -> None:
        try:
            await asyncio.to_thread(self._beat)
        except StoreError as error:
            self._trouble = str(error)
        except Exception as error:
            self._trouble = repr(error)
            _log.exception("no heartbeat")

    def _beat(self) -> None:
        with self._beating:
            if not self._left:
                self._say_alive()

    def _say_alive(self) -> None:
        """What it takes as the time of the answer is the middle of asking and hearing."""
        begun = self.ticks()
        with writing(self.engine) as conn:
            at = machines.beat(conn, self.me.life, self._skew_ms()) or self._come_back(conn)
            heard = self.ticks()
            self.living = tuple(machines.living(conn, at))
        if heard - begun < _PROMPT_S:  # else nobody can say when it was that time
            self._anchor = (at, (begun + heard) / 2)
            self._say_skew()
        # Counted from before it was said: the others may have heard it as early as that.
        self._beaten = begun
        self._trouble = ""

    def _come_back(self, conn: Connection) -> datetime:
        """Nobody knows this life any more: what it had in hand is others'. Raises StoreError when one that lives has
        its name."""
        now = machines.database_time(conn)
        try:
            machines.register(conn, replace(self.me, seen=now, workers=tuple(self._workers)), starts=False)
        except StoreError as error:
            self._trouble, self._beaten = str(error), -math.inf
            raise
        return now

    async def _watch(self) -> None:
        while True:
            late = self._late
            if late and not self._cut:
                self._cut = True
                why = self._trouble or "the database does not answer"
                _log.error("this machine stops its work, which others may take over: %s", why)
                self.on_cut()
            elif not late and self._cut:
                self._cut = False
                self.on_back()
            await asyncio.sleep(_WATCH_S)

    @property
    def skew(self) -> timedelta:
        """How far this machine's own clock is ahead of the database's."""
        return self.clock() - self.now()

    def _skew_ms(self) -> int:
        """As far as there is room for it: a clock without a battery begins in 1970."""
        return round(max(-_MOST_SKEW, min(self.skew, _MOST_SKEW)) / timedelta(milliseconds=1))

    def _say_skew(self) -> None:
        skewed = abs(self.skew) > SKEW
        if skewed and not self._skewed:
            _log.warning(
                "this machine's clock is %.1f seconds off the database's, by which alerts goes: set it by NTP",
                self.skew.total_seconds(),
            )
        self._skewed = skewed
