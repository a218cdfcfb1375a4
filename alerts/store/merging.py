"""What merging and splitting alerts asks of the database, and changes in it beside the alerts themselves."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from sqlalchemy import Connection, delete, func, select, update

from alerts.store.alerts import alert_from
from alerts.store.schema import alert, evidence, outbox, spike
from alerts.types import OPEN_STATES, Alert


def targets(conn: Connection, alerts: Iterable[Alert]) -> list[Alert]:
    """The alerts into which some of `alerts` were merged, and those in turn, as far as they are not among them."""
    known = {one.id: one for one in alerts}
    found: list[Alert] = []
    wanted = {int(one.merged_into) for one in known.values() if one.merged_into and one.merged_into not in known}
    while wanted:
        fresh = [alert_from(row) for row in conn.execute(select(alert).where(alert.c.id.in_(wanted)))]
        known |= {one.id: one for one in fresh}
        found += fresh
        wanted = {int(one.merged_into) for one in fresh if one.merged_into and one.merged_into not in known}
    return found


def taken_keys(conn: Connection, family: str, *, but: Collection[str] = ()) -> set[str]:
    """The keys that no other alert of a family can have: those of open ones, apart from `but`, and those of all parts
    of split ones."""
    query = select(alert.c.key, alert.c.id, alert.c.state).where(
        alert.c.family == family, alert.c.state.in_(OPEN_STATES) | alert.c.key.like("%|%|%")
    )
    rows = conn.execute(query).all()
    return {row.key for row in rows if row.state not in OPEN_STATES or str(row.id) not in but}


def drop_evidence(conn: Connection, alert_id: str, article_ids: Collection[str]) -> None:
    """Take articles from an alert that are now evidence of another."""
    wanted = [int(one) for one in article_ids]
    conn.execute(delete(evidence).where(evidence.c.alert_id == int(alert_id), evidence.c.article_id.in_(wanted)))


def move_spikes(conn: Connection, gone: str, into: str) -> None:
    """A spike that one alert told of is told of by another."""
    conn.execute(update(spike).where(spike.c.alert_id == int(gone)).values(alert_id=int(into)))


def readers_of(conn: Connection, alert_id: str, version: int) -> int:
    """How many people have a mail of a version, sent or to be sent."""
    query = select(func.count(outbox.c.person_id.distinct())).where(
        outbox.c.alert_id == int(alert_id), outbox.c.version == version, outbox.c.state != "withdrawn"
    )
    return int(conn.execute(query).scalar_one())
