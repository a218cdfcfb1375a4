"""Feeds: which there are, which are due, and what a poll came to.

What is due is claimed with a lease, so that two pollers never ask for one feed at once and a poller that
dies gives its feeds back by itself. A poll is finished in one transaction: articles, validators, the next
time and a row of the log, all or nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import urlsplit

from sqlalchemy import Connection, Row, func, insert, or_, select, update

from alerts.collect.outcome import Outcome, PollTarget
from alerts.errors import InputError
from alerts.store import articles
from alerts.store.articles import Draft
from alerts.store.codec import clean, clean_or_none
from alerts.store.schema import feed, poll

_LONGEST_URL: Final = 2000  # PostgreSQL cannot index much longer ones


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedRow:
    """A feed as stored. `source` is the publisher's name, `owner` the group it belongs to."""

    id: int
    url: str
    host: str
    source: str
    owner: str
    tier: int
    language: str | None
    country: str | None
    tags: tuple[str, ...]
    active: bool
    interval: timedelta
    added: datetime
    next_due: datetime
    lease_token: str | None
    etag: str | None
    last_modified: str | None
    failures: int
    last_poll: datetime | None
    last_ok: datetime | None
    last_new: datetime | None
    last_status: str | None
    last_error: str | None

    @property
    def target(self) -> PollTarget:
        """What the poller needs of it."""
        return PollTarget(
            id=self.id,
            url=self.url,
            interval=self.interval,
            failures=self.failures,
            etag=self.etag,
            last_modified=self.last_modified,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class PollResult:
    """What a finished poll stored. `first`: it was the feed's first success. `gap`: no article of the
    document was known, so there may have been others in between. `lease_lost`: another poller has taken the
    feed meanwhile; the articles are stored, the feed's validators and times are left to that one."""

    new: int = 0
    revised: int = 0
    same: int = 0
    first: bool = False
    gap: bool = False
    lease_lost: bool = False


def add_feed(
    conn: Connection,
    url: str,
    *,
    now: datetime,
    interval: timedelta,
    source: str = "",
    owner: str = "",
    tier: int = 2,
    language: str | None = None,
    country: str | None = None,
    tags: Sequence[str] = (),
) -> FeedRow:
    """Add a feed, due at once. Without a `source` it is called by its host, without an `owner` it belongs to
    its source. Raises InputError for an address that is no feed's, or that is there already."""
    url, host = _checked(url)
    if conn.execute(select(feed.c.id).where(feed.c.url == url)).first() is not None:
        raise InputError(f"{url}: this feed is there already")
    source = clean(source)[:200] or host
    row = {
        "url": url,
        "host": host,
        "source": source,
        "owner": clean(owner)[:200] or source,
        "tier": tier,
        "language": language,
        "country": country,
        "tags": list(tags),
        "active": True,
        "interval_s": round(interval.total_seconds()),
        "added": now,
        "next_due": now,
    }
    return _feed(conn.execute(insert(feed).values(row).returning(feed)).one())


def _checked(url: str) -> tuple[str, str]:
    url = url.strip()
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").lower()
        usable = (
            parts.scheme in ("http", "https") and host and (parts.port or 1) and url.isprintable() and " " not in url
        )
    except ValueError:
        usable, host = False, ""
    if not usable or len(host) > 255:
        raise InputError(f"{url[:200]}: this is no address of a feed; it begins with http:// or https://")
    if len(url) > _LONGEST_URL:
        raise InputError(f"{url[:200]}...: an address of more than {_LONGEST_URL} characters cannot be kept")
    return url, host


def list_feeds(conn: Connection, *, active_only: bool = False) -> list[FeedRow]:
    """All feeds, by source and address."""
    query = select(feed).order_by(feed.c.source, feed.c.url)
    return [_feed(row) for row in conn.execute(query.where(feed.c.active) if active_only else query)]


def get_feed(conn: Connection, feed_id: int) -> FeedRow | None:
    row = conn.execute(select(feed).where(feed.c.id == feed_id)).one_or_none()
    return None if row is None else _feed(row)


def set_active(conn: Connection, feed_id: int, active: bool) -> None:
    """Whether the feed is polled. Its articles stay either way. Raises InputError for an unknown id."""
    if conn.execute(update(feed).where(feed.c.id == feed_id).values(active=active)).rowcount == 0:
        raise InputError(f"there is no feed {feed_id}")


def assign_owners(conn: Connection, owner_of: Callable[[str], str], tier_of: Callable[[str], int]) -> int:
    """Bring owners and tiers in line with the configuration; returns how many feeds that changed."""
    changed = 0
    for row in conn.execute(select(feed.c.id, feed.c.source, feed.c.owner, feed.c.tier)).all():
        wanted = owner_of(row.source)[:200], tier_of(row.source)
        if wanted != (row.owner, row.tier):
            conn.execute(update(feed).where(feed.c.id == row.id).values(owner=wanted[0], tier=wanted[1]))
            changed += 1
    return changed


def next_due_at(conn: Connection) -> datetime | None:
    """When the next feed is due; None without active feeds."""
    found: datetime | None = conn.execute(select(func.min(feed.c.next_due)).where(feed.c.active)).scalar_one()
    return found


def claim_due(
    conn: Connection,
    now: datetime,
    *,
    token: str,
    limit: int,
    lease_s: float,
    host: str | None = None,
    one_a_host_but: Collection[str] | None = None,
) -> list[FeedRow]:
    """Take up to `limit` feeds that are due, the longest due first, for `lease_s` seconds. `token` (at most
    32 characters) marks them as the caller's. `host`: only its feeds. `one_a_host_but`: one feed of each host,
    and none of these."""
    due = feed.c.active & (feed.c.next_due <= now) & or_(feed.c.lease_until.is_(None), feed.c.lease_until <= now)
    if host is not None:
        due &= feed.c.host == host
    if one_a_host_but is not None:
        due &= feed.c.host.not_in(one_a_host_but)
        turn = func.row_number().over(partition_by=feed.c.host, order_by=(feed.c.next_due, feed.c.id))
        ranked = select(feed.c.id, turn.label("turn")).where(due).subquery()
        due &= feed.c.id.in_(select(ranked.c.id).where(ranked.c.turn == 1))
    some = select(feed.c.id).where(due).order_by(feed.c.next_due).limit(limit).with_for_update(skip_locked=True)
    claim = (
        update(feed)
        .where(feed.c.id.in_(some.scalar_subquery()))
        .values(lease_until=now + timedelta(seconds=lease_s), lease_token=token)
        .returning(feed)
    )
    return sorted((_feed(row) for row in conn.execute(claim)), key=lambda row: (row.next_due, row.id))


def release(conn: Connection, token: str) -> int:
    """Give back what was claimed with `token` and is not finished; returns how many feeds."""
    return conn.execute(
        update(feed).where(feed.c.lease_token == token).values(lease_until=None, lease_token=None)
    ).rowcount


def forget_leases(conn: Connection) -> int:
    """End all leases: for the start of the only process that polls, when whoever held them is dead."""
    held = update(feed).where(feed.c.lease_token.is_not(None))
    return conn.execute(held.values(lease_until=None, lease_token=None)).rowcount


def finish_poll(
    conn: Connection, polled: FeedRow, outcome: Outcome, found: Sequence[Draft], now: datetime
) -> PollResult:
    """Store what a poll came to. `polled` is the feed as claimed, `found` are `articles.drafts` of the
    outcome's entries. Finishing the same poll twice stores nothing new."""
    # the lock makes two polls of one feed (of which one has lost its lease) store one after the other
    row = conn.execute(select(feed.c.last_ok).where(feed.c.id == polled.id).with_for_update()).one_or_none()
    if row is None:
        raise InputError(f"{polled.url}: this feed has been removed")
    first = outcome.ok and row.last_ok is None
    stored = articles.store(conn, polled.id, found, now=now, backlog=first) if outcome.ok else articles.Stored()
    kept = conn.execute(
        update(feed)
        .where(feed.c.id == polled.id, feed.c.lease_token.is_not_distinct_from(polled.lease_token))
        .values(_after(outcome, stored, now))
    ).rowcount
    conn.execute(insert(poll).values(_log_row(polled, outcome, stored, now)))
    return PollResult(
        new=stored.new,
        revised=stored.revised,
        same=stored.same,
        first=first,
        gap=stored.new > 0 and stored.same + stored.revised == 0 and not first,
        lease_lost=kept == 0,
    )


def _after(outcome: Outcome, stored: articles.Stored, now: datetime) -> dict[str, Any]:
    """The feed's columns after a poll."""
    values: dict[str, Any] = {
        "etag": clean_or_none(outcome.etag),
        "last_modified": clean_or_none(outcome.last_modified),
        "failures": outcome.failures,
        "next_due": outcome.next_due,
        "last_poll": now,
        "last_status": outcome.status,
        "last_error": clean_or_none(outcome.error),
        "lease_until": None,
        "lease_token": None,
    }
    if outcome.ok:
        values["last_ok"] = now
    if stored.new:
        values["last_new"] = now
    return values


def _log_row(polled: FeedRow, outcome: Outcome, stored: articles.Stored, now: datetime) -> dict[str, Any]:
    return {
        "feed_id": polled.id,
        "at": now,
        "status": outcome.status,
        "http": outcome.http,
        "bytes": outcome.size,
        "ms": outcome.ms,
        "entries": len(outcome.entries),
        "new": stored.new,
        "revised": stored.revised,
        "error": clean_or_none(outcome.error),
    }


def prune_polls(conn: Connection, before: datetime) -> int:
    """Forget the log of polls before a time; returns how many rows."""
    return conn.execute(poll.delete().where(poll.c.at < before)).rowcount


def _feed(row: Row[Any]) -> FeedRow:
    columns = row._asdict()
    del columns["lease_until"]
    interval = timedelta(seconds=columns.pop("interval_s"))
    return FeedRow(**columns | {"interval": interval, "tags": tuple(columns["tags"])})
