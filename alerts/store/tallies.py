"""How much of what came in by mail and by the form of sign-ups, and was forgotten, day by day: numbers of nobody."""

from __future__ import annotations

from datetime import datetime
from typing import Final, Literal

from sqlalchemy import Connection, func, select

from alerts.store.schema import tally
from alerts.store.upsert import insert_for

Kind = Literal["mail in", "sign-up", "forgotten"]
SignUp = Literal["asked", "confirmed", "left", "erased", "refused"]
"""What becomes of readers by themselves. `refused`: over a limit, or for an address that is not written to."""
MOST: Final = 1_000
"""Of what anybody can make us count as often as they like, no more is counted a day: each count is a write."""


def add(conn: Connection, kind: Kind, what: str, now: datetime, *, number: int = 1, most: int | None = None) -> None:
    """Count `number` more on this day (UTC), up to about `most`."""
    fresh = insert_for(conn, tally).values(day=_day(now), kind=kind, what=what, number=number)
    below = None if most is None else tally.c.number < most
    more = {"number": tally.c.number + number}
    conn.execute(fresh.on_conflict_do_update(index_elements=["day", "kind", "what"], set_=more, where=below))


def sign_up(conn: Connection, what: SignUp, now: datetime) -> None:
    """Count what somebody did."""
    add(conn, "sign-up", what, now, most=MOST if what == "refused" else None)


def counted(conn: Connection, kind: Kind, day: datetime | None = None) -> dict[str, int]:
    """How many of each: on the day (UTC) of a moment, or since the beginning."""
    query = select(tally.c.what, func.sum(tally.c.number)).where(tally.c.kind == kind).group_by(tally.c.what)
    if day is not None:
        query = query.where(tally.c.day == _day(day))
    return {what: int(number) for what, number in conn.execute(query.order_by(tally.c.what))}


def _day(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d}"
