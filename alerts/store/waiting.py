"""What waits in the outbox, as the decision about mails sees it (`notify.bundling`), and what that decision says.

Whoever decides about a reader's mails holds the reader's row locked meanwhile: of two couriers only one does, so what
belongs together cannot part between them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, Literal, get_args

from sqlalchemy import ColumnElement, Connection, func, or_, select, union_all

from alerts.readers import ALL, Person, Wishes
from alerts.store import codec, holds
from alerts.store.alerts import versions
from alerts.store.people import lock_people
from alerts.store.schema import alert, outbox
from alerts.types import OPEN_STATES, SEVERITIES, MessageKind, Place

Reason = Literal["digest", "quiet", "pace", "pause", "hold"]
REASONS: Final[tuple[Reason, ...]] = get_args(Reason)
"""What a row waits for beyond what belongs with it: its reader's digest, the end of their quiet hours, that they got
too much of late, that they come back, or that an operator lets it go."""

REACHED: Final = ("sending", "accepted", "ambiguous", "held")
"""Rows of these states reached their reader, or may have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Who a row is for: their wishes, and when they got mails about alerts in the last 24 hours."""

    wishes: Wishes = ALL
    sent: tuple[datetime, ...] = ()


ANYBODY: Final = Reader()


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """One row that waits to be sent. `due`: its time has come. `fixed`: its mail was made up before, and goes as it is
    (`collected`: as a digest). `waits`: what it waited for until now. `urgency` and `place` are the alert's in this
    version, `rule`, `incident` and `going_on` are as they are now. Of a bulletin `alert_id` is empty."""

    id: int
    person_id: int
    channel: str
    due: bool
    fixed: bool
    urgency: int
    not_before: datetime
    waits: Reason | None = None
    collected: bool = False
    reader: Reader = ANYBODY
    round: int = 0
    alert_id: str = ""
    version: int = 0
    trigger_id: int | None = None
    kind: MessageKind = "new"
    rule: str = ""
    incident: str = ""
    place: Place | None = None
    going_on: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """The latest version of an alert that reached a reader, and its level then."""

    person_id: int
    alert_id: str
    version: int
    urgency: int
    rule: str
    incident: str
    going_on: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """One mail: the row that leads, those that go in it, and those that it only mentions (each with the id of the
    alert that covers it). `collected`: it is a digest, a list of many happenings."""

    lead: int
    members: tuple[int, ...] = ()
    covered: Mapping[int, str] = field(default_factory=dict)
    collected: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """A row whose time had come is to wait until then, and for what."""

    until: datetime
    reason: Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is to be done with waiting rows; what it does not name goes on waiting. `mails`: the most urgent first.
    `covered`: by an alert that the reader was told before; `silenced`: by which silence; `superseded`: a later version
    says all of it; `postponed`: due, but not now."""

    mails: tuple[Mail, ...] = ()
    covered: Mapping[int, str] = field(default_factory=dict)
    silenced: Mapping[int, int] = field(default_factory=dict)
    superseded: frozenset[int] = frozenset()
    postponed: Mapping[int, Wait] = field(default_factory=dict)


Decide = Callable[[Sequence[Waiting], Sequence[Heard]], Plan]


def each_alone(waiting: Sequence[Waiting], heard: Sequence[Heard]) -> Plan:
    """Each row that is due as a mail of its own."""
    due = sorted((row for row in waiting if row.due), key=lambda row: (-row.urgency, row.not_before, row.id))
    return Plan(mails=tuple(Mail(lead=row.id, collected=row.collected) for row in due))


def free(now: datetime) -> ColumnElement[bool]:
    """Rows that no courier holds."""
    return or_(outbox.c.lease_until.is_(None), outbox.c.lease_until <= now)


def in_state(*states: str) -> ColumnElement[bool]:
    """Rows of these states, for a query that another column finds them by. SQLite would take the index of states, as it
    does not know how many rows a state has: all that were ever sent."""
    return outbox.c.state.concat("").in_(states)


def _due(conn: Connection, now: datetime) -> ColumnElement[bool]:
    worth = outbox.c.expires.is_(None) | (outbox.c.expires > now)
    due = (outbox.c.state == "queued") & (outbox.c.not_before <= now) & free(now) & worth
    return due & outbox.c.bulletin_id.is_not(None) if holds.all_held(conn) else due


def count_readers(conn: Connection, now: datetime, most: int) -> int:
    """How many readers mails are due for, of the `most` most urgent mails."""
    return len(set(_most_urgent(conn, now, most)))


def lock_readers(conn: Connection, now: datetime, limit: int) -> dict[int, Person]:
    """Up to `limit` readers of mails that are due, by id, the most urgent first; without those about whose mails
    another courier decides at this moment."""
    for page in (limit, 8 * limit, 64 * limit):  # a reader may have many rows: of a digest, or after an outage
        rows = _most_urgent(conn, now, page)
        readers = list(dict.fromkeys(rows))
        if len(readers) >= limit or len(rows) < page:
            break
    found: dict[int, Person] = {}
    while readers and len(found) < limit:
        some, readers = readers[: limit - len(found)], readers[limit - len(found) :]
        found |= lock_people(conn, some)
    return found


