"""Polls: which feeds are due, and what polls came to.

What is due is claimed with a lease, so that two pollers never ask for one feed at once and a poller that
dies gives its feeds back by itself. A poll is finished in one transaction: articles, validators, the next
time and a row of the log, all or nothing. Polls that come in together share a transaction, which costs a disk as much
as one.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, bindparam, exists, func, insert, or_, select, update

from alerts.collect.outcome import Outcome, Settled
from alerts.errors import InputError
from alerts.store import articles, documents
from alerts.store.articles import Draft, Stored
from alerts.store.codec import clean_or_none
from alerts.store.feeds import LONGEST_URL, NOT_MOVED, FeedRow, at_address, from_row, hints_column
from alerts.store.schema import feed, poll

# A permanent redirect is believed when it was met so often, over so long.
_MOVED_TIMES: Final = 5
_MOVED_FOR: Final = timedelta(hours=24)
# News so much older than the last poll, which said that nothing had changed, was there then.
_CLEARLY_BEFORE: Final = timedelta(hours=1)
_LONGEST_WARNING: Final = 500
PRUNED_AT_ONCE: Final = 5_000


@dataclass(frozen=True, slots=True, kw_only=True)
class PollResult:
    """What a finished poll stored. `first`: it was the feed's first success. `gap`: no article of the
    document was known, so there may have been others in between. `lease_lost`: another poller has taken the
    feed meanwhile; the articles are stored, the feed's validators and times are left to that one. `lied`: the server
    had said that nothing was new when something was. `url`: where the feed is from now on, if it has moved.
    `news`: the keys of the articles that are new or revised."""

    new: int = 0
    revised: int = 0
    same: int = 0
    first: bool = False
    gap: bool = False
    lease_lost: bool = False
    lied: bool = False
    url: str | None = None
    news: tuple[str, ...] = ()
    next_due: datetime
    due_reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """A poll to be stored: the feed as it was claimed, what came, and `articles.drafts` of its entries."""

    feed: FeedRow
    outcome: Outcome
    drafts: Sequence[Draft] = ()


# What follows for the next poll, from how many articles of how many in the document were new.
Settle = Callable[[Finished, int, int], Settled]


def claim_due(
    conn: Connection,
    now: datetime,
    *,
    token: str,
    hosts: int,
    each: int,
    lease_s: float,
    but: Collection[str] = (),
) -> list[FeedRow]:
    """Take feeds that are due for `lease_s` seconds: up to `each` feeds of each of up to `hosts` hosts, the longest due
    first; none of the hosts `but`. `token` (at most 32 characters) marks them as the caller's."""
    due = feed.c.active & (feed.c.next_due <= now) & or_(feed.c.lease_until.is_(None), feed.c.lease_until <= now)
    due &= feed.c.host.not_in(but)
    turn = func.row_number().over(partition_by=feed.c.host, order_by=(feed.c.next_due, feed.c.id))
    first = func.min(feed.c.next_due).over(partition_by=feed.c.host)
    ranked = select(feed.c.id, feed.c.host, turn.label("turn"), first.label("first")).where(due).subquery()
    place = func.dense_rank().over(order_by=(ranked.c.first, ranked.c.host))
    placed = select(ranked.c.id, ranked.c.turn, place.label("place")).subquery()
    chosen = select(placed.c.id).where(placed.c.turn <= each, placed.c.place <= hosts)
    some = select(feed.c.id).where(due & feed.c.id.in_(chosen)).with_for_update(skip_locked=True)
    claim = (
        update(feed)
        .where(feed.c.id.in_(some.scalar_subquery()))
        .values(lease_until=now + timedelta(seconds=lease_s), lease_token=token)
        .returning(feed)
    )
    return sorted((from_row(row) for row in conn.execute(claim)), key=lambda row: (row.next_due, row.id))


def claim_host(conn: Connection, now: datetime, *, host: str, token: str, each: int, lease_s: float) -> list[FeedRow]:
    """Take up to `each` feeds of a host that are due, the longest due first, whoever had them: for the only one that
    asks this host."""
    due = feed.c.active & (feed.c.host == host) & (feed.c.next_due <= now)
    some = select(feed.c.id).where(due).order_by(feed.c.next_due, feed.c.id).limit(each).with_for_update()
    claim = update(feed).where(feed.c.id.in_(some.scalar_subquery())).returning(feed)
    rows = conn.execute(claim.values(lease_until=now + timedelta(seconds=lease_s), lease_token=token))
    return sorted((from_row(row) for row in rows), key=lambda row: (row.next_due, row.id))


def release(conn: Connection, token: str) -> int:
    """Give back what was claimed with `token` and is not finished; returns how many feeds."""
    return conn.execute(
        update(feed).where(feed.c.lease_token == token).values(lease_until=None, lease_token=None)
    ).rowcount


