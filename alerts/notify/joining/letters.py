"""Letters: mails to one person about their own subscription. They go into the outbox in the transaction of what they
tell about; what they say is made when they are sent."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection

from alerts.errors import MailError
from alerts.notify.audience import Row
from alerts.notify.joining.desk import Desk
from alerts.notify.message import passes
from alerts.notify.message.secret import token
from alerts.readers import YES_WITHIN, Wishes
from alerts.render.letters import CONFIRM, KINDS, LOGIN, Kind, Letter
from alerts.store import outbox, strangers
from alerts.store.outbox import OutboxRow
from alerts.store.sessions import LINK_LASTS
from alerts.types import SEVERITIES

_URGENCY: Final = 1  # somebody waits for it: before what is minor; but one of unknown fate is not sent twice
_AT_ONCE: Final = len(SEVERITIES) - 1
_WORTH: Final[Mapping[Kind, timedelta]] = {"confirm": YES_WITHIN, "login": LINK_LASTS}


def write(conn: Connection, desk: Desk, person_id: int, kind: Kind, now: datetime) -> str:
    """Put a letter into the outbox, in place of one of its kind that has not gone yet; its Message-ID."""
    strangers.withdraw_letters(conn, person_id, kind, now)
    worth = min(desk.give_up, _WORTH[kind]) if kind in _WORTH else desk.give_up
    message_id = f"<{token(desk.secret, 'letter', kind, person_id, now.isoformat())}@{desk.domain}>"
    row = Row(
        alert_id="",
        version=0,
        letter=kind,
        person_id=person_id,
        channel="mail",
        urgency=_AT_ONCE if kind == "login" else _URGENCY,
        message_id=message_id,
        created=now,
        not_before=now,
        expires=now + worth,
    )
    outbox.enqueue(conn, [row])
    return message_id


def login_token(secret: bytes, message_id: str) -> str:
    """What the link of a login letter holds: made from the secret and the letter, so that every attempt to send it
    holds the same, and only its hash has to be stored."""
    return hmac.digest(secret, f"alerts: login\x1f{message_id}".encode(), "sha256").hex()[:40]


def to_be_confirmed(row: OutboxRow, asked: Mapping[int, Wishes]) -> OutboxRow:
    """The row with its person as their wishes would make them: a letter that asks for a yes is as discreet as what it
    asks about. Raises MailError where nothing waits for a yes any more."""
    if row.letter != "confirm":
        return row
    if row.person.id not in asked:
        raise MailError("nothing waits for this reader's yes any more", reason="refused", permanent=True)
    return replace(row, person=replace(row.person, wishes=asked[row.person.id]))


def letter_of(row: OutboxRow, *, inbox: str, anybody: bool) -> Letter:
    """What a letter tells. `inbox` is the domain to which mails with wishes may be written, or ""; `anybody`: whether
    all may subscribe."""
    kind = next((kind for kind in KINDS if kind == row.letter), None)
    if kind is None:
        raise MailError("no letter of this kind is known", reason="refused", permanent=True)
    return Letter(
        kind=kind,
        wishes=None if kind in ("help", "login") else row.person.wishes,
        duties=row.person.duties if row.person.active else (),
        inbox=inbox,
        open=anybody,
    )


def values(row: OutboxRow, secret: bytes) -> dict[str, str]:
    """What the letter's reader says yes or logs in by, for its slot; the same at every attempt."""
    person = row.person
    confirm = passes.make(secret, "confirm", person.id, series=person.series, now=row.created)
    return {CONFIRM: confirm, LOGIN: login_token(secret, row.message_id)}
