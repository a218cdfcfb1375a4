"""The archive as it is published: the alerts that readers were told of, page by page.

An alert of which nobody was told (held until it is confirmed, or too late to be news) is not in it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Select, func, select

from alerts.store import issuing
from alerts.store.alerts import EVIDENCE_ROWS, Listed, Version, alert_from, evidence_from, version_from, versions
from alerts.store.schema import alert, alert_version, evidence
from alerts.types import SEVERITIES, AlertState, Evidence, Severity

_TOLD: Final = alert.c.version > 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which alerts; what is empty or None does not count."""

    event: str | None = None
    country: str | None = None
    min_severity: Severity = "minor"
    states: tuple[AlertState, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Cursor:
    """A place in the archive: after the alert `id` as it was when it had changed last at `updated`. So the
    next page holds even if that alert has changed since."""

    updated: datetime
    id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """What the archive holds: its events and the codes of its countries, in alphabetical order."""

    events: tuple[str, ...]
    countries: tuple[str, ...]


def told_alerts(conn: Connection, wanted: Wanted, *, limit: int, before: Cursor | None = None) -> list[Listed]:
    """Alerts that readers were told of, the latest changed first."""
    query = _filtered(wanted).order_by(alert.c.updated.desc(), alert.c.id.desc()).limit(limit)
    if before is not None:
        earlier = (alert.c.updated == before.updated) & (alert.c.id < before.id)
        query = query.where((alert.c.updated < before.updated) | earlier)
    return [Listed(alert=alert_from(row), title=row.title, summary=row.summary) for row in conn.execute(query)]


def _filtered(wanted: Wanted) -> Select[Any]:
    query = select(alert).where(_TOLD)
    if wanted.event:
        query = query.where(alert.c.event == wanted.event)
    if wanted.country:
        query = query.where(alert.c.country == wanted.country)
    if wanted.states:
        query = query.where(alert.c.state.in_(wanted.states))
    if wanted.min_severity != "minor":
        query = query.where(alert.c.severity.in_(SEVERITIES[SEVERITIES.index(wanted.min_severity) :]))
    return query


def choices(conn: Connection) -> Choices:
    """What one can ask the archive for."""
    found = conn.execute(select(alert.c.event, alert.c.country).where(_TOLD).distinct()).all()
    return Choices(
        events=tuple(sorted({row.event for row in found})),
        countries=tuple(sorted({row.country for row in found if row.country is not None})),
    )


def answers(conn: Connection) -> None:
    """Read something of an alert: raises what reading raises when the database is not there or not ours."""
    conn.execute(select(alert.c.id).limit(1)).all()


def last_versions(conn: Connection, ids: Sequence[str]) -> dict[str, tuple[datetime, Version]]:
    """For each of these alerts when it was first told, and the version told last."""
    numbers = [int(found) for found in ids]
    spans = (
        select(
            alert_version.c.alert_id,
            func.min(alert_version.c.at).label("first"),
            func.max(alert_version.c.version).label("last"),
        )
        .where(alert_version.c.alert_id.in_(numbers))
        .group_by(alert_version.c.alert_id)
        .subquery()
    )
    here = (alert_version.c.alert_id == spans.c.alert_id) & (alert_version.c.version == spans.c.last)
    rows = conn.execute(select(alert_version, spans.c.first).join(spans, here))
    found: dict[str, tuple[datetime, Version]] = {}
    for row in rows:
        columns = row._asdict()
        first = columns.pop("first")
        found[str(row.alert_id)] = (first, version_from(columns))
    return found


def version_with_earlier(
    conn: Connection, alert_id: str, number: int | None = None
) -> tuple[Version, list[Version]] | None:
    """A version of an alert (the last for None) with all that were made before it, of this alert and of those that
    were merged into it by then; None when there is none."""
    own = versions(conn, [(alert_id, None)])
    found = next((one for one in reversed(own) if number in (None, one.version)), None)
    if found is None:
        return None
    merged = issuing.merged(found.fields)
    others = versions(conn, [(one, None) for one in merged]) if merged else []
    before = [one for one in own if one.version < found.version]
    return found, before + [one for one in others if one.at <= found.at]


def first_evidence(conn: Connection, ids: Sequence[str]) -> dict[str, Evidence]:
    """For each of these alerts the evidence that came first."""
    numbers = [int(found) for found in ids]
    first = select(func.min(evidence.c.id)).where(evidence.c.alert_id.in_(numbers)).group_by(evidence.c.alert_id)
    rows = conn.execute(EVIDENCE_ROWS.where(evidence.c.id.in_(first)))
    return {str(row.alert_id): evidence_from(row) for row in rows}
