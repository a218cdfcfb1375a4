"""The readers. Who subscribes is the secret: addresses are sealed here, found by their marks, and opened only by
`addresses`; none gets into a log line, an exception or a `repr`. An OpenPGP key names its owner: it is sealed as
well."""

from __future__ import annotations

import hmac
import json
from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Row, Select, Text, cast, insert, select, update

from alerts.addresses import normal_address
from alerts.errors import AlertsError, InputError
from alerts.readers import ALL, Duty, Person, Wishes
from alerts.store import codec, meta, reach
from alerts.store.batches import in_batches
from alerts.store.database import vault_of
from alerts.store.schema import person

_SECRET: Final = "mark of the secret"
_CHECK: Final = "\x1fthis database"  # no address
_PEOPLE: Final[Select[Any]] = select(
    *(person.c.id, cast(person.c.wishes, Text).label("wishes"), person.c.active, person.c.duties, person.c.series),
)


def add_person(conn: Connection, address: str, *, now: datetime, wishes: Wishes = ALL) -> Person:
    """Add a reader. Raises InputError for what is no mail address, or is on the list already (capitals do
    not make another address). Who was there for another duty only, or is a stranger, becomes a reader."""
    address = _normal(address)
    known = find_person(conn, address)
    if known is None:
        return put_person(conn, address, duties=["reader"], now=now, wishes=wishes)
    if "reader" in known.duties:
        wake = "" if known.active else f", who gets no mail (to send them mails again: alerts people resume {known.id})"
        raise InputError(f"this address is on the list already, as reader {known.id}{wake}")
    row = {"wishes": stored(conn, wishes), "active": True, "duties": ["reader", *known.duties], "asked": None}
    conn.execute(update(person).where(person.c.id == known.id).values(row))
    reach.put(conn, {known.id: wishes})
    return get_people(conn, [known.id])[known.id]


def put_person(
    conn: Connection,
    address: str,
    *,
    duties: Collection[Duty],
    now: datetime,
    wishes: Wishes = ALL,
    active: bool = True,
) -> Person:
    """A new row for an address that has none. Raises InputError for what is no mail address."""
    address, vault = _normal(address), vault_of(conn)
    row = {
        "address": vault.seal(address),
        "mark": vault.mark(address),
        "wishes": stored(conn, wishes),
        "active": active,
        "duties": list(duties),
        "created": now,
    }
    person_id = conn.execute(insert(person).values(row).returning(person.c.id)).scalar_one()
    reach.put(conn, {person_id: wishes})
    return get_people(conn, [person_id])[person_id]


def _normal(address: str) -> str:
    try:
        return normal_address(address)
    except ValueError as error:
        raise InputError(f"this {error}") from None


def assign_duties(conn: Connection, duty: Duty, addresses: Collection[str], now: datetime) -> None:
    """Give a duty to exactly those with these addresses. Who is not on the list is added to it for this duty alone,
    and gets no alerts; who loses the duty stays on it. Raises InputError for what is no mail address."""
    vault = vault_of(conn)
    wanted = {vault.mark(address): address for address in map(_normal, addresses)}
    concerned = person.c.mark.in_(list(wanted)) | _has_duty(duty)
    for row in conn.execute(select(person.c.id, person.c.mark, person.c.duties).where(concerned)).all():
        has = wanted.pop(row.mark, None) is not None
        if has != (duty in row.duties):
            duties = [*row.duties, duty] if has else [one for one in row.duties if one != duty]
            change: dict[str, Any] = {"duties": duties} | ({} if row.duties else {"active": True})
            conn.execute(update(person).where(person.c.id == row.id).values(change))
    for address in wanted.values():
        put_person(conn, address, duties=(duty,), now=now)


def find_person(conn: Connection, address: str) -> Person | None:
    """Who has this address, however it is capitalised."""
    row = conn.execute(_PEOPLE.where(person.c.mark == mark_of(conn, address))).first()
    return None if row is None else _person(conn, row)


def mark_of(conn: Connection, address: str) -> str:
    """The keyed mark of an address, by which it is found; of what is no address, one that nobody has."""
    try:
        address = normal_address(address)
    except ValueError:
        address = address.strip().encode("utf-8", "replace").decode()
    return vault_of(conn).mark(address)


def marks(conn: Connection, ids: Collection[int]) -> dict[int, str]:
    """The marks of these people's addresses."""
    return {row.id: row.mark for row in conn.execute(select(person.c.id, person.c.mark).where(person.c.id.in_(ids)))}


def addresses(conn: Connection, ids: Collection[int]) -> dict[int, str]:
    """The addresses of these people, opened: for a mail, or for an operator who asks. Raises AlertsError where they
    were sealed with another secret."""
    vault = vault_of(conn)
    query = select(person.c.id, person.c.address).where(person.c.id.in_(ids))
    return {row.id: vault.open(row.address) for row in conn.execute(query)}


