"""What a version of an alert keeps for those who read it later by machine, beside the alert itself.

A CAP message must be the same bytes for ever, and messages name each other by sender and time. So a version takes
along, when it is made: who issues it, what its rule says of such alerts, what was quoted, and which alerts it goes on
for. None of it follows from the tables later: evidence is rewritten, rules and the configuration change.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from sqlalchemy import Connection, String, case, cast, select

from alerts.match.rule import Rule
from alerts.store import codec, meta
from alerts.store.lineage import merged_ids
from alerts.store.schema import alert_version, article, evidence, feed
from alerts.template_filters import one_line, shorten

FIELD: Final = "issued"  # where it stands in the `fields` of a version
MOST_QUOTES: Final = 8
_ISSUER: Final = "issuer of messages"
_LONGEST_QUOTE: Final = 600
_LONGEST_TITLE: Final = 200


def put_issuer(conn: Connection, issuer: Mapping[str, Any]) -> None:
    """Who issues the versions made from now on (`render.cap.Issuer` as JSON). Without one, as in a replay, nothing
    is issued, and versions take nothing along."""
    if meta.get(conn, _ISSUER) != dict(issuer):
        meta.put(conn, _ISSUER, dict(issuer))


def terms(rule: Rule) -> dict[str, Any]:
    """What a rule says of its alerts. `lasts` is in seconds; `unrated`: "moderate" says only that nothing is known."""
    assert rule.alert is not None
    moderate = any(level == "moderate" for _, level in rule.severity.raises)
    return {
        "rule": rule.name,
        "version": rule.version,
        "title": rule.title,
        "test": rule.status == "test",
        "category": rule.alert.category,
        "response": rule.alert.response,
        "lasts": (rule.alert.expires or rule.alert.same_event).total_seconds(),
        "stands": rule.state is not None,
        "unrated": rule.severity.default is None and not moderate,
    }


def taken_along(
    conn: Connection, alert_id: int, said: Mapping[str, Any] | None, fields: Mapping[str, Any]
) -> dict[str, Any]:
    """What a version of this alert that is made now takes along: nothing where nobody issues it. `said` are the
    `terms` of its rule; where they are not at hand, those of the version before hold. `fields` are its own: if they
    repeat a version before, because no more may be told, so do the quotes."""
    issuer = meta.get(conn, _ISSUER)
    if issuer is None:
        return {}
    kept = {
        "issuer": issuer,
        "terms": _terms_now(conn, alert_id, said),
        "quotes": _quotes(conn, alert_id) if FIELD not in fields else fields[FIELD]["quotes"],
        "merged": merged_ids(conn, str(alert_id)),
    }
    return {FIELD: kept}


def merged(fields: Mapping[str, Any]) -> list[str]:
    """The alerts that a version with these fields goes on for."""
    return list((fields.get(FIELD) or {}).get("merged") or ())


def _terms_now(conn: Connection, alert_id: int, said: Mapping[str, Any] | None) -> dict[str, Any]:
    if said is not None and not said["test"]:
        return dict(said)
    before = _terms_before(conn, alert_id)
    if said is None:
        return before
    # What was told in earnest goes on in earnest, or nobody would hear that it was wrong.
    return {**said, "test": before.get("test", True)}


def _terms_before(conn: Connection, alert_id: int) -> dict[str, Any]:
    query = select(alert_version.c.fields).where(alert_version.c.alert_id == alert_id)
    fields = conn.execute(query.order_by(alert_version.c.version.desc()).limit(1)).scalar_one_or_none()
    return dict(((fields or {}).get(FIELD) or {}).get("terms") or {})


def _quotes(conn: Connection, alert_id: int) -> list[dict[str, Any]]:
    """The sentences that speak for the alert, one for each origin, in the order in which they came."""
    first = case((evidence.c.origin == cast(evidence.c.article_id, String), 0), else_=1)
    query = (
        select(evidence.c.hit, evidence.c.origin, article.c.title, article.c.url, article.c.published, feed.c.source)
        .join(article, article.c.id == evidence.c.article_id)
        .join(feed, feed.c.id == article.c.feed_id)
        .where(evidence.c.alert_id == alert_id)
        .order_by(first, evidence.c.id)
        .limit(4 * MOST_QUOTES)
    )
    return list(_firsts(conn.execute(query).all()))[:MOST_QUOTES]


def _firsts(rows: Iterable[Any]) -> Iterator[dict[str, Any]]:
    seen: set[str] = set()
    for row in rows:
        if row.origin in seen or not row.hit["current"]:
            continue
        seen.add(row.origin)
        yield {
            "source": codec.clean(one_line(row.source)),
            "published": row.published.isoformat(),
            "sentence": shorten(codec.clean(one_line(row.hit["sentence"])), _LONGEST_QUOTE),
            "title": shorten(codec.clean(one_line(row.title)), _LONGEST_TITLE),
            "url": codec.clean(one_line(row.url)),
        }
