"""Who was asked to look after an extreme alert that is still open, and how often."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, case, func, select

from alerts.store.schema import alert, outbox
from alerts.store.waiting import REACHED
from alerts.types import OPEN_STATES, SEVERITIES

_TO_COME: Final = ("queued", "bundled")
# What could not be sent counts as well: such a reader is asked once more, and the escalation need not wait.
_ASKED: Final = (*REACHED, "failed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One reader and the latest version they were told of an extreme alert. `rounds`: how often they were reminded of
    it; `last`: when they were asked last. `under_way`: a reminder, or a later version, is on its way to them."""

    alert_id: str
    rule: str
    version: int
    person_id: int
    urgency: int
    rounds: int
    last: datetime
    under_way: bool


def asked(conn: Connection) -> list[Asked]:
    """Everybody who was told of an open alert that is or was extreme, by alert and reader."""
    extreme = alert.c.state.in_(OPEN_STATES) & (alert.c.worst == SEVERITIES[-1])
    told, coming = outbox.c.state.in_(_ASKED), outbox.c.state.in_(_TO_COME)
    latest = (
        select(
            *(outbox.c.alert_id, outbox.c.person_id, alert.c.rule),
            func.max(case((told, outbox.c.version), else_=0)).label("version"),
            func.max(case((coming, outbox.c.version), else_=0)).label("coming"),
        )
        .join_from(outbox, alert, alert.c.id == outbox.c.alert_id)
        .where(extreme, told | coming)
        .group_by(outbox.c.alert_id, outbox.c.person_id, alert.c.rule)
        .subquery()
    )
    this = (outbox.c.alert_id == latest.c.alert_id) & (outbox.c.person_id == latest.c.person_id)
    query = (
        select(
            *(latest.c.alert_id, latest.c.rule, latest.c.person_id, latest.c.version, latest.c.coming),
            func.max(outbox.c.urgency).label("urgency"),
            func.max(outbox.c.round).label("rounds"),
            func.max(func.coalesce(outbox.c.finished, outbox.c.created)).label("last"),
            func.max(case((outbox.c.state == "sending", 1), else_=0)).label("sending"),
        )
        .join_from(latest, outbox, this & (outbox.c.version == latest.c.version) & (told | coming))
        .group_by(latest.c.alert_id, latest.c.rule, latest.c.person_id, latest.c.version, latest.c.coming)
        .order_by(latest.c.alert_id, latest.c.person_id)
    )
    return [
        Asked(
            alert_id=str(row.alert_id),
            rule=row.rule,
            version=row.version,
            person_id=row.person_id,
            urgency=row.urgency,
            rounds=row.rounds,
            last=row.last,
            under_way=bool(row.sending) or row.coming >= row.version,
        )
        for row in conn.execute(query)
        if row.version
    ]
