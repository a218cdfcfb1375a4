"""A desk over an empty database, and what its letters hold."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from sqlalchemy import Connection, Engine, select

from alerts.notify.joining import signup
from alerts.notify.joining.desk import Desk
from alerts.notify.joining.limits import Limits
from alerts.notify.message import compose, passes
from alerts.notify.message.passes import Purpose
from alerts.readers import ALL, Person, Wishes
from alerts.render.mail import mail_renderer
from alerts.render.view import Site
from alerts.store import outbox, people
from alerts.store.database import reading, writing
from alerts.store.outbox import OutboxRow
from alerts.store.schema import outbox as outbox_table
from tests.notify.world import unexpected
from tests.store.dumped import dump

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
SECRET = b"s" * 32
SYRIA = Wishes(countries=("SYR",), min_severity="severe")
NO_LIMITS = Limits(address=1000, network=1000, in_all=1000)
SENDER = compose.Sender(
    address="desk@alerts.example", name="Northern Desk", secret=SECRET, base_url="https://alerts.example", inbox=True
)


@dataclass(slots=True)
class World:
    """`now` stands still until it is told otherwise."""

    engine: Engine
    desk: Desk = field(
        default_factory=lambda: Desk(secret=SECRET, domain="alerts.example", base_url="https://alerts.example")
    )
    now: datetime = NOW

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        with writing(self.engine) as conn:
            yield conn

    def wait(self, **length: float) -> None:
        self.now += timedelta(**length)

    def limit(self, **limits: int) -> None:
        self.desk = replace(self.desk, limits=replace(self.desk.limits, **limits))

    def ask(self, address: str = "ana@example.org", wishes: Wishes = ALL, **more: Any) -> None:
        with self.writing() as conn:
            signup.ask(self.desk, conn, address, wishes, **{"how": "web", "now": self.now, **more})

    def confirm(self, token: str) -> signup.Confirmed:
        with self.writing() as conn:
            return signup.confirm(self.desk, conn, token, self.now)

    def leave(self, token: str) -> signup.Left:
        with self.writing() as conn:
            return signup.leave(self.desk, conn, token, self.now)

    def reader(self, address: str = "ana@example.org", wishes: Wishes = ALL) -> Person:
        with self.writing() as conn:
            return people.add_person(conn, address, now=self.now, wishes=wishes)

    def person(self, address: str = "ana@example.org") -> Person | None:
        with reading(self.engine) as conn:
            return people.find_person(conn, address)

    def token(self, purpose: Purpose, address: str = "ana@example.org") -> str:
        """The pass that a letter written now would hold."""
        who = self.person(address)
        assert who is not None
        series = 0 if purpose == "unsubscribe" else who.series
        return passes.make(SECRET, purpose, who.id, series=series, now=self.now)

    def letters(self, address: str = "ana@example.org") -> list[str]:
        """The kinds of all letters to an address that were not taken back, in their order."""
        return [row.letter or "" for row in self.rows(address) if row.state != "withdrawn"]

    def rows(self, address: str = "ana@example.org") -> list[OutboxRow]:
        who = self.person(address)
        with reading(self.engine) as conn:
            every = outbox.list_rows(conn, limit=1000)
        return [row for row in reversed(every) if who is not None and row.person.id == who.id]

    def mail(self, address: str = "ana@example.org") -> EmailMessage:
        """The last letter as its reader gets it."""
        row = self.rows(address)[-1]
        with reading(self.engine) as conn:
            material = compose.gather(conn, [row])
        renderer = mail_renderer(Site(name="Northern Desk", base_url="https://alerts.example"), report=unexpected)
        envelope = compose.envelope(row, material, renderer=renderer, sender=SENDER)
        assert envelope.recipient == address
        found = message_from_bytes(envelope.message, policy=policy.default)
        assert isinstance(found, EmailMessage)
        return found

    def text(self, address: str = "ana@example.org") -> str:
        part = self.mail(address).get_body(("plain",))
        assert isinstance(part, EmailMessage)
        return str(part.get_content())

    def count(self) -> int:
        with reading(self.engine) as conn:
            return len(conn.execute(select(outbox_table.c.id)).all())

    def dump(self) -> dict[str, list[Any]]:
        """All that is in the database."""
        return dump(self.engine)
