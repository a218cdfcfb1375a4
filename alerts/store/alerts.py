"""Alerts with their versions and evidence.

One open alert a key: a unique index refuses a twin, whoever tries. A step of tracking is stored as a
whole (`save_step`), in the caller's transaction, where the outbox rows of its messages belong too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    String,
    Update,
    bindparam,
    func,
    insert,
    literal_column,
    select,
    update,
)

from alerts.errors import InputError
from alerts.store import codec, held, issuing, listing, series, stamp
from alerts.store import evidence as evidence_store
from alerts.store.schema import UtcTime, alert, alert_version, evidence, incident
from alerts.track.lifecycle import Step
from alerts.types import OPEN_STATES, SEVERITIES, Alert, AlertState, Evidence, Message, MessageKind, Place, Severity

# Spelt out: with parameters in it no database would take the index of open alerts.
_OPEN_WORDS: Final[list[ColumnElement[str]]] = [literal_column(f"'{state}'") for state in OPEN_STATES]
_OPEN: Final = alert.c.state.in_(_OPEN_WORDS)
# What waits for a person can still be told when nothing more is heard of it: the event is no less true.
WAITING_STATES: Final[tuple[AlertState, ...]] = (*OPEN_STATES, "ended")


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """One told version of an alert. `fields` is the alert as it was then (JSON form), with its `title` and
    `summary`, and what `issuing` adds."""

    alert_id: str
    version: int
    kind: MessageKind
    at: datetime
    why: str
    changes: tuple[str, ...]
    fields: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """An alert with its present texts."""

    alert: Alert
    title: str
    summary: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """All that is stored of an alert: versions and evidence in the order in which they came."""

    alert: Alert
    title: str
    summary: str
    versions: tuple[Version, ...]
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Which alerts are listed; what is empty or None does not count."""

    open_only: bool = False
    waiting: bool = False  # for a person, and not over
    events: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()
    families: tuple[str, ...] = ()
    min_severity: Severity = "minor"
    since: datetime | None = None  # changed since then


def open_alerts(conn: Connection, family: str, country: str | None) -> list[Alert]:
    """The open alerts of a rule family in a country; for None, those without a place."""
    query = select(alert).where(_OPEN, alert.c.family == family, alert.c.country.is_not_distinct_from(country))
    return [alert_from(row) for row in conn.execute(query.order_by(alert.c.id))]


def recent_alerts(conn: Connection, family: str, country: str | None, since: datetime) -> list[Alert]:
    """The open alerts of a family in a country and of those without a place, those of other states that had evidence
    `since`, and those that were merged into others: what a new hit may belong to."""
    return [alert_from(row) for row in conn.execute(_RECENT, {"family": family, "country": country, "since": since})]


_RECENT: Final = (
    select(alert)
    .where(
        alert.c.family == bindparam("family"),
        (alert.c.country == bindparam("country", type_=String)) | alert.c.country.is_(None),
        alert.c.state.in_([*_OPEN_WORDS, literal_column("'merged'")])
        | (alert.c.last_event >= bindparam("since", type_=UtcTime)),
    )
    .order_by(alert.c.id)
)


def fired_between(conn: Connection, family: str, country: str, first: datetime, last: datetime) -> list[Place]:
    """Where alerts of a family fired in a country, by the times of what happened: for rules of the kind `after`.
    What was cancelled never fired."""
    query = select(alert.c.id, alert.c.place, alert.c.last_event).where(
        alert.c.family == family,
        alert.c.country == country,
        alert.c.state != "cancelled",
        alert.c.first_event <= last,
        alert.c.last_event >= first,
    )
    rows = conn.execute(query.order_by(alert.c.id)).all()
    happened = (row for row in rows if row.last_event <= last or _happened(conn, row.id, first, last))
    return [place for row in happened if (place := codec.place(row.place)) is not None]


def _happened(conn: Connection, alert_id: int, first: datetime, last: datetime) -> bool:
    """Whether an alert has evidence, and no denial, of that time."""
    here = (evidence.c.alert_id == alert_id) & evidence.c.event_time.between(first, last)
    return any(hit["current"] for hit in conn.execute(select(evidence.c.hit).where(here)).scalars())


def open_twin(conn: Connection, value: Alert) -> Alert | None:
    """The other open alert with this identity."""
    row = conn.execute(_TWIN, {"of_key": value.key, "of_id": codec.row_id(value.id)}).one_or_none()
    return None if row is None else alert_from(row)


_TWIN: Final = select(alert).where(alert.c.key == bindparam("of_key"), _OPEN, alert.c.id != bindparam("of_id"))


