"""Who is logged in: the links that were mailed, and the sessions that they began. Only hashes of what links and
cookies hold are stored."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, cast

from sqlalchemy import Connection, Row, and_, delete, func, insert, or_, select, update

from alerts.roles import Role
from alerts.store.schema import login_link, operator, person, session

LINK_LASTS: Final = timedelta(minutes=15)
IDLE: Final = timedelta(hours=12)
LONGEST: Final = timedelta(days=7)
LOOKED: Final = timedelta(minutes=5)
"""How exactly `Session.seen` is kept: who reads many pages does not write as often."""
_KEPT: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A link that was mailed. `goal`: the path of ours that was wanted."""

    person_id: int
    series: int
    created: datetime
    used: datetime | None
    goal: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """Who is logged in. `role` is the one they have now, "reader" for who gets mails, None for who has lost all;
    `name` is an operator's, else empty."""

    id: int
    person_id: int
    role: Role | None
    name: str
    created: datetime
    seen: datetime

    def over(self, now: datetime) -> bool:
        """Whether nobody used it for too long, or it has lasted too long."""
        return now >= self.seen + IDLE or now >= self.created + LONGEST


def put_link(conn: Connection, mark: str, *, person_id: int, series: int, goal: str, now: datetime) -> None:
    """Remember a link that is mailed now, by the hash of its token."""
    row = {"mark": mark, "person_id": person_id, "series": series, "created": now, "goal": goal}
    conn.execute(insert(login_link).values(row))


def get_link(conn: Connection, mark: str) -> Link | None:
    columns = [column for column in login_link.c if column.name != "mark"]
    row = conn.execute(select(*columns).where(login_link.c.mark == mark)).one_or_none()
    return None if row is None else Link(**row._asdict())


def use_link(conn: Connection, mark: str, now: datetime) -> bool:
    """The link was used, and no other of its person can be any more. False for one that was used before."""
    whose = update(login_link).where(login_link.c.mark == mark, login_link.c.used.is_(None)).values(used=now)
    person_id = conn.execute(whose.returning(login_link.c.person_id)).scalar_one_or_none()
    if person_id is None:
        return False
    open_ones = update(login_link).where(login_link.c.person_id == person_id, login_link.c.used.is_(None))
    conn.execute(open_ones.values(used=now))
    return True


def role_of(conn: Connection, person_id: int) -> Role | None:
    """What somebody may do now: an operator's role, else "reader" for who is sent mails; None for strangers."""
    row = conn.execute(_roles().where(person.c.id == person_id)).one_or_none()
    return None if row is None else _role(row)


def begin(conn: Connection, mark: str, *, person_id: int, series: int, now: datetime) -> None:
    """Somebody has logged in, and keeps a cookie of this hash."""
    conn.execute(insert(session).values(mark=mark, person_id=person_id, series=series, created=now, seen=now))


def find(conn: Connection, mark: str, now: datetime) -> Session | None:
    """The session of a cookie, while it lasts and its person is here in a role."""
    query = _roles(*session.c).join(session, session.c.person_id == person.c.id)
    row = conn.execute(query.where(session.c.mark == mark, session.c.series == person.c.series)).one_or_none()
    found = None if row is None else _session(row)
    return None if found is None or found.role is None or found.over(now) else found


def of_person(conn: Connection, person_id: int, now: datetime) -> list[Session]:
    """All sessions of a person that have not ended, the latest first."""
    query = _roles(*session.c).join(session, session.c.person_id == person.c.id)
    rows = conn.execute(query.where(person.c.id == person_id, session.c.series == person.c.series))
    found = [one for one in map(_session, rows) if not one.over(now)]
    return sorted(found, key=lambda one: (one.created, one.id), reverse=True)


def touch(conn: Connection, session_id: int, now: datetime) -> None:
    """Somebody uses this session."""
    conn.execute(update(session).where(session.c.id == session_id, session.c.seen < now).values(seen=now))


def end(conn: Connection, session_id: int) -> bool:
    """Somebody logs out. False for a session that had ended."""
    return conn.execute(delete(session).where(session.c.id == session_id)).rowcount == 1


def end_all(conn: Connection, person_id: int, *, but: int | None = None) -> int:
    """End all sessions of a person, except one of them, and all links that could begin one; how many sessions."""
    conn.execute(delete(login_link).where(login_link.c.person_id == person_id))
    ended = delete(session).where(session.c.person_id == person_id)
    return conn.execute(ended if but is None else ended.where(session.c.id != but)).rowcount


def forget(conn: Connection, now: datetime) -> None:
    """Remove sessions and links that cannot be used any more. Links are kept for a day, so that whoever comes late is
    told why theirs does nothing."""
    conn.execute(delete(session).where(or_(session.c.seen <= now - IDLE, session.c.created <= now - LONGEST)))
    conn.execute(delete(login_link).where(login_link.c.created <= now - _KEPT))


def _roles(*more: Any) -> Any:
    sent_mails = and_(person.c.active, func.json_array_length(person.c.duties) > 0)
    columns = (*more, operator.c.role, operator.c.name, sent_mails.label("reads"))
    return select(*columns).select_from(person).outerjoin(operator, operator.c.person_id == person.c.id)


def _role(row: Row[Any]) -> Role | None:
    return cast(Role, row.role) if row.role else ("reader" if row.reads else None)


def _session(row: Row[Any]) -> Session:
    return Session(
        id=row.id,
        person_id=row.person_id,
        role=_role(row),
        name=row.name or "",
        created=row.created,
        seen=row.seen,
    )
