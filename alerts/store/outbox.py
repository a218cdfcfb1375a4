"""The outbox: one row for each mail to each reader, written with the alert's version.

            lease               mark_sending            sent
    queued ───────► queued, ours ───────────► sending ─────────► accepted
      ▲ ▲   │                                  │ │ │ refused ──► failed
      │ └───│────── deferred ──────────────────┘ │ └ no answer ► ambiguous ─┐
      └─────│────── release (operator) ◄── held ◄┴──────────────────────────┘
            └► inhibited, silenced: not sent; withdrawn: a later version says all of it

What goes in the mail of another row (`lead_id`) is `bundled` while that one is queued, and has its state from then
on: it shares its fate in one statement. Only leads are leased and marked.

`sending` is committed before the mail server hears of the mail. So after a crash a row is either `queued`
(not sent) or `sending` (perhaps sent: `stale_sending` finds it, and the courier decides). All marks are
fenced by the token of the lease: a courier whose lease ran out, and was taken by another, changes nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Literal, Protocol, get_args

from sqlalchemy import ColumnElement, Connection, Row, Select, case, func, select, update

from alerts.readers import Person
from alerts.store import holds, plans, waiting
from alerts.store.batches import in_batches
from alerts.store.codec import clean, row_id
from alerts.store.marking import STATE, marking
from alerts.store.people import get_people
from alerts.store.schema import outbox
from alerts.store.upsert import insert_new
from alerts.store.waiting import Decide, Plan, Reason, each_alone, free

State = Literal[
    "queued", "sending", "accepted", "failed", "ambiguous", "held", "withdrawn", "bundled", "inhibited", "silenced"
]
STATES: tuple[State, ...] = get_args(State)

_ALONG: Final[tuple[State, ...]] = ("bundled", "sending", "held", "ambiguous", "failed")
_ALONG_EVER: Final[tuple[State, ...]] = (*_ALONG, "accepted")
_BUNDLED: Final = outbox.c.state == "bundled"
_ORDER: Final = (outbox.c.urgency.desc(), outbox.c.not_before, outbox.c.id)
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
    @property
    def letter(self) -> str | None: ...
    @property
    def waits(self) -> Reason | None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxRow:
    """A mail in the outbox, with its reader: about a version of an alert, a bulletin, or a `letter` of some kind.
    `round` is 0 for what is told, from 1 on for what is told again; `trigger_id` the article that brought it; `lead_id`
    the row in whose mail it goes; `collected`: it leads a digest; `waits`: what it waits for, or waited. `covered_by`
    is the alert that inhibited it, `silence_id` what silenced it.
    `attempts` counts the times it was `sending`."""

    id: int
    alert_id: str
    version: int
    round: int
    bulletin_id: int | None
    letter: str | None
    trigger_id: int | None
    lead_id: int | None
    collected: bool
    covered_by: int | None
    silence_id: int | None
    person: Person
    channel: str
    state: State
    urgency: int
    message_id: str
    created: datetime
    not_before: datetime
    waits: Reason | None
    expires: datetime | None
    attempts: int
    lease_token: str | None
    lease_until: datetime | None
    way: str | None
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
            "letter": row.letter,
            "trigger_id": row.trigger_id,
            "person_id": row.person_id,
            "channel": row.channel,
            "state": "queued",
            "urgency": row.urgency,
            "message_id": row.message_id,
            "created": row.created,
            "not_before": row.not_before,
            "waits": row.waits,
            "expires": row.expires,
        }
        for row in rows
    ]
    if values:
        insert_new(conn, outbox, values)


def lease(
    conn: Connection, now: datetime, token: str, limit: int, lease_s: float, *, decide: Decide = each_alone
) -> list[OutboxRow]:
    """Take up to `limit` mails that are due for `lease_s` seconds, the most urgent first. `token` (at most 32
    characters, new for each lease) is needed to mark them. `decide` says which rows go in which mail, and which go in
    none; that is stored with the lease, so that a mail is the same at every attempt."""
    people = waiting.lock_readers(conn, now, limit)
    rows = waiting.waiting_for(conn, people, now)
    plan = decide(rows, waiting.heard_by(conn, rows)) if rows else Plan()
    mails = plan.mails[:limit]
    take_back(conn, plan.superseded, now)
    plans.postpone(conn, plan.postponed)
    plans.keep_from_readers(conn, plan, now)
    plans.make_up(conn, mails, now, collected={row.id for row in rows if row.collected})
    leads = outbox.c.id.in_([mail.lead for mail in mails])
    return _take(conn, leads & (STATE == "queued"), now, token, lease_s, people)


def stale_sending(
    conn: Connection, now: datetime, token: str, limit: int, lease_s: float, *, way: str = "", strange_s: float = 0.0
) -> list[OutboxRow]:
    """Take mails whose courier died between `mark_sending` and the result. They stay `sending`; the caller
    now has to find out, and to mark them with `token`. Those that went by another `way` than the caller's are left for
    `strange_s` seconds to who can look them up."""
    here = outbox.c.way.is_(None) | (outbox.c.way == way) | (outbox.c.lease_until <= now - timedelta(seconds=strange_s))
    stale = (outbox.c.state == "sending") & outbox.c.lead_id.is_(None) & free(now) & here
    some = select(outbox.c.id).where(stale).order_by(*_ORDER).limit(limit).with_for_update(skip_locked=True)
    return _take(conn, outbox.c.id.in_(some.scalar_subquery()), now, token, lease_s)


def _take(
    conn: Connection,
    which: ColumnElement[bool],
    now: datetime,
    token: str,
    lease_s: float,
    people: Mapping[int, Person] | None = None,
) -> list[OutboxRow]:
    values = {"lease_token": token, "lease_until": now + timedelta(seconds=lease_s)}
    taken = conn.execute(update(outbox).where(which).values(values).returning(outbox)).all()
    return sorted(_rows(conn, taken, people), key=lambda row: (-row.urgency, row.not_before, row.id))


def parts(conn: Connection, leads: Collection[int]) -> dict[int, list[OutboxRow]]:
    """What goes in the mails of these rows beside them, and what is only mentioned (`inhibited`), by lead."""
    query = select(outbox).where(outbox.c.lead_id.in_(leads)).order_by(outbox.c.urgency.desc(), outbox.c.id)
    found: dict[int, list[OutboxRow]] = {lead: [] for lead in leads}
    for row in _rows(conn, conn.execute(query).all()):
        found[row.lead_id or 0].append(row)
    return found


def mark_sending(
    conn: Connection, ids: Collection[int], token: str, now: datetime, lease_s: float, *, way: str = ""
) -> set[int]:
    """About to be handed to the mail server, by this way: to be committed before. Returns those that are still ours;
    the others must not be sent."""
    values = {"attempts": 1, "lease_until": now + timedelta(seconds=lease_s), "way": way}
    return _mark(conn, ids, token, "sending", ("queued",), values)


def put_back(conn: Connection, ids: Collection[int], token: str) -> set[int]:
    """Marked as being sent, and then not handed over after all: as if that had not been."""
    values = {"attempts": -1, "lease_token": None, "lease_until": None}
    return _mark(conn, ids, token, "queued", ("sending",), values)


def mark_doubtful(conn: Connection, ids: Collection[int], token: str, look: datetime) -> set[int]:
    """Handed over, and no answer came: they stay `sending`, and are found by `stale_sending` from `look` on."""
    return _mark(conn, ids, token, "sending", ("sending",), {"lease_token": None, "lease_until": look})


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
    given = {f"new_{name}": value for name, value in values.items()}
    given |= {"ids": list(ids), "token": token, "before": list(before), "new_state": state}
    leads = set(conn.execute(marking(tuple(values)), given).scalars())
    _follow(conn, leads, state, {name: values[name] for name in ("finished", "last_error") if name in values})
    return leads


def _follow(conn: Connection, leads: Collection[int], state: State, values: dict[str, Any]) -> None:
    """What goes in the mails of these rows shares their fate."""
    values = {**values, "state": "bundled" if state == "queued" else state}
    for some in in_batches(leads):
        along = outbox.c.lead_id.in_(some) & STATE.in_(_ALONG)
        conn.execute(update(outbox).where(along).values(values))


def _finished(now: datetime, error: str | None) -> dict[str, Any]:
    error = _error(error) if error is not None else None
    return {"finished": now, "last_error": error, "lease_token": None, "lease_until": None}


def _error(error: str) -> str:
    return clean(error)[:_LONGEST_ERROR]


def give_back(conn: Connection, token: str) -> int:
    """Free what was leased with `token` and not begun; returns how many mails."""
    ours = (outbox.c.lease_token == token) & (outbox.c.state == "queued")
    return conn.execute(update(outbox).where(ours).values(lease_token=None, lease_until=None)).rowcount


def release(conn: Connection, ids: Collection[int], now: datetime) -> int:
    """An operator lets held or ambiguous mails go (again), with all that goes in them; returns how many."""
    stopped = outbox.c.lead_id.is_(None) & outbox.c.state.in_(("held", "ambiguous", "failed"))
    values = {"state": "queued", "not_before": now, "finished": None, "last_error": None, "expires": None}
    leads: set[int] = set()
    for some in in_batches(ids):
        again = update(outbox).where(stopped, outbox.c.id.in_(some)).values(values)
        leads.update(conn.execute(again.returning(outbox.c.id)).scalars())
    _follow(conn, leads, "queued", {"finished": None, "last_error": None})
    return len(leads)


def expire(conn: Connection, now: datetime) -> int:
    """Fail the mails that could not be sent in time; returns how many. What is held does not run out of time."""
    if holds.all_held(conn):
        return 0
    late = outbox.c.finished.is_(None) & (outbox.c.expires <= now) & (STATE == "queued")
    late &= free(now) & ~holds.keeps_now(conn)
    values = {"state": "failed", "finished": now, "last_error": func.coalesce(outbox.c.last_error, "not sent in time")}
    leads = set(conn.execute(update(outbox).where(late).values(values).returning(outbox.c.id)).scalars())
    _follow(conn, leads, "failed", {"finished": now, "last_error": "not sent in time"})
    return len(leads)


def take_back(conn: Connection, ids: Collection[int], now: datetime) -> list[tuple[int, datetime]]:
    """Withdraw rows that nobody has begun to send, leased or not; returns the reader and the time of each.

    A courier that holds one learns it from `mark_sending`: so does one whose mail loses a part. What went along with
    a withdrawn row waits again by itself, and what it covered does, too.
    """
    if not ids:
        return []
    leads = select(outbox.c.lead_id).where(outbox.c.id.in_(ids), outbox.c.state == "bundled")
    involved = (outbox.c.id.in_(ids) | outbox.c.id.in_(leads)) & (outbox.c.state == "queued")
    begun = select(outbox.c.id, outbox.c.attempts).where(involved).order_by(outbox.c.id).with_for_update()
    unsent = {row.id: row.attempts for row in conn.execute(begun)}
    mine = outbox.c.id.in_(ids) & (outbox.c.id.in_(unsent) | (outbox.c.lead_id.in_(unsent) & _BUNDLED))
    lost = set(conn.execute(select(outbox.c.lead_id).where(mine, outbox.c.lead_id.is_not(None))).scalars())
    values: dict[str, Any] = {"state": "withdrawn", "finished": now, "lease_token": None, "lease_until": None}
    gone = update(outbox).where(mine).values({**values, "lead_id": None})
    rows = conn.execute(gone.returning(outbox.c.id, outbox.c.person_id, outbox.c.not_before, outbox.c.alert_id)).all()
    _disband(conn, {row.id for row in rows} | {lead for lead in lost if not unsent.get(lead)})
    _uncover_in(conn, lost, {row.alert_id for row in rows})
    freed = {"lease_token": None, "lease_until": None}
    conn.execute(update(outbox).where(outbox.c.id.in_(lost), outbox.c.state == "queued").values(freed))
    return [(row.person_id, row.not_before) for row in rows]


_AGAIN: Final[dict[str, Any]] = {"state": "queued", "lead_id": None, "covered_by": None, "finished": None}


def _disband(conn: Connection, leads: Collection[int]) -> None:
    """Let what goes in mails that will not be sent so wait by itself again."""
    parts_of = outbox.c.lead_id.in_(leads) & outbox.c.state.in_(("bundled", "inhibited"))
    conn.execute(update(outbox).where(parts_of).values(_AGAIN))


def _uncover_in(conn: Connection, leads: Collection[int], alerts: Collection[int]) -> None:
    """Let wait again what is covered by alerts that are in these mails no longer."""
    mentioned = outbox.c.lead_id.in_(leads) & (outbox.c.state == "inhibited") & outbox.c.covered_by.in_(alerts)
    conn.execute(update(outbox).where(mentioned).values(_AGAIN))


def list_rows(conn: Connection, *, states: Collection[State] = (), limit: int = 100) -> list[OutboxRow]:
    """Mails in the given states (all if empty), the newest first."""
    query: Select[Any] = select(outbox).order_by(outbox.c.id.desc()).limit(limit)
    return _rows(conn, conn.execute(query.where(outbox.c.state.in_(states)) if states else query).all())


def some(conn: Connection, *, ids: Collection[int] = (), alert_id: str = "", person_id: int = 0) -> list[OutboxRow]:
    """Mails by their numbers, or all about an alert, or to a reader, as they came; those that all of it says."""
    query: Select[Any] = select(outbox).order_by(outbox.c.id)
    if ids:
        query = query.where(outbox.c.id.in_(ids))
    if alert_id:
        query = query.where(outbox.c.alert_id == row_id(alert_id))
    if person_id:
        query = query.where(outbox.c.person_id == person_id)
    return _rows(conn, conn.execute(query).all())


def counts(conn: Connection) -> dict[State, int]:
    """How many mails are in each state; every state is there. `bundled` counts what goes, or went, in the mail of
    another row."""
    along = outbox.c.lead_id.is_not(None) & outbox.c.state.in_(_ALONG_EVER)
    state = case((along, "bundled"), else_=outbox.c.state)
    found = {name: number for name, number in conn.execute(select(state, func.count()).group_by(state))}
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


def _rows(conn: Connection, rows: Sequence[Row[Any]], people: Mapping[int, Person] | None = None) -> list[OutboxRow]:
    """With their readers: those of `people`, who hold all of them, or as they are now."""
    people = get_people(conn, {row.person_id for row in rows}) if people is None else people
    made = []
    for row in rows:
        columns = row._asdict()
        person = people.get(columns.pop("person_id"))
        if person is not None:  # else removed a moment ago, with this row
            alert_id = "" if row.alert_id is None else str(row.alert_id)
            made.append(OutboxRow(**columns | {"alert_id": alert_id, "version": row.version or 0, "person": person}))
    return made
