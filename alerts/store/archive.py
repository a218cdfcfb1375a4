"""The archive as it is published: the alerts that readers were told of, page by page.

An alert of which nobody was told (held until it is confirmed, or too late to be news) is not in it. One of which more
waits for a person, or was dropped by one, is shown as it was told last.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Select, case, func, select

from alerts.store import codec, held, incidents, issuing
from alerts.store import evidence as evidence_store
from alerts.store.alerts import (
    Listed,
    Record,
    Version,
    alert_from,
    get_alert,
    version_from,
    versions,
)
from alerts.store.schema import alert, alert_version, evidence
from alerts.types import CERTAINTIES, SEVERITIES, Alert, AlertState, Certainty, Evidence, Severity

_TOLD: Final = alert.c.version > 0
_HELD: Final = alert.c.triage.in_(("waiting", "dropped"))
_CERTAINTY: Final = case((_HELD, alert.c.told["certainty"].as_string()), else_=alert.c.certainty)
_SEVERITY: Final = case((_HELD, alert.c.told["severity"].as_string()), else_=alert.c.severity)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which alerts; what is empty or None does not count. `region` is the id of a first level, in or of which they are;
    they changed at `since` or later, and what they tell of began before `until`."""

    event: str | None = None
    country: str | None = None
    region: str | None = None
    place: str | None = None
    rule: str | None = None
    min_severity: Severity = "minor"
    min_certainty: Certainty = "possible"
    states: tuple[AlertState, ...] = ()
    since: datetime | None = None
    until: datetime | None = None


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
    found = [Listed(alert=alert_from(row), title=row.title, summary=row.summary) for row in conn.execute(query)]
    return _shown(conn, found)


def _shown(conn: Connection, found: Sequence[Listed]) -> list[Listed]:
    """Alerts that readers were told of, those of which more is held as they were told last."""
    last = last_versions(conn, [item.alert.id for item in found if held.is_held(item.alert)])
    return [_as_told(item, last[item.alert.id][1]) if item.alert.id in last else item for item in found]


def _as_told(listed: Listed, told: Version) -> Listed:
    fields = held.as_told(listed.alert, told.fields)
    return Listed(alert=codec.alert(fields), title=str(fields["title"]), summary=str(fields["summary"]))


def told_alert(conn: Connection, alert_id: str) -> Record | None:
    """Everything about one alert that readers were told of, as far as they may know it; None when there is none."""
    record = get_alert(conn, alert_id)
    if record is None or not record.versions:
        return None
    if not held.is_held(record.alert):
        return record
    known = [version for version in record.versions if version.kind in ("new", "update")][-1]
    shown = _as_told(Listed(alert=record.alert, title=record.title, summary=record.summary), record.versions[-1])
    evidence = tuple(item for item in record.evidence if item.seen <= known.at)
    return replace(record, alert=shown.alert, title=shown.title, summary=shown.summary, evidence=evidence)


def told_others(conn: Connection, value: Alert) -> list[tuple[Alert, str]]:
    """The other alerts of an alert's incident that readers were told of, each with its title."""
    found = incidents.others(conn, value.incident, value.id)
    others = [Listed(alert=one, title=title, summary="") for one, title in found]
    return [(item.alert, item.title) for item in _shown(conn, [item for item in others if item.alert.version])]


def _filtered(wanted: Wanted) -> Select[Any]:
    query = select(alert).where(_TOLD)
    for column, value in (
        (alert.c.event, wanted.event),
        (alert.c.country, wanted.country),
        (alert.c.place_id, wanted.place),
        (alert.c.rule, wanted.rule),
    ):
        if value:
            query = query.where(column == value)
    if wanted.region:
        query = query.where(
            (alert.c.place["admin1"].as_string() == wanted.region) | (alert.c.place_id == wanted.region)
        )
    if wanted.since is not None:
        query = query.where(alert.c.updated >= wanted.since)
    if wanted.until is not None:
        query = query.where(alert.c.first_event < wanted.until)
    if wanted.min_certainty != "possible":
        query = query.where(_CERTAINTY.in_(CERTAINTIES[CERTAINTIES.index(wanted.min_certainty) :]))
    if wanted.states:
        query = query.where(alert.c.state.in_(wanted.states))
    if wanted.min_severity != "minor":
        query = query.where(_SEVERITY.in_(SEVERITIES[SEVERITIES.index(wanted.min_severity) :]))
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
    rows = conn.execute(evidence_store.ROWS.where(evidence.c.id.in_(first)))
    return {str(row.alert_id): evidence_store.from_row(row) for row in rows}
