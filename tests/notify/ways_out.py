"""What the tests of the courier share: a database, ways out that fail on demand."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import Engine

from alerts.notify.courier import Tally
from alerts.notify.ways.smtp import Smtp, SmtpSettings
from alerts.notify.ways.transport import Envelope, Fate
from alerts.readers import Person
from alerts.store import people
from alerts.store.database import reading
from tests.fakes.smtp import FakeSmtp
from tests.notify.world import Clock, courier


def smtp(server: FakeSmtp, *, connections: int = 2, patience: float = 30) -> Smtp:
    """`patience`: short where the server is silent, and else longer than a busy machine can stand still."""
    return Smtp(SmtpSettings(host="127.0.0.1", port=server.port, patience=patience, connections=connections))


async def refused(engine: Engine, *answers: str) -> Tally:
    """What came of all mails when a server answers so to the first readers."""
    async with FakeSmtp() as server:
        server.answers["RCPT"].extend(answers)
        one = courier(engine, smtp(server, connections=1), Clock())
        tally = await one.deliver_all()
        await one.close()
    return tally


def everybody(engine: Engine) -> list[Person]:
    with reading(engine) as conn:
        return [person for person in people.list_people(conn) if "reader" in person.duties]


class Stuck:
    """A transport that takes mails and loses its nerve on demand."""

    at_once = 2
    settles = timedelta(0)

    def __init__(self, *faults: Exception | None) -> None:
        self.faults, self.sent = list(faults), list[Envelope]()

    async def send(self, envelope: Envelope) -> None:
        fault = self.faults.pop(0) if self.faults else None
        if fault is not None:
            raise fault
        self.sent.append(envelope)

    async def find(self, sought: Mapping[str, datetime]) -> Mapping[str, Fate]:
        return dict.fromkeys(sought, "unknown")

    def hang_up(self) -> None:
        """Nothing takes long."""

    async def close(self) -> None:
        """Nothing is open."""
