"""When and why readers were told of alerts, without what the versions hold: for lists that are long."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, func, select

from alerts.render.fields import Telling
from alerts.store.schema import alert_version
from alerts.types import MessageKind


def tellings(conn: Connection, ids: Sequence[str]) -> dict[str, Telling]:
    """For each of these alerts what readers were told of it, as far as they were."""
    spans = (
        select(
            alert_version.c.alert_id,
            func.min(alert_version.c.at).label("first"),
            func.max(alert_version.c.version).label("last"),
        )
        .where(alert_version.c.alert_id.in_([int(found) for found in ids]))
        .group_by(alert_version.c.alert_id)
        .subquery()
    )
    here = (alert_version.c.alert_id == spans.c.alert_id) & (alert_version.c.version == spans.c.last)
    columns = (alert_version.c.alert_id, alert_version.c.version, alert_version.c.kind, alert_version.c.at)
    rows = conn.execute(select(*columns, alert_version.c.why, spans.c.first).join(spans, here))
    return {
        str(row.alert_id): Telling(first=row.first, last=row.at, version=row.version, kind=row.kind, why=row.why)
        for row in rows
    }


def stirred(conn: Connection, since: datetime) -> tuple[int, datetime | None]:
    """What differs as soon as anybody was told of anything since then: how many versions there are, and the last."""
    kinds: tuple[MessageKind, ...] = ("new", "update", "close", "cancel")  # named for the index by kind and time
    query = select(func.count(), func.max(alert_version.c.at))
    found = conn.execute(query.where(alert_version.c.kind.in_(kinds), alert_version.c.at >= since)).one()
    return found[0], found[1]
