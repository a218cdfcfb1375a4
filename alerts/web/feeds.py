"""What machines read: the Atom feed of alerts, and whether the service is well."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import Response

from alerts.errors import StoreError
from alerts.render.atom import MEDIA_TYPE, AtomEntry, AtomFeed, Category, atom
from alerts.render.view import country_name, event_name, web_link
from alerts.store import archive
from alerts.store.alerts import Listed, Version
from alerts.store.database import reading
from alerts.template_filters import one_line
from alerts.types import Alert, Evidence
from alerts.web import cap
from alerts.web.query import Query, read_query
from alerts.web.site import Web, answer, web_of
from alerts.web.views import article_view, item_view, version_view

_PREFIX = {"close": "Over: ", "cancel": "Cancelled: "}


def atom_feed(request: Request) -> Response:
    """`/alerts.atom`: the latest alerts, filtered by the query as the list is; a new version updates its entry."""
    web, query = web_of(request), read_query(request.query_params.multi_items())
    with reading(web.engine) as conn:
        found = archive.told_alerts(conn, query.wanted, limit=web.settings.feed_size)
        ids = [item.alert.id for item in found]
        told = archive.last_versions(conn, ids)
        evidence = archive.first_evidence(conn, ids)
    entries = [
        entry(web, item, told=told[item.alert.id], evidence=evidence.get(item.alert.id))
        for item in found
        if item.alert.id in told
    ]
    return answer(request, atom(feed_facts(web, query), _latest_first(entries)), f"{MEDIA_TYPE}; charset=utf-8")


def _latest_first(entries: list[AtomEntry]) -> list[AtomEntry]:
    return sorted(entries, key=lambda one: one.updated, reverse=True)


def feed_facts(web: Web, query: Query) -> AtomFeed:
    """The feed itself. Its id is its address, so each question has a feed of its own."""
    asked = [
        event_name(query.event) if query.event else "",
        country_name(query.country) if query.country else "",
        f"{query.severity} or worse" if query.severity else "",
        query.state,
    ]
    words = ", ".join(word for word in asked if word)
    address = f"{web.site.base_url}/alerts.atom{query.address()}"
    return AtomFeed(
        id=address,
        self_url=address,
        page_url=f"{web.site.base_url}/{query.address()}",
        title=f"{web.site.name}: {words}" if words else web.site.name,
        subtitle="Alerts from public news, read by machine. They can be wrong: check before you act.",
        author=web.site.name,
        updated=web.started,
    )


def entry(web: Web, listed: Listed, *, told: tuple[datetime, Version], evidence: Evidence | None) -> AtomEntry:
    """One alert as it is now. `told` is when it was told first, and the version told last."""
    alert, (first, last) = listed.alert, told
    address = web.site.alert_url(alert.id)
    article = article_view(evidence) if evidence is not None else None
    link = web_link(evidence.url) if evidence is not None else ""
    return AtomEntry(
        id=address,
        url=address,
        title=_PREFIX.get(last.kind, "") + one_line(listed.title),
        summary=one_line(listed.summary),
        html=web.fragment(
            "feeds/entry.html", {"alert": item_view(listed), "version": version_view(last), "article": article}
        ),
        published=first,
        updated=last.at,
        categories=tuple(_categories(web, alert)),
        point=_point(alert),
        related=((one_line(evidence.title), link),) if evidence is not None and link else (),
        cap=cap.address(web, last),
    )


def _categories(web: Web, alert: Alert) -> Iterator[Category]:
    words = [("event", alert.event, event_name(alert.event))]
    words += [(name, word, word.capitalize()) for name, word in _levels(alert)]
    if alert.place is not None:
        words.append(("country", alert.place.country, country_name(alert.place.country)))
    for name, term, label in words:
        yield Category(scheme=f"{web.site.base_url}/#{name}", term=term, label=label)


def _levels(alert: Alert) -> Iterator[tuple[str, str]]:
    yield from (("severity", alert.severity), ("certainty", alert.certainty), ("state", alert.state))


def _point(alert: Alert) -> tuple[float, float] | None:
    place = alert.place
    return (place.lat, place.lon) if place is not None and place.lat is not None and place.lon is not None else None


def health(request: Request) -> Response:
    """`/healthz`: 200 while the database answers, else 503 with one word on why, for a watchdog."""
    status, database = HTTPStatus.OK, "ok"
    try:
        with reading(web_of(request).engine) as conn:
            archive.answers(conn)
    except StoreError as error:
        status, database = HTTPStatus.SERVICE_UNAVAILABLE, error.reason
    body = json.dumps({"status": "ok" if status == HTTPStatus.OK else "failing", "database": database}).encode()
    return Response(body, status_code=status, media_type="application/json", headers={"Cache-Control": "no-store"})
