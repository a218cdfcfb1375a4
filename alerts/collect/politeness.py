"""When a feed is asked again: pure decisions, each with its reason.

A feed is never given up: errors only make the next poll later, up to `max_backoff`. What the server asks
for (Retry-After) is obeyed up to `max_retry_after`; a server that says "in ten years" would otherwise
silence a feed for ever. Jitter only ever adds.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import NamedTuple

from alerts.collect.outcome import SUCCESSES, Status
from alerts.collect.settings import CollectSettings

THROTTLED_AT_LEAST = timedelta(hours=1)
GONE_AT_LEAST = timedelta(hours=24)
_MOST_SECONDS = 10 * 365 * 86400


class Due(NamedTuple):
    """When a feed is polled next, and why then."""

    at: datetime
    reason: str


def next_due(
    now: datetime,
    status: Status,
    *,
    interval: timedelta,
    failures: int,
    settings: CollectSettings,
    retry_after: timedelta | None = None,
    jitter: float = 0.0,
) -> Due:
    """The next poll after one that ended `now` with `status`.

    `failures` counts this poll if it failed. `jitter` in [0, 1) is the caller's random number; up to
    `settings.jitter` of the wait is added, never taken away.
    """
    wait = max(interval, timedelta(seconds=settings.min_interval))
    spread = settings.jitter * min(max(jitter, 0.0), 1.0)
    if status in SUCCESSES:
        return Due(now + wait * (1 + spread), "interval")
    wait, reason = back_off(wait, failures, settings) * (1 + spread), f"failure {failures}"
    wait = min(wait, max(interval, timedelta(seconds=settings.max_backoff)))
    if status == "gone":
        wait, reason = max(wait, GONE_AT_LEAST), "gone"
    if status == "throttled" and retry_after is None:
        wait, reason = max(wait, THROTTLED_AT_LEAST), "throttled"
    asked = _asked(retry_after, settings)
    if asked * (1 + spread) > wait:
        wait, reason = asked * (1 + spread), "retry-after"
    return Due(now + wait, reason)


def back_off(interval: timedelta, failures: int, settings: CollectSettings) -> timedelta:
    """Twice as long after each failure in a row, the first at the usual time: a slip costs no delay."""
    most = max(interval, timedelta(seconds=settings.max_backoff))
    doublings = min(max(failures - 1, 0), 16)
    return min(interval, most) if doublings == 0 else min(interval * 2**doublings, most)


def _asked(retry_after: timedelta | None, settings: CollectSettings) -> timedelta:
    if retry_after is None:
        return timedelta(0)
    return min(retry_after, timedelta(seconds=settings.max_retry_after))


def parse_retry_after(value: str | None, now: datetime) -> timedelta | None:
    """Retry-After as a wait from `now`: seconds or an HTTP date (RFC 9110, 10.2.3); None if it is neither."""
    value = (value or "").strip()
    if value.isascii() and value.isdigit():
        return timedelta(seconds=min(int(value[:12]), _MOST_SECONDS))
    try:
        at = parsedate_to_datetime(value)
    except (TypeError, ValueError, IndexError, OverflowError):
        return None
    at = at.replace(tzinfo=UTC) if at.tzinfo is None else at
    return max(at - now, timedelta(0))
