"""When a feed is asked again: pure decisions, each with its reason.

A feed is never given up: errors only make the next poll later, up to `max_backoff`. What the server asks
for (Retry-After) is obeyed up to `max_retry_after`; a server that says "in ten years" would otherwise
silence a feed for ever. What a feed hints at (max-age, ttl, skipHours, sy:updatePeriod) is followed as far as its
news does not grow too old meanwhile. Jitter only ever adds.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import NamedTuple

from alerts.collect import rhythm
from alerts.collect.outcome import SUCCESSES, Hints, Outcome, PollTarget, Settled, Status
from alerts.collect.settings import CollectSettings

THROTTLED_AT_LEAST = timedelta(hours=1)
GONE_AT_LEAST = timedelta(hours=24)
# A host that answers one feed with "too many requests" means all of them; but one feed must not silence a host.
THROTTLES_HOST = timedelta(hours=1)
_MOST_SECONDS = 10 * 365 * 86400
_MAX_AGE = re.compile(r"(?:^|[\s,])max-age\s*=\s*\"?(\d{1,12})", re.IGNORECASE)


class Due(NamedTuple):
    """When a feed is polled next, and why then."""

    at: datetime
    reason: str


def settle(
    feed: PollTarget,
    outcome: Outcome,
    *,
    new: int,
    items: int,
    now: datetime,
    settings: CollectSettings,
    jitter: float = 0.0,
) -> Settled:
    """What follows from a poll that brought `new` articles in a document of `items`. `jitter` in [0, 1) is the caller's
    random number."""
    if outcome.ours:
        wait = max(feed.interval, timedelta(seconds=settings.min_interval))
        return Settled(
            interval=feed.interval,
            rate=feed.rate,
            failures=feed.failures,
            next_due=now + wait * (1 + _spread(settings, jitter)),
            due_reason="our own outage",
        )
    if not outcome.ok:
        failures = feed.failures + 1
        due = next_due(
            now,
            outcome.status,
            interval=feed.interval,
            failures=failures,
            settings=settings,
            retry_after=outcome.retry_after,
            jitter=jitter,
        )
        return Settled(
            interval=feed.interval, rate=feed.rate, failures=failures, next_due=due.at, due_reason=due.reason
        )
    passed = now - feed.last_ok if feed.last_ok else timedelta(0)
    rate = rhythm.new_rate(feed.rate, new, passed)
    interval = _interval(feed, rate=rate, new=new, items=items, passed=passed, now=now, settings=settings)
    due = _after_success(now, interval, outcome, staleness(feed, settings), _spread(settings, jitter))
    return Settled(interval=interval, rate=rate, failures=0, next_due=due.at, due_reason=due.reason)


def staleness(feed: PollTarget, settings: CollectSettings) -> timedelta:
    """How old a feed's news may grow between two polls, whatever it hints at; never less than its own interval."""
    usual = settings.max_staleness_critical if feed.critical else settings.max_staleness
    wanted = feed.max_staleness or timedelta(seconds=usual)
    return max(wanted, feed.own_interval or timedelta(0), timedelta(seconds=settings.min_interval))


def _interval(
    feed: PollTarget,
    *,
    rate: float,
    new: int,
    items: int,
    passed: timedelta,
    now: datetime,
    settings: CollectSettings,
) -> timedelta:
    least, most = timedelta(seconds=settings.min_interval), staleness(feed, settings)
    if feed.own_interval is not None:
        return max(feed.own_interval, least)
    return rhythm.interval(
        usual=min(timedelta(seconds=settings.interval), most),
        least=least,
        most=most,
        rate=rate,
        new=new if feed.last_ok else 0,
        items=items,
        passed=passed,
        quiet=now - feed.last_new if feed.last_new else timedelta(0),
    )


def _after_success(now: datetime, interval: timedelta, outcome: Outcome, most: timedelta, spread: float) -> Due:
    """After the interval, or as much later as the feed hints at, but not so late that its news grows old."""
    wait, reason = interval, "interval"
    hinted = max(outcome.hints.every or timedelta(0), outcome.max_age or timedelta(0))
    if hinted > wait and most > wait:
        wait, reason = min(hinted, most), "the feed's hint"
    wait = min(wait * (1 + spread), max(wait, most))
    open_at = next_open(now + wait, outcome.hints)
    if open_at > now + wait:
        return Due(min(open_at, max(now + wait, now + most)), "the feed's hint")
    return Due(now + wait, reason)


def next_open(at: datetime, hints: Hints) -> datetime:
    """The first moment from `at` on that is in none of the hours and days which the feed says to skip (at most a week
    on: a feed that skips all of them skips none)."""
    moment = at.astimezone(UTC)
    for _ in range(7 * 24):
        if moment.hour not in hints.skip_hours and moment.weekday() not in hints.skip_days:
            return moment
        moment = moment.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    return at


def _spread(settings: CollectSettings, jitter: float) -> float:
    return settings.jitter * min(max(jitter, 0.0), 1.0)


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
    spread = _spread(settings, jitter)
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


def parse_max_age(headers: Mapping[str, str]) -> timedelta | None:
    """How long an answer stays fresh by its Cache-Control, less its Age (RFC 9111, 4.2); None if it does not say."""
    found = _MAX_AGE.search(headers.get("cache-control", ""))
    if found is None:
        return None
    age = headers.get("age", "").strip()
    spent = int(age[:12]) if age.isascii() and age.isdigit() else 0
    return timedelta(seconds=min(max(int(found[1]) - spent, 0), _MOST_SECONDS))
