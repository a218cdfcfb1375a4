"""Who asked for mails and has not said yes yet, who says yes, and who leaves.

`person.asked` holds the wishes of the last letter that asks for a yes. A stranger, somebody without duties who is no
operator, is forgotten some time after `person.created`, which each such letter renews.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, delete, exists, func, select, update

from alerts.readers import Person, Wishes
from alerts.store import outbox, people, reach
from alerts.store.schema import operator, person
from alerts.store.schema import outbox as outbox_table

_NO_DUTIES: Final = func.json_array_length(person.c.duties) == 0
_OPERATOR: Final = exists().where(operator.c.person_id == person.c.id)
_STRANGER: Final = _NO_DUTIES & ~person.c.active & ~_OPERATOR
_UNSENT: Final = ("queued", "bundled")


def find_or_make(conn: Connection, address: str, now: datetime) -> Person:
    """Who has this address; a stranger if nobody had. Raises InputError for what is no mail address."""
    return people.find_person(conn, address) or people.put_person(conn, address, duties=(), active=False, now=now)


def ask(conn: Connection, person_id: int, wishes: Wishes, now: datetime) -> None:
    """Keep the wishes that wait for a yes, in place of earlier ones."""
    conn.execute(update(person).where(person.c.id == person_id).values(asked=people.stored(conn, wishes)))
    conn.execute(update(person).where((person.c.id == person_id) & _STRANGER).values(created=now))


def asked_of(conn: Connection, ids: Collection[int]) -> dict[int, Wishes]:
    """The wishes that wait for a yes, of those who have such."""
    query = select(person.c.id, person.c.asked).where(person.c.id.in_(ids))
    return {row.id: people.wishes_of(conn, row.asked) for row in conn.execute(query) if row.asked is not None}


def confirm(conn: Connection, who: Person, wishes: Wishes, now: datetime) -> bool:
    """They said yes: the wishes take force, and they are a reader. False, and nothing, when this series is over."""
    duties = who.duties if "reader" in who.duties else ("reader", *who.duties)
    values = {"wishes": people.stored(conn, wishes), "active": True, "duties": list(duties), "confirmed": now}
    if not _next_series(conn, who, values):
        return False
    reach.put(conn, {who.id: wishes})
    return True


def leave(conn: Connection, who: Person, now: datetime) -> bool:
    """They get no alerts any more, and nothing that was to go. Who has other duties goes on with these, of others the
    wishes are kept. False, and nothing, when this series is over."""
    others = [duty for duty in who.duties if duty != "reader"]
    values: dict[str, Any] = {"duties": others} if others else {"active": False}
    if not _next_series(conn, who, values):
        return False
    withdraw(conn, who.id, outbox_table.c.alert_id.is_not(None), now)
    return True


def _next_series(conn: Connection, who: Person, values: dict[str, Any]) -> bool:
    fenced = update(person).where(person.c.id == who.id, person.c.series == who.series)
    return conn.execute(fenced.values(**values, asked=None, series=who.series + 1)).rowcount == 1


def withdraw_letters(conn: Connection, person_id: int, kind: str, now: datetime) -> None:
    """Take back a letter of this kind that has not gone yet: another one says the same."""
    withdraw(conn, person_id, outbox_table.c.letter == kind, now)


def withdraw(conn: Connection, person_id: int, which: ColumnElement[bool], now: datetime) -> None:
    """Take back the mails of a person that are among `which`, and have not gone yet."""
    query = select(outbox_table.c.id).where(
        outbox_table.c.person_id == person_id, outbox_table.c.state.in_(_UNSENT), which
    )
    outbox.take_back(conn, conn.execute(query).scalars().all(), now)


def forget(conn: Connection, before: datetime) -> int:
    """Erase the strangers who asked last at `before` or earlier, with all about them; how many."""
    return conn.execute(delete(person).where(_STRANGER, person.c.created <= before)).rowcount
