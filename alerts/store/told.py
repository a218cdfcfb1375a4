"""What readers were told of alerts, what was kept from them, and what is taken back before they hear of it."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, case, func, select, tuple_, update

from alerts.store.batches import in_batches
from alerts.store.lineage import merged_ids
from alerts.store.outbox import take_back
from alerts.store.schema import alert, evidence, outbox
from alerts.store.waiting import REACHED
from alerts.types import OPEN_STATES

_TO_COME: Final = ("queued", "bundled")
_STILL_TRUE: Final = (*OPEN_STATES, "ended")


def told(conn: Connection, alert_id: str, *, reached: bool = False) -> dict[int, int]:
    """The readers of an alert and the latest version each has a mail of: sent or still to be sent; with
    `reached` only what was sent, or may have been. Who was told of an alert that was merged into it has been told of
    this event, of version 0."""
    states = REACHED if reached else (*REACHED, *_TO_COME)
    version = case((outbox.c.alert_id == int(alert_id), outbox.c.version), else_=0)
    query = select(outbox.c.person_id, func.max(version)).where(
        outbox.c.alert_id.in_([int(alert_id), *map(int, merged_ids(conn, alert_id))]), outbox.c.state.in_(states)
    )
    return {person_id: version for person_id, version in conn.execute(query.group_by(outbox.c.person_id))}


Told = tuple[str, int, int]
"""One version told to one reader: alert id, version, reader's id."""


def told_before(conn: Connection, mails: Collection[Told]) -> dict[Told, tuple[int, ...]]:
    """The earlier versions of the alert that reached the reader, in order, for each of `mails` of which any did.
    Version 0 stands for an alert that was merged into it."""
    pairs = {(int(alert_id), person_id) for alert_id, _, person_id in mails}
    alerts = {alert_id for alert_id, _ in pairs}
    gone = {int(one): alert_id for alert_id in alerts for one in merged_ids(conn, str(alert_id))}
    wanted = pairs | {
        (one, person_id) for one, into in gone.items() for alert_id, person_id in pairs if alert_id == into
    }
    query = select(outbox.c.alert_id, outbox.c.person_id, outbox.c.version).where(
        tuple_(outbox.c.alert_id, outbox.c.person_id).in_(wanted), outbox.c.state.in_(REACHED)
    )
    known: dict[tuple[int, int], set[int]] = {}
    for alert_id, person_id, version in conn.execute(query):
        if (alert_id, person_id) in pairs:
            known.setdefault((alert_id, person_id), set()).add(version)
        else:
            known.setdefault((gone[alert_id], person_id), set()).add(0)
    found = {}
    for number, version, person_id in mails:
        earlier = sorted(one for one in known.get((int(number), person_id), ()) if one < version)
        if earlier:
            found[number, version, person_id] = tuple(earlier)
    return found


def brought_by(conn: Connection, alert_id: str, version: int) -> int | None:
    """The article that made a version of an alert; None where no article did."""
    here = (evidence.c.alert_id == int(alert_id)) & (evidence.c.at_version == version)
    found: int | None = conn.execute(
        select(evidence.c.article_id).where(here).order_by(evidence.c.id.desc()).limit(1)
    ).scalar_one_or_none()
    return found


def withdraw(conn: Connection, alert_id: str, now: datetime, *, before_version: int) -> dict[int, datetime]:
    """Take back the mails of earlier versions that nobody has begun to send; returns their readers, each with the
    time at which they were to hear. For a cancelled alert, and for a version that says all that the unsent one said.
    A leased one goes too: its courier learns it from `mark_sending`."""
    query = select(outbox.c.id).where(
        outbox.c.alert_id == int(alert_id), outbox.c.version < before_version, outbox.c.state.in_(_TO_COME)
    )
    times: dict[int, datetime] = {}
    unsent = conn.execute(query.order_by(outbox.c.person_id, outbox.c.id)).scalars().all()
    for some in in_batches(unsent):
        for person_id, not_before in take_back(conn, some, now):
            times[person_id] = min(not_before, times.get(person_id, not_before))
    return times


def uncover(conn: Connection, alert_id: str, now: datetime, *, expires: datetime) -> int:
    """Let wait what an alert covered and no longer does, because it was wrong: of each alert the last version kept
    from a reader, unless there is a later one for them. Returns how many mails."""
    rows = conn.execute(
        select(outbox.c.id, outbox.c.alert_id, outbox.c.person_id, outbox.c.version)
        .join(alert, alert.c.id == outbox.c.alert_id)
        .where(outbox.c.covered_by == int(alert_id), outbox.c.state == "inhibited", alert.c.state.in_(_STILL_TRUE))
        .order_by(outbox.c.version)
    ).all()
    last = {(row.alert_id, row.person_id): row for row in rows}
    heard = {one: told(conn, str(one)) for one in {row.alert_id for row in last.values()}}
    ids = [row.id for row in last.values() if heard[row.alert_id].get(row.person_id, 0) < row.version]
    values = {"state": "queued", "not_before": now, "expires": expires, "finished": None}
    number = 0
    for some in in_batches(ids):
        again = update(outbox).where(outbox.c.id.in_(some), outbox.c.state == "inhibited")
        number += conn.execute(again.values({**values, "lead_id": None, "covered_by": None})).rowcount
    return number
