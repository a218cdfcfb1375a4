"""The outbox: one row for each mail to each reader, written with the alert's version.

            lease               mark_sending            sent
    queued ───────► queued, ours ───────────► sending ─────────► accepted
      ▲ ▲                                      │ │ │ refused ──► failed
      │ └────────── deferred ──────────────────┘ │ └ no answer ► ambiguous ─┐
      └──────────── release (operator) ◄── held ◄┴──────────────────────────┘

`sending` is committed before the mail server hears of the mail. So after a crash a row is either `queued`
(not sent) or `sending` (perhaps sent: `stale_sending` finds it, and the courier decides). All marks are
fenced by the token of the lease: a courier whose lease ran out, and was taken by another, changes nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Literal, Protocol, get_args

from sqlalchemy import ColumnElement, Connection, Row, Select, case, func, or_, select, update

from alerts.store.codec import clean
from alerts.store.merging import merged_ids
from alerts.store.people import get_people
from alerts.store.schema import outbox
from alerts.store.upsert import insert_for
from alerts.types import Person

State = Literal[
    "queued", "sending", "accepted", "failed", "ambiguous", "held", "withdrawn", "bundled", "inhibited", "silenced"
]
STATES: tuple[State, ...] = get_args(State)

# Rows of these states reached their reader, or may have.
_TOLD: Final[tuple[State, ...]] = ("sending", "accepted", "ambiguous", "held")
_LONGEST_ERROR: Final = 500


class NewRow(Protocol):
    """A mail to be sent (`notify.audience.Row`)."""

    @property
    def alert_id(self) -> str: ...
    @property
    def version(self) -> int: ...
    @property
    def person_id(self) -> int: ...
    @property
    def channel(self) -> str: ...
    @property
    def urgency(self) -> int: ...
    @property
    def message_id(self) -> str: ...
    @property
    def created(self) -> datetime: ...
    @property
    def not_before(self) -> datetime: ...
    @property
    def expires(self) -> datetime | None: ...
    @property
    def round(self) -> int: ...
    @property
    def trigger_id(self) -> int | None: ...
    @property
    def bulletin_id(self) -> int | None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxRow:
    """A mail in the outbox, with its reader: about a version of an alert, or a bulletin. `round` is 0 for what is told,
    from 1 on for what is told again; `trigger_id` the article that brought it; `lead_id` the row in whose mail it goes.
    `covered_by` is the alert that inhibited it, `silence_id` what silenced it. `attempts` counts the times it was
    `sending`."""

    id: int
    alert_id: str
    version: int
    round: int
    bulletin_id: int | None
    trigger_id: int | None
    lead_id: int | None
    covered_by: int | None
    silence_id: int | None
    person: Person
    channel: str
    state: State
    urgency: int
    message_id: str
    created: datetime
    not_before: datetime
    expires: datetime | None
    attempts: int
    lease_token: str | None
    lease_until: datetime | None
    finished: datetime | None
    last_error: str | None


def enqueue(conn: Connection, rows: Iterable[NewRow]) -> None:
    """Write the mails of an alert version or of a bulletin. A mail that is there already (same version, round, reader
    and channel) is left as it is."""
    values = [
        {
            "alert_id": int(row.alert_id) if row.alert_id else None,
            "version": row.version if row.alert_id else None,
            "round": row.round,
            "bulletin_id": row.bulletin_id,
            "trigger_id": row.trigger_id,
            "person_id": row.person_id,
            "channel": row.channel,
            "state": "queued",
            "urgency": row.urgency,
            "message_id": row.message_id,
            "created": row.created,
            "not_before": row.not_before,
            "expires": row.expires,
        }
        for row in rows
    ]
    if values:
        conn.execute(insert_for(conn, outbox).on_conflict_do_nothing(), values)


def lease(conn: Connection, now: datetime, token: str, limit: int, lease_s: float) -> list[OutboxRow]:
    """Take up to `limit` mails that are due for `lease_s` seconds, the most urgent first. `token` (at most 32
    characters, new for each lease) is needed to mark them."""
    due = (outbox.c.state == "queued") & (outbox.c.not_before <= now) & _free(now)
    due &= outbox.c.expires.is_(None) | (outbox.c.expires > now)
    return _take(conn, due, now, token, limit, lease_s)


def stale_sending(conn: Connection, now: datetime, token: str, limit: int, lease_s: float) -> list[OutboxRow]:
    """Take mails whose courier died between `mark_sending` and the result. They stay `sending`; the caller
    now has to find out, and to mark them with `token`."""
    return _take(conn, (outbox.c.state == "sending") & _free(now), now, token, limit, lease_s)


def _free(now: datetime) -> ColumnElement[bool]:
    return or_(outbox.c.lease_until.is_(None), outbox.c.lease_until <= now)


def _take(
    conn: Connection, which: ColumnElement[bool], now: datetime, token: str, limit: int, lease_s: float
) -> list[OutboxRow]:
    order = (outbox.c.urgency.desc(), outbox.c.not_before, outbox.c.id)
    some = select(outbox.c.id).where(which).order_by(*order).limit(limit).with_for_update(skip_locked=True)
    taken = conn.execute(
        update(outbox)
        .where(outbox.c.id.in_(some.scalar_subquery()))
        .values(lease_token=token, lease_until=now + timedelta(seconds=lease_s))
        .returning(outbox)
    ).all()
    return sorted(_rows(conn, taken), key=lambda row: (-row.urgency, row.not_before, row.id))


def mark_sending(conn: Connection, ids: Collection[int], token: str, now: datetime, lease_s: float) -> set[int]:
    """About to be handed to the mail server: to be committed before. Returns those that are still ours;
    the others must not be sent."""
    values = {"attempts": outbox.c.attempts + 1, "lease_until": now + timedelta(seconds=lease_s)}
    return _mark(conn, ids, token, "sending", ("queued",), values)


def mark_accepted(conn: Connection, ids: Collection[int], token: str, now: datetime) -> set[int]:
    """The mail server has taken them."""
    return _mark(conn, ids, token, "accepted", ("sending",), _finished(now, None))


def mark_deferred(conn: Connection, ids: Collection[int], token: str, not_before: datetime, error: str) -> set[int]:
    """Not sent, to be tried again."""
    values = {"not_before": not_before, "last_error": _error(error), "lease_token": None, "lease_until": None}
    return _mark(conn, ids, token, "queued", ("queued", "sending"), values)


def mark_failed(conn: Connection, ids: Collection[int], token: str, now: datetime, error: str) -> set[int]:
    """Refused for good, or not to be rendered."""
    return _mark(conn, ids, token, "failed", ("queued", "sending"), _finished(now, error))


def mark_ambiguous(conn: Connection, ids: Collection[int], token: str, now: datetime, error: str) -> set[int]:
    """Handed over, but no answer came: perhaps sent, so not to be sent again without a look."""
    return _mark(conn, ids, token, "ambiguous", ("sending",), _finished(now, error))


def mark_held(conn: Connection, ids: Collection[int], token: str, now: datetime, error: str) -> set[int]:
    """Stopped until an operator releases them."""
    return _mark(conn, ids, token, "held", ("queued", "sending"), _finished(now, error))


def _mark(
    conn: Connection, ids: Collection[int], token: str, state: State, before: Sequence[State], values: dict[str, Any]
) -> set[int]:
    ours = outbox.c.id.in_(ids) & (outbox.c.lease_token == token) & outbox.c.state.in_(before)
    return set(conn.execute(update(outbox).where(ours).values(state=state, **values).returning(outbox.c.id)).scalars())


def _finished(now: datetime, error: str | None) -> dict[str, Any]:
    error = _error(error) if error is not None else None
    return {"finished": now, "last_error": error, "lease_token": None, "lease_until": None}


def _error(error: str) -> str:
    return clean(error)[:_LONGEST_ERROR]


def give_back(conn: Connection, token: str) -> int:
    """Free what was leased with `token` and not begun; returns how many mails."""
    ours = (outbox.c.lease_token == token) & (outbox.c.state == "queued")
    return conn.execute(update(outbox).where(ours).values(lease_token=None, lease_until=None)).rowcount


def forget_leases(conn: Connection) -> None:
    """End all leases: for the start of the only process that uses this outbox, when whoever held them is dead."""
    values = {"lease_token": None, "lease_until": None}
    conn.execute(update(outbox).where(outbox.c.lease_token.is_not(None)).values(values))


def release(conn: Connection, ids: Collection[int], now: datetime) -> int:
    """An operator lets held or ambiguous mails go (again); returns how many."""
    stopped = outbox.c.id.in_(ids) & outbox.c.state.in_(("held", "ambiguous", "failed"))
    values = {"state": "queued", "not_before": now, "finished": None, "last_error": None, "expires": None}
    return conn.execute(update(outbox).where(stopped).values(values)).rowcount


def expire(conn: Connection, now: datetime) -> int:
    """Fail the mails that could not be sent in time; returns how many."""
    late = (outbox.c.state == "queued") & (outbox.c.expires <= now) & _free(now)
    values = {"state": "failed", "finished": now, "last_error": func.coalesce(outbox.c.last_error, "not sent in time")}
    return conn.execute(update(outbox).where(late).values(values)).rowcount


def withdraw(conn: Connection, alert_id: str, now: datetime, *, before_version: int) -> set[int]:
    """Take back the mails of earlier versions that nobody has begun to send; returns their readers' ids.
    For a cancelled alert, and for a version that says all that the unsent one said. A leased one goes too:
    its courier learns it from `mark_sending`."""
    unsent = (outbox.c.alert_id == int(alert_id)) & (outbox.c.version < before_version)
    unsent &= outbox.c.state == "queued"
    values = {"state": "withdrawn", "finished": now}
    return set(conn.execute(update(outbox).where(unsent).values(values).returning(outbox.c.person_id)).scalars())


def told(conn: Connection, alert_id: str, *, reached: bool = False) -> dict[int, int]:
    """The readers of an alert and the latest version each has a mail of: sent or still to be sent; with
    `reached` only what was sent, or may have been. Who was told of an alert that was merged into it has been told of
    this event, of version 0."""
    states = _TOLD if reached else (*_TOLD, "queued")
    version = case((outbox.c.alert_id == int(alert_id), outbox.c.version), else_=0)
    query = select(outbox.c.person_id, func.max(version)).where(
        outbox.c.alert_id.in_([int(alert_id), *map(int, merged_ids(conn, alert_id))]), outbox.c.state.in_(states)
    )
    return {person_id: version for person_id, version in conn.execute(query.group_by(outbox.c.person_id))}


def told_before(conn: Connection, mails: Collection[tuple[str, int]]) -> dict[tuple[str, int, int], int]:
    """For each mail of these alert versions (alert id, version), by (alert id, version, reader's id): the latest
    earlier version of the alert that the reader has a mail of. Who has none is not in it."""
    ids = {int(alert_id) for alert_id, _ in mails}
    query = select(outbox.c.alert_id, outbox.c.person_id, outbox.c.version).where(
        outbox.c.alert_id.in_(ids), outbox.c.state.in_((*_TOLD, "queued"))
    )
    found: dict[tuple[str, int, int], int] = {}
    rows = [(str(alert_id), person_id, version) for alert_id, person_id, version in conn.execute(query)]
    for alert_id, version in mails:
        for other, person_id, earlier in rows:
            if other == alert_id and earlier < version:
                key = (alert_id, version, person_id)
                found[key] = max(found.get(key, 0), earlier)
    return found


def list_rows(conn: Connection, *, states: Collection[State] = (), limit: int = 100) -> list[OutboxRow]:
    """Mails in the given states (all if empty), the newest first."""
    query: Select[Any] = select(outbox).order_by(outbox.c.id.desc()).limit(limit)
    return _rows(conn, conn.execute(query.where(outbox.c.state.in_(states)) if states else query).all())


def counts(conn: Connection) -> dict[State, int]:
    """How many mails are in each state; every state is there."""
    found = {
        state: number for state, number in conn.execute(select(outbox.c.state, func.count()).group_by(outbox.c.state))
    }
    return {state: found.get(state, 0) for state in STATES}


def next_due_at(conn: Connection) -> datetime | None:
    """When the next mail is due; None when none waits."""
    found: datetime | None = conn.execute(
        select(func.min(outbox.c.not_before)).where(outbox.c.state == "queued")
    ).scalar_one()
    return found


def last_accepted(conn: Connection) -> datetime | None:
    """When a mail server last took a mail."""
    found: datetime | None = conn.execute(
        select(func.max(outbox.c.finished)).where(outbox.c.state == "accepted")
    ).scalar_one()
    return found


def _rows(conn: Connection, rows: Sequence[Row[Any]]) -> list[OutboxRow]:
    people = get_people(conn, {row.person_id for row in rows})
    made = []
    for row in rows:
        columns = row._asdict()
        person = people.get(columns.pop("person_id"))
        if person is not None:  # else removed a moment ago, with this row
            alert_id = "" if row.alert_id is None else str(row.alert_id)
            made.append(OutboxRow(**columns | {"alert_id": alert_id, "version": row.version or 0, "person": person}))
    return made
