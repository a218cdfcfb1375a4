"""Made-up alerts, stored as real ones are: for trying templates on a database in memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import Connection

from alerts.render.samples import sample_bulletin, sample_evidence, sample_notices
from alerts.render.view import Notice
from alerts.store import alerts as alert_store
from alerts.store import articles, bulletins, codec, feeds
from alerts.store import evidence as evidence_store
from alerts.store.alerts import Version
from alerts.types import Alert, Entry, Message

OF_ALERTS: Final = ("new", "update", "close", "cancel", "reminder", "several", "digest", "bare")
COVERED: Final = "covered"
"""The field by which a version says that its mail only mentions it."""

_BESIDE: Final = {
    "event": "displacement",
    "rule": "other_rule",
    "severity": "moderate",
    "worst": "moderate",
    "title": "Flight from Sample Town",
    "summary": "1,200 families left the town.",
}
_MENTIONED: Final = {
    "event": "ceasefire_violation",
    "rule": "third_rule",
    "title": "Ceasefire broken in Sample Town",
}


def alerts(conn: Connection, kind: str) -> list[Version]:
    """Store the alerts of a mail of one kind (`OF_ALERTS`); the versions that it tells, as they stand in it."""
    _articles(conn)
    first, update, over, wrong, bare = sample_notices()
    if kind in ("several", "digest"):
        main, beside = _alert(conn, first.fields), _alert(conn, {**first.fields, **_BESIDE}, articles=1)
        told = [_tell(conn, main, [first]), _tell(conn, beside, [first])]
        mentioned = _tell(conn, _alert(conn, {**first.fields, **_MENTIONED}), [first])
        return [*told, replace(mentioned, fields={**mentioned.fields, COVERED: True})]
    if kind == "bare":
        return [_tell(conn, _alert(conn, bare.fields, articles=0), [bare])]
    extreme = {"severity": "extreme", "worst": "extreme"} if kind == "reminder" else {}
    tells = {"update": [first, update], "close": [first, update, over], "cancel": [first, update, wrong]}
    return [_tell(conn, _alert(conn, {**first.fields, **extreme}), tells.get(kind, [first]))]


def bulletin(conn: Connection, **given: Any) -> int:
    """Store a bulletin with `subject`, `body` and time `at`, or the sample's; its number."""
    made = sample_bulletin() | given
    return bulletins.add(conn, kind=made["kind"], subject=made["subject"], body=made["body"], now=made["at"])


def _articles(conn: Connection) -> None:
    for item in sample_evidence():
        feed = feeds.add_feed(
            conn, f"{item.url}/feed", now=item.seen, interval=timedelta(hours=1), source=item.source, owner=item.owner
        )
        entry = Entry(
            key=item.article_id, title=item.title, html="", url=item.url, published=item.published, language="en"
        )
        articles.store(conn, feed.id, articles.drafts([entry], seen=item.seen), now=item.seen)


def _alert(conn: Connection, about: Mapping[str, Any], *, articles: int | None = None) -> Alert:
    """A made-up alert with the first of the sample's articles, or all."""
    sample = {**about, "id": "", "key": about["title"], "told": {}, "spike": None}
    saved = alert_store.save_alert(conn, codec.alert(sample), title=sample["title"], summary=sample["summary"])
    evidence_store.put(conn, saved, list(sample_evidence())[:articles])
    return saved


def _tell(conn: Connection, alert: Alert, notices: Sequence[Notice]) -> Version:
    """Make the versions of `notices`, one after the other; the last."""
    record = alert_store.get_alert(conn, alert.id)
    assert record is not None
    made = []
    for notice in notices:
        spike = codec.wave(notice.fields.get("spike"))
        now = replace(alert, version=notice.version, confirmed=bool(notice.fields["confirmed"]), spike=spike)
        message = Message(
            kind=notice.kind, version=notice.version, at=notice.at, why=notice.why, changes=notice.changes
        )
        made.append(alert_store.add_version(conn, now, message, title=record.title, summary=record.summary))
    return made[-1]
