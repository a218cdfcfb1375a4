"""`/operations`: what wants a person now, the worst first; below it how things stand, as `alerts status` tells it.

Who is on duty sees in ten seconds whether all is well: then nothing stands above the numbers but that.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from alerts.render import health
from alerts.store import acts
from alerts.store import alerts as alert_store
from alerts.store.alerts import Listed
from alerts.store.database import reading
from alerts.store.overview import overview
from alerts.store.queue import groups
from alerts.store.status import Status, status
from alerts.template_filters import one_line
from alerts.track.quiet import DAY
from alerts.web.operations import desk, wants
from alerts.web.operations.triage import waiting_lines
from alerts.web.public.views import STATE_WORDS
from alerts.web.site import web_of

_LAST: Final = 6
_FIRST: Final = 3


def show(request: Request) -> Response:
    """GET: the overview. Whom [web] operations lets in without a login sees the feeds."""
    if desk.sees_feeds_only(request):
        return desk.redirect(f"{web_of(request).root}/operations/feeds")
    web, visitor = desk.looker(request)
    now = web.now()
    with reading(web.engine) as conn:
        feeds = web.kept.overview(now, web.settings.overview_kept, lambda: overview(conn, now))
        found, waiting = status(conn, now), acts.waiting(conn)
        due = [one.next for one in groups(conn, now, ["queued"]) if one.why != "hold"]
        last = alert_store.list_alerts(conn, limit=_LAST)
    faults = web.operating.faults.since(now - DAY) if web.operating is not None else ()
    facts = wants.Facts(
        status=found,
        waiting=tuple(one.alert for one in waiting),
        alarms=tuple(health.alarms(feeds)),
        feeds_wrong=health.wrong(feeds),
        due=min(due, default=None),
        faults=tuple(faults),
    )
    variables = {
        "here": "home",
        "wants": [_want(one, now) for one in wants.wanted(facts)],
        "triage": waiting_lines(waiting, now, _FIRST),
        "waiting": len(waiting),
        "facts": standing(found, now),
        "last": [_line(one, now) for one in last],
    }
    return desk.page(request, visitor, "home", variables)


def _want(one: wants.Want, now: datetime) -> dict[str, Any]:
    return {
        "urgency": one.urgency,
        "word": wants.WORDS[one.urgency],
        "title": one.title,
        "more": desk.without_addresses(one.more),
        "since": one.since,
        "ago": desk.ago(one.since, now),
        "goal": one.goal,
    }


def _line(one: Listed, now: datetime) -> dict[str, Any]:
    return {
        "id": one.alert.id,
        "title": one_line(one.title),
        "level": one.alert.severity,
        "state_word": STATE_WORDS[one.alert.state][0] if one.alert.version else "Nobody was told",
        "ago": desk.ago(one.alert.updated, now),
        "updated": one.alert.updated,
    }


def standing(found: Status, now: datetime) -> list[tuple[str, str]]:
    """How things stand, a line each."""
    queued, opened = found.outbox["queued"] + found.outbox["sending"], sum(found.alerts_open.values())
    polls = f"{found.polls_lately} in the last 15 minutes, {found.polls_failed} failed"
    alerts = f"{opened} open, {found.alerts_today} new in the last day"
    return [
        ("Feeds", f"{found.feeds}: {found.failing} failing, {found.overdue} overdue, {found.unpolled} not polled yet"),
        ("Polls", f"{polls}; the last {_ago(found.last_poll, now)}"),
        ("Articles", f"{found.articles:,}, {found.articles_today:,} in the last day; {found.waiting} wait to be read"),
        ("Alerts", f"{alerts}; the last change {_ago(found.last_alert, now)}"),
        ("Mails", f"{queued} waiting, {found.outbox['accepted']:,} sent; the last {_ago(found.last_mail, now)}"),
        ("Silences", f"{found.silences or 'none'} in force; alerts hidden in the last day: {found.silenced_today}"),
        ("Watched", f"{_ago(found.last_look, now)}; the canary came out: {_ago(found.last_canary, now)}"),
        *_came_in(found.mails_in),
        *_machines(found, now),
    ]


def _machines(found: Status, now: datetime) -> list[tuple[str, str]]:
    """Those that share the work."""
    seen = [f"{one.name} (seen {_ago(one.seen, now)}, edition {one.edition or '–'})" for one in found.machines]
    return [("Machines", "; ".join(seen))] if seen else []


def _came_in(mails_in: dict[str, int]) -> Sequence[tuple[str, str]]:
    ordered = sorted(mails_in.items(), key=lambda one: (-one[1], one[0]))
    return [("Mail in", "today " + ", ".join(f"{number} {what}" for what, number in ordered))] if ordered else []


def _ago(moment: datetime | None, now: datetime) -> str:
    return f"{desk.ago(moment, now)} ago" if moment is not None else "never"


ROUTES: Final = (Route("/operations", show),)
