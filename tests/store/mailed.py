"""Mails that wait, and letters that went out, for tests of what comes back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, func, select, update

from alerts.notify.audience import Row
from alerts.readers import Duty, Person
from alerts.store import outbox, people
from alerts.store.schema import outbox as outbox_table
from alerts.store.waiting import Reason
from tests.store.values import HOUR, NOW


@dataclass(frozen=True, kw_only=True)
class New:
    """A mail to be put into the outbox."""

    alert_id: str
    person_id: int
    version: int = 1
    channel: str = "mail"
    urgency: int = 2
    message_id: str = "<id@example.org>"
    created: datetime = NOW
    not_before: datetime = NOW
    expires: datetime | None = NOW + 48 * HOUR
    round: int = 0
    trigger_id: int | None = None
    bulletin_id: int | None = None
    letter: str | None = None
    waits: Reason | None = None


def reader(
    conn: Connection, address: str = "reader@example.org", *, now: datetime, duties: Sequence[Duty] = ("reader",)
) -> Person:
    return people.put_person(conn, address, duties=duties, active=True, now=now)


def queue(conn: Connection, person_id: int, message_id: str, now: datetime) -> int:
    """A letter that waits; its row's id."""
    row = Row(
        alert_id="",
        version=0,
        letter="help",
        person_id=person_id,
        channel="mail",
        urgency=1,
        message_id=message_id,
        created=now,
        not_before=now,
        expires=now + timedelta(days=2),
    )
    outbox.enqueue(conn, [row])
    made: int = conn.execute(select(func.max(outbox_table.c.id))).scalar_one()
    return made


def send(conn: Connection, person_id: int, message_id: str, now: datetime) -> int:
    """A letter that the mail server took; its row's id."""
    made = queue(conn, person_id, message_id, now)
    conn.execute(update(outbox_table).where(outbox_table.c.id == made).values(state="accepted", finished=now))
    return made
