"""What may fail and is tried again: how it ended is counted as what it was."""

from __future__ import annotations

import asyncio

import pytest

from alerts.engine.guard import Guard
from alerts.engine.pulse import Pulse


async def test_what_is_broken_off_is_no_fault_of_the_program() -> None:
    ends: list[str] = []
    guard = Guard(Pulse(ran=lambda stage, seconds, how: ends.append(how)))
    polling = asyncio.create_task(guard.run("collecting", asyncio.sleep(60), "feeds"))
    await asyncio.sleep(0)
    polling.cancel()
    with pytest.raises(asyncio.CancelledError):
        await polling
    assert ends == ["waits"]
