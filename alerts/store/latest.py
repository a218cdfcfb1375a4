"""What is new in the archive, for who looks in: the worst of the last days, what readers were told last, how much is
open."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, bindparam, func, select

from alerts.store import archive
from alerts.store.alerts import Listed
from alerts.store.schema import alert_version, listing
from alerts.types import OPEN_STATES, SEVERITIES, MessageKind, Severity

_DAY: Final = timedelta(days=1)
_KINDS: Final[tuple[MessageKind, ...]] = ("new", "update", "close", "cancel")  # the index is by kind and time
_OPEN: Final = listing.c.state.in_(OPEN_STATES)


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """What readers were told: the version of an alert, and the alert as they know it now."""

    kind: MessageKind
    at: datetime
    why: str
    listed: Listed


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """How many alerts are open, by level, and in how many countries; how many were opened in the last 24 hours and in
    the last 7 days."""

    open: Mapping[Severity, int]
    countries: int
    day: int
    week: int


def figures(conn: Connection, now: datetime) -> Figures:
    """The archive at a glance."""
    levels = conn.execute(select(listing.c.severity, func.count()).where(_OPEN).group_by(listing.c.severity))
    countries = select(func.count(listing.c.country.distinct())).where(_OPEN)
    return Figures(
        open={SEVERITIES[level]: number for level, number in levels},
        countries=conn.execute(countries).scalar_one(),
        day=_opened(conn, now - _DAY),
        week=_opened(conn, now - 7 * _DAY),
    )


def _opened(conn: Connection, since: datetime) -> int:
    """What was opened since then has changed since then, and of that there is an index."""
    query = select(func.count()).select_from(listing)
    return conn.execute(query.where(listing.c.updated >= since, listing.c.opened >= since)).scalar_one()


def worst(conn: Connection, since: datetime, *, limit: int) -> list[Listed]:
    """What is open and has changed since then, the worst first, then what changed last."""
    order = (listing.c.severity.desc(), listing.c.updated.desc(), listing.c.alert_id.desc())
    query = select(listing.c.alert_id).where(_OPEN, listing.c.updated >= since).order_by(*order).limit(limit)
    return archive.by_number(conn, conn.execute(query).scalars().all())


def news(conn: Connection, *, limit: int) -> list[News]:
    """What readers were told last, the latest first; of an alert its last version only."""
    rows = sorted(
        (row for kind in _KINDS for row in conn.execute(_LAST, {"kind": kind, "some": 3 * limit})), reverse=True
    )
    found: dict[int, Any] = {}
    for row in rows:
        found.setdefault(row.alert_id, row)
    some = list(found.values())[:limit]
    listed = archive.by_number(conn, [row.alert_id for row in some])
    return [News(kind=row.kind, at=row.at, why=row.why, listed=item) for row, item in zip(some, listed, strict=True)]


_LAST: Final = (
    select(
        alert_version.c.at, alert_version.c.alert_id, alert_version.c.version, alert_version.c.kind, alert_version.c.why
    )
    .where(alert_version.c.kind == bindparam("kind"))
    .order_by(alert_version.c.at.desc())
    .limit(bindparam("some"))
)
