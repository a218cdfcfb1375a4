"""The audit log: who did what on the pages and by commands. It is only added to; no function changes an entry, and
they go by their age alone (`pruning`). An entry is written in the transaction of the change that it tells of, so
neither is without the other. No address of a reader stands in it: who is meant is told by number."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Protocol

from sqlalchemy import Connection, Row, insert, select

from alerts.store.codec import clean, to_json
from alerts.store.schema import audit

COMMAND_LINE: Final = "command line"
_NAME, _ACTION, _SUBJECT = 60, 60, 250


class Doer(Protocol):
    """Who did something: a visitor of the pages, or `ByCommand`."""

    @property
    def person_id(self) -> int | None: ...
    @property
    def name(self) -> str: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ByCommand:
    """Who has a shell on the machine; `user` is their name there."""

    user: str = ""
    person_id: int | None = None

    @property
    def name(self) -> str:
        return f"{COMMAND_LINE} ({self.user})" if self.user else COMMAND_LINE


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One thing that somebody did. `name` is what they were called then; `person_id` is None for commands, and for who
    is not known any more."""

    id: int
    at: datetime
    person_id: int | None
    name: str
    action: str
    subject: str
    detail: Mapping[str, Any] = field(default_factory=dict)


def note(
    conn: Connection, who: Doer, action: str, subject: str, detail: Mapping[str, Any] | None = None, *, now: datetime
) -> int:
    """Add what somebody did, in a word or two ("silence added"), and to what ("silence 12"); the entry's id."""
    row = {
        "at": now,
        "person_id": who.person_id,
        "name": clean(who.name)[:_NAME],
        "action": clean(action)[:_ACTION],
        "subject": clean(subject)[:_SUBJECT],
        "detail": to_json(detail or {}),
    }
    return int(conn.execute(insert(audit).values(row).returning(audit.c.id)).scalar_one())


def get(conn: Connection, entry_id: int) -> Entry | None:
    """One entry."""
    row = conn.execute(select(audit).where(audit.c.id == entry_id)).one_or_none()
    return None if row is None else _entry(row)


def list_entries(
    conn: Connection, limit: int, before: int | None = None, *, name: str = "", action: str = "", subject: str = ""
) -> list[Entry]:
    """The latest entries first; with `before` those that came before the entry of this id. What is given of `name`,
    `action` and `subject` has to be so."""
    query = select(audit).order_by(audit.c.id.desc()).limit(limit)
    for column, wanted in ((audit.c.name, name), (audit.c.action, action), (audit.c.subject, subject)):
        query = query.where(column == wanted) if wanted else query
    return [_entry(row) for row in conn.execute(query if before is None else query.where(audit.c.id < before))]


def choices(conn: Connection) -> tuple[list[str], list[str]]:
    """Whom and what there are entries of: names and actions, in alphabetical order."""
    names, actions = (select(column).distinct().order_by(column) for column in (audit.c.name, audit.c.action))
    return list(conn.execute(names).scalars()), list(conn.execute(actions).scalars())


def _entry(row: Row[Any]) -> Entry:
    return Entry(**row._asdict())
