"""What runs the stages of the service: in one process (`local`), or shared out among machines (`cluster`)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

from alerts.engine.pulse import Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """Something to do again and again: `run` every `every_s` seconds, never twice at a time. `kind`: of the work that
    it does, where the watchdog asks for that."""

    name: str
    every_s: float
    run: Callable[[], Awaitable[object]]
    kind: Kind | None = None


class Engine(Protocol):
    """Runs the stages from `start` to `stop`. A stage that fails says so and is tried again; nothing it had in hand is
    lost, because every step is a transaction."""

    async def start(self) -> None:
        """Begin. To be called in a running event loop."""

    async def stop(self) -> None:
        """Begin nothing more; waits for what is under way."""
