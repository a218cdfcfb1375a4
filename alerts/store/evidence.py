"""Evidence: which articles an alert rests on, each with its hit, its story and its print."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Connection, Row, Select, bindparam, select

from alerts.store import codec
from alerts.store.schema import article, evidence, feed, story
from alerts.store.upsert import upsert
from alerts.types import Alert, Evidence

_AT_ONCE: Final = 500


def put(conn: Connection, value: Alert, items: Sequence[Evidence]) -> None:
    """Store evidence of an alert; of an article that is evidence already, in place of the old."""
    if items:
        rows = [_row(value, item) for item in items]
        kept = {"seen", "at_version"}  # when the article first became evidence
        conn.execute(upsert(conn, evidence, ("alert_id", "article_id"), keep=kept), rows)


def _row(value: Alert, item: Evidence) -> dict[str, Any]:
    return {
        "alert_id": codec.row_id(value.id),
        "article_id": int(item.article_id),
        "revision": item.revision,
        "rule": item.hit.rule,
        "rule_version": item.hit.rule_version,
        "origin": item.origin,
        "hit": codec.to_json(item.hit),
        "cited": codec.to_json(item.cited),
        "event_time": item.hit.event_time,
        "seen": item.seen,
        "at_version": value.version,
    }


def remove(conn: Connection, alert_id: str, article_id: str) -> bool:
    """Take an article back as evidence; False when it was none."""
    here = (evidence.c.alert_id == codec.row_id(alert_id)) & (evidence.c.article_id == int(article_id))
    return conn.execute(evidence.delete().where(here)).rowcount > 0


def of_alert(conn: Connection, alert_id: str) -> list[Evidence]:
    """The evidence of an alert, in the order in which it came."""
    return [from_row(row) for row in conn.execute(_OF_ALERT, {"of_alert": codec.row_id(alert_id)})]


def alerts_of_article(conn: Connection, article_id: str) -> list[str]:
    """The ids of the alerts that an article is evidence of."""
    query = select(evidence.c.alert_id).where(evidence.c.article_id == int(article_id)).order_by(evidence.c.alert_id)
    return [str(found) for found in conn.execute(query).scalars()]


def articles_of(conn: Connection, alert_ids: Sequence[str]) -> dict[str, list[str]]:
    """The ids of the articles that these alerts rest on, by alert."""
    query = select(evidence.c.alert_id, evidence.c.article_id).order_by(evidence.c.id)
    found: dict[str, list[str]] = {alert_id: [] for alert_id in alert_ids}
    for start in range(0, len(alert_ids), _AT_ONCE):
        some = [codec.row_id(alert_id) for alert_id in alert_ids[start : start + _AT_ONCE]]
        for row in conn.execute(query.where(evidence.c.alert_id.in_(some))):
            found[str(row.alert_id)].append(str(row.article_id))
    return found


ROWS: Final[Select[Any]] = (
    select(
        evidence,
        *(article.c.title, article.c.url, article.c.published),
        *(feed.c.source, feed.c.owner, feed.c.tier),
        *(story.c.first_id, story.c.shingles),
    )
    .join(article, article.c.id == evidence.c.article_id)
    .join(feed, feed.c.id == article.c.feed_id)
    .outerjoin(story, story.c.article_id == evidence.c.article_id)
    .order_by(evidence.c.id)
)


_OF_ALERT: Final = ROWS.where(evidence.c.alert_id == bindparam("of_alert"))


def from_row(row: Row[Any]) -> Evidence:
    """Evidence from a row of `ROWS`."""
    return Evidence(
        article_id=str(row.article_id),
        revision=row.revision,
        hit=codec.hit(row.hit),
        title=row.title,
        url=row.url,
        source=row.source,
        owner=row.owner,
        tier=row.tier,
        cited=tuple(row.cited),
        published=row.published,
        seen=row.seen,
        origin=row.origin,
        story="" if row.first_id is None else str(row.first_id),
        text=row.shingles or b"",
    )
