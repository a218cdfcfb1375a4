"""What an operator sees and does of the outbox: what waits and for what, and single mails held back by hand."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

from sqlalchemy import ColumnElement, Connection, Select, and_, case, func, select, update

from alerts.store.codec import clean
from alerts.store.outbox import OutboxRow, State, some
from alerts.store.schema import outbox
from alerts.store.waiting import REASONS, Reason

OPEN: Final[tuple[State, ...]] = ("queued", "sending", "held", "ambiguous", "failed")
"""States of mails that have not come to a good end."""

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
