"""What happened long ago: articles, alerts and mails that may be forgotten, and what is left of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Table, func, select, update

from alerts.collect.formats.parse import parse_document
from alerts.collect.outcome import Parsed
from alerts.store import alerts, articles, evidence, outbox, stories
from alerts.store.feeds import FeedRow
from alerts.store.pruning import Batch
from alerts.store.schema import article
from alerts.store.schema import outbox as outbox_table
from alerts.types import Alert
from tests.fakes.feeds import Item, rss
from tests.store import values
from tests.store.mailed import New
from tests.store.values import NOW, poll

DAY = timedelta(days=1)
OLD = NOW - 400 * DAY
YEAR_AGO = NOW - 365 * DAY


def walk(conn: Connection, step: Callable[..., Batch], *before: datetime, limit: int = 2) -> dict[str, int]:
    """All steps, the smallest there are; what went."""
    gone: dict[str, int] = {}
    after = None
    for _ in range(1000):
        batch = step(conn, *before, after, limit)
        for what, number in batch.gone.items():
            gone[what] = gone.get(what, 0) + number
        if batch.after is None:
            return {what: number for what, number in gone.items() if number}
        after = batch.after
    raise AssertionError("a walk without an end")


def count(conn: Connection, table: Table) -> int:
    return conn.execute(select(func.count()).select_from(table)).scalar_one()


def items(*numbers: int, dated: bool = True) -> list[Item]:
    return [
        Item(
            guid=f"tag:{n}",
            link=f"https://news.example/{n}",
            title=f"Report {n}",
            html="<p>" + " ".join(f"word{n}x{i}" for i in range(30)) + "</p>",
            published=f"{OLD - DAY + n * timedelta(minutes=1):%a, %d %b %Y %H:%M:%S} GMT" if dated else "",
        )
        for n in numbers
    ]


def read(document: Sequence[Item], make: Callable[[Sequence[Item]], bytes] = rss) -> Parsed:
    return parse_document(make(document), {}, "https://news.example/feed")


def listed(conn: Connection, feed: FeedRow, document: Sequence[Item], now: datetime = OLD, **more: Any) -> int:
    """Poll a feed that has this document, read it, and say how many articles were new."""
    parsed = read(document)
    came = values.outcome(*parsed.entries, **{"marks": parsed.marks, "whole": True} | more)
    result = poll(conn, feed, came, now)
    for item in articles.waiting(conn, 1000):
        stories.know(conn, item.article.id, revision=item.revision, published=OLD, text=item.article.text)
        articles.mark_analysed(conn, [item], now)
    return result.new


def texts(conn: Connection) -> dict[str, bool]:
    """The titles of the articles that are there, and whether with their texts."""
    return {row.title: bool(row.text) for row in conn.execute(select(article).order_by(article.c.id))}


def ids(conn: Connection) -> dict[str, str]:
    return {row.title: str(row.id) for row in conn.execute(select(article.c.title, article.c.id))}


def alert_of(conn: Connection, key: str, **more: Any) -> str:
    """An alert that is long over, unless told otherwise."""
    return _saved(conn, key, **more).id


def evidence_of(conn: Connection, article_id: str, key: str = "shelling|a", **more: Any) -> str:
    """An alert that rests on an article."""
    saved = _saved(conn, key, **more)
    evidence.put(conn, saved, [values.evidence(article_id)])
    return saved.id


def _saved(conn: Connection, key: str, **more: Any) -> Alert:
    given: dict[str, Any] = {"state": "ended", "updated": OLD, "last_event": OLD, "key": key}
    return alerts.save_alert(conn, values.alert(**given | more), title="t", summary="s")


def mail(
    conn: Connection, alert_id: str, person_id: int, state: str = "accepted", at: datetime = OLD, **more: Any
) -> int:
    outbox.enqueue(
        conn, [New(alert_id=alert_id, person_id=person_id, created=at, not_before=at, version=more.pop("version", 1))]
    )
    made: int = conn.execute(select(func.max(outbox_table.c.id))).scalar_one()
    finished = None if state in ("queued", "bundled", "sending") else at
    conn.execute(
        update(outbox_table).where(outbox_table.c.id == made).values({"state": state, "finished": finished} | more)
    )
    return made


def left(conn: Connection) -> set[int]:
    return set(conn.execute(select(outbox_table.c.id)).scalars())