def due_to_end(
    conn: Connection, now: datetime, same_event: Mapping[str, timedelta], *, otherwise: timedelta = timedelta(days=7)
) -> list[Alert]:
    """The open alerts without evidence for their family's `same_event` (`otherwise`: of families that are
    not in it, because their rule is gone)."""
    shortest = min([otherwise, *same_event.values()])
    query = select(alert).where(_OPEN, alert.c.last_event < now - shortest).order_by(alert.c.id)
    found = [alert_from(row) for row in conn.execute(query)]
    return [item for item in found if item.last_event < now - same_event.get(item.family, otherwise)]


def list_alerts(
    conn: Connection, wanted: Filter | None = None, *, limit: int = 100, before: str | None = None
) -> list[Listed]:
    """Alerts, the latest changed first. `before` (the id of the last one seen) gives the next page."""
    query = _filtered(wanted or Filter()).order_by(alert.c.updated.desc(), alert.c.id.desc()).limit(limit)
    if before is not None:
        last = select(alert.c.updated).where(alert.c.id == int(before)).scalar_subquery()
        query = query.where((alert.c.updated < last) | ((alert.c.updated == last) & (alert.c.id < int(before))))
    return [Listed(alert=alert_from(row), title=row.title, summary=row.summary) for row in conn.execute(query)]


def _filtered(wanted: Filter) -> Select[Any]:
    query = select(alert).where(alert.c.severity.in_(SEVERITIES[SEVERITIES.index(wanted.min_severity) :]))
    if wanted.open_only:
        query = query.where(_OPEN)
    if wanted.waiting:
        query = query.where(alert.c.triage == "waiting", alert.c.state.in_(WAITING_STATES))
    if wanted.since is not None:
        query = query.where(alert.c.updated >= wanted.since)
    for column, values in (
        (alert.c.event, wanted.events),
        (alert.c.country, wanted.countries),
        (alert.c.family, wanted.families),
    ):
        if values:
            query = query.where(column.in_(values))
    return query


def get_alert(conn: Connection, alert_id: str) -> Record | None:
    """Everything about one alert; None when there is none."""
    row = conn.execute(select(alert).where(alert.c.id == codec.row_id(alert_id))).one_or_none()
    if row is None:
        return None
    told = versions(conn, [(alert_id, None)])
    return Record(
        alert=alert_from(row),
        title=row.title,
        summary=row.summary,
        versions=tuple(told),
        evidence=tuple(evidence_store.of_alert(conn, alert_id)),
    )


def alert_of(conn: Connection, alert_id: str) -> Alert | None:
    """One alert without what made it."""
    row = conn.execute(_BY_ID, {"of_id": codec.row_id(alert_id)}).one_or_none()
    return None if row is None else alert_from(row)


_BY_ID: Final = select(alert).where(alert.c.id == bindparam("of_id"))


def save_step(
    conn: Connection, step: Step, *, title: str, summary: str, terms: Mapping[str, Any] | None = None
) -> Alert:
    """Store what tracking decided: the alert (a new one if its id is empty), its evidence, its messages.

    Returns the alert with its id. `title` and `summary` are the alert's texts as of now, `terms` what its rule says
    of such alerts (`issuing.terms`; None: what it said when the version before was made).
    """
    saved = save_alert(conn, step.alert, title=title, summary=summary)
    changed = [*step.regrouped, *([step.evidence] if step.evidence is not None else [])]
    evidence_store.put(conn, saved, changed)
    for message in step.messages:
        add_version(conn, saved, message, title=title, summary=summary, terms=terms)
    return saved


def save_alert(conn: Connection, value: Alert, *, title: str, summary: str) -> Alert:
    """Insert an alert (with an empty id) or replace the stored one; returns it with its id. The incident of a stored
    one stays: `incidents` alone changes it, perhaps since `value` was read."""
    if not value.id and not value.incident:  # a happening of its own
        value = replace(value, incident=str(conn.execute(_NEW_INCIDENT, {"opened": value.opened}).scalar_one()))
    row = _row(value) | {"title": codec.clean(title), "summary": codec.clean(summary)}
    if value.id:
        del row["incident_id"]
        if conn.execute(_change_of(frozenset(row)), row | {"of_id": codec.row_id(value.id)}).rowcount == 0:
            raise InputError(f"there is no alert {value.id}")
    else:
        value = replace(value, id=str(conn.execute(_NEW, row).scalar_one()))
    listing.put(conn, listing.Entry(alert=value, title=row["title"], summary=row["summary"]))
    stamp.renew(conn)
    return value


