"""The canary: an article of our own that goes the way of all articles, to see whether the way is open.

Every hour one is put in. The reading stage has to take it up after its own work, match it by a rule of our own and
make an alert of it; the mailing stage has to compose the mail and bring it out, to a way that ends here. If it does
not come out within minutes, it says where it stopped.

Its article, alert and mail lie in a database in memory, so they can never show up in any list, page, feed or count.
That is its limit too: it does not see whether feeds answer, whether the tables of the service take what is written, and
whether the mail server takes mails. Of these the other notices tell: feeds that fail, articles that wait, mails that
are held up. Nor can it tell of a service that does not run at all: that is for a watch from outside (alerts status).
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, Literal

from sqlalchemy import Engine

from alerts.engine import loading
from alerts.engine.analysis import Analyst
from alerts.engine.rulebook import compiled
from alerts.engine.tracking import Tracker
from alerts.errors import AlertsError
from alerts.match.bind import Households
from alerts.notify.courier import Courier
from alerts.notify.message.compose import Sender
from alerts.notify.posting import Post
from alerts.notify.ways.transport import Envelope, Fate
from alerts.read.places import Gazetteer
from alerts.render.mail import MailRenderer
from alerts.store import articles, feeds, people
from alerts.store.articles import Draft
from alerts.store.database import open_scratch, writing
from alerts.track.quiet import Trouble, moment

_log = logging.getLogger(__name__)

EVERY: Final = timedelta(hours=1)
LATE: Final = timedelta(minutes=10)
READER: Final = "canary@example.org"
TEXT: Final = "The canary of Geneva sang at noon on the roof of the old mill, and 12 people stood below and heard it."
RULE: Final = """\
format = 1
title  = "Canary"
event  = "canary"
status = "active"

[[match]]
[match.parts]
who  = ["canary"]
does = ["sang", "sings"]

[place]
required = true

[severity]
default = "minor"

[alert]
title   = "The canary sang in {{ place }}"
summary = "{{ quote }}"
"""

Step = Literal["read", "mail", "out"]
_STOPPED: Final[dict[Step, str]] = {
    "read": "it was not read: the reading stage does not come round",
    "mail": "it was read, but no mail of it came out: the mailing stage does not come round",
    "out": "",
}


class Way:
    """The canary's way out: it ends here."""

    at_once = 1
    settles = timedelta(0)

    def __init__(self) -> None:
        self.came: list[Envelope] = []

    async def send(self, envelope: Envelope) -> None:
        self.came.append(envelope)

    async def find(self, sought: Mapping[str, datetime]) -> Mapping[str, Fate]:
        came = {envelope.message_id for envelope in self.came}
        return {name: "taken" if name in came else "absent" for name in sought}

    def hang_up(self) -> None:
        """Nothing takes long."""

    async def close(self) -> None:
        """There is nothing to let go of."""


@dataclass(slots=True)
class _Flight:
    """One canary under way: what it waits for next, and what went wrong."""

    begun: datetime
    engine: Engine
    waits_for: Step = "read"
    fault: str = ""


@dataclass(slots=True, kw_only=True)
class Canary:
    """Put in by `look`, taken on by `read` and `deliver`, which the stages call after their own work. The `renderer`
    must be its own: one of the service keeps mails by the ids of alerts, and the canary's ids are others'."""

    gazetteer: Gazetteer
    renderer: MailRenderer
    clock: Callable[[], datetime]
    came_out: datetime | None = None
    _flight: _Flight | None = None
    _way: Way = field(default_factory=Way)
    _sender: Sender = field(
        default_factory=lambda: Sender(address=READER, name="Canary", secret=secrets.token_bytes(32))
    )

    def look(self, now: datetime) -> list[Trouble]:
        """What is wrong with the one under way; puts in the next when it is time. Called every few minutes."""
        flight = self._flight
        if flight is None or self._next(flight, now):
            self._put_in(now)
        if flight is None or flight.waits_for == "out" or not (flight.fault or now - flight.begun >= LATE):
            return []
        why = flight.fault or _STOPPED[flight.waits_for]
        text = (
            f"The canary, an article of our own that was put in at {moment(flight.begun)}, did not come out as a mail: "
            f"{why}. New articles may not come out either. See the log of the service, and alerts status."
        )
        return [Trouble(kind="canary", subject="canary", text=text, since=flight.begun)]

    @staticmethod
    def _next(flight: _Flight, now: datetime) -> bool:
        """A canary that met a fault is followed by another at the next look, one that is stuck by none."""
        return bool(flight.fault) or (flight.waits_for == "out" and now - flight.begun >= EVERY)

    def _put_in(self, now: datetime) -> None:
        self.close()
        flight = _Flight(begun=now, engine=open_scratch())
        with writing(flight.engine) as conn:
            feed = feeds.add_feed(conn, "http://canary.invalid/", now=now, interval=EVERY, source="Canary")
            draft = Draft(
                key="canary",
                content_hash="canary",
                title="A sign of life",
                text=TEXT,
                url="",
                language="en",
                published=now,
            )
            articles.store(conn, feed.id, [draft], now=now)
            people.add_person(conn, READER, now=now)
        self._flight = flight

    def read(self) -> None:
        """Take the canary through reading, matching and tracking, if it waits for that."""
        flight = self._flight
        if flight is None or flight.waits_for != "read" or flight.fault:
            return
        try:
            flight.fault = self._analyse(flight)
        except Exception as error:
            flight.fault = self._broke("reading", error)
        else:
            flight.waits_for = flight.waits_for if flight.fault else "mail"

    def _analyse(self, flight: _Flight) -> str:
        """Whether it makes an alert; if not, why."""
        rules, faults = loading.remembered([("canary", RULE, {})], self.gazetteer.country_of)
        if faults:
            return f"its rule cannot be read ({faults[0]})"
        post = Post(domain="example.org", secret=self._sender.secret)
        tracker = Tracker(rulebook=compiled(rules), gazetteer=self.gazetteer, outbox=post)
        report = Analyst(engine=flight.engine, tracker=tracker, households=Households()).run(self.clock)
        if report.unread:
            return f"it cannot be read ({report.unread[0][1]!r})"
        return "" if report.told else "it was read, and made no alert"

    async def deliver(self) -> None:
        """Bring its mail out, if it waits for that."""
        flight = self._flight
        if flight is None or flight.waits_for != "mail" or flight.fault:
            return
        self._way.came.clear()
        courier = Courier(
            engine=flight.engine, transport=self._way, renderer=self.renderer, sender=self._sender, clock=self.clock
        )
        try:
            await courier.deliver_all()
        except Exception as error:
            flight.fault = self._broke("mailing", error)
            return
        mails = [one for one in self._way.came if one.recipient == READER and b"canary" in one.message]
        if len(mails) == 1:
            flight.waits_for, self.came_out = "out", self.clock()
        else:
            flight.fault = f"{len(mails)} mails came out instead of one"

    @staticmethod
    def _broke(stage: str, error: Exception) -> str:
        _log.error("the canary broke off in %s", stage, exc_info=None if isinstance(error, AlertsError) else error)
        return f"{stage} it broke off ({type(error).__name__}: {error})"

    def close(self) -> None:
        """Let go of its database."""
        if self._flight is not None:
            self._flight.engine.dispose()
            self._flight = None