def forget_leases(conn: Connection) -> int:
    """End all leases: for the start of the only process that polls, when whoever held them is dead."""
    held = update(feed).where(feed.c.lease_token.is_not(None))
    return conn.execute(held.values(lease_until=None, lease_token=None)).rowcount


def answered_since(conn: Connection, when: datetime) -> bool:
    """Whether any feed answered after a time."""
    return conn.execute(select(exists().where(feed.c.last_ok > when))).scalar_one()


def put_off(conn: Connection, host: str, until: datetime) -> int:
    """Ask no feed of a host before a time, those claimed included; returns how many that puts off."""
    here = (feed.c.host == host) & (feed.c.next_due < until)
    return conn.execute(update(feed).where(here).values(next_due=until, lease_until=None, lease_token=None)).rowcount


def bring_forward(conn: Connection, feed_ids: Collection[int], now: datetime) -> None:
    """Let these feeds be due now."""
    if feed_ids:
        conn.execute(_FORWARD, [{"of_feed": feed_id, "now": now} for feed_id in feed_ids])


_FORWARD: Final = (
    update(feed)
    .where(feed.c.id == bindparam("of_feed"), feed.c.next_due > bindparam("now"))
    .values(next_due=bindparam("now"))
)


def finish_polls(conn: Connection, polls: Sequence[Finished], now: datetime, settle: Settle) -> list[PollResult]:
    """Store what polls of different feeds came to; a result for each. Finishing a poll twice stores nothing new.
    Raises InputError for a feed that was removed altogether."""
    rows = _locked(conn, [one.feed.id for one in polls])
    results, changes, lessons, kept = [], [], [], []
    for one in polls:
        if one.feed.id not in rows:
            raise InputError(f"{one.feed.url}: this feed has been removed")
        result, change = _finish(conn, one, rows[one.feed.id], now, settle)
        results.append(result)
        if one.outcome.document is not None and (not one.outcome.ok or result.new or result.revised):
            kept.append((one.feed.id, one.outcome.document, one.outcome.status))
        if not result.lease_lost:
            changes.append(change)
            lessons += [_lesson(one, result, now)] if one.outcome.status == "ok" else []
    documents.put(conn, kept, now=now)
    if changes:
        conn.execute(_CHANGE, changes)
    if lessons:
        conn.execute(_LEARN, lessons)
    for one, result in zip(polls, results, strict=True):
        if result.url and not result.lease_lost:
            conn.execute(update(feed).where(feed.c.id == one.feed.id).values(at_address(result.url, one.feed.url)))
    conn.execute(insert(poll), [_log_row(one, result, now) for one, result in zip(polls, results, strict=True)])
    return results


def _locked(conn: Connection, feed_ids: Sequence[int]) -> dict[int, Any]:
    """The lock makes two polls of one feed (of which one has lost its lease) store one after the other."""
    columns = (feed.c.id, feed.c.last_ok, feed.c.lease_token)
    query = select(*columns).where(feed.c.id.in_(feed_ids)).order_by(feed.c.id).with_for_update()
    return {row.id: row for row in conn.execute(query)}


def _finish(
    conn: Connection, one: Finished, row: Any, now: datetime, settle: Settle
) -> tuple[PollResult, dict[str, Any]]:
    """The articles, and what is to be written into the feed's row."""
    polled, outcome = one.feed, one.outcome
    first = outcome.ok and row.last_ok is None
    stored = Stored()
    if outcome.ok and one.drafts:
        stored = articles.store(conn, polled.id, one.drafts, now=now, backlog=first, full_text=polled.full_text)
    known = stored.same + outcome.unchanged
    items = stored.new + stored.revised + known
    settled = settle(one, 0 if first else stored.new, items)
    # A document that shrank was not pushed out by new items: its items went because they are over.
    gap = known + stored.revised == 0 and stored.new >= polled.items > 0 and not first
    lied = not first and not polled.lies_since and _lied(one, stored)
    url, moved = _moved(conn, polled, outcome, now)
    result = PollResult(
        next_due=settled.next_due,
        due_reason=settled.due_reason,
        new=stored.new,
        revised=stored.revised,
        same=known,
        first=first,
        gap=gap,
        lease_lost=row.lease_token != polled.lease_token,
        lied=lied,
        url=url,
        news=stored.keys,
    )
    return result, _change(one, settled, now) | moved


def _lied(one: Finished, stored: Stored) -> bool:
    """Whether the server's word that nothing had changed was untrue: with the very validators it had given before there
    is news, or all news is clearly older than a poll to which it said so."""
    if not (one.outcome.whole and stored.new and one.feed.whole_at):
        return False
    if one.outcome.same:
        return True
    polled = one.feed.last_poll if one.feed.last_status == "not_modified" else None
    known_since = None if polled is None else polled - _CLEARLY_BEFORE
    fresh = [
        draft.published for draft in one.drafts if one.feed.last_new and _after(draft.published, one.feed.last_new)
    ]
    return known_since is not None and bool(fresh) and all(when is not None and when < known_since for when in fresh)


