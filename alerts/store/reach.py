"""Which readers may want an alert, found without looking at all of them.

Beside each reader's wishes stand some rows of what they come to: the areas they asked for, with the least severity and
certainty and the kinds of event. They only narrow down who is looked at: whether somebody is told is decided from their
wishes (`notify.audience`). So these rows may find too many, and never too few; whatever changes wishes writes them anew
(`put`).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Final
from zlib import crc32

from sqlalchemy import Connection, delete, exists, insert, select

from alerts.read.regions import country_of_region
from alerts.readers import Near, Wishes
from alerts.store import codec
from alerts.store.batches import AT_ONCE
from alerts.store.schema import person, reach
from alerts.types import CERTAINTIES, SEVERITIES

_EVERYWHERE: Final = ""
_ALL_EVENTS: Final = -1  # every bit
_EVENT_BITS: Final = 62
_CELL: Final = 5  # degrees: of latitude and of longitude
_MOST_CELLS: Final = 40
_POLES: Final = 80.0
_BREADTH_KM: Final = 100.0  # how far from its middle the news of a region may have happened, at most (`notify.places`)
_KM_A_DEGREE: Final = 110.0  # of latitude, or less


def put(conn: Connection, wishes: Mapping[int, Wishes]) -> None:
    """What these readers' wishes come to, from now on; by their ids."""
    conn.execute(delete(reach).where(reach.c.person_id.in_(list(wishes))))
    rows = [row for person_id, asked in wishes.items() for row in rows_of(person_id, asked)]
    if rows:
        conn.execute(insert(reach), rows)


def fill(conn: Connection) -> int:
    """The same for all who have no rows: those of a database of an earlier version. Returns how many."""
    lacking = select(person.c.id, person.c.wishes).where(~exists().where(reach.c.person_id == person.c.id))
    lacking = lacking.order_by(person.c.id).limit(AT_ONCE)
    number, last = 0, 0
    while found := conn.execute(lacking.where(person.c.id > last)).all():
        put(conn, {row.id: codec.wishes(row.wishes) for row in found})
        number, last = number + len(found), found[-1].id
    return number


def candidates(conn: Connection, fields: Mapping[str, Any]) -> list[int]:
    """Everybody who may want an alert (`fields` is its JSON form), and some who do not; by id."""
    query = (
        select(reach.c.person_id)
        .where(
            reach.c.severity <= SEVERITIES.index(fields["severity"]),
            reach.c.certainty <= CERTAINTIES.index(fields["certainty"]),
            reach.c.events.bitwise_and(bit(fields["event"])) != 0,
        )
        .distinct()
    )
    if (place := fields.get("place")) is not None:
        query = query.where(reach.c.area.in_(sorted(areas_of(place))))
    return sorted(conn.execute(query).scalars())


def rows_of(person_id: int, wishes: Wishes) -> list[dict[str, Any]]:
    """A reader's rows."""
    events = _ALL_EVENTS
    if wishes.events:
        events = 0
        for event in wishes.events:
            events |= bit(event)
    common = {
        "person_id": person_id,
        "severity": SEVERITIES.index(wishes.min_severity),
        "certainty": CERTAINTIES.index(wishes.min_certainty),
        "events": events,
    }
    return [{**common, "area": area} for area in sorted(areas(wishes))]


def areas(wishes: Wishes) -> set[str]:
    """The areas in which a reader may want an alert. A country stands for all that is in it; with "~" before it, for
    what is known only to be somewhere in it. "@" is a cell of the globe."""
    found = set(wishes.countries)
    for region in wishes.regions:
        found |= {region, f"~{country_of_region(region)}"}
    for near in wishes.near:
        found |= _around(near)
    return found if found and _EVERYWHERE not in found else {_EVERYWHERE}


def areas_of(place: Mapping[str, Any]) -> set[str]:
    """The areas that an alert at a place (its JSON form) is in."""
    lat, lon, country = place.get("lat"), place.get("lon"), place["country"]
    found = {_EVERYWHERE, country, place["id"], place.get("admin1") or _EVERYWHERE}
    if lat is None or lon is None or place["precision"] in ("country", "admin1"):
        found.add(f"~{country}")
    if lat is not None and lon is not None:
        found.add(_cell(math.floor(lat / _CELL), math.floor(lon / _CELL)))
    return found


def _around(near: Near) -> set[str]:
    """The cells that are near enough, and what is known only to be in the same region or country."""
    north = (near.km + _BREADTH_KM) / _KM_A_DEGREE
    if not near.country or abs(near.lat) + north > _POLES:
        return {_EVERYWHERE}
    east = north / math.cos(math.radians(abs(near.lat) + north))
    rows, columns = _span(near.lat, north), _span(near.lon, east)
    if len(rows) * len(columns) > _MOST_CELLS:
        return {_EVERYWHERE}
    cells = {_cell(row, column) for row in rows for column in columns}
    return cells | {f"~{near.country}", near.region or f"~{near.country}"}


def _span(middle: float, half: float) -> range:
    return range(math.floor((middle - half) / _CELL), math.floor((middle + half) / _CELL) + 1)


def _cell(row: int, column: int) -> str:
    return f"@{row},{column % (360 // _CELL)}"


def bit(event: str) -> int:
    """The bit of a kind of event; several may share one."""
    return 1 << crc32(event.encode()) % _EVENT_BITS
