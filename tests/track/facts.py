"""Feeds as the look for trouble sees them, with everything not under test filled in."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from alerts.track.feeds_quiet import FeedFacts

NOW = datetime(2026, 3, 2, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def feed(number: int = 1, **more: Any) -> FeedFacts:
    """A feed that is in order, on a host of its own."""
    fine = FeedFacts(
        id=number,
        name=f"Paper {number}",
        country="SYR",
        added=NOW - 60 * DAY,
        interval=HOUR / 4,
        failures=0,
        why="",
        last_poll=NOW - 5 * MINUTE,
        last_ok=NOW - 5 * MINUTE,
        last_new=NOW - HOUR,
        host=f"paper{number}.example",
        address=f"paper{number}.example/feed",
        status="ok",
        due=NOW + 10 * MINUTE,
    )
    return replace(fine, **more)


def dark(number: int = 1, *, since: datetime = NOW - 5 * HOUR, **more: Any) -> FeedFacts:
    """A feed that last answered at `since`, and failed a quarter of an hour later and ever since."""
    wrong = {"failures": 7, "why": "no answer", "status": "timeout", "last_ok": since, "first_failed": since + HOUR / 4}
    return feed(number, **wrong | more)
