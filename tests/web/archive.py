"""An archive of made-up alerts, stored the way the engine stores them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from sqlalchemy import Connection

from alerts.store import alerts as stored
from alerts.store import articles
from alerts.store import evidence as evidence_store
from alerts.types import Claim, Evidence, Message, Place, Quantity
from tests.store import values

NOW = datetime(2026, 3, 4, 9, 30, tzinfo=UTC)

DJIBO = Place(
    id="gn:2360615", name="Djibo", country="BFA", precision="city", admin1="BF-SOM", admin1_name="Soum",
    lat=14.1, lon=-1.63, confidence=0.55, runner_up="gn:99",
)  # fmt: skip
GOMA = Place(
    id="gn:216281", name="Goma", country="COD", precision="city", admin1="CD-NK", admin1_name="North Kivu",
    lat=-1.67, lon=29.22,
)  # fmt: skip
LEBANON = Place(id="LBN", name="Lebanon", country="LBN", precision="country")


def people(low: float, high: float | None = None, **more: Any) -> Quantity:
    given: dict[str, Any] = {"unit": "people", "text": f"{low:,.0f} people", "stated": low}
    return Quantity(low=low, high=low if high is None else high, **given | more)


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One article that is evidence; `copies` is the number, in the list, of the report it copies."""

    source: str = "Example News"
    tier: int = 2
    title: str = "Shells fall on Djibo"
    url: str = "https://news.example/djibo"
    sentence: str = "Shells fell on the market of Djibo on Monday, killing a dozen civilians."
    quote: str = "Shells fell on the market of Djibo"
    parts: tuple[tuple[str, str], ...] = (("weapon", "Shells"), ("attack", "fell on"))
    claims: tuple[Claim, ...] = ()
    numbers: tuple[tuple[str, Quantity], ...] = ()
    cited: tuple[str, ...] = ()
    hours: float = 0
    copies: int | None = None
    counts: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One version: `fields` are what the alert had then and no longer has."""

    why: str = "first report: Example News (unconfirmed)"
    kind: str = ""
    changes: tuple[str, ...] = ()
    hours: float = 1


_names = count(1)


def tell(
    conn: Connection,
    *reports: Report,
    versions: Sequence[Told] = (Told(),),
    title: str = "Attack in Djibo: 12 people reported killed",
    summary: str = "“Shells fell on the market of Djibo”",
    start: datetime = NOW - timedelta(days=1),
    **fields: Any,
) -> str:
    """Store an alert with its evidence and versions; returns its id."""
    reports = reports or (Report(),)
    numbers = fields.pop("numbers", {"killed": people(12)})
    told_at = [start + timedelta(hours=told.hours) for told in versions]
    alert = values.alert(
        key=f"key-{next(_names)}",
        place=fields.pop("place", DJIBO),
        version=0,
        numbers=numbers,
        first_event=start,
        last_event=start + timedelta(hours=max(report.hours for report in reports)),
        opened=start,
        updated=fields.pop("updated", max(told_at, default=start)),
        origins=len([report for report in reports if report.copies is None]),
        articles=len(reports),
        **fields,
    )
    alert = stored.save_alert(conn, alert, title=title, summary=summary)
    evidence_store.put(conn, alert, list(_evidence(conn, reports, start, alert.place, alert.event)))
    for number, (told, at) in enumerate(zip(versions, told_at, strict=True), start=1):
        kind: Any = told.kind or ("new" if number == 1 else "update")
        message = Message(kind=kind, version=number, at=at, why=told.why, changes=told.changes)
        alert = replace(alert, version=number)
        stored.add_version(conn, alert, message, title=title, summary=summary)
    stored.save_alert(conn, alert, title=title, summary=summary)
    return alert.id


def change(conn: Connection, alert_id: str, **changes: Any) -> None:
    """An alert becomes another, without a new version and under the same texts."""
    record = stored.get_alert(conn, alert_id)
    assert record is not None
    stored.save_alert(conn, replace(record.alert, **changes), title=record.title, summary=record.summary)


def _evidence(
    conn: Connection, reports: Sequence[Report], start: datetime, place: Place | None, event: str
) -> Sequence[Evidence]:
    made: list[Evidence] = []
    for report in reports:
        at = start + timedelta(hours=report.hours)
        article = _article(conn, report, at)
        hit = values.hit(
            event=event, current=report.counts, because=None if report.counts else "denied", sentence=report.sentence,
            quote=report.quote, parts=dict(report.parts), claims=report.claims, place=place,
            numbers=dict(report.numbers), event_time=at,
        )  # fmt: skip
        origin = made[report.copies].origin if report.copies is not None else article
        made.append(values.evidence(article, hit=hit, cited=report.cited, seen=at, origin=origin))
    return made


def _article(conn: Connection, report: Report, at: datetime) -> str:
    """A stored article of a feed of its own; the id."""
    name = f"{next(_names)}"
    feed = values.add_feed(conn, f"https://feeds.example/{name}", source=report.source, tier=report.tier)
    entry = values.entry(name, title=report.title, url=report.url, published=at)
    values.poll(conn, feed, values.outcome(entry), at)
    return next(item.article.id for item in articles.waiting(conn, 100_000) if item.feed_id == feed.id)
