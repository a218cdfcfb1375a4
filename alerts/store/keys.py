"""Keys by which programs of operators read the data where these are private. Only hashes of them are stored, so a key
is shown once, when it is made. It opens the data as long as whose it is may see them, and nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, Row, Select, delete, insert, select, update

from alerts.errors import InputError
from alerts.store.codec import clean
from alerts.store.schema import data_key, operator

LONGEST_LABEL: Final = 60
MOST: Final = 20
USED: Final = timedelta(days=1)
"""How exactly `Key.used` is kept: a program that asks each minute does not write as often."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """`label` says what it is for, `name` whose it is."""

    id: int
    person_id: int
    name: str
    label: str
    created: datetime
    used: datetime | None


def add(conn: Connection, mark: str, *, person_id: int, label: str, now: datetime) -> Key:
    """Keep a new key of an operator by its hash. Raises InputError for a label that cannot be used, for who is no
    operator, and for who has too many."""
    label = " ".join(clean(label).split())
    if not label or len(label) > LONGEST_LABEL or not label.isprintable() or "@" in label:
        raise InputError(f"say in 1 to {LONGEST_LABEL} letters what the key is for, without an address")
    whose = select(operator.c.person_id).where(operator.c.person_id == person_id).with_for_update()
    if conn.execute(whose).first() is None:
        raise InputError("only operators have keys")
    if len(of_person(conn, person_id)) >= MOST:
        raise InputError(f"nobody has more than {MOST} keys; withdraw one that is not used any more")
    row = {"mark": mark, "person_id": person_id, "label": label, "created": now}
    made = conn.execute(insert(data_key).values(row).returning(data_key.c.id)).scalar_one()
    return _key(conn.execute(_keys().where(data_key.c.id == made)).one())


def find(conn: Connection, mark: str) -> Key | None:
    """The key of this hash, as long as whose it is is an operator."""
    row = conn.execute(_keys().where(data_key.c.mark == mark)).one_or_none()
    return None if row is None else _key(row)


def get(conn: Connection, key_id: int) -> Key | None:
    row = conn.execute(_keys().where(data_key.c.id == key_id)).one_or_none()
    return None if row is None else _key(row)


def of_person(conn: Connection, person_id: int) -> list[Key]:
    """All keys of an operator, as they were made."""
    return list(map(_key, conn.execute(_keys().where(data_key.c.person_id == person_id).order_by(data_key.c.id))))


def list_all(conn: Connection) -> list[Key]:
    """All keys, as they were made."""
    return list(map(_key, conn.execute(_keys().order_by(data_key.c.id))))


def touch(conn: Connection, key_id: int, now: datetime) -> None:
    """A program uses this key."""
    conn.execute(update(data_key).where(data_key.c.id == key_id).values(used=now))


def withdraw(conn: Connection, key_id: int, person_id: int) -> bool:
    """A key of this person opens nothing any more. False for one that is not theirs, or is gone."""
    gone = delete(data_key).where(data_key.c.id == key_id, data_key.c.person_id == person_id)
    return conn.execute(gone).rowcount == 1


def withdraw_all(conn: Connection, person_id: int) -> int:
    """All keys of a person open nothing any more; how many there were."""
    return conn.execute(delete(data_key).where(data_key.c.person_id == person_id)).rowcount


def _keys() -> Select[tuple[object, ...]]:
    columns = [column for column in data_key.c if column.name != "mark"]
    return select(*columns, operator.c.name).join(operator, operator.c.person_id == data_key.c.person_id)


def _key(row: Row[tuple[object, ...]]) -> Key:
    return Key(**row._asdict())
