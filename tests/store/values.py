"""Values that tests of the store write, with everything not under test filled in."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, select

from alerts.collect.outcome import Outcome, Settled
from alerts.store import articles, feeds, polling, schema
from alerts.store.alerts import alert_from
from alerts.store.feeds import FeedRow
from alerts.store.polling import Finished, PollResult
from alerts.types import Alert, Claim, Entry, Evidence, Hit, Message, Place, Quantity

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
QUARTER = timedelta(minutes=15)

TAIZ = Place(
    id="gn:70225", name="Taiz", country="YEM", precision="city", admin1="YE-TA", admin1_name="Taizz", lat=13.5, lon=44.0
)
KILLED = Quantity(low=12, high=12, stated=12, unit="people", text="a dozen civilians")


def entry(key: str, html: str = "<p>Shells fell.</p>", **more: Any) -> Entry:
    values: dict[str, Any] = {"title": f"Title {key}", "url": f"https://news.example/{key}", "published": NOW - HOUR}
    return Entry(key=key, html=html, **values | more)


def outcome(*entries: Entry, **more: Any) -> Outcome:
    return Outcome(entries=entries, **{"status": "ok"} | more)


def add_feed(conn: Connection, url: str = "https://news.example/feed", **more: Any) -> FeedRow:
    values: dict[str, Any] = {"now": NOW, "interval": QUARTER, "source": "Example News", "country": "YEM"}
    return feeds.add_feed(conn, url, **values | more)


def poll(
    conn: Connection, feed: FeedRow, result: Outcome, now: datetime = NOW, *, next_due: datetime = NOW + QUARTER
) -> PollResult:
    def settle(poll: Finished, new: int, items: int) -> Settled:
        failures = 0 if result.ok else feed.failures + 1
        return Settled(interval=feed.interval, rate=0.0, failures=failures, next_due=next_due, due_reason="interval")

    found = articles.drafts(result.entries, seen=now)
    [finished] = polling.finish_polls(conn, [Finished(feed=feed, outcome=result, drafts=found)], now, settle)
    return finished


def add_articles(conn: Connection, *keys: str) -> list[articles.Waiting]:
    """Articles of a feed of their own, waiting."""
    feed = add_feed(conn, f"https://news.example/{'-'.join(keys)}")
    poll(conn, feed, outcome(*(entry(key) for key in keys)))
    return [item for item in articles.waiting(conn, 1000) if item.feed_id == feed.id]


def hit(**more: Any) -> Hit:
    values: dict[str, Any] = {
        "rule": "shelling",
        "rule_version": "a" * 64,
        "family": "shelling",
        "event": "attack",
        "current": True,
        "because": None,
        "severity": "severe",
        "sentence": "Shells fell on Taiz, killing a dozen civilians.",
        "sentence_index": 0,
        "quote": "Shells fell on Taiz",
        "parts": {"attack": "Shells fell"},
        "claims": (Claim(kind="alleged", cue="reportedly", at=3),),
        "place": TAIZ,
        "place_from": "sentence",
        "numbers": {"killed": KILLED},
        "event_time": NOW - HOUR,
    }
    return Hit(**values | more)


def evidence(article_id: str, **more: Any) -> Evidence:
    values: dict[str, Any] = {
        "revision": 1,
        "hit": hit(),
        "title": "Title a",
        "url": "https://news.example/a",
        "source": "Example News",
        "owner": "Example News",
        "tier": 2,
        "cited": ("reuters",),
        "published": NOW - HOUR,
        "seen": NOW,
        "origin": article_id,
    }
    return Evidence(article_id=article_id, **values | more)


def alert(**more: Any) -> Alert:
    values: dict[str, Any] = {
        "id": "",
        "family": "shelling",
        "rule": "shelling",
        "event": "attack",
        "key": "shelling|gn:70225",
        "place": TAIZ,
        "state": "unconfirmed",
        "severity": "severe",
        "worst": "severe",
        "certainty": "possible",
        "confirmed": False,
        "version": 1,
        "numbers": {"killed": KILLED},
        "origins": 1,
        "articles": 1,
        "first_event": NOW - HOUR,
        "last_event": NOW - HOUR,
        "opened": NOW,
        "updated": NOW,
        "told": {"killed": [12, 12]},
    }
    return Alert(**values | more)


def alerts_of(conn: Connection, incident_id: str) -> list[Alert]:
    """The alerts of an incident, the oldest first."""
    query = select(schema.alert).where(schema.alert.c.incident_id == int(incident_id)).order_by(schema.alert.c.id)
    return [alert_from(row) for row in conn.execute(query)]


def message(version: int = 1, **more: Any) -> Message:
    values: dict[str, Any] = {"kind": "new" if version == 1 else "update", "at": NOW, "why": "first report"}
    return Message(version=version, **values | more)


def keys(items: Sequence[articles.Waiting]) -> list[str]:
    """The articles' keys (`entry` puts them into the address)."""
    return [item.article.url.rsplit("/", 1)[1] for item in items]
