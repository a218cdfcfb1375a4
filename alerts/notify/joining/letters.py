"""Letters: mails to one person about their own subscription. They go into the outbox in the transaction of what they
tell about; what they say is made when they are sent."""

from __future__ import annotations

from datetime import datetime
from typing import Final, Literal, get_args

from sqlalchemy import Connection

from alerts.notify.audience import Row
from alerts.notify.joining.desk import Desk
from alerts.notify.message import passes
from alerts.notify.message.secret import token
from alerts.store import outbox, strangers

Kind = Literal["confirm", "welcome", "already", "preferences", "goodbye", "help"]
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)
_URGENCY: Final = 1  # somebody waits for it: before what is minor; but one of unknown fate is not sent twice


def write(conn: Connection, desk: Desk, person_id: int, kind: Kind, now: datetime) -> None:
    """Put a letter into the outbox, in place of one of its kind that has not gone yet."""
    strangers.withdraw_letters(conn, person_id, kind, now)
    worth = desk.give_up
    if kind == "confirm" and (lasts := passes.LASTS["confirm"]) is not None:
        worth = min(worth, lasts)
    row = Row(
        alert_id="",
        version=0,
        letter=kind,
        person_id=person_id,
        channel="mail",
        urgency=_URGENCY,
        message_id=f"<{token(desk.secret, 'letter', kind, person_id, now.isoformat())}@{desk.domain}>",
        created=now,
        not_before=now,
        expires=now + worth,
    )
    outbox.enqueue(conn, [row])
