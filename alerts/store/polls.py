"""The log of polls: what each came to. It grows by a row a poll, so no question may read all of it: of one feed by its
index, of a span of time by the ids, which follow the time (`_first`).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Row, case, func, select

from alerts.store.schema import feed, poll
from alerts.track.feeds_quiet import Tally

FINE: Final = ("ok", "not_modified")  # collect.outcome.SUCCESSES
_OUT_OF_ORDER: Final = timedelta(minutes=2)  # polls are stored when they are finished, some at a time


@dataclass(frozen=True, slots=True, kw_only=True)
class PollRow:
    """One poll. `items` is what its document held; `gap`: none of them was known; `due_reason`: why the next one is
    when it is."""

    at: datetime
    status: str
    http: int | None
    bytes: int
    ms: int
    items: int
    new: int
    revised: int
    overlap: int
    rung: str
    whole: bool
    gap: bool
    warning: str
    error: str
    due_reason: str

    @property
    def ok(self) -> bool:
        return self.status in FINE


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """Polls of one status in a span of time."""

    polls: int
    bytes: int
    ms: int
    new: int
    revised: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultRow:
    """How often polls of a feed failed in one way, and when last."""

    status: str
    polls: int
    last: datetime


def latest(conn: Connection, feed_id: int, limit: int) -> list[PollRow]:
    """The last polls of a feed, the latest first."""
    query = select(poll).where(poll.c.feed_id == feed_id).order_by(poll.c.at.desc(), poll.c.id.desc()).limit(limit)
    return [_row(row) for row in conn.execute(query)]


def _row(row: Row[Any]) -> PollRow:
    columns = row._asdict()
    for name in ("id", "feed_id"):
        del columns[name]
    # of a document that was read in part, only the items that are new or changed are entries
    items = max(columns.pop("entries"), columns["overlap"])
    texts = {name: columns[name] or "" for name in ("warning", "error")}
    return PollRow(**columns | texts, items=items)


def tallies(conn: Connection, since: Mapping[int, datetime]) -> dict[int, Tally]:
    """What the polls of some feeds came to, each since a time of its own."""
    return {feed_id: _tally(conn, feed_id, time) for feed_id, time in since.items()}


def _tally(conn: Connection, feed_id: int, since: datetime) -> Tally:
    has_items = (poll.c.entries > 0) | (poll.c.overlap > 0)
    groups = (poll.c.status, case((has_items, 1), else_=0).label("items"))
    query = select(*groups, func.count().label("polls"), func.sum(case((poll.c.whole, 1), else_=0)).label("whole"))
    here = (poll.c.feed_id == feed_id) & (poll.c.at > since)
    counts = {"unchanged": 0, "same": 0, "empty": 0, "whole": 0}
    faults: dict[str, int] = {}
    for row in conn.execute(query.where(here).group_by(*groups)):
        if row.status == "not_modified":
            counts["unchanged"] += row.polls
        elif row.status == "ok":
            counts["same" if row.items else "empty"] += row.polls
            counts["whole"] += row.whole
        else:
            faults[row.status] = faults.get(row.status, 0) + row.polls
    fault = max(faults, key=lambda status: (faults[status], status), default="")
    return Tally(**counts, failed=sum(faults.values()), fault=fault)


def faults(conn: Connection, feed_id: int, since: datetime) -> list[FaultRow]:
    """The ways in which polls of a feed failed since a time, the most frequent first."""
    here = (poll.c.feed_id == feed_id) & (poll.c.at > since) & poll.c.status.not_in(FINE)
    query = select(poll.c.status, func.count().label("polls"), func.max(poll.c.at).label("last")).where(here)
    found = [FaultRow(**row._asdict()) for row in conn.execute(query.group_by(poll.c.status))]
    return sorted(found, key=lambda row: (-row.polls, row.status))


def counts_of(conn: Connection, feed_id: int, since: datetime) -> dict[str, Counted]:
    """The polls of a feed since a time, by status."""
    return _counted(conn, (poll.c.feed_id == feed_id) & (poll.c.at > since))


def counts(conn: Connection, since: datetime) -> dict[str, Counted]:
    """The polls of all feeds since a time, by status."""
    return _counted(conn, _lately(conn, since))


def _counted(conn: Connection, here: Any) -> dict[str, Counted]:
    sums = (func.sum(column).label(column.name) for column in (poll.c.bytes, poll.c.ms, poll.c.new, poll.c.revised))
    query = select(poll.c.status, func.count().label("polls"), *sums).where(here).group_by(poll.c.status)
    return {
        row.status: Counted(
            polls=row.polls, bytes=int(row.bytes), ms=int(row.ms), new=int(row.new), revised=int(row.revised)
        )
        for row in conn.execute(query)
    }


def failed_since(conn: Connection, since: datetime) -> dict[int, int]:
    """How many polls of each feed failed since a time; those of which none did are left out."""
    query = select(poll.c.feed_id, func.count()).where(_lately(conn, since), poll.c.status.not_in(FINE))
    return {feed_id: number for feed_id, number in conn.execute(query.group_by(poll.c.feed_id))}


def first_failed(conn: Connection) -> dict[int, datetime]:
    """Of feeds whose last poll failed: the first that failed since the last good one."""
    known = func.coalesce(feed.c.last_ok, feed.c.added)
    first = select(func.min(poll.c.at)).where(poll.c.feed_id == feed.c.id, poll.c.at > known).correlate(feed)
    query = select(feed.c.id, first.scalar_subquery()).where(feed.c.active, feed.c.failures > 0)
    return {feed_id: time for feed_id, time in conn.execute(query) if time is not None}


def before_gaps(conn: Connection, since: datetime) -> dict[int, datetime]:
    """Of feeds with a gap since a time: the last good poll before it. A feed whose document was empty before has lost
    nothing by that: it is left out."""
    query = select(feed.c.id, feed.c.gap_at).where(feed.c.active, feed.c.gap_at > since)
    found = {}
    for feed_id, at in conn.execute(query).all():
        before = (poll.c.feed_id == feed_id) & (poll.c.at < at) & poll.c.status.in_(FINE)
        last = conn.execute(select(func.max(poll.c.at)).where(before)).scalar_one()
        columns = select(poll.c.entries, poll.c.overlap).where(before, poll.c.status == "ok")
        document = conn.execute(columns.order_by(poll.c.at.desc()).limit(1)).one_or_none()
        if last is not None and document is not None and (document.entries or document.overlap):
            found[feed_id] = last
    return found


def number_of(conn: Connection, feed_ids: Collection[int], since: datetime) -> dict[int, int]:
    """How many polls some feeds had since a time."""
    here = poll.c.feed_id.in_(feed_ids) & (poll.c.at > since)
    query = select(poll.c.feed_id, func.count()).where(here).group_by(poll.c.feed_id)
    return {feed_id: number for feed_id, number in conn.execute(query)}


def _lately(conn: Connection, since: datetime) -> Any:
    return (poll.c.id >= _first(conn, since - _OUT_OF_ORDER)) & (poll.c.at > since)


def _first(conn: Connection, since: datetime) -> int:
    """The id with which the polls since a time begin. Found by halving: of the time alone there is no index, which
    each poll would pay for, and the ids grow with it."""
    low, high = conn.execute(select(func.min(poll.c.id), func.max(poll.c.id))).one()
    if low is None:
        return 0
    high += 1
    while low < high:
        middle = (low + high) // 2
        row = conn.execute(select(poll.c.id, poll.c.at).where(poll.c.id >= middle).order_by(poll.c.id).limit(1)).one()
        if row.at < since:
            low = row.id + 1
        else:
            high = middle
    found: int = low
    return found
