"""The operators: who looks after the service on its pages, in which role, and under which name.

An operator is a person with an address, to which the link goes that logs them in; they need not get any alert. Whoever
loses the role, or gets another, is logged out everywhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, cast

from sqlalchemy import Connection, Row, delete, insert, select, update

from alerts.errors import InputError
from alerts.roles import OperatorRole
from alerts.store import keys, people, sessions
from alerts.store.codec import clean
from alerts.store.schema import operator

LONGEST_NAME: Final = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Operator:
    """`name` is how pages and the audit log call them."""

    person_id: int
    role: OperatorRole
    name: str
    added: datetime


def add(conn: Connection, address: str, role: OperatorRole, name: str, now: datetime) -> Operator:
    """Make who has this address an operator; somebody new if nobody has it. Raises InputError for what is no address,
    who is an operator already, and a name that cannot be used."""
    name = _name(conn, name)
    known = people.find_person(conn, address)
    if known is not None and (there := get(conn, known.id)) is not None:
        raise InputError(f"this address belongs to an operator already: {there.name} ({there.role})")
    if known is None:
        known = people.put_person(conn, address, duties=(), active=False, now=now)
    row = {"person_id": known.id, "role": role, "name": name, "added": now}
    return _operator(conn.execute(insert(operator).values(row).returning(operator)).one())


def _name(conn: Connection, name: str) -> str:
    """The name in one line. An address is none: names are shown, and stay in the audit log for good."""
    name = " ".join(clean(name).split())
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise InputError(f"the name of an operator has 1 to {LONGEST_NAME} letters")
    if "@" in name:
        raise InputError("the name of an operator is shown and stays in the audit log: it must not be an address")
    if find_by_name(conn, name) is not None:
        raise InputError(f"there is an operator called {name} already: who did what would not be clear")
    return name


def get(conn: Connection, person_id: int) -> Operator | None:
    row = conn.execute(select(operator).where(operator.c.person_id == person_id)).one_or_none()
    return None if row is None else _operator(row)


def find_by_name(conn: Connection, name: str) -> Operator | None:
    """Who has this name, however it is capitalised."""
    wanted = " ".join(name.split()).casefold()
    return next((one for one in list_all(conn) if one.name.casefold() == wanted), None)


def list_all(conn: Connection) -> list[Operator]:
    """All of them, as they came."""
    return [_operator(row) for row in conn.execute(select(operator).order_by(operator.c.added, operator.c.person_id))]


def set_role(conn: Connection, person_id: int, role: OperatorRole) -> None:
    """Give an operator another role; they have to log in anew. Raises InputError for who is none."""
    if conn.execute(update(operator).where(operator.c.person_id == person_id).values(role=role)).rowcount == 0:
        raise InputError(f"person {person_id} is no operator")
    sessions.end_all(conn, person_id)


def remove(conn: Connection, person_id: int) -> None:
    """Take the role from somebody, and log them out; keys of theirs open nothing any more. Who is nothing else here is
    forgotten; a reader stays one. Raises InputError for who is no operator."""
    if conn.execute(delete(operator).where(operator.c.person_id == person_id)).rowcount == 0:
        raise InputError(f"person {person_id} is no operator")
    sessions.end_all(conn, person_id)
    keys.withdraw_all(conn, person_id)
    person = people.get_person(conn, person_id)
    if person is not None and not person.duties and not person.active:
        people.remove_person(conn, person_id)


def _operator(row: Row[Any]) -> Operator:
    return Operator(person_id=row.person_id, role=cast(OperatorRole, row.role), name=row.name, added=row.added)
