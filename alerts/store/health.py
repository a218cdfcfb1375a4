"""What operators' notices are decided from: how feeds, rules, articles and mails are getting on."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby
from operator import itemgetter
from typing import Any, Final

from sqlalchemy import BigInteger, Connection, Row, cast, extract, func, or_, select

from alerts.store import polls
from alerts.store.schema import alert, article, feed, outbox, person
from alerts.track.feeds_quiet import GAP_LASTS, FeedFacts
from alerts.urls import host_and_path, without_secrets


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """How many there are of something, and since when the oldest; `example` is what is said of one."""

    number: int
    since: datetime
    example: str = ""


def feed_facts(conn: Connection, now: datetime, *, only: int | None = None, off: bool = False) -> list[FeedFacts]:
    """The feeds that are polled, and with `off` those that are not; or `only` the one of this id."""
    query = select(*_FACTS).order_by(feed.c.id)
    query = query.where(feed.c.removed.is_(None) if off else feed.c.active)
    if only is not None:
        query = query.where(feed.c.id == only)
    failed, gaps = polls.first_failed(conn, only), polls.before_gaps(conn, now - GAP_LASTS, only)
    return [_facts(row, failed.get(row.id), gaps.get(row.id), now) for row in conn.execute(query)]


_FACTS: Final[tuple[Any, ...]] = (
    *(feed.c.id, feed.c.url, feed.c.host, feed.c.source, feed.c.country, feed.c.tags, feed.c.active, feed.c.critical),
    *(feed.c.added, feed.c.interval_s, feed.c.next_due, feed.c.lease_until, feed.c.failures),
    *(feed.c.last_poll, feed.c.last_ok, feed.c.last_new, feed.c.last_status, feed.c.last_error),
    *(feed.c.gap_at, feed.c.lies_since, feed.c.moved_to),
)


def _facts(row: Row[Any], first_failed: datetime | None, gap_from: datetime | None, now: datetime) -> FeedFacts:
    return FeedFacts(
        id=row.id,
        name=row.source,
        country=row.country,
        added=row.added,
        interval=timedelta(seconds=row.interval_s),
        failures=row.failures,
        why=without_secrets(row.last_error or ""),
        last_poll=row.last_poll,
        last_ok=row.last_ok,
        last_new=row.last_new,
        host=row.host,
        address=host_and_path(row.url),
        tags=tuple(row.tags),
        active=row.active,
        critical=row.critical,
        status=row.last_status or "",
        due=row.next_due,
        held=row.lease_until is not None and row.lease_until > now,
        first_failed=first_failed,
        gap_at=row.gap_at if gap_from else None,
        gap_from=gap_from,
        lies_since=row.lies_since,
        moved_to=host_and_path(row.moved_to or ""),
    )


def arrivals(conn: Connection, since: datetime, feed_id: int | None = None) -> Iterator[tuple[int, list[datetime]]]:
    """The hours in which each feed, or the one of this id, brought something new; what was there at its first poll says
    nothing of its rhythm. One feed after the other: all hours of ten thousand feeds do not fit into memory."""
    hour = (cast(extract("epoch", article.c.first_seen), BigInteger) // 3600).label("hour")
    query = select(article.c.feed_id, hour).where(article.c.first_seen >= since, ~article.c.backlog).distinct()
    if feed_id is not None:
        query = query.where(article.c.feed_id == feed_id)
    rows = conn.execute(query.order_by(article.c.feed_id, hour), execution_options={"yield_per": 5000})
    for number, some in groupby(rows, key=itemgetter(0)):
        yield number, [datetime.fromtimestamp(hours * 3600, UTC) for _, hours in some]


def fired(conn: Connection, since: datetime) -> dict[str, list[datetime]]:
    """When alerts of each rule were opened, in no order."""
    found: dict[str, list[datetime]] = defaultdict(list)
    query = select(alert.c.rule, alert.c.opened).where(alert.c.updated >= since, alert.c.opened >= since)
    for rule, opened in conn.execute(query):  # of `updated` there is an index, and it is never before `opened`
        found[rule].append(opened)
    return dict(found)


def oldest_waiting(conn: Connection, before: datetime) -> Count | None:
    """The articles that wait to be read since before a time, without those of new feeds' backlogs."""
    here = article.c.analysed.is_(None) & ~article.c.backlog
    query = select(func.count(), func.min(article.c.first_seen)).where(here)
    return _count(conn.execute(query).one(), before)


def set_aside(conn: Connection) -> Count | None:
    """The articles that cannot be read or tracked."""
    query = select(func.count(), func.min(article.c.analysed), func.min(article.c.fault))
    row = conn.execute(query.where(article.c.fault.is_not(None), article.c.analysed.is_not(None))).one()
    return Count(number=row[0], since=row[1], example=row[2]) if row[0] else None


def mails_held_up(conn: Connection, before: datetime) -> Count | None:
    """Mails that should have gone out before a time: due since then, or tried and put off since."""
    late = or_(outbox.c.not_before < before, outbox.c.last_error.is_not(None) & (outbox.c.created < before))
    query = select(func.count(), func.min(outbox.c.created)).where(outbox.c.state == "queued", late)
    return _count(conn.execute(query).one(), None)


def mails_failed(conn: Connection, since: datetime) -> Count | None:
    """Mails given up since a time. Of readers who are given up themselves, operators hear otherwise."""
    here = (outbox.c.state == "failed") & (outbox.c.finished >= since) & person.c.active
    query = select(func.count(), func.min(outbox.c.finished)).join_from(
        outbox, person, outbox.c.person_id == person.c.id
    )
    return _count(conn.execute(query.where(here)).one(), None)


def mails_in_doubt(conn: Connection) -> Count | None:
    """Mails that wait for a person to say whether they shall go: perhaps they went out already."""
    here = outbox.c.state == "ambiguous"
    return _count(conn.execute(select(func.count(), func.min(outbox.c.created)).where(here)).one(), None)


def mails_held(conn: Connection) -> Count | None:
    """Mails that did not go out, each for a reason of its own, and wait for a person."""
    query = select(func.count(), func.min(outbox.c.created), func.min(outbox.c.last_error))
    number, since, example = conn.execute(query.where(outbox.c.state == "held")).one()
    return Count(number=number, since=since, example=example or "") if number else None


def _count(row: Any, before: datetime | None) -> Count | None:
    number, since = row
    if since is None or (before is not None and since >= before):
        return None
    return Count(number=number, since=since)