def _after(when: datetime | None, moment: datetime) -> bool:
    return when is None or when > moment


def _change(one: Finished, settled: Settled, now: datetime) -> dict[str, Any]:
    """The feed's columns after a poll."""
    polled, outcome = one.feed, one.outcome
    return {
        "of_feed": polled.id,
        "etag": clean_or_none(outcome.etag),
        "last_modified": clean_or_none(outcome.last_modified),
        "interval_s": round(settled.interval.total_seconds()),
        "rate": settled.rate,
        "failures": settled.failures,
        "next_due": settled.next_due,
        "last_poll": now,
        "last_ok": now if outcome.ok else polled.last_ok,
        "last_status": outcome.status,
        "last_error": clean_or_none(outcome.error),
        "moved_to": polled.moved_to,
        "moved_since": polled.moved_since,
        "moved_times": polled.moved_times,
    }


def _lesson(one: Finished, result: PollResult, now: datetime) -> dict[str, Any]:
    """The feed's columns after a document of it was read."""
    polled, outcome = one.feed, one.outcome
    return {
        "of_feed": polled.id,
        "marks": outcome.marks or None,
        "hints": hints_column(outcome.hints),
        "items": len(outcome.entries) + outcome.unchanged,
        "whole_at": now if outcome.whole else polled.whole_at,
        "last_new": now if result.new else polled.last_new,
        "gap_at": now if result.gap else polled.gap_at,
        "lies_since": now if result.lied else polled.lies_since,
    }


def _moved(conn: Connection, polled: FeedRow, outcome: Outcome, now: datetime) -> tuple[str | None, dict[str, Any]]:
    """The new address, if a permanent redirect is to be believed; and the columns by which it is remembered until it
    has been stable."""
    if not outcome.ok:
        return None, {}
    if outcome.moved_to is None or len(outcome.moved_to) > LONGEST_URL:
        return None, NOT_MOVED
    again = outcome.moved_to == polled.moved_to and polled.moved_since is not None
    times, since = (polled.moved_times + 1, polled.moved_since) if again else (1, now)
    remembered = {"moved_to": outcome.moved_to, "moved_since": since, "moved_times": times}
    assert since is not None
    if times < _MOVED_TIMES or now - since < _MOVED_FOR:
        return None, remembered
    if conn.execute(select(feed.c.id).where(feed.c.url == outcome.moved_to)).first() is not None:
        return None, remembered  # two feeds are one by now; which of them is to go is for a person to say
    return outcome.moved_to, NOT_MOVED


_COLUMNS: Final = (
    "etag last_modified interval_s rate failures next_due last_poll last_ok last_status last_error"
    " moved_to moved_since moved_times"
).split()
_CHANGE: Final = (
    update(feed)
    .where(feed.c.id == bindparam("of_feed"))
    .values({name: bindparam(name) for name in _COLUMNS} | {"lease_until": None, "lease_token": None})
)
# What only a document can teach: most polls bring none.
_LESSONS: Final = "marks hints items whole_at last_new gap_at lies_since".split()
_LEARN: Final = (
    update(feed).where(feed.c.id == bindparam("of_feed")).values({name: bindparam(name) for name in _LESSONS})
)


def _log_row(one: Finished, result: PollResult, now: datetime) -> dict[str, Any]:
    outcome = one.outcome
    notes = [f"moved to {result.url}"] if result.url else []
    return {
        "feed_id": one.feed.id,
        "at": now,
        "status": outcome.status,
        "http": outcome.http,
        "bytes": outcome.size,
        "ms": outcome.ms,
        "entries": len(outcome.entries) + outcome.unchanged,
        "new": result.new,
        "revised": result.revised,
        "overlap": result.same + result.revised,
        "rung": outcome.rung or "",
        "whole": outcome.whole,
        "gap": result.gap,
        "due_reason": result.due_reason,
        "warning": clean_or_none("; ".join((*notes, *outcome.warnings)), _LONGEST_WARNING),
        "error": clean_or_none(outcome.error),
    }


def prune_polls(conn: Connection, before: datetime) -> int:
    """Forget the log of polls before a time, some thousands at once: ids grow with time, so nothing else is looked at;
    returns how many rows."""
    oldest = select(poll.c.id).order_by(poll.c.id).limit(PRUNED_AT_ONCE).subquery()
    old = select(poll.c.id).where(poll.c.id.in_(select(oldest.c.id)), poll.c.at < before)
    return conn.execute(poll.delete().where(poll.c.id.in_(old.scalar_subquery()))).rowcount
