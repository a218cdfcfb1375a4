"""Mails that came back: which mail it was, on how many days a reader's did, and what that means for the reader."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from sqlalchemy import Connection, delete, func, select, true, update

from alerts.readers import Duty
from alerts.store import people, strangers, suppression
from alerts.store.codec import clean
from alerts.store.schema import bounce, outbox, person, suppressed
from alerts.store.suppression import Reason
from alerts.store.upsert import insert_for

DAYS: Final = 5
"""On so many days ..."""
WITHIN: Final = timedelta(days=10)
"""... of so many a reader's mail has to come back before the reader is given up."""

_SENT: Final = ("sending", "accepted", "ambiguous", "held")  # a report may come before the server's yes is stored


@dataclass(frozen=True, slots=True, kw_only=True)
class Returned:
    """The mail that a report is about, and its reader. The address never shows in `repr`. `stranger`: who has
    said yes to nothing; anybody can have us write to any address, once."""

    row_id: int
    person_id: int
    address: str = field(repr=False)
    stranger: bool = False


def mail_of(conn: Connection, message_id: str) -> Returned | None:
    """The mail with this Message-ID; None when there is none (any more)."""
    query = select(outbox.c.id, outbox.c.person_id, person.c.duties).join(person, person.c.id == outbox.c.person_id)
    row = conn.execute(query.where(outbox.c.message_id == message_id).order_by(outbox.c.id).limit(1)).first()
    if row is None:
        return None
    address = people.addresses(conn, [row.person_id])[row.person_id]
    return Returned(row_id=row.id, person_id=row.person_id, address=address, stranger=not row.duties)


def came_back(conn: Connection, row_id: int, state: Literal["failed", "held"], status: str, now: datetime) -> bool:
    """Note that a mail that was taken came back after all, with all that went in it. `held`: it may be sent again when
    what was wrong is put right (`outbox.release`). So nobody counts as told who was not. False when that is known."""
    before = [one for one in _SENT if one != state]
    ours = (outbox.c.id == row_id) & outbox.c.state.in_(before)
    along = (outbox.c.lead_id == row_id) & outbox.c.state.in_(before)
    said = clean(f"came back: {status or 'no reason'}")
    values = {"state": state, "finished": now, "last_error": said, "lease_token": None, "lease_until": None}
    if conn.execute(update(outbox).where(ours).values(values)).rowcount == 0:
        return False
    conn.execute(update(outbox).where(along).values(values))
    return True


def score(conn: Connection, person_id: int, status: str, now: datetime) -> int:
    """Count that a reader's mail came back on this day (UTC); on how many of the last days that was so."""
    row = {"person_id": person_id, "day": f"{now:%Y-%m-%d}", "status": clean(status)[:20]}
    conn.execute(insert_for(conn, bounce).on_conflict_do_nothing().values(row))
    mine = (bounce.c.person_id == person_id) & (bounce.c.day > _first_day(now))
    return int(conn.execute(select(func.count()).where(mine)).scalar_one())


def forget(conn: Connection, now: datetime) -> int:
    """Forget days that count no more; how many."""
    return conn.execute(delete(bounce).where(bounce.c.day <= _first_day(now))).rowcount


def _first_day(now: datetime) -> str:
    return f"{now - WITHIN:%Y-%m-%d}"


def give_up(conn: Connection, person_id: int, reason: Reason, detail: str, now: datetime) -> tuple[Duty, ...] | None:
    """Write to a reader no more: they get no mail, their address is suppressed, what was to go is withdrawn. Returns
    their duties; None where all that is so already. Where they wish it so, no link of before confirms anything."""
    known = people.get_person(conn, person_id)
    if known is None:
        return None
    fresh = suppression.suppress(conn, people.marks(conn, [person_id])[person_id], reason, now, detail)
    values: dict[str, Any] = {"active": False}
    if suppression.is_wish(reason):
        values |= {"asked": None, "series": person.c.series + 1}
    conn.execute(update(person).where(person.c.id == person_id).values(values))
    conn.execute(delete(bounce).where(bounce.c.person_id == person_id))
    strangers.withdraw(conn, person_id, true(), now)
    return known.duties if fresh or known.active else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreachable:
    """Somebody with duties (other than to read) to whom nothing is sent, and why."""

    person_id: int
    duties: tuple[Duty, ...]
    reason: Reason
    detail: str


def unreachable(conn: Connection) -> dict[int, Unreachable]:
    """Who has a duty and gets no mails any more, by id."""
    query = select(person.c.id, person.c.duties, suppressed.c.reason, suppressed.c.detail)
    rows = conn.execute(query.join(suppressed, suppressed.c.mark == person.c.mark).where(~person.c.active))
    found = {}
    for row in rows:
        if duties := tuple(one for one in row.duties if one != "reader"):
            found[row.id] = Unreachable(person_id=row.id, duties=duties, reason=row.reason, detail=row.detail)
    return found


def lost(conn: Connection, since: datetime) -> int:
    """How many were given up after `since` because mail to them came back. Strangers do not count: whoever fills in a
    form with addresses that are dead could else make it look as if the mails of all were in trouble."""
    dead = (suppressed.c.reason == "bounce") & (suppressed.c.since > since)
    query = select(person.c.duties).join(suppressed, suppressed.c.mark == person.c.mark).where(dead)
    return sum(bool(duties) for duties in conn.execute(query).scalars())


def reached(conn: Connection, since: datetime) -> int:
    """To how many readers mail went after `since`. It looks at all that was ever sent, so it is not for every mail."""
    sent = outbox.c.state.in_((*_SENT, "failed")) & (outbox.c.finished > since)
    return int(conn.execute(select(func.count(func.distinct(outbox.c.person_id))).where(sent)).scalar_one())
