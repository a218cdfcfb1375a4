"""A database with one alert, its readers and their mails, for the tests of the courier."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import MappingProxyType

from sqlalchemy import Connection, Engine

from alerts.errors import Fault
from alerts.notify.audience import Policy, rows
from alerts.notify.bundling import Covers
from alerts.notify.courier import Courier
from alerts.notify.message.compose import Sender
from alerts.notify.ways.transport import Crash, Transport, no_crash
from alerts.notify.ways.verdict import Retry
from alerts.render.mail import MailRenderer, mail_renderer
from alerts.render.samples import sample_evidence, sample_fields
from alerts.render.view import Site
from alerts.store import alerts, articles, codec, feeds, outbox, people
from alerts.store import evidence as evidence_store
from alerts.store.database import open_database, reading, writing
from alerts.store.outbox import OutboxRow
from alerts.types import Entry, Message, MessageKind, Severity
from tests.drawn import PICTURES
from tests.sealed import VAULT
from tests.warm import empty_database

START = datetime(2026, 3, 2, 7, 0, tzinfo=UTC)
SECRET = b"s" * 32
SENDER = Sender(address="desk@alerts.example", name="Duty desk", secret=SECRET)
SITE = Site(name="Duty desk", base_url="https://alerts.example")


@dataclass(slots=True)
class Clock:
    """A clock that stands still until it is told otherwise."""

    now: datetime = START

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **length: float) -> None:
        self.now += timedelta(**length)


def unexpected(fault: Fault) -> None:
    raise AssertionError(fault)


def new_database(folder: Path) -> Engine:
    """A database with all tables."""
    return open_database(f"sqlite:///{empty_database(folder / 'alerts.db')}", vault=VAULT, busy_s=5)


def populate(engine: Engine, *, readers: int = 3, severity: Severity = "severe") -> str:
    """One alert with its evidence, and readers whose mails of version 1 are queued; the alert's id."""
    with writing(engine) as conn:
        _articles(conn)
        for number in range(1, readers + 1):
            people.add_person(conn, f"reader{number}@example.com", now=START)
        alert = codec.alert(sample_fields() | {"id": "", "severity": severity, "worst": severity, "told": {}})
        saved = alerts.save_alert(conn, alert, title=sample_fields()["title"], summary=sample_fields()["summary"])
        evidence = [replace(item, article_id=str(number)) for number, item in enumerate(sample_evidence(), start=1)]
        evidence_store.put(conn, saved, [replace(item, seen=START) for item in evidence])
    tell(engine, saved.id, severity=severity)
    return saved.id


def beside(
    engine: Engine,
    alert_id: str,
    *,
    title: str,
    rule: str = "other_rule",
    severity: Severity = "severe",
    tells: bool = True,
) -> str:
    """Another alert of the same happening, told to all readers unless not `tells`; its id."""
    with writing(engine) as conn:
        first = alerts.alert_of(conn, alert_id)
        assert first is not None
        another = replace(first, id="", key=title, rule=rule, severity=severity)
        saved = alerts.save_alert(conn, another, title=title, summary=f"{title}, it is said.")
        evidence_store.put(conn, saved, evidence_store.of_alert(conn, alert_id))
    if tells:
        tell(engine, saved.id, severity=severity)
    return saved.id


def _articles(conn: Connection) -> None:
    for item in sample_evidence():
        url = f"https://feeds.example.com/{item.article_id}"
        feed = feeds.add_feed(conn, url, now=START, interval=timedelta(minutes=15), source=item.source)
        entry = Entry(
            key=item.article_id, title=item.title, html="", url=item.url, published=item.published, language="en"
        )
        articles.store(conn, feed.id, articles.drafts([entry], seen=START), now=START)


def tell(
    engine: Engine,
    alert_id: str,
    *,
    version: int = 1,
    kind: MessageKind = "new",
    why: str = "first report",
    changes: tuple[str, ...] = (),
    told: dict[str, object] | None = None,
    severity: Severity = "severe",
    only: frozenset[int] | None = None,
    at: datetime = START,
) -> None:
    """Make a version and queue its mails, to all readers or to `only` these."""
    with writing(engine) as conn:
        record = alerts.get_alert(conn, alert_id)
        assert record is not None
        alert = replace(record.alert, version=version, severity=severity, told=told or {})
        message = Message(kind=kind, version=version, at=at, why=why, changes=changes)
        alerts.add_version(conn, alert, message, title=record.title, summary=record.summary)
        everybody = [person for person in people.active_people(conn) if only is None or person.id in only]
        made = rows(
            everybody,
            codec.to_json(alert),
            message,
            told={person.id for person in everybody},
            secret=SECRET,
            domain=SENDER.domain,
            now=at,
            policy=Policy(waits={}),
        )
        outbox.enqueue(conn, made)


def renderer() -> MailRenderer:
    return mail_renderer(SITE, report=unexpected, pictures=PICTURES)


def courier(
    engine: Engine,
    transport: Transport,
    clock: Clock,
    *,
    crash: Crash = no_crash,
    retry: Retry | None = None,
    covers: Covers = MappingProxyType({}),
) -> Courier:
    return Courier(
        engine=engine,
        transport=transport,
        renderer=renderer(),
        sender=SENDER,
        clock=clock,
        crash=crash,
        covers=lambda: covers,
        retry=retry or Retry(),
    )


def states(engine: Engine) -> dict[str, int]:
    """How many mails are in which state; those without any are left out."""
    with reading(engine) as conn:
        return {state: number for state, number in outbox.counts(conn).items() if number}


def mails(engine: Engine) -> list[OutboxRow]:
    with reading(engine) as conn:
        return sorted(outbox.list_rows(conn), key=lambda row: row.id)
