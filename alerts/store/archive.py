"""The archive as it is published: the alerts that readers were told of, page by page.

An alert of which nobody was told (held until it is confirmed, or too late to be news) is not in it. One of which more
waits for a person, or was dropped by one, is shown as it was told last.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, bindparam, func, select

from alerts.store import codec, held, incidents, issuing, search
from alerts.store import evidence as evidence_store
from alerts.store import listing as listings
from alerts.store.alerts import (
    Listed,
    Record,
    Version,
    alert_from,
    get_alert,
    version_from,
    versions,
)
from alerts.store.schema import alert, alert_version, evidence, listing
from alerts.store.search import Cursor, Wanted
from alerts.types import Alert, Evidence

_AT_ONCE: Final = 500


def told_alerts(conn: Connection, wanted: Wanted, *, limit: int, before: Cursor | None = None) -> list[Listed]:
    """Alerts that readers were told of, the latest changed first."""
    return by_number(conn, search.found(conn, wanted, limit=limit, before=before))


def by_number(conn: Connection, ids: Sequence[int]) -> list[Listed]:
    """Alerts that readers were told of, as they were told, in the order of `ids`."""
    rows = conn.execute(_BY_NUMBER, {"numbers": list(ids)}) if ids else ()
    found = {row.id: Listed(alert=alert_from(row), title=row.title, summary=row.summary) for row in rows}
    return _shown(conn, [found[number] for number in ids])


_BY_NUMBER: Final = select(alert).where(alert.c.id.in_(bindparam("numbers", expanding=True)))


def _shown(conn: Connection, found: Sequence[Listed]) -> list[Listed]:
    """Alerts that readers were told of, those of which more is held as they were told last."""
    held_back = [item.alert.id for item in found if held.is_held(item.alert)]
    if not held_back:
        return list(found)
    last = last_versions(conn, held_back)
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


def list_missing(conn: Connection, progress: Callable[[float], None] = lambda share: None) -> int:
    """List all that readers were told of before there was a listing; how many alerts."""
    query = (
        select(alert).where(alert.c.version > 0, alert.c.id > bindparam("after")).order_by(alert.c.id).limit(_AT_ONCE)
    )
    after = conn.execute(select(func.max(listing.c.alert_id))).scalar_one() or 0
    last = conn.execute(select(func.max(alert.c.id))).scalar_one() or 0
    number = 0
    while rows := conn.execute(query, {"after": after}).all():
        listings.add(
            conn, [listings.Entry(alert=alert_from(row), title=row.title, summary=row.summary) for row in rows]
        )
        number, after = number + len(rows), rows[-1].id
        progress(after / last)
    return number


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
