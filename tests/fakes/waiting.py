"""Waiting for something to come true, bounded in time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable


async def until(condition: Callable[[], object], *, seconds: float = 90.0, what: str | Callable[[], str] = "") -> None:
    """Return when `condition` holds. Raises AssertionError when it does not in `seconds`."""
    try:
        async with asyncio.timeout(seconds):
            while not condition():  # noqa: ASYNC110  what is waited for lies in files and databases
                await asyncio.sleep(0.02)
    except TimeoutError:
        said = what() if callable(what) else what or condition
        raise AssertionError(f"not within {seconds:g} s: {said}") from None
