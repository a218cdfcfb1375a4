"""Everything that is held of one reader, for the reader's own question and for the operator who has to answer it. The
address is not in it: `people.addresses` opens that."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from alerts.readers import Person, Wishes
from alerts.store.outbox import State
from alerts.store.people import get_person, wishes_of
from alerts.store.schema import bounce, outbox, person, suppressed
from alerts.store.suppression import Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """A mail to the reader: about a version of an alert, a bulletin, or a letter. `at`: when it was done with, or else
    when it is to go."""

    id: int
    alert_id: str
    version: int
    round: int
    bulletin_id: int | None
    letter: str | None
    state: State
    created: datetime
    at: datetime
    error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Suppressed:
    """Why an address is not written to, since when."""

    reason: Reason
    since: datetime
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Dossier:
    """A reader: `confirmed` is when they said yes themselves, `asked` what waits for that; `bounces` are days
    (YYYY-MM-DD) on which mail came back, with the status."""

    person: Person
    created: datetime
    confirmed: datetime | None
    asked: Wishes | None
    suppressed: Suppressed | None
    bounces: tuple[tuple[str, str], ...]
    mails: tuple[Sent, ...]


def dossier(conn: Connection, person_id: int, since: datetime) -> Dossier | None:
    """What is held of a reader, with the mails since a moment, the latest first; None for nobody."""
    who = get_person(conn, person_id)
    row = conn.execute(
        select(person.c.created, person.c.confirmed, person.c.asked, person.c.mark).where(person.c.id == person_id)
    ).one_or_none()
    if who is None or row is None:
        return None
    back = select(bounce.c.day, bounce.c.status).where(bounce.c.person_id == person_id).order_by(bounce.c.day)
    return Dossier(
        person=who,
        created=row.created,
        confirmed=row.confirmed,
        asked=None if row.asked is None else wishes_of(conn, row.asked),
        suppressed=_suppressed(conn, row.mark),
        bounces=tuple((day, status) for day, status in conn.execute(back)),
        mails=tuple(_sent(one) for one in conn.execute(_mails(person_id, since))),
    )


def since(conn: Connection) -> dict[int, datetime]:
    """When each person came."""
    return {number: created for number, created in conn.execute(select(person.c.id, person.c.created))}


def _suppressed(conn: Connection, mark: str) -> Suppressed | None:
    row = conn.execute(select(suppressed).where(suppressed.c.mark == mark)).one_or_none()
    return None if row is None else Suppressed(reason=row.reason, since=row.since, detail=row.detail)


def _mails(person_id: int, since: datetime) -> Any:
    return (
        select(outbox)
        .where(outbox.c.person_id == person_id, outbox.c.created >= since)
        .order_by(outbox.c.created.desc(), outbox.c.id.desc())
    )


def _sent(row: Any) -> Sent:
    return Sent(
        id=row.id,
        alert_id="" if row.alert_id is None else str(row.alert_id),
        version=row.version or 0,
        round=row.round,
        bulletin_id=row.bulletin_id,
        letter=row.letter,
        state=row.state,
        created=row.created,
        at=row.finished or row.not_before,
        error=row.last_error or "",
    )
