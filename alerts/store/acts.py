"""What people did with alerts, and why: a log that is only added to.

The alert itself says what holds now; this says who decided it. What the service does by itself in a person's stead
(letting go what nobody looked at) stands here too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, get_args

from sqlalchemy import Connection, Row, func, insert, select

from alerts.store import codec
from alerts.store.alerts import WAITING_STATES, Listed, alert_from
from alerts.store.schema import act, alert

Kind = Literal["acknowledge", "approve", "let_go", "drop", "retitle", "cancel", "close", "merge", "split"]
KINDS: tuple[Kind, ...] = get_args(Kind)


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """One thing that somebody did with version `version` of an alert (0: nobody was told of it yet). `person_id` is
    the reader who did it, None for who is no reader; `detail` what the kind needs."""

    id: int
    alert_id: str
    version: int
    kind: Kind
    person_id: int | None
    who: str
    why: str
    at: datetime
    detail: Mapping[str, Any] = field(default_factory=dict)


def put(
    conn: Connection,
    alert_id: str,
    kind: Kind,
    *,
    version: int,
    who: str,
    why: str,
    now: datetime,
    person_id: int | None = None,
    detail: Mapping[str, Any] | None = None,
) -> Act:
    """Add what somebody did; the alert must be there."""
    row = {
        "alert_id": int(alert_id),
        "version": version,
        "kind": kind,
        "person_id": person_id,
        "who": codec.clean(who)[:200],
        "why": codec.clean(why),
        "at": now,
        "detail": codec.to_json(detail or {}),
    }
    return _act(conn.execute(insert(act).values(row).returning(act)).one())


def of_alert(conn: Connection, alert_id: str) -> list[Act]:
    """What was done with an alert, in order."""
    return [_act(row) for row in conn.execute(select(act).where(act.c.alert_id == int(alert_id)).order_by(act.c.id))]


def acknowledged(conn: Connection, alert_id: str) -> dict[int | None, int]:
    """The latest version of an alert that each reader has acknowledged; under None somebody who is no reader."""
    query = select(act.c.person_id, func.max(act.c.version)).where(
        act.c.alert_id == int(alert_id), act.c.kind == "acknowledge"
    )
    return {person_id: version for person_id, version in conn.execute(query.group_by(act.c.person_id))}


def waiting(conn: Connection) -> list[Listed]:
    """The alerts that wait for a person, the one that waits longest first."""
    query = select(alert).where(alert.c.triage == "waiting", alert.c.state.in_(WAITING_STATES))
    rows = conn.execute(query.order_by(alert.c.waits_since, alert.c.id))
    return [Listed(alert=alert_from(row), title=row.title, summary=row.summary) for row in rows]


def _act(row: Row[Any]) -> Act:
    return Act(**row._asdict() | {"alert_id": str(row.alert_id)})
