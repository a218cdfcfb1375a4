"""How things stand, in numbers that are cheap to ask for every few seconds: sums only, no row for each feed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, case, func, select

from alerts.store import articles, aside, holds, linked, meta, notices, polls, tallies
from alerts.store.duework import DueWork, due_work
from alerts.store.overview import Lag, lag
from alerts.store.schema import article, feed
from alerts.track.feeds_quiet import GAP_LASTS, LATE
from alerts.track.quiet import HOUR

RECENT: Final = timedelta(minutes=15)
_LAG_OF: Final = 6 * HOUR
_LAG_ARTICLES: Final = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """`feeds` are polled; `troubled` says how many of them fail, are silent, are late, may lose articles, or were never
    asked (one feed may be several). `polls` are those of the last 15 minutes by status. Lengths of time are None where
    there is nothing to count from; `outage` is 0 while there is none. `mails_in` (by what came of them) and
    `sign_ups` are all that there ever were; `mails_aside` came in and could not be taken. `due` says for how long the
    oldest of all due work waits, `feeds_due` how many feeds do; `holds` keep mails back; `since_canary`: since a
    made-up article last came out as a mail."""

    feeds: int
    feeds_due: int
    due: DueWork
    holds: int
    troubled: Mapping[str, float]
    polls: Mapping[str, float]
    since_good_poll: timedelta | None
    outage: timedelta
    lag: Lag | None
    waiting: int
    waiting_for: timedelta
    faulty: int
    links: int
    mails_in: Mapping[str, float]
    mails_aside: int
    hub_failing: timedelta
    sign_ups: Mapping[str, float]
    notices: Mapping[str, float]
    since_look: timedelta | None
    since_canary: timedelta | None


def standing(conn: Connection, now: datetime) -> Standing:
    """How things stand now."""
    open_now = Counter(one.kind for one in notices.open_notices(conn))
    row = conn.execute(select(*_sums(now)).where(feed.c.active)).one()
    outage, look, hub = meta.outage_since(conn), notices.last_look(conn), meta.hub_trouble(conn)
    oldest = conn.execute(_OLDEST).scalar_one_or_none()
    return Standing(
        feeds=row.feeds,
        feeds_due=int(row.due or 0),
        due=due_work(conn, now),
        holds=len(holds.in_force(conn)),
        troubled={name: int(row._mapping[name] or 0) for name in ("failing", "late", "losing", "new")}
        | {"silent": open_now["feed silent"]},
        polls=dict(polls.statuses(conn, now - RECENT)),
        since_good_poll=None if row.last_ok is None else max(now - row.last_ok, timedelta(0)),
        outage=timedelta(0) if outage is None else now - outage,
        lag=lag(conn, now - _LAG_OF, most=_LAG_ARTICLES),
        waiting=articles.count_waiting(conn),
        waiting_for=timedelta(0) if oldest is None else max(now - oldest, timedelta(0)),
        faulty=articles.count_faulty(conn),
        links=linked.count_waiting(conn),
        mails_in=dict(tallies.counted(conn, "mail in").items()),
        mails_aside=aside.count(conn),
        hub_failing=timedelta(0) if hub is None else max(now - hub.since, timedelta(0)),
        sign_ups=dict(tallies.counted(conn, "sign-up").items()),
        notices=dict(open_now.items()),
        since_look=None if look is None else now - look.at,
        since_canary=None if look is None or look.canary is None else now - look.canary,
    )


_OLDEST: Final = select(article.c.first_seen).where(article.c.analysed.is_(None)).order_by(article.c.id).limit(1)


def _sums(now: datetime) -> tuple[Any, ...]:
    return (
        func.count().label("feeds"),
        _count(feed.c.failures > 0).label("failing"),
        _count(feed.c.next_due <= now).label("due"),
        _count(feed.c.next_due < now - LATE).label("late"),
        _count(feed.c.gap_at > now - GAP_LASTS).label("losing"),
        _count(feed.c.last_poll.is_(None)).label("new"),
        func.max(feed.c.last_ok).label("last_ok"),
    )


def _count(condition: Any) -> Any:
    return func.sum(case((condition, 1), else_=0))
