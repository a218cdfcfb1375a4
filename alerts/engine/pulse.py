"""Whether the stages get on: what they report, and when one is stuck.

A stage is stuck when there is work for it, none was done for longer than that can take, and nothing outside keeps
it from being done. A service that catches up after a long stop, meets a network or a mail server that is down, or a
disk that is full, is not: to start it anew would mend nothing, and what it had under way would begin again.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from typing import Final, Literal, get_args

Kind = Literal["feeds", "articles", "mails"]
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)
Ended = Literal["well", "waits", "failed"]
"""How a run ended: `waits` for what it needs (the database), also where it was broken off for want of that; `failed` by
what may well be a fault of ours."""

# Seconds. A poll takes 45, some articles a moment; a mail server may take five minutes to answer for one mail.
PATIENCE_S: Final[dict[Kind, float]] = {"feeds": 600.0, "articles": 600.0, "mails": 900.0}
RUN_PATIENCE_S: Final = 1800.0  # for one run of a stage that reports nothing meanwhile, such as upkeep


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """Something that is to be done, in seconds: `due_s` since the oldest of it should have been (0: there is none),
    `quiet_s` since any of it was, `patience_s` how long both may last. `outer` says what keeps it from being done
    though the service does what it can; "" if nothing does."""

    name: str
    due_s: float
    quiet_s: float
    patience_s: float
    outer: str = ""

    @property
    def stuck(self) -> bool:
        return self.stands_still and self.due_s > self.patience_s

    @property
    def stands_still(self) -> bool:
        """Whether nothing was done for too long, be there work or not."""
        return not self.outer and self.quiet_s > self.patience_s

    @property
    def reason(self) -> str:
        """What is the matter with it, when it is stuck."""
        return f"{self.name}: nothing was done for {self.quiet_s:.0f} s, and the oldest waits for {self.due_s:.0f} s"


def stuck(works: Iterable[Work], before: Collection[str] = ()) -> tuple[Work, ...]:
    """The works that are stuck; () while all get on. Those that were so `before`, by name, are until something of them
    is done: that nothing is due any more, as what hangs was set aside, does not make them go on."""
    return tuple(work for work in works if work.stuck or (work.name in before and work.stands_still))


@dataclass(slots=True)
class Pulse:
    """What stages report, whatever runs them. `clock`: seconds that only go on; `ran` hears of each run that ended: its
    stage, how many seconds it took, and how it ended."""

    clock: Callable[[], float] = time.monotonic
    ran: Callable[[str, float, Ended], None] = lambda stage, seconds, how: None
    _done: dict[str, float] = field(default_factory=dict)
    _runs: dict[int, tuple[str, float, Kind | None]] = field(default_factory=dict)
    _count: int = 0
    _outer: dict[str, str] = field(default_factory=dict)
    _since: float = 0.0

    def __post_init__(self) -> None:
        self._since = self.clock()

    def done(self, kind: Kind) -> None:
        """Something of this kind was done: a poll finished, articles read, a mail's fate stored; or it was looked, and
        there was nothing to do."""
        self._done[kind] = self.clock()
        self._outer.pop(kind, None)

    def kept_from(self, kind: Kind, why: str) -> None:
        """Nothing of this kind can be done, by no fault of ours. Holds until something is `done`, or `failed`."""
        self._outer[kind] = why

    def failed(self, kind: Kind) -> None:
        """It failed by what may well be a fault of ours: whatever kept it before counts no longer."""
        self._outer.pop(kind, None)

    def began(self, stage: str, kind: Kind | None = None) -> int:
        """A run of this stage has begun, which does work of that kind. Several may be under way: returns its number."""
        self._count += 1
        self._runs[self._count] = (stage, self.clock(), kind)
        return self._count

    def ended(self, run: int, how: Ended = "well") -> None:
        """The run of this number has ended."""
        stage, begun, _ = self._runs.pop(run)
        self.ran(stage, self.clock() - begun, how)

    def quiet_s(self, kind: Kind) -> float:
        """Seconds since something of this kind was done, or since the start."""
        return self.clock() - self._done.get(kind, self._since)

    def work(self, kind: Kind, due_s: float) -> Work:
        """The work of this kind, of which the oldest should have been done `due_s` seconds ago."""
        return Work(
            name=kind,
            due_s=due_s,
            quiet_s=self.quiet_s(kind),
            patience_s=PATIENCE_S[kind],
            outer=self._outer.get(kind, ""),
        )

    def runs(self) -> list[Work]:
        """The runs of stages that are under way, also of those that there is no work for."""
        now = self.clock()
        return [
            Work(
                name=f"a run of {stage!r}",
                due_s=now - begun,
                quiet_s=min(now - begun, self.quiet_s(kind)) if kind else now - begun,
                patience_s=RUN_PATIENCE_S,
            )
            for stage, begun, kind in list(self._runs.values())
        ]
