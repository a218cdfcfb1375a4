"""Logging in by a link that is mailed: good once, for a quarter of an hour, and for who reads the address's mails.
Always the same answer to who asks, so that nobody learns from it whose address is known."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection

from alerts.addresses import normal_address
from alerts.errors import InputError
from alerts.notify.joining import limits
from alerts.notify.joining.desk import Desk
from alerts.notify.joining.letters import login_token, write
from alerts.notify.joining.limits import Limits
from alerts.store import operators, people, sessions

# Each to an address a day and to a network an hour. Not in all: else a stranger could keep the operators out.
LIMITS: Final = Limits(address=20, network=20, in_all=1_000_000)
_TOKEN_BYTES: Final = 20
_FORGED: Final = (
    "This link is not one that was sent from here, or a part of it is missing. "
    "Open it in the mail once more, or ask for a new one."
)
_USED: Final = "This link was used already: each is good once. Ask for a new one."
_OLD: Final = "This link is too old: it was good for 15 minutes. Ask for a new one."


@dataclass(frozen=True, slots=True, kw_only=True)
class Entering:
    """Who would log in by a link. `name` is an operator's, else empty; `goal` the path that they wanted."""

    person_id: int
    series: int
    name: str
    goal: str


def ask(desk: Desk, conn: Connection, address: str, goal: str, *, prefix: str, now: datetime) -> None:
    """Somebody wants to log in: send a link to the address if its owner may. Raises InputError for what is no mail
    address."""
    try:
        normal_address(address)
    except ValueError as error:
        raise InputError(f"This {error}") from None
    if not limits.take(conn, LIMITS, "login", people.mark_of(conn, address), prefix, now):
        return
    known = people.find_person(conn, address)
    if known is None or sessions.role_of(conn, known.id) is None:
        return
    token = login_token(desk.secret, write(conn, desk, known.id, "login", now))
    sessions.put_link(conn, mark_of(token), person_id=known.id, series=known.series, goal=goal, now=now)


def link(conn: Connection, person_id: int, goal: str, now: datetime) -> str:
    """What a link without a mail holds: for who has a shell on the machine, and hands it over. Raises InputError for
    who may not log in."""
    known = people.get_person(conn, person_id)
    if known is None or sessions.role_of(conn, known.id) is None:
        raise InputError("nobody of this number may log in")
    token = secrets.token_hex(_TOKEN_BYTES)
    sessions.put_link(conn, mark_of(token), person_id=known.id, series=known.series, goal=goal, now=now)
    return token


def mark_of(secret: str) -> str:
    """What is stored in place of what a link or a cookie holds."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


def entering(conn: Connection, token: str, now: datetime) -> Entering:
    """Who would log in by this link. Raises InputError, in words for them, for one that cannot be used."""
    link = sessions.get_link(conn, mark_of(token))
    if link is None:
        raise InputError(_FORGED)
    if link.used is not None:
        raise InputError(_USED)
    known = people.get_person(conn, link.person_id)
    late = not link.created <= now < link.created + sessions.LINK_LASTS
    if late or known is None or known.series != link.series or sessions.role_of(conn, known.id) is None:
        raise InputError(_OLD)
    one = operators.get(conn, known.id)
    return Entering(person_id=known.id, series=known.series, name=one.name if one else "", goal=link.goal)


def enter(conn: Connection, token: str, secret: str, now: datetime) -> Entering:
    """They log in: a session for the cookie that holds `secret`. Raises InputError for a link that cannot be used."""
    found = entering(conn, token, now)
    if not sessions.use_link(conn, mark_of(token), now):
        raise InputError(_USED)  # pressed twice at the same moment
    sessions.begin(conn, mark_of(secret), person_id=found.person_id, series=found.series, now=now)
    return found
