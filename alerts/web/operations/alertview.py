"""An alert as who works at it needs it: also one of which nobody was told yet, and more than readers know."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from urllib.parse import quote

from sqlalchemy import Connection

from alerts.engine.tracking import Tracker
from alerts.match.rule import Rule
from alerts.notify import audience, posting
from alerts.render.view import event_name, place_view
from alerts.store import acts as act_store
from alerts.store import alerts as alert_store
from alerts.store import codec, demotions
from alerts.store.acts import Act
from alerts.store.alerts import Filter, Listed, Record
from alerts.template_filters import one_line
from alerts.track import triage
from alerts.types import Alert
from alerts.web.operations import desk, handling
from alerts.web.public.views import STATE_WORDS, article_view, figure_view, origin_groups, version_view

_MOST_LIKE_IT = 20


def alert_view(conn: Connection, record: Record, done: Sequence[Act], root: str) -> dict[str, Any]:
    """All that a page of an alert shows of the alert itself. `seen`: what its forms have to send."""
    alert = record.alert
    speaks = [item for item in record.evidence if item.hit.current]
    return {
        "id": alert.id,
        "title": one_line(record.title),
        "summary": one_line(record.summary),
        "level": alert.severity,
        "certainty": alert.certainty,
        "state": alert.state,
        "state_word": STATE_WORDS[alert.state][0],
        "merged_into": alert.merged_into,
        "triage": alert.triage or "",
        "known_as": str(alert.told.get("severity", "")) if alert.version else "",
        "event_name": event_name(alert.event),
        "rule": alert.rule,
        "rule_page": f"{root}/operations/rules/{quote(alert.rule)}",
        "place": place_view(codec.to_json(alert.place)),
        "figures": [figure_view(name, quantity) for name, quantity in alert.numbers.items()],
        "first": alert.first_event,
        "last": alert.last_event,
        "version": alert.version,
        "origin_count": alert.origins,
        "article_count": alert.articles,
        "origins": origin_groups(speaks),
        "against": [article_view(item) for item in record.evidence if not item.hit.current],
        "versions": [version_view(one) for one in reversed(record.versions)],
        "others": like_it(conn, alert),
        "takes_back": handling.takes_back(alert),
        "seen": handling.seen(done, alert),
        "done_so_far": [act_view(one) for one in reversed(done)],
    }


def act_view(one: Act) -> dict[str, Any]:
    """Something that somebody did with an alert."""
    title = one.detail.get("title")
    return {
        "at": one.at,
        "who": one.who or "somebody",
        "did": handling.SAID[one.kind],
        "version": one.version,
        "why": desk.without_addresses(one_line(one.why)),
        "title": one_line(str(title)) if title else "",
    }


def like_it(conn: Connection, alert: Alert) -> list[dict[str, str]]:
    """The open alerts of its rule that it may be the same event as: those at its place first, then the latest."""
    country = (alert.place.country,) if alert.place and alert.place.country else ()
    wanted = Filter(open_only=True, families=(alert.family,), countries=country)
    found = [one for one in alert_store.list_alerts(conn, wanted, limit=100) if one.alert.id != alert.id]
    here = alert.place.id if alert.place else None
    found.sort(key=lambda one: one.alert.place is None or one.alert.place.id != here)
    return [{"id": one.alert.id, "label": _label(one)} for one in found[:_MOST_LIKE_IT]]


def _label(one: Listed) -> str:
    title = one_line(one.title)
    return f"{one.alert.id}: {title[:90]}{'…' if len(title) > 90 else ''} ({one.alert.severity})"


def would_tell(conn: Connection, tracker: Tracker, record: Record, now: datetime) -> dict[str, Any]:
    """What approving the alert now would come to: what readers would read, and about how many they are."""
    rule = tracker.rulebook.ruleset.by_name.get(record.alert.rule)
    if rule is None:
        return {"kind": "", "why": "", "changes": [], "readers": 0, "goes_at": None, "quiet": "its rule is gone"}
    own = tracker.rulebook.policies[rule.name]
    step = triage.approve(record.alert, record.evidence, now=now, policy=own, lookup=tracker.gazetteer.by_id)
    message = step.messages[-1] if step.messages else None
    return {
        "kind": message.kind if message else "",
        "why": one_line(message.why) if message else "",
        "changes": [one_line(one) for one in message.changes if one != message.why] if message else [],
        "quiet": "" if message else step.quiet or "there is nothing to tell",
        "readers": hearers(conn, rule, step.alert),
        "goes_at": goes_at(tracker, record.alert, now),
    }


def goes_at(tracker: Tracker, alert: Alert, now: datetime) -> datetime | None:
    """When what waits is told although nobody looked; None: never by itself."""
    rule = tracker.rulebook.ruleset.by_name.get(alert.rule)
    if rule is None:
        return None
    policy = tracker.rulebook.policy(rule.name, tracker.late_after, tracker.desk)
    return triage.goes_at(alert, now=now, policy=policy)


def hearers(conn: Connection, rule: Rule, alert: Alert) -> int:
    """How many readers ask for alerts like this one, and may hear of those of its rule."""
    fields = codec.to_json(alert)
    heard = posting.hearers(conn, demotions.in_force(conn, rule), fields)
    return sum(audience.wants(one, fields) for some in heard for one in some)


def load(conn: Connection, alert_id: str) -> tuple[Record, list[Act]]:
    """An alert with what was done with it. Raises 404."""
    record = alert_store.get_alert(conn, str(desk.number(alert_id)))
    if record is None:
        desk.nothing("There is no alert of this number.")
    return record, act_store.of_alert(conn, record.alert.id)
