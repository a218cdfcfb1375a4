"""What readers were told of places: how much is open where, what happened in one, and the reports that the ledger of a
place rests on."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Select, case, func, select

from alerts.store import archive
from alerts.store.alerts import Listed
from alerts.store.schema import alert, article, evidence, feed, listing
from alerts.types import OPEN_STATES, SEVERITIES, Place, Severity

MOST_COUNTED: Final = 1_000
KNOWN: Final = alert.c.triage.is_(None) | alert.c.triage.not_in(("waiting", "dropped"))
"""An alert of which readers may know all that it says."""
_OPEN: Final = listing.c.state.in_(OPEN_STATES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Here:
    """A place as the archive is asked for it: a country, a province (or those of a wider region), or a place."""

    country: str
    regions: tuple[str, ...] = ()
    place_id: str = ""

    def within(self, country: ColumnElement[Any] = listing.c.country) -> ColumnElement[bool]:
        """Whether an alert is of the place, or of one that lies in it."""
        if self.regions:
            return listing.c.region.in_(sorted({*self.regions, self.place_id}))
        return listing.c.place_id == self.place_id if self.place_id else country == self.country

    @property
    def among_few(self) -> ColumnElement[bool]:
        """The same for questions whose answer is soon found by another index than that of countries, in which a
        country at war has half of the archive: what is open, what changed last."""
        return self.within(func.coalesce(listing.c.country, ""))


@dataclass(frozen=True, slots=True, kw_only=True)
class Inside:
    """A part of a place (a province, a town) with what readers were told of it: how many alerts, how many of them are
    open, and the worst of those."""

    place: Place
    told: int
    open: int
    worst: Severity | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """An article as the ledger names it, with the alert that it is evidence of, if readers were told of one."""

    source: str
    title: str
    url: str
    published: datetime
    alert_id: str | None = None


@dataclass(slots=True)
class Tally:
    """The alerts of a country: how many readers were told of, and by level how many of them are open."""

    told: int = 0
    open: dict[Severity, int] = field(default_factory=dict)


def by_country(conn: Connection) -> dict[str, Tally]:
    """Every country of the archive."""
    known = listing.c.country.is_not(None)
    found: dict[str, Tally] = defaultdict(Tally)
    query = select(listing.c.country, func.count()).where(known).group_by(listing.c.country)
    for country, told in conn.execute(query):
        found[country].told = told
    for country, levels in open_by_country(conn).items():
        found[country].open = levels
    return dict(found)


def open_by_country(conn: Connection) -> dict[str, dict[Severity, int]]:
    """How much is open in each country, by level."""
    country = func.coalesce(listing.c.country, "")  # not in the order of the index of countries: see `Here.among_few`
    query = select(country.label("code"), listing.c.severity, func.count().label("number")).where(_OPEN)
    found: dict[str, dict[Severity, int]] = defaultdict(dict)
    for row in conn.execute(query.group_by("code", listing.c.severity)):
        found[row.code][SEVERITIES[row.severity]] = row.number
    return {code: levels for code, levels in found.items() if code}


def open_alerts(conn: Connection, here: Here, *, limit: int) -> list[Listed]:
    """What is open at a place or in it, the worst first, then what changed last."""
    order = (listing.c.severity.desc(), listing.c.updated.desc(), listing.c.alert_id.desc())
    return _listed(conn, select(listing.c.alert_id).where(_OPEN, here.among_few).order_by(*order).limit(limit))


def latest(conn: Connection, here: Here, *, limit: int) -> list[Listed]:
    """What is over at a place or in it, the latest changed first."""
    order = (listing.c.updated.desc(), listing.c.alert_id.desc())
    return _listed(conn, select(listing.c.alert_id).where(~_OPEN, here.within()).order_by(*order).limit(limit))


def count(conn: Connection, here: Here) -> tuple[int, int]:
    """How many alerts of a place readers were told of, up to `MOST_COUNTED`, and how many of them are open."""
    some = select(listing.c.alert_id).where(here.within()).limit(MOST_COUNTED).subquery()
    told = conn.execute(select(func.count()).select_from(some)).scalar_one()
    still_open = select(func.count()).select_from(listing).where(_OPEN, here.among_few)
    return told, conn.execute(still_open).scalar_one()


def _listed(conn: Connection, query: Select[Any]) -> list[Listed]:
    return archive.by_number(conn, conn.execute(query).scalars().all())


def inside(conn: Connection, here: Here, since: datetime, *, limit: int) -> list[Inside]:
    """The places in a place of which readers were told something since then, those with open alerts first, then those
    with most."""
    worst = func.max(case((_OPEN, listing.c.severity)))
    query = (
        select(
            func.max(listing.c.alert_id).label("last"),
            func.count().label("told"),
            func.sum(case((_OPEN, 1), else_=0)).label("open"),
            worst.label("worst"),
        )
        .where(here.within(), listing.c.updated >= since)
        .where(listing.c.place_id.not_in({here.country, here.place_id}))
        .group_by(listing.c.place_id)
    )
    ranked = query.order_by(func.coalesce(worst, -1).desc(), func.count().desc()).limit(limit)
    rows = conn.execute(ranked).all()
    shown = archive.by_number(conn, [row.last for row in rows])
    return [
        Inside(
            place=item.alert.place,
            told=row.told,
            open=int(row.open or 0),
            worst=None if row.worst is None else SEVERITIES[row.worst],
        )
        for row, item in zip(rows, shown, strict=True)
        if item.alert.place is not None
    ]


def known(conn: Connection, place_id: str) -> Place | None:
    """A place by its id as an alert has it, where no list of places knows it."""
    last = select(listing.c.alert_id).where(listing.c.place_id == place_id).order_by(listing.c.updated.desc()).limit(1)
    return next((item.alert.place for item in _listed(conn, last)), None)


def reports(conn: Connection, article_ids: Collection[int]) -> dict[int, Report]:
    """Articles by their ids, those that there still are."""
    query = (
        select(article.c.id, article.c.title, article.c.url, article.c.published, feed.c.source)
        .join(feed, feed.c.id == article.c.feed_id)
        .where(article.c.id.in_(article_ids))
    )
    told = _alerts_of(conn, article_ids)
    return {
        row.id: Report(
            source=row.source, title=row.title, url=row.url, published=row.published, alert_id=told.get(row.id)
        )
        for row in conn.execute(query)
    }


def _alerts_of(conn: Connection, article_ids: Collection[int]) -> Mapping[int, str]:
    """None of which more waits: that may be the article."""
    query = (
        select(evidence.c.article_id, func.min(alert.c.id).label("alert"))
        .join(alert, alert.c.id == evidence.c.alert_id)
        .where(evidence.c.article_id.in_(article_ids), alert.c.version > 0, KNOWN)
        .group_by(evidence.c.article_id)
    )
    return {row.article_id: str(row.alert) for row in conn.execute(query)}