# Statements are made once: putting one together takes longer than it takes to run.
_NEW_INCIDENT: Final = insert(incident).returning(incident.c.id)
_NEW: Final = insert(alert).returning(alert.c.id)


@lru_cache(maxsize=8)
def _change_of(names: frozenset[str]) -> Update:
    here = alert.c.id == bindparam("of_id")
    return update(alert).where(here).values({name: bindparam(name) for name in sorted(names)})


def save_state(conn: Connection, value: Alert) -> None:
    """Store an alert whose state alone has changed; its texts stay as they are."""
    changed = {"state": value.state, "updated": value.updated}
    if conn.execute(_change_of(frozenset(changed)), changed | {"of_id": codec.row_id(value.id)}).rowcount == 0:
        raise InputError(f"there is no alert {value.id}")
    listing.put_state(conn, value)
    stamp.renew(conn)


def _row(value: Alert) -> dict[str, Any]:
    row: dict[str, Any] = {
        "place": codec.to_json(value.place),
        "place_id": value.place.id if value.place else None,
        "country": value.place.country if value.place else None,
        "numbers": codec.to_json(value.numbers),
        "told": codec.to_json(value.told),
        "dropped": codec.to_json(value.dropped),
        "spike": codec.to_json(value.spike),
        "incident_id": codec.row_id(value.incident),
        "merged_into": None if value.merged_into is None else codec.row_id(value.merged_into),
        "own_title": codec.clean_or_none(value.own_title, 300),
    }
    plain = ("family", "rule", "event", "key", "state", "severity", "worst", "certainty", "confirmed", "version")
    more = ("origins", "articles", "first_event", "last_event", "opened", "updated")
    review = ("triage", "waits_since", "approved")
    return row | {name: getattr(value, name) for name in (*plain, *more, *review)}


def alert_from(row: Row[Any]) -> Alert:
    """An alert from its row of the table."""
    columns = row._mapping
    return Alert(
        **{name: columns[name] for name in _AS_STORED},
        id=str(row.id),
        place=codec.place(row.place),
        numbers=codec.quantities(row.numbers),
        spike=codec.wave(row.spike),
        incident=str(row.incident_id),
        merged_into=None if row.merged_into is None else str(row.merged_into),
    )


_READ: Final = ("id", "place", "numbers", "spike", "incident", "merged_into")
_AS_STORED: Final = tuple(field.name for field in fields(Alert) if field.name not in _READ)


def add_version(
    conn: Connection,
    value: Alert,
    message: Message,
    *,
    title: str,
    summary: str,
    terms: Mapping[str, Any] | None = None,
) -> Version:
    """Keep a version that readers are told, with the alert as it is now and what its messages to machines need
    (`issuing`). `terms` as in `save_step`. What speaks for the alert must have been stored before."""
    fields = codec.to_json(value) | {"title": codec.clean(title), "summary": codec.clean(summary)}
    if held.is_held(value) and message.kind in ("close", "cancel"):  # its end is told, not what waits for a person
        fields = held.as_told(value, versions(conn, [(value.id, message.version - 1)])[0].fields)
    fields = series.taken_along(conn, value, message.at) | fields
    fields |= issuing.taken_along(conn, codec.row_id(value.id), terms, fields)
    row = {
        "alert_id": codec.row_id(value.id),
        "version": message.version,
        "kind": message.kind,
        "at": message.at,
        "why": codec.clean(message.why),
        "changes": codec.to_json(message.changes),
        "fields": fields,
    }
    conn.execute(insert(alert_version), row)
    return version_from(row)


def versions(conn: Connection, wanted: Sequence[tuple[str, int | None]]) -> list[Version]:
    """Versions by (alert id, version), None for all of an alert; by alert, in order."""
    ids = {codec.row_id(alert_id) for alert_id, _ in wanted}
    asked = {(codec.row_id(alert_id), version) for alert_id, version in wanted}
    query = select(alert_version).where(alert_version.c.alert_id.in_(ids))
    rows = [row._asdict() for row in conn.execute(query.order_by(alert_version.c.alert_id, alert_version.c.version))]
    return [version_from(row) for row in rows if asked & {(row["alert_id"], None), (row["alert_id"], row["version"])}]


def version_from(row: Mapping[str, Any]) -> Version:
    """A version from its row of the table."""
    return Version(**dict(row) | {"alert_id": str(row["alert_id"]), "changes": tuple(row["changes"])})


def count_open(conn: Connection) -> dict[AlertState, int]:
    """How many alerts there are in each open state."""
    query = select(alert.c.state, func.count()).where(_OPEN).group_by(alert.c.state)
    return {state: number for state, number in conn.execute(query)}
