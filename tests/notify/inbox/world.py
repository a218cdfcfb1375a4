"""A desk, a database with a reader, and mails as they come, for the tests of the inbox."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from sqlalchemy import Connection, Engine

from alerts.listening import Listen
from alerts.notify.inbox.sorting import House, Request, request_of
from alerts.notify.inbox.stage import Inbox, InboxSettings
from alerts.notify.inbox.taking import Mail, Outcome, take
from alerts.notify.joining.desk import Desk
from alerts.notify.message.secret import bounce_address
from alerts.readers import Duty, Person
from alerts.store import outbox, people
from alerts.store.bulletins import Bulletin, by_id
from alerts.store.database import reading
from alerts.store.outbox import State
from tests.notify.world import SECRET, START, Clock
from tests.store import mailed

DOMAIN = "alerts.example"
DESK = Desk(secret=SECRET, domain=DOMAIN, base_url="https://alerts.example")
COUNTRIES = {"yemen": "YEM", "yem": "YEM", "south sudan": "SSD"}
HOUSE = House(
    domain=DOMAIN,
    own="desk",
    events=lambda: ("siege", "aid_worker_attack"),
    country_of=lambda name: COUNTRIES.get(name),
)
TOKEN = "0123456789abcdef0123456789ab"
READER = "reader@example.org"


def comes_back_to(token: str = TOKEN) -> str:
    """The envelope's sender of the mail with this token."""
    return bounce_address(SECRET, f"<{token}@{DOMAIN}>")


QUEUED: tuple[State, ...] = ("queued",)


def request(address: str) -> Request:
    found = request_of(address, HOUSE)
    assert found is not None
    return found


def mail(sender: str = READER, *lines: str, subject: str = "Hello", body: str = "") -> Mail:
    """A mail by a person; `lines` are further fields."""
    head = (f"From: Somebody <{sender}>", "To: desk@alerts.example", f"Subject: {subject}", *lines)
    return Mail(sender=sender, content="\r\n".join((*head, "", body, "")).encode())


@dataclass(slots=True)
class World:
    """A database, and what happens in it."""

    engine: Engine
    clock: Clock

    def take(self, conn: Connection, address: str, mail: Mail) -> Outcome:
        return take(conn, DESK, HOUSE, request(address), mail, self.clock())

    def reader(
        self, conn: Connection, address: str = READER, *, token: str = TOKEN, duties: Iterable[Duty] = ("reader",)
    ) -> Person:
        """Somebody to whom a mail went out; `token` is its Message-ID's."""
        known = mailed.reader(conn, address, now=START, duties=tuple(duties))
        mailed.send(conn, known.id, f"<{token}@{DOMAIN}>", START)
        return known


def letters(conn: Connection) -> list[str]:
    """The kinds of the letters that wait, in their order."""
    rows = outbox.list_rows(conn, states=QUEUED)
    return [row.letter for row in sorted(rows, key=lambda row: row.id) if row.letter]


def told(conn: Connection) -> list[tuple[Bulletin, int]]:
    """The bulletins that wait, each with whom it goes to."""
    rows = [row for row in outbox.list_rows(conn, states=QUEUED) if row.bulletin_id is not None]
    found = by_id(conn, {row.bulletin_id for row in rows if row.bulletin_id})
    return [(found[row.bulletin_id or 0], row.person.id) for row in sorted(rows, key=lambda row: row.id)]


def address_of(conn: Connection, person: Person) -> str:
    return people.addresses(conn, [person.id])[person.id]


def states(engine: Engine) -> list[str]:
    with reading(engine) as conn:
        return [row.state for row in sorted(outbox.list_rows(conn), key=lambda row: row.id)]


@asynccontextmanager
async def opened(engine: Engine, clock: Clock, listen: Listen) -> AsyncIterator[Inbox]:
    inbox = Inbox(engine, DESK, InboxSettings(house=HOUSE, listen=listen), clock)
    await inbox.start()
    try:
        yield inbox
    finally:
        await inbox.stop()
