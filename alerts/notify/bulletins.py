"""Mails about no alert: operators' notices, weekly reports to the owners of rules. They go through the same outbox and
courier as alerts, so the same promise holds for them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection

from alerts.notify.audience import Row
from alerts.notify.message.secret import bulletin_message_id
from alerts.readers import Person
from alerts.store import bulletins, outbox

_WORTH_SENDING: Final = timedelta(days=7)
_OPERATOR: Final = "You get this mail because you are named as an operator of this service."
_OTHERS: Final = "You get this mail because you look after a part of this service."


def post(
    conn: Connection,
    *,
    kind: str,
    subject: str,
    body: str,
    people: Sequence[Person],
    secret: bytes,
    domain: str,
    now: datetime,
) -> int | None:
    """Write a bulletin with its mails to `people`, in the caller's transaction; its id, or None when there is nobody
    to tell. `body` is plain text: paragraphs apart by an empty line, lines that begin with "- " are a list."""
    readers = {person.id for person in people if person.active}
    if not readers:
        return None
    number = bulletins.add(conn, kind=kind, subject=subject, body=body, now=now)
    rows = [
        Row(
            alert_id="",
            version=0,
            bulletin_id=number,
            person_id=person_id,
            channel="mail",
            urgency=0,
            message_id=bulletin_message_id(secret, bulletin_id=number, person_id=person_id, domain=domain),
            created=now,
            not_before=now,
            expires=now + _WORTH_SENDING,
        )
        for person_id in sorted(readers)
    ]
    outbox.enqueue(conn, rows)
    return number


def reason(person: Person) -> str:
    """Why this person gets bulletins, in a sentence for the mail."""
    return _OPERATOR if "operator" in person.duties else _OTHERS