def seal_addresses(conn: Connection) -> int:
    """Seal the addresses that an earlier version of this program stored as they were; how many."""
    vault = vault_of(conn)
    plain = conn.execute(select(person.c.id, person.c.address).where(person.c.mark.is_(None))).all()
    for row in plain:
        sealed = {"address": vault.seal(row.address), "mark": vault.mark(row.address)}
        conn.execute(update(person).where(person.c.id == row.id).values(sealed))
    return len(plain)


def take_secret(conn: Connection) -> None:
    """Use the database with its vault from now on. Raises AlertsError where another secret was used before: readers
    would be lost one by one."""
    vault = vault_of(conn)
    if before := meta.get(conn, _SECRET):
        if not hmac.compare_digest(before, vault.mark(_CHECK)):
            raise AlertsError(
                "the addresses in the database were sealed with another secret: restore the file that belongs to it "
                '(secret_file in the configuration, or "secret" in the data folder)'
            )
    else:
        meta.put(conn, _SECRET, vault.mark(_CHECK))
    seal_addresses(conn)


def sealed(conn: Connection) -> bool:
    """Whether a secret was ever used with this database."""
    return meta.get(conn, _SECRET) is not None


def get_person(conn: Connection, person_id: int) -> Person | None:
    row = conn.execute(_PEOPLE.where(person.c.id == person_id)).one_or_none()
    return None if row is None else _person(conn, row)


def get_people(conn: Connection, ids: Collection[int]) -> dict[int, Person]:
    """Readers by id; an unknown id is left out."""
    found: dict[int, Person] = {}
    for some in in_batches(ids):
        found |= {row.id: _person(conn, row) for row in conn.execute(_PEOPLE.where(person.c.id.in_(some))).all()}
    return found


def lock_people(conn: Connection, ids: Collection[int]) -> dict[int, Person]:
    """The same, locked until the transaction ends; left out is who is locked by another at this moment."""
    query = _PEOPLE.where(person.c.id.in_(ids)).order_by(person.c.id)
    query = query.with_for_update(key_share=True, skip_locked=True)
    return {row.id: _person(conn, row) for row in conn.execute(query).all()}


def list_people(conn: Connection) -> list[Person]:
    """All but strangers, as they came."""
    people = [_person(conn, row) for row in conn.execute(_PEOPLE.order_by(person.c.id))]
    return [one for one in people if one.duties or one.active]


def active_people(conn: Connection, duty: Duty = "reader") -> list[Person]:
    """Those of a duty who get mail."""
    query = _PEOPLE.where(person.c.active, _has_duty(duty)).order_by(person.c.id)
    return [_person(conn, row) for row in conn.execute(query)]


def _has_duty(duty: Duty) -> ColumnElement[bool]:
    """Of a person; told by the database, for there may be a million readers and two operators."""
    return cast(person.c.duties, Text).contains(f'"{duty}"')


def reading(conn: Connection, ids: Collection[int]) -> set[int]:
    """Those of these people who are readers, and get mail."""
    found: set[int] = set()
    for some in in_batches(ids):
        query = select(person.c.id).where(person.c.id.in_(some), person.c.active, _has_duty("reader"))
        found.update(conn.execute(query).scalars())
    return found


def set_wishes(conn: Connection, person_id: int, wishes: Wishes) -> None:
    """What a reader asks for from now on. Raises InputError for an unknown id."""
    _change(conn, person_id, wishes=stored(conn, wishes))
    reach.put(conn, {person_id: wishes})


def set_active(conn: Connection, person_id: int, active: bool) -> None:
    """Whether a reader gets mail. Raises InputError for an unknown id."""
    _change(conn, person_id, active=active)


def _change(conn: Connection, person_id: int, **values: Any) -> None:
    if conn.execute(update(person).where(person.c.id == person_id).values(values)).rowcount == 0:
        raise InputError(f"there is no reader {person_id}")


def remove_person(conn: Connection, person_id: int) -> None:
    """Forget a reader, with all mails to them. Raises InputError for an unknown id."""
    if conn.execute(person.delete().where(person.c.id == person_id)).rowcount == 0:
        raise InputError(f"there is no reader {person_id}")


def stored(conn: Connection, wishes: Wishes) -> dict[str, Any]:
    """Wishes as they lie in the database."""
    found: dict[str, Any] = codec.to_json(wishes)
    return found | {"key": vault_of(conn).seal(wishes.key)} if wishes.key else found


def wishes_of(conn: Connection, data: Mapping[str, Any]) -> Wishes:
    """What was `stored`. Raises AlertsError where it was sealed with another secret."""
    return _opened(conn, codec.wishes(data))


def _opened(conn: Connection, found: Wishes) -> Wishes:
    return replace(found, key=vault_of(conn).open(found.key)) if found.key else found


def _person(conn: Connection, row: Row[Any]) -> Person:
    return Person(
        id=row.id,
        wishes=_opened(conn, _read(row.wishes)),
        active=row.active,
        duties=tuple(row.duties),
        series=row.series,
    )


@lru_cache(maxsize=4_096)
def _read(found: str) -> Wishes:
    """What many ask for alike is read once; its key as it lies in the database, sealed."""
    return codec.wishes(json.loads(found))
