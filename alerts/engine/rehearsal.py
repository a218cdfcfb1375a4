"""What tracking would make of an article now, tried on the real database and undone: for `alerts rules explain`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import sha256

from sqlalchemy import Connection, Engine

from alerts.engine.replay import Nobody
from alerts.engine.tracking import Outcome, Tracker
from alerts.match.engine import Detection
from alerts.store import alerts as alert_store
from alerts.store import articles, feeds
from alerts.store import evidence as evidence_store
from alerts.store.articles import Draft, Waiting
from alerts.store.database import writing
from alerts.types import Article


class _Undone(Exception):
    """Leaves the transaction without a trace."""


def rehearse(
    engine: Engine, tracker: Tracker, article: Article | Waiting, found: Detection, now: datetime
) -> dict[str, list[str]]:
    """What each rule with a hit would do, in words, by its name. Nothing is stored, and nobody is told.

    Raises StoreError when the database cannot be asked.
    """
    said: dict[str, list[str]] = {}
    tracker = replace(tracker, outbox=Nobody())
    with undone(engine) as conn:
        waiting = article if isinstance(article, Waiting) else _stored(conn, article, now)
        before = set(evidence_store.alerts_of_article(conn, waiting.article.id))
        outcome = tracker.track(conn, waiting, found, now)
        for rule, line in _told(outcome):
            said.setdefault(rule, []).append(line)
        for alert_id in evidence_store.alerts_of_article(conn, waiting.article.id):
            record = alert_store.get_alert(conn, alert_id)
            if record is None or any(told.alert.id == alert_id for told in outcome.told):
                continue
            verb = "is evidence of" if alert_id in before else "would join"
            line = f"{verb} alert {alert_id} ({record.alert.state}: {record.title}), without a message"
            said.setdefault(record.alert.rule, []).append(line)
    return said


def _told(outcome: Outcome) -> Iterator[tuple[str, str]]:
    for told in outcome.told:
        if told.message.kind == "new":
            yield told.rule.name, f"would open an alert and tell of it: {told.title}"
        else:
            yield told.rule.name, f"would join alert {told.alert.id} and tell of it ({told.message.why}): {told.title}"
    for line in outcome.quiet:
        rule, _, why = line.partition(": ")
        yield rule, f"nobody would be told: {why}"


@contextmanager
def undone(engine: Engine) -> Iterator[Connection]:
    """A transaction of which nothing stays."""
    try:
        with writing(engine) as conn:
            yield conn
            raise _Undone
    except _Undone:
        return


def _stored(conn: Connection, article: Article, now: datetime) -> Waiting:
    """The article as a feed of its own would have brought it."""
    feed = feeds.add_feed(
        conn,
        "http://rehearsal.invalid/",
        now=now,
        interval=timedelta(days=1),
        source=article.source or "unnamed",
        owner=article.source,
        tier=article.tier,
        country=article.country,
    )
    draft = Draft(
        key="rehearsal",
        content_hash=sha256(f"{article.title}\0{article.text}".encode()).hexdigest(),
        title=article.title,
        text=article.text,
        url=article.url,
        language=article.language,
        published=article.published,
    )
    articles.store(conn, feed.id, [draft], now=now)
    found = articles.find(conn, feed.id, draft.key)
    assert found is not None
    return found
