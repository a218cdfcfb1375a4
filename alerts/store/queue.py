"""What an operator sees and does of the outbox: what waits and for what, and single mails held back by hand."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

from sqlalchemy import ColumnElement, Connection, Select, and_, case, func, select, update

from alerts.errors import InputError
from alerts.store.codec import clean, row_id
from alerts.store.outbox import OutboxRow, State, some
from alerts.store.schema import outbox
from alerts.store.waiting import REASONS, Reason

OPEN: Final[tuple[State, ...]] = ("queued", "sending", "held", "ambiguous", "failed")
"""States of mails that have not come to a good end."""

STUCK: Final[tuple[State, ...]] = ("held", "ambiguous", "failed")
"""Those of them that wait for a person, who may let them go."""

Why = Literal["under way", "due", "retry", "company"] | Reason | Literal[""]
"""What a queued mail waits for: nothing (somebody sends it now, or it is due), another attempt, what belongs with it,
or one of `waiting.REASONS`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Mails of one state that wait for the same thing. `oldest`: when the first was written; `next`: when the first is
    to go."""

    state: State
    why: Why
    mails: int
    oldest: datetime
    next: datetime


def _why(now: datetime) -> ColumnElement[str]:
    tried = outbox.c.attempts > 0
    return case(
        (outbox.c.state != "queued", ""),
        (outbox.c.lease_until > now, "under way"),
        (outbox.c.waits.in_(REASONS), outbox.c.waits),
        (tried | outbox.c.last_error.is_not(None), "retry"),
        (outbox.c.not_before > now, "company"),
        else_="due",
    )


def _leads(states: Collection[State]) -> ColumnElement[bool]:
    """What goes in the mail of another row is no mail of its own."""
    return outbox.c.state.in_(states) & outbox.c.lead_id.is_(None)


def groups(conn: Connection, now: datetime, states: Collection[State] = OPEN) -> list[Group]:
    """How many mails there are of each state and reason; in the order of `STATES`."""
    why = _why(now).label("why")
    query: Select[Any] = select(
        outbox.c.state,
        why,
        func.count().label("mails"),
        func.min(outbox.c.created).label("oldest"),
        func.min(outbox.c.not_before).label("next"),
    ).where(_leads(states))
    found = [Group(**row._asdict()) for row in conn.execute(query.group_by(outbox.c.state, why))]
    return sorted(found, key=lambda one: (OPEN.index(one.state) if one.state in OPEN else len(OPEN), one.why))


def mails(conn: Connection, now: datetime, states: Collection[State], limit: int) -> list[tuple[OutboxRow, Why]]:
    """The mails of these states, the oldest first, each with what it waits for."""
    query = select(outbox.c.id, _why(now)).where(_leads(states)).order_by(outbox.c.created, outbox.c.id).limit(limit)
    why: dict[int, Why] = {number: reason for number, reason in conn.execute(query)}
    rows = {row.id: row for row in some(conn, ids=list(why))} if why else {}
    return [(rows[number], reason) for number, reason in why.items() if number in rows]


def hold(conn: Connection, ids: Collection[int], why: str, now: datetime) -> set[int]:
    """Hold back mails that nobody has begun to send, with all that goes in them; those that were. A courier that has
    leased one learns it when it marks it."""
    which = outbox.c.id.in_(ids) & outbox.c.lead_id.is_(None) & (outbox.c.state == "queued")
    values = {"state": "held", "finished": now, "last_error": clean(why)[:500]}
    lost = {"lease_token": None, "lease_until": None}
    held = set(conn.execute(update(outbox).where(which).values({**values, **lost}).returning(outbox.c.id)).scalars())
    along = and_(outbox.c.lead_id.in_(held), outbox.c.state == "bundled")
    conn.execute(update(outbox).where(along).values(values))
    return held


def stuck(conn: Connection, ids: Collection[int]) -> list[OutboxRow]:
    """The mails of these numbers (or those in which they go), which a person may let go (`outbox.release`). Raises
    InputError where there is one that nobody has to."""
    rows = {row.id: row for row in some(conn, ids=ids)}
    leads = {one.lead_id for one in rows.values() if one.lead_id is not None}
    rows |= {row.id: row for row in some(conn, ids=leads)} if leads else {}
    wanted = {rows[one].lead_id or one if one in rows else one for one in ids}
    wrong = [
        f"{one} ({rows[one].state if one in rows else 'not there'})"
        for one in wanted
        if one not in rows or rows[one].state not in STUCK
    ]
    if wrong:
        raise InputError(f"neither held nor ambiguous nor failed: {', '.join(sorted(wrong))}; nothing was released")
    return [rows[one] for one in sorted(wanted)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fate:
    """How many readers' mails of one version of an alert are in a state."""

    version: int
    state: State
    mails: int


def of_alert(conn: Connection, alert_id: str) -> list[Fate]:
    """What became of the mails of an alert, reminders left aside: the latest version first."""
    query = select(outbox.c.version, outbox.c.state, func.count().label("mails"))
    query = query.where(outbox.c.alert_id == row_id(alert_id), outbox.c.round == 0)
    query = query.group_by(outbox.c.version, outbox.c.state).order_by(outbox.c.version.desc(), outbox.c.state)
    return [Fate(**row._asdict()) for row in conn.execute(query)]
