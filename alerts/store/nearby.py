"""What else happened near an alert, in space and in time: for its readers, who see more in it with what is around."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, select

from alerts.globe import distance_km
from alerts.store import codec
from alerts.store.placed import KNOWN
from alerts.store.schema import alert
from alerts.types import Alert, AlertState, Place, Severity

_DAYS: Final = timedelta(days=14)
_LOOKED_AT: Final = 300  # the latest of a country: more do not make it clearer what is around
_HERE_KM: Final = 75.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbour:
    """Another alert; `km` away, None where it is not known of both where exactly they lie."""

    id: str
    title: str
    event: str
    severity: Severity
    state: AlertState
    place: Place
    last_event: datetime
    km: float | None


def neighbours(conn: Connection, value: Alert, *, limit: int) -> list[Neighbour]:
    """Alerts that readers were told of, of the weeks around this one and near it, the nearest first: up to 75 km away,
    or in the same region where one of the two is not known better. Those of its own incident are not among them, and
    none of which more waits for a person."""
    place = value.place
    if place is None:
        return []
    query = (
        select(
            alert.c.id, alert.c.title, alert.c.event, alert.c.severity, alert.c.state, alert.c.place, alert.c.last_event
        )
        .where(
            alert.c.country == place.country,
            alert.c.last_event.between(value.last_event - _DAYS, value.last_event + _DAYS),
            alert.c.version > 0,
            alert.c.state.not_in(("cancelled", "merged")),
            KNOWN,
            alert.c.incident_id != codec.row_id(value.incident),
            alert.c.id != codec.row_id(value.id),
        )
        .order_by(alert.c.last_event.desc(), alert.c.id.desc())
        .limit(_LOOKED_AT)
    )
    found = []
    for row in conn.execute(query):
        where = codec.place(row.place)
        if where is not None and _is_near(place, where):
            columns = row._asdict() | {"id": str(row.id), "place": where, "km": _away(place, where)}
            found.append(Neighbour(**columns))
    return sorted(found, key=lambda one: (one.km is None, one.km or 0.0))[:limit]


def _is_near(place: Place, other: Place) -> bool:
    if (km := _away(place, other)) is not None:
        return km <= _HERE_KM
    return place.precision == "country" or (place.admin1 is not None and place.admin1 == other.admin1)


def _away(place: Place, other: Place) -> float | None:
    """The way between two towns."""
    points = [(one.lat, one.lon) for one in (place, other) if one.precision in ("city", "admin2")]
    if len(points) < 2 or None in (*points[0], *points[1]):
        return None
    (lat, lon), (other_lat, other_lon) = points
    assert lat is not None and lon is not None and other_lat is not None and other_lon is not None
    return distance_km(lat, lon, other_lat, other_lon)
