"""Letters that went out, for tests of what comes back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection, func, select, update

from alerts.notify.audience import Row
from alerts.readers import Duty, Person
from alerts.store import outbox, people
from alerts.store.schema import outbox as outbox_table


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
