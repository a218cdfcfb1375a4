"""What an operator has to let go: all mails, or those of a rule that fired far more than usual.

Held mails wait in the outbox as they are and do not run out of time. That a hold stops them is looked up when mails are
leased (`store.waiting`): so a hold works at once, for every courier that shares the database.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal, get_args

from sqlalchemy import ColumnElement, Connection, false, func, select, update

from alerts.errors import InputError
from alerts.store.schema import alert, hold, outbox
from alerts.store.upsert import insert_for

Kind = Literal["all", "rule"]
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)

STILL_WORTH: Final = timedelta(days=2)
"""How long mails are worth sending from the moment at which they are let go."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """All mails (kind `all`), or the new alerts of one `rule`, wait since then for that reason."""

    id: int
    kind: Kind
    rule: str
    reason: str
    since: datetime


def in_force(conn: Connection) -> list[Hold]:
    """The holds that nobody has released, the oldest first."""
    query = select(hold.c.id, hold.c.kind, hold.c.rule, hold.c.reason, hold.c.since)
    rows = conn.execute(query.where(hold.c.released.is_(None)).order_by(hold.c.id))
    return [Hold(**row._asdict()) for row in rows]


def all_held(conn: Connection) -> bool:
    """Whether nothing is to go out but operators' bulletins."""
    query = select(hold.c.id).where(hold.c.kind == "all", hold.c.released.is_(None))
    return conn.execute(query.limit(1)).first() is not None


def held_rules(conn: Connection) -> frozenset[str]:
    """The rules whose new alerts wait."""
    query = select(hold.c.rule).where(hold.c.kind == "rule", hold.c.released.is_(None))
    return frozenset(conn.execute(query).scalars())


def last_release(conn: Connection, rule: str) -> datetime | None:
    """When a rule was last let go; None for one that never was held."""
    query = select(func.max(hold.c.released)).where(hold.c.kind == "rule", hold.c.rule == rule)
    found: datetime | None = conn.execute(query).scalar_one()
    return found


def keeps_now(conn: Connection) -> ColumnElement[bool]:
    """Mails that holds of rules keep back."""
    rules = held_rules(conn)
    if not rules:
        return false()
    return (func.coalesce(outbox.c.waits, "") == "hold") & outbox.c.alert_id.in_(
        select(alert.c.id).where(alert.c.rule.in_(rules))
    )


def put(conn: Connection, kind: Kind, reason: str, now: datetime, rule: str = "") -> Hold | None:
    """Hold mails from now on. None where such a hold is in force already: whoever gets one tells the operator, so
    that it is told once."""
    row = {"kind": kind, "rule": rule, "reason": reason, "since": now}
    made = insert_for(conn, hold).on_conflict_do_nothing().values(row).returning(hold.c.id)
    number = conn.execute(made).scalar_one_or_none()
    return None if number is None else Hold(id=number, kind=kind, rule=rule, reason=reason, since=now)


def release(conn: Connection, hold_id: int, now: datetime) -> Hold:
    """Let go what a hold keeps back: it is due now, and worth sending for `STILL_WORTH` at the least. Raises InputError
    for a hold that is not in force."""
    found = _end(conn, hold_id, now)
    late = outbox.c.expires < now + STILL_WORTH
    conn.execute(update(outbox).where(_kept(found), late).values(expires=now + STILL_WORTH))
    if found.kind == "rule":
        conn.execute(update(outbox).where(_kept(found), outbox.c.waits == "hold").values(not_before=now))
    return found


def drop(conn: Connection, hold_id: int, now: datetime) -> int:
    """End the hold of a rule and withdraw the mails that it kept back; how many. Raises InputError for a hold that is
    not in force, and for one of all mails."""
    found = _end(conn, hold_id, now)
    if found.kind != "rule":
        raise InputError(f"hold {hold_id} is one of all mails: they can be released, not dropped")
    values = {"state": "withdrawn", "finished": now, "lease_token": None, "lease_until": None}
    mails = _kept(found) & (outbox.c.waits == "hold")
    return conn.execute(update(outbox).where(mails).values(values)).rowcount


def kept(conn: Connection, one: Hold) -> int:
    """How many mails a hold keeps back now."""
    found: int = conn.execute(select(func.count()).select_from(outbox).where(_kept(one))).scalar_one()
    return found


def _end(conn: Connection, hold_id: int, now: datetime) -> Hold:
    ours = (hold.c.id == hold_id) & hold.c.released.is_(None)
    query = update(hold).where(ours).values(released=now)
    row = conn.execute(query.returning(hold.c.id, hold.c.kind, hold.c.rule, hold.c.reason, hold.c.since)).first()
    if row is None:
        raise InputError(f"there is no hold {hold_id} in force")
    return Hold(**row._asdict())


def _kept(one: Hold) -> ColumnElement[bool]:
    """The mails that a hold keeps back: what was begun is no longer ours to stop."""
    waiting = (outbox.c.state == "queued") & outbox.c.lease_until.is_(None)
    if one.kind == "all":
        return waiting & outbox.c.bulletin_id.is_(None)
    of_rule = select(alert.c.id).where(alert.c.rule == one.rule)
    return waiting & (outbox.c.attempts == 0) & outbox.c.alert_id.in_(of_rule)
