"""Feeds: which there are, and what operators want of them. (How they are polled: `store.polling`.)"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import urlsplit

from sqlalchemy import Connection, Row, delete, exists, func, insert, select, update

from alerts.collect.outcome import Hints, PollTarget
from alerts.errors import InputError
from alerts.store.codec import clean
from alerts.store.schema import article, feed

LONGEST_URL: Final = 2000  # PostgreSQL cannot index much longer ones


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What an operator wants of one feed; None: what the configuration says. `max_body` is in bytes."""

    own_owner: str | None = None
    own_tier: int | None = None
    own_interval: timedelta | None = None
    max_staleness: timedelta | None = None
    max_body: int | None = None
    critical: bool = False
    full_text: bool = False


NO_WISHES: Final = Wishes()


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedRow(PollTarget):
    """A feed as stored. `source` is the publisher's name, `owner` the group it belongs to; for `own_owner`, `own_tier`
    and `full_text` see `Wishes`."""

    host: str
    source: str
    owner: str
    tier: int
    own_owner: str | None
    own_tier: int | None
    full_text: bool
    language: str | None
    country: str | None
    tags: tuple[str, ...]
    active: bool
    added: datetime
    next_due: datetime
    lease_token: str | None
    last_poll: datetime | None
    last_status: str | None
    last_error: str | None
    gap_at: datetime | None
    moved_to: str | None
    moved_since: datetime | None
    moved_times: int
    items: int
    former: str | None
    removed: datetime | None


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
    own: Wishes = NO_WISHES,
) -> FeedRow:
    """Add a feed, due at once. `interval`, `owner` and `tier` are the configuration's, and give way to the feed's
    `own` wishes. Without a `source` it is called by its host, without an owner it belongs to its source. One that was
    removed comes back, and knows the articles it had. Raises InputError for an address that is no feed's, or is there
    already.
    """
    url, host = _checked(url)
    there = conn.execute(select(feed.c.id, feed.c.removed).where(feed.c.url == url)).one_or_none()
    if there is not None and there.removed is None:
        raise InputError(f"{url}: this feed is there already")
    moved = select(feed.c.id).where(feed.c.former == url, feed.c.removed.is_(None))
    if (found := conn.execute(moved).scalar()) is not None:
        raise InputError(f"{url}: this feed is there already, as feed {found}; it has moved")
    source = clean(source)[:200] or host
    row = {
        "url": url,
        "host": host,
        "source": source,
        "owner": clean(own.own_owner or owner)[:200] or source,
        "tier": own.own_tier or tier,
        "language": language,
        "country": country,
        "tags": list(tags),
        "active": True,
        "interval_s": round((own.own_interval or interval).total_seconds()),
        "added": now,
        "next_due": now,
        "removed": None,
        **_wishes(own),
    }
    if there is None:
        return from_row(conn.execute(insert(feed).values(row).returning(feed)).one())
    return from_row(conn.execute(update(feed).where(feed.c.id == there.id).values(row).returning(feed)).one())


def _wishes(own: Wishes | FeedRow) -> dict[str, Any]:
    return {
        "own_owner": clean(own.own_owner)[:200] if own.own_owner else None,
        "own_tier": own.own_tier,
        "own_interval_s": _seconds(own.own_interval),
        "max_staleness_s": _seconds(own.max_staleness),
        "max_body": own.max_body,
        "critical": own.critical,
        "full_text": own.full_text,
    }


def _seconds(length: timedelta | None) -> int | None:
    return None if length is None else round(length.total_seconds())


def change_feed(conn: Connection, changed: FeedRow, *, now: datetime) -> FeedRow:
    """Store what an operator may say of a feed: address, names, language, country, tags, on or off, and the wishes; all
    else stays. A feed with another address is asked at once, without the validators of the old one. `assign_owners`
    afterwards, where the publisher's name or a wish for owner or tier has changed. Raises InputError."""
    before = get_feed(conn, changed.id)
    if before is None:
        raise InputError(f"there is no feed {changed.id}")
    url, host = _checked(changed.url)
    row: dict[str, Any] = {
        "source": clean(changed.source)[:200] or host,
        "language": changed.language,
        "country": changed.country,
        "tags": list(changed.tags),
        "active": changed.active,
        **_wishes(changed),
    }
    if changed.own_interval != before.own_interval and changed.own_interval is not None:
        row["interval_s"] = _seconds(changed.own_interval)
    if changed.own_interval is not None and changed.own_interval < before.interval:
        row["next_due"] = min(before.next_due, now + changed.own_interval)
    if url != before.url:
        if (there := conn.execute(select(feed.c.removed).where(feed.c.url == url)).one_or_none()) is not None:
            remedy = "" if there.removed is None else "; it was removed, and can be added again"
            raise InputError(f"{url}: this feed is there already{remedy}")
        row |= at_address(url, before.url) | {"next_due": now, "failures": 0}
        row |= {"lease_until": None, "lease_token": None}  # what is being asked at the old address counts no more
    return from_row(conn.execute(update(feed).where(feed.c.id == changed.id).values(row).returning(feed)).one())


