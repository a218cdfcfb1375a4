"""Addresses that are not written to: whose mail came back, whose owner complained, or asked never to be written to.

Kept by the address's keyed mark, apart from the person: who is forgotten and added again by somebody else is not
written to by mistake.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Final, Literal, get_args

from sqlalchemy import Connection, delete, func, select

from alerts.store.codec import clean
from alerts.store.schema import suppressed
from alerts.store.upsert import insert_for

Reason = Literal["bounce", "complaint", "never"]
REASONS: Final[tuple[Reason, ...]] = get_args(Reason)
"""The weaker first."""

SAID: Final[Mapping[Reason, str]] = MappingProxyType(
    {
        "bounce": "mails to it came back",
        "complaint": "its owner complained of our mails",
        "never": "its owner asked never to be written to",
    }
)
"""Each reason in words, about an address."""


def suppress(conn: Connection, mark: str, reason: Reason, now: datetime, detail: str = "") -> bool:
    """Write to this address no more. `detail` is a status such as "5.1.1", never an address. False where it was so
    already; a stronger reason outweighs a weaker one, and not the other way round."""
    row = {"mark": mark, "reason": reason, "since": now, "detail": clean(detail)}
    weaker = suppressed.c.reason.in_(_weaker_than(reason))
    fresh = {name: row[name] for name in ("reason", "since", "detail")}
    added = insert_for(conn, suppressed).on_conflict_do_update(index_elements=["mark"], set_=fresh, where=weaker)
    return conn.execute(added.values(row).returning(suppressed.c.mark)).first() is not None


def is_suppressed(conn: Connection, mark: str) -> Reason | None:
    """Why this address is not written to; None when it may be."""
    return among(conn, [mark]).get(mark)


def among(conn: Connection, marks: Collection[str]) -> dict[str, Reason]:
    """Those of `marks` that are not written to, and why."""
    query = select(suppressed.c.mark, suppressed.c.reason).where(suppressed.c.mark.in_(marks))
    return {row.mark: row.reason for row in conn.execute(query)}


def may_ask(reason: Reason | None, *, by_mail: bool) -> bool:
    """Whether somebody who asks to become a reader may be written to once, for their yes. An address whose mail came
    back may be good again. Who wants none of our mails hears from us only when they write to us first: else a form in
    the web, which anybody can fill in, would undo it."""
    return not is_wish(reason) or by_mail


def is_wish(reason: Reason | None) -> bool:
    """Whether an address is left alone because its owner wants that."""
    return reason in ("complaint", "never")


def lift(conn: Connection, mark: str) -> bool:
    """Write to this address again: its owner said yes, or an operator knows better. False where it was free."""
    return conn.execute(delete(suppressed).where(suppressed.c.mark == mark)).rowcount > 0


def count_since(conn: Connection, since: datetime) -> dict[Reason, int]:
    """How many addresses were suppressed after `since`, by reason."""
    query = select(suppressed.c.reason, func.count()).where(suppressed.c.since > since)
    return {row[0]: row[1] for row in conn.execute(query.group_by(suppressed.c.reason))}


def _weaker_than(reason: Reason) -> tuple[Reason, ...]:
    return REASONS[: REASONS.index(reason)]
