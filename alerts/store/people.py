"""The readers. Who subscribes is the secret: no address gets into a log line, an exception or a `repr`."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Row, Select, func, insert, select, update

from alerts.addresses import normal_address
from alerts.errors import InputError
from alerts.store.schema import person
from alerts.types import Duty, Person, Severity

_PEOPLE: Final[Select[Any]] = select(
    *(person.c.id, person.c.address, person.c.events, person.c.countries),
    *(person.c.min_severity, person.c.language, person.c.active, person.c.duties),
)


def add_person(
    conn: Connection,
    address: str,
    *,
    now: datetime,
    events: Sequence[str] = (),
    countries: Sequence[str] = (),
    min_severity: Severity = "minor",
    language: str = "en",
) -> Person:
    """Add a reader. Raises InputError for what is no mail address, or is on the list already (capitals do
    not make another address). Who was there for another duty only becomes a reader."""
    try:
        address = normal_address(address)
    except ValueError as error:
        raise InputError(f"this {error}") from None
    wishes = {
        "events": list(events),
        "countries": list(countries),
        "min_severity": min_severity,
        "language": language,
        "active": True,
    }
    known = find_person(conn, address)
    if known is None:
        row = {"address": address, **wishes, "duties": ["reader"], "created": now}
        return _person(conn.execute(insert(person).values(row).returning(person)).one())
    if "reader" in known.duties:
        raise InputError("this address is on the list already")
    row = {**wishes, "duties": ["reader", *known.duties]}
    return _person(conn.execute(update(person).where(person.c.id == known.id).values(row).returning(person)).one())


def assign_duties(conn: Connection, duty: Duty, addresses: Collection[str], now: datetime) -> None:
    """Give a duty to exactly those with these addresses. Who is not on the list is added to it for this duty alone,
    and gets no alerts; who loses the duty stays on it. Raises InputError for what is no mail address."""
    try:
        wanted = {normal_address(address).lower(): normal_address(address) for address in addresses}
    except ValueError as error:
        raise InputError(f"this {error}") from None
    for known in list_people(conn):
        has = wanted.pop(known.address.lower(), None) is not None
        if has != (duty in known.duties):
            duties = [*known.duties, duty] if has else [one for one in known.duties if one != duty]
            conn.execute(update(person).where(person.c.id == known.id).values(duties=duties))
    nothing: dict[str, Any] = {"events": [], "countries": [], "min_severity": "minor", "language": "en", "active": True}
    rows = [{"address": address, **nothing, "duties": [duty], "created": now} for address in wanted.values()]
    if rows:
        conn.execute(insert(person), rows)


def find_person(conn: Connection, address: str) -> Person | None:
    """The reader with this address, however it is capitalised."""
    row = conn.execute(_PEOPLE.where(func.lower(person.c.address) == func.lower(address.strip()))).first()
    return None if row is None else _person(row)


def get_person(conn: Connection, person_id: int) -> Person | None:
    row = conn.execute(_PEOPLE.where(person.c.id == person_id)).one_or_none()
    return None if row is None else _person(row)


def get_people(conn: Connection, ids: Collection[int]) -> dict[int, Person]:
    """Readers by id; an unknown id is left out."""
    return {row.id: _person(row) for row in conn.execute(_PEOPLE.where(person.c.id.in_(ids)))}


def list_people(conn: Connection) -> list[Person]:
    """All readers, as they came."""
    return [_person(row) for row in conn.execute(_PEOPLE.order_by(person.c.id))]


def active_people(conn: Connection, duty: Duty = "reader") -> list[Person]:
    """Those of a duty who get mail."""
    people = [_person(row) for row in conn.execute(_PEOPLE.where(person.c.active).order_by(person.c.id))]
    return [one for one in people if duty in one.duties]


def set_active(conn: Connection, person_id: int, active: bool) -> None:
    """Whether a reader gets mail. Raises InputError for an unknown id."""
    if conn.execute(update(person).where(person.c.id == person_id).values(active=active)).rowcount == 0:
        raise InputError(f"there is no reader {person_id}")


def remove_person(conn: Connection, person_id: int) -> None:
    """Forget a reader, with all mails to them. Raises InputError for an unknown id."""
    if conn.execute(person.delete().where(person.c.id == person_id)).rowcount == 0:
        raise InputError(f"there is no reader {person_id}")


def _person(row: Row[Any]) -> Person:
    return Person(
        id=row.id,
        address=row.address,
        events=tuple(row.events),
        countries=tuple(row.countries),
        min_severity=row.min_severity,
        language=row.language,
        active=row.active,
        duties=tuple(row.duties),
    )