def at_address(url: str, before: str) -> dict[str, Any]:
    """The columns of a feed that has a new address: nothing is known of what the server there said last."""
    unknown = dict.fromkeys(("etag", "last_modified", "marks", "whole_at", "lies_since"))
    return {"url": url, "host": host_of(url), "former": before, **unknown, **NOT_MOVED}


NOT_MOVED: Final[dict[str, Any]] = {"moved_to": None, "moved_since": None, "moved_times": 0}


def remove_feed(conn: Connection, feed_id: int, *, now: datetime) -> bool:
    """Take a feed off the list; whether its row is gone, too. One that brought articles keeps them, for alerts were
    made of them. Raises InputError for an unknown id."""
    if get_feed(conn, feed_id) is None:
        raise InputError(f"there is no feed {feed_id}")
    if conn.execute(select(exists().where(article.c.feed_id == feed_id))).scalar_one():
        off = {"active": False, "removed": now, "lease_until": None, "lease_token": None}
        conn.execute(update(feed).where(feed.c.id == feed_id).values(off))
        return False
    conn.execute(delete(feed).where(feed.c.id == feed_id))
    return True


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
    if len(url) > LONGEST_URL:
        raise InputError(f"{url[:200]}...: an address of more than {LONGEST_URL} characters cannot be kept")
    return url, host


def host_of(url: str) -> str:
    """The host of a feed's address, by which feeds wait for their turn."""
    return (urlsplit(url).hostname or "").lower()


def list_feeds(conn: Connection, *, active_only: bool = False) -> list[FeedRow]:
    """All feeds that were not removed, by source and address."""
    query = select(feed).where(feed.c.removed.is_(None)).order_by(feed.c.source, feed.c.url)
    return [from_row(row) for row in conn.execute(query.where(feed.c.active) if active_only else query)]


def count_active(conn: Connection) -> int:
    """How many feeds are asked."""
    found: int = conn.execute(select(func.count()).select_from(feed).where(feed.c.active)).scalar_one()
    return found


def get_feed(conn: Connection, feed_id: int) -> FeedRow | None:
    """None too when it was removed."""
    row = conn.execute(select(feed).where(feed.c.id == feed_id, feed.c.removed.is_(None))).one_or_none()
    return None if row is None else from_row(row)


def set_active(conn: Connection, feed_id: int, active: bool) -> None:
    """Whether the feed is polled. Its articles stay either way. Raises InputError for an unknown id."""
    if conn.execute(update(feed).where(feed.c.id == feed_id).values(active=active)).rowcount == 0:
        raise InputError(f"there is no feed {feed_id}")


def assign_owners(conn: Connection, owner_of: Callable[[str], str], tier_of: Callable[[str], int]) -> int:
    """Bring owners and tiers in line with the configuration and with what is wished for single feeds; returns how many
    feeds that changed."""
    changed = 0
    columns = (feed.c.id, feed.c.source, feed.c.owner, feed.c.tier, feed.c.own_owner, feed.c.own_tier)
    for row in conn.execute(select(*columns)).all():
        wanted = row.own_owner or owner_of(row.source)[:200], row.own_tier or tier_of(row.source)
        if wanted != (row.owner, row.tier):
            conn.execute(update(feed).where(feed.c.id == row.id).values(owner=wanted[0], tier=wanted[1]))
            changed += 1
    return changed


def from_row(row: Row[Any]) -> FeedRow:
    """A feed from all columns of its row."""
    columns = row._asdict()
    del columns["lease_until"]
    columns["interval"] = timedelta(seconds=columns.pop("interval_s"))
    columns["own_interval"] = _length(columns.pop("own_interval_s"))
    columns["max_staleness"] = _length(columns.pop("max_staleness_s"))
    columns["tags"] = tuple(columns["tags"])
    columns["hints"] = hints_of(columns["hints"])
    columns["marks"] = columns["marks"] or b""
    return FeedRow(**columns)


def _length(seconds: int | None) -> timedelta | None:
    return None if seconds is None else timedelta(seconds=seconds)


def hints_of(value: dict[str, Any] | None) -> Hints:
    if not value:
        return NO_HINTS
    return Hints(
        every=_length(value.get("every")),
        skip_hours=tuple(value.get("skip_hours", ())),
        skip_days=tuple(value.get("skip_days", ())),
    )


def hints_column(hints: Hints) -> dict[str, Any] | None:
    """`hints` as its column has them; None where there are none."""
    return None if hints == NO_HINTS else {**asdict(hints), "every": _seconds(hints.every)}


NO_HINTS: Final = Hints()
