"""How often rules fire: the times of the new alerts that they made."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, Connection, func, select

from alerts.store.schema import alert, alert_version


def count(conn: Connection, rule: str, *, since: datetime) -> int:
    """How many new alerts of a rule anybody was told of after `since`."""
    found: int = conn.execute(select(func.count()).select_from(_OF_RULE).where(_new(rule), _AT > since)).scalar_one()
    return found


def times(conn: Connection, rule: str, *, since: datetime) -> list[datetime]:
    """When that was."""
    return list(conn.execute(select(_AT).select_from(_OF_RULE).where(_new(rule), _AT > since)).scalars())


def first(conn: Connection, rule: str) -> datetime | None:
    """When a rule made its first alert; None for one that never did."""
    found: datetime | None = conn.execute(select(func.min(_AT)).select_from(_OF_RULE).where(_new(rule))).scalar_one()
    return found


_AT: Final = alert_version.c.at
_OF_RULE: Final = alert_version.join(alert, alert.c.id == alert_version.c.alert_id)


def _new(rule: str) -> ColumnElement[bool]:
    return (alert.c.rule == rule) & (alert_version.c.kind == "new")
