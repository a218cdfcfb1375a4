"""Incidents: the happenings that alerts of one or several rules tell of, and what is near a new report.

Which alert belongs to which incident is decided in `track.incidents`; an alert's incident is changed here only.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import BindParameter, Connection, bindparam, delete, insert, select, union_all, update

from alerts.store import codec
from alerts.store.alerts import alert_from
from alerts.store.schema import BIG, UtcTime, alert, evidence, incident, story
from alerts.track.incidents import FINE, ONE_PLACE, ONE_STORY, Incident, Near, Report
from alerts.types import Alert, Place

_COPIES: Final = timedelta(days=7)  # between the first article of a story and a copy that can matter
_LIVE: Final = alert.c.state.not_in(("cancelled", "merged"))


def begin(conn: Connection, opened: datetime) -> str:
    """A new incident; its id."""
    return str(conn.execute(insert(incident).values(opened=opened).returning(incident.c.id)).scalar_one())


def others(conn: Connection, incident_id: str, alert_id: str) -> list[tuple[Alert, str]]:
    """The other alerts of an alert's incident, each with its title."""
    here = (alert.c.incident_id == int(incident_id)) & (alert.c.id != int(alert_id))
    return [(alert_from(row), row.title) for row in conn.execute(select(alert).where(here).order_by(alert.c.id))]


def join(conn: Connection, into: str, gone: str) -> None:
    """Two incidents are one: all alerts of `gone` go over, and it is no more."""
    conn.execute(update(alert).where(alert.c.incident_id == int(gone)).values(incident_id=int(into)))
    _forget_empty(conn, [gone])


def move(conn: Connection, alert_ids: Sequence[str], into: str) -> None:
    """Put alerts into another incident. One that is left without alerts is no more."""
    here = alert.c.id.in_([int(alert_id) for alert_id in alert_ids])
    left = {str(one) for one in conn.execute(select(alert.c.incident_id).where(here)).scalars()} - {into}
    conn.execute(update(alert).where(here).values(incident_id=int(into)))
    _forget_empty(conn, left)


def _forget_empty(conn: Connection, incident_ids: Iterable[str]) -> None:
    used = select(alert.c.id).where(alert.c.incident_id == incident.c.id).exists()
    conn.execute(delete(incident).where(incident.c.id.in_([int(one) for one in incident_ids]), ~used))


def incidents(conn: Connection, ids: Iterable[str]) -> dict[str, Incident]:
    """Incidents by id, each with the places of its alerts. What was wrong is nowhere."""
    wanted = {"ids": sorted(int(one) for one in ids)}
    if not wanted["ids"]:
        return {}
    opened = dict(conn.execute(_OPENED, wanted).all())
    places: dict[int, list[Place | None]] = {one: [] for one in opened}
    for incident_id, place in conn.execute(_PLACES, wanted):
        places[incident_id].append(codec.place(place))
    return {str(one): Incident(id=str(one), opened=at, places=tuple(places[one])) for one, at in sorted(opened.items())}


def near(conn: Connection, new: Report, published: datetime, alert_id: str, place: Place | None) -> list[Near]:
    """The alerts (other than `alert_id`) that may tell of the happening that `new` tells: those with its article or
    a copy of it, and those with reports from the same town."""
    found: dict[int, list[Report]] = {}
    same = {"article": int(new.article), "story": int(new.story)}
    printed = {"first": published - _COPIES, "last": published + _COPIES}
    around = {"since": new.at - ONE_STORY, "until": new.at + ONE_STORY}
    for owner, article, at in conn.execute(_TOLD, same | printed | around):
        found.setdefault(owner, []).append(Report(article=str(article), story=new.story, at=at))
    if place is not None and place.precision in FINE:
        for owner, nearest in _of_town(conn, place, new.at).items():
            found.setdefault(owner, [nearest])
    found.pop(int(alert_id or 0), None)
    if not found:
        return []
    rows = conn.execute(_ALERTS, {"ids": sorted(found)})
    return [Near(alert=alert_from(row), reports=tuple(found[row.id])) for row in rows]


def _of_town(conn: Connection, place: Place, at: datetime) -> dict[int, Report]:
    """By alert of a town, its report of what happened nearest to `at`, if anything happened near it."""
    given = {"of_country": place.country, "of_place": place.id, "since": at - ONE_PLACE, "until": at + ONE_PLACE}
    found: dict[int, list[Report]] = {}
    for owner, article, time in conn.execute(_TOWN, given):
        found.setdefault(owner, []).append(Report(article=str(article), story=str(article), at=time))
    return {
        owner: min(reports, key=lambda one: (abs(one.at - at), int(one.article))) for owner, reports in found.items()
    }


# Statements are made once: putting one together takes longer than it takes to run.
_IDS: Final[BindParameter[int]] = bindparam("ids", expanding=True)
_SINCE: Final = bindparam("since", type_=UtcTime)
_UNTIL: Final = bindparam("until", type_=UtcTime)
_OPENED: Final = select(incident.c.id, incident.c.opened).where(incident.c.id.in_(_IDS))
_PLACES: Final = (
    select(alert.c.incident_id, alert.c.place).where(alert.c.incident_id.in_(_IDS), _LIVE).order_by(alert.c.id)
)
_COPIED: Final = select(story.c.article_id).where(
    story.c.first_id == bindparam("story", type_=BIG),
    story.c.published.between(bindparam("first", type_=UtcTime), bindparam("last", type_=UtcTime)),
)
_TOLD: Final = select(evidence.c.alert_id, evidence.c.article_id, evidence.c.event_time).where(
    evidence.c.article_id.in_(
        union_all(
            _COPIED,
            select(bindparam("story", type_=BIG)),
            select(bindparam("article", type_=BIG)),
        )
    ),
    evidence.c.event_time.between(_SINCE, _UNTIL),
)
_ALERTS: Final = select(alert).where(alert.c.id.in_(_IDS), _LIVE).order_by(alert.c.id)
_TOWN: Final = (
    select(evidence.c.alert_id, evidence.c.article_id, evidence.c.event_time)
    .join(alert, alert.c.id == evidence.c.alert_id)
    .where(
        alert.c.country == bindparam("of_country"),
        alert.c.last_event >= _SINCE,
        alert.c.first_event <= _UNTIL,
        alert.c.place_id == bindparam("of_place"),
        _LIVE,
        evidence.c.event_time.between(_SINCE, _UNTIL),
    )
    .order_by(evidence.c.alert_id)
)
