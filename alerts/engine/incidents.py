"""Which incident an alert belongs to, on the database: asked before an alert with new evidence is stored."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import Connection

from alerts.store import incidents as store
from alerts.track import incidents
from alerts.track.lifecycle import Step


def placed(conn: Connection, step: Step) -> Step:
    """The step with its alert in the incident that its new evidence puts it into. What denies, takes back, closes or
    cancels changes nothing."""
    alert, new = step.alert, step.evidence
    if new is None or not new.hit.current or alert.state in ("cancelled", "merged"):
        return step
    report = incidents.Report(article=new.article_id, story=new.story or new.article_id, at=new.hit.event_time)
    near = store.near(conn, report, new.published, alert.id, alert.place)
    if alert.incident and not near:
        return step
    own = {alert.incident} - {""}
    known = store.incidents(conn, {*own, *(one.alert.incident for one in near)})
    choice = incidents.choose(alert, report, near, known)
    incident = choice.incident or store.begin(conn, choice.opened)
    for gone in choice.joins:
        store.join(conn, incident, gone)
    moved = [*choice.brings, *([alert.id] if alert.id and alert.incident not in ("", incident, *choice.joins) else [])]
    if moved:
        store.move(conn, moved, incident)
    return replace(step, alert=replace(alert, incident=incident))