def _most_urgent(conn: Connection, now: datetime, limit: int) -> list[int]:
    """The readers of the `limit` most urgent mails that are due. Each level is a range of the index: what is due next
    week is not looked at."""
    due, columns = _due(conn, now), (outbox.c.person_id, outbox.c.urgency, outbox.c.not_before, outbox.c.id)
    levels = [
        select(*columns)
        .where(due, outbox.c.urgency == urgency)
        .order_by(outbox.c.not_before, outbox.c.id)
        .limit(limit)
        .subquery()
        .select()
        for urgency in range(len(SEVERITIES))
    ]
    every = union_all(*levels).subquery()
    query = select(every.c.person_id).order_by(every.c.urgency.desc(), every.c.not_before, every.c.id)
    return list(conn.execute(query.limit(limit)).scalars().all())


def oldest_due(conn: Connection, now: datetime) -> datetime | None:
    """Since when the oldest mail is due that no courier holds and nobody keeps back; None: there is none."""
    found: datetime | None = conn.execute(select(func.min(outbox.c.not_before)).where(_due(conn, now))).scalar_one()
    return found


def waiting_for(conn: Connection, people: Mapping[int, Person], now: datetime) -> list[Waiting]:
    """All that waits for these readers, due or not, by id; locked. To be asked for readers that are locked."""
    columns = (outbox.c[name] for name in (*_PLAIN, "alert_id", "version", "attempts"))
    query = select(*columns, _due(conn, now).label("due")).where(
        outbox.c.person_id.in_(list(people)), outbox.c.state == "queued", free(now)
    )
    rows = conn.execute(query.order_by(outbox.c.id).with_for_update(of=outbox, skip_locked=True)).all()
    fixed = {row.id for row in rows if row.attempts} | _with_others(conn, [row.id for row in rows])
    about = _about(conn, {(row.alert_id, row.version) for row in rows if row.alert_id is not None})
    readers = _readers(conn, people, now)
    found = []
    for row in rows:
        values = dict(zip(_PLAIN, row, strict=False)) | about.get((row.alert_id, row.version), {})
        reader = readers.get(row.person_id, ANYBODY)
        found.append(Waiting(**values, reader=reader, due=bool(row.due), fixed=row.id in fixed))
    return found


def _about(conn: Connection, wanted: Collection[tuple[int, int]]) -> dict[tuple[int, int], dict[str, Any]]:
    """What there is to know of these versions of alerts: as they are, and of their alerts now."""
    query = select(alert.c.id, alert.c.rule, alert.c.incident_id, alert.c.state)
    alerts = {row.id: row for row in conn.execute(query.where(alert.c.id.in_({alert_id for alert_id, _ in wanted})))}
    found = versions(conn, [(str(alert_id), version) for alert_id, version in sorted(wanted)])
    return {
        (int(one.alert_id), one.version): {
            "alert_id": one.alert_id,
            "version": one.version,
            "kind": one.kind,
            "rule": now_alert.rule,
            "incident": str(now_alert.incident_id),
            "place": codec.place(one.fields.get("place")),
            "going_on": now_alert.state in OPEN_STATES,
        }
        for one in found
        if (now_alert := alerts.get(int(one.alert_id))) is not None
    }


_PLAIN: Final = ("id", "person_id", "channel", "urgency", "not_before", "waits", "collected", "round", "trigger_id")


def _readers(conn: Connection, people: Mapping[int, Person], now: datetime) -> dict[int, Reader]:
    """Their wishes, and the times of their mails about alerts; one that is on its way counts as sent now."""
    # What more there is to ask for is left to Python, lest SQLite take an index that finds all that were ever sent.
    mail = (outbox.c.person_id, outbox.c.finished, outbox.c.state, outbox.c.alert_id, outbox.c.lead_id)
    done = select(*mail).where(outbox.c.person_id.in_(list(people)), outbox.c.finished > now - timedelta(days=1))
    under_way = select(*mail).where(outbox.c.lease_until > now)
    sent: dict[int, list[datetime]] = {}
    for row in (*conn.execute(done).all(), *conn.execute(under_way).all()):
        if row.state in _SENT and row.alert_id is not None and row.lead_id is None:
            sent.setdefault(row.person_id, []).append(row.finished or now)
    return {one.id: Reader(wishes=one.wishes, sent=tuple(sorted(sent.get(one.id, ())))) for one in people.values()}


_SENT: Final = ("accepted", "ambiguous", "sending", "queued")


def _with_others(conn: Connection, ids: Collection[int]) -> set[int]:
    """Rows that lead a mail made up before."""
    query = select(outbox.c.lead_id).where(outbox.c.lead_id.in_(ids), in_state("bundled", "inhibited"))
    return {lead for lead in conn.execute(query.distinct()).scalars() if lead is not None}


def heard_by(conn: Connection, waiting: Sequence[Waiting]) -> list[Heard]:
    """What the readers of `waiting` were told of the happenings that it is about."""
    incidents = {int(row.incident) for row in waiting if row.incident}
    query = (
        select(outbox.c.person_id, outbox.c.alert_id, outbox.c.version, outbox.c.urgency)
        .add_columns(alert.c.rule, alert.c.incident_id, alert.c.state)
        .join_from(outbox, alert, alert.c.id == outbox.c.alert_id)
        .where(alert.c.incident_id.in_(incidents), in_state(*REACHED))
        .where(outbox.c.person_id.in_({row.person_id for row in waiting}))
        .order_by(outbox.c.version)
    )
    latest = {
        (row.person_id, row.alert_id): Heard(
            person_id=row.person_id,
            alert_id=str(row.alert_id),
            version=row.version,
            urgency=min(row.urgency, len(SEVERITIES) - 1),
            rule=row.rule,
            incident=str(row.incident_id),
            going_on=row.state in OPEN_STATES,
        )
        for row in conn.execute(query).all()
    }
    return list(latest.values())
