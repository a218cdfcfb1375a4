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
from alerts.urls import without_secrets

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
class Traffic:
    """Polls of some time, summed up: how many, of how many the server said that nothing had changed, how many failed,
    and what came."""

    polls: int = 0
    unchanged: int = 0
    failed: int = 0
    bytes: int = 0
    new: int = 0
    revised: int = 0


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


def last_document(conn: Connection, feed_id: int) -> PollRow | None:
    """The last poll of a feed that brought a document which could be read."""
    here = (poll.c.feed_id == feed_id) & (poll.c.status == "ok")
    row = conn.execute(select(poll).where(here).order_by(poll.c.at.desc(), poll.c.id.desc()).limit(1)).one_or_none()
    return None if row is None else _row(row)


def _row(row: Row[Any]) -> PollRow:
    columns = row._asdict()
    for name in ("id", "feed_id"):
        del columns[name]
    # of a document that was read in part, only the items that are new or changed are entries
    items = max(columns.pop("entries"), columns["overlap"])
    texts = {name: without_secrets(columns[name] or "") for name in ("warning", "error")}
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


def traffic_of(conn: Connection, feed_id: int, since: datetime) -> Traffic:
    """The polls of a feed since a time."""
    return _traffic(conn, (poll.c.feed_id == feed_id) & (poll.c.at > since))


def traffic(conn: Connection, since: datetime) -> Traffic:
    """The polls of all feeds since a time."""
    return _traffic(conn, _lately(conn, since))


def _traffic(conn: Connection, here: Any) -> Traffic:
    """In one row, and not by status: grouping a million rows takes three times as long."""
    row = conn.execute(select(*_SUMS).where(here)).one()
    return Traffic(**{name: int(value or 0) for name, value in row._mapping.items()})


_SUMS: Final[tuple[Any, ...]] = (
    func.count().label("polls"),
    func.sum(case((poll.c.status == "not_modified", 1), else_=0)).label("unchanged"),
    func.sum(case((poll.c.status.not_in(FINE), 1), else_=0)).label("failed"),
    *(func.sum(column).label(column.name) for column in (poll.c.bytes, poll.c.new, poll.c.revised)),
)


def statuses_of(conn: Connection, feed_id: int, since: datetime) -> dict[str, int]:
    """How many polls of a feed came to what, since a time."""
    return _statuses(conn, (poll.c.feed_id == feed_id) & (poll.c.at > since))


def statuses(conn: Connection, since: datetime) -> dict[str, int]:
    """How many polls came to what, since a time."""
    return _statuses(conn, _lately(conn, since))


def _statuses(conn: Connection, here: Any) -> dict[str, int]:
    query = select(poll.c.status, func.count()).where(here).group_by(poll.c.status)
    return {status: number for status, number in sorted(conn.execute(query).all())}


def failed_since(conn: Connection, since: datetime) -> dict[int, int]:
    """How many polls of each feed failed since a time; those of which none did are left out."""
    which = poll.c.feed_id + 0  # so that SQLite does not walk through all polls ever, by the index of feeds
    query = select(which, func.count()).where(_lately(conn, since), poll.c.status.not_in(FINE)).group_by(which)
    return {feed_id: number for feed_id, number in conn.execute(query)}


def first_failed(conn: Connection, only: int | None = None) -> dict[int, datetime]:
    """Of feeds whose last poll failed (or of the `only` one): the first that failed since the last good one."""
    known = func.coalesce(feed.c.last_ok, feed.c.added)
    first = select(func.min(poll.c.at)).where(poll.c.feed_id == feed.c.id, poll.c.at > known).correlate(feed)
    query = select(feed.c.id, first.scalar_subquery()).where(feed.c.active, feed.c.failures > 0)
    if only is not None:
        query = query.where(feed.c.id == only)
    return {feed_id: time for feed_id, time in conn.execute(query) if time is not None}


def before_gaps(conn: Connection, since: datetime, only: int | None = None) -> dict[int, datetime]:
    """Of feeds with a gap since a time (or of the `only` one): the last good poll before it. A feed whose document was
    empty before has lost nothing by that: it is left out."""
    query = select(feed.c.id, feed.c.gap_at).where(feed.c.active, feed.c.gap_at > since)
    if only is not None:
        query = query.where(feed.c.id == only)
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
    # two questions: of both at once SQLite reads the whole table
    least, most = (conn.execute(select(end(poll.c.id))).scalar_one() for end in (func.min, func.max))
    if least is None or most is None:
        return 0
    low, high = int(least), int(most) + 1
    while low < high:
        middle = (low + high) // 2
        row = conn.execute(select(poll.c.id, poll.c.at).where(poll.c.id >= middle).order_by(poll.c.id).limit(1)).one()
        if row.at < since:
            low = row.id + 1
        else:
            high = middle
    return low
