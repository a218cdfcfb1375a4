"""The Atom feed of alerts; and the JSON Feed, which says the same."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from alerts.render.atom import AtomEntry, AtomFeed, Category, atom
from alerts.render.fields import LONGEST_TEXT, LONGEST_TITLE, Telling, headline, position
from alerts.render.fields import Published as Item
from alerts.render.jsonfeed import FeedFacts, jsonfeed
from alerts.render.jsonfeed import Item as JsonItem
from alerts.render.view import country_name, event_name, web_link
from alerts.store import archive
from alerts.store.alerts import Listed, Version
from alerts.store.database import reading
from alerts.template_filters import one_line, shorten
from alerts.types import Alert, Evidence
from alerts.web.data import cap
from alerts.web.data.formats import Kind, address, hub_of, kind, page_address
from alerts.web.data.published import Found, asked, dressed, find
from alerts.web.public.query import Query
from alerts.web.public.views import article_view, item_view, version_view
from alerts.web.site import Web, web_of

SUBTITLE: Final = "Alerts from public news, read by machine. They can be wrong: check before you act."


def atom_feed(request: Request) -> Response:
    """`/alerts.atom`: the latest alerts, filtered by the query as the list is; a new version updates its entry."""
    web, query, of = web_of(request), asked(request), kind("atom")
    noted(web, of, query)
    found, told, evidence = _read(web, query)
    entries = [
        entry(web, item, told=told[item.alert.id], evidence=evidence.get(item.alert.id)) for item in found.listed
    ]
    body = atom(feed_facts(web, query, of, found), latest_first(entries))
    return dressed(request, web, of, body, query, found.following)


def json_feed(request: Request) -> Response:
    """`/alerts.json`: the same as JSON Feed 1.1."""
    web, query, of = web_of(request), asked(request), kind("json")
    noted(web, of, query)
    found, told, evidence = _read(web, query)
    items = [_json_item(web, item, told[item.alert.id], evidence.get(item.alert.id)) for item in found.listed]
    facts = feed_facts(web, query, of, found)
    said = FeedFacts(
        title=facts.title,
        feed_url=facts.self_url,
        page_url=facts.page_url,
        about=f"{web.site.base_url}/data",
        description=facts.subtitle,
        next_url=facts.following,
        hub=facts.hub,
        rights=facts.rights,
    )
    body = jsonfeed(said, sorted(items, key=lambda one: one.published.telling.last, reverse=True), web.site)
    return dressed(request, web, of, body, query, found.following)


def noted(web: Web, of: Kind, query: Query) -> None:
    """Remember that this feed was asked for, so that a hub is told of its news."""
    if query.before is None and hub_of(web):
        web.topics.asked(f"{of.path}{query.address()}")


def _read(web: Web, query: Query) -> tuple[Found, dict[str, tuple[datetime, Version]], dict[str, Evidence]]:
    with reading(web.engine) as conn:
        found = find(conn, query, web.settings.feed_size)
        ids = [item.alert.id for item in found.listed]
        told = archive.last_versions(conn, ids)
        listed = [item for item in found.listed if item.alert.id in told]
        return Found(listed=listed, following=found.following), told, archive.first_evidence(conn, ids)


def latest_first(entries: list[AtomEntry]) -> list[AtomEntry]:
    return sorted(entries, key=lambda one: one.updated, reverse=True)


def feed_facts(web: Web, query: Query, of: Kind, found: Found) -> AtomFeed:
    """The feed itself. Its id is the address of its first page, so each question has a feed of its own."""
    words = query.words()
    return AtomFeed(
        id=address(web, of, query),
        self_url=address(web, of, query, query.before),
        page_url=page_address(web, query),
        title=f"{web.site.name}: {words}" if words else web.site.name,
        subtitle=SUBTITLE,
        author=web.site.name,
        updated=web.started,
        following=address(web, of, query, found.following) if found.following else "",
        hub=hub_of(web) if query.before is None else "",
        rights=web.settings.rights,
    )


def entry(web: Web, listed: Listed, *, told: tuple[datetime, Version], evidence: Evidence | None) -> AtomEntry:
    """One alert as it is now. `told` is when it was told first, and the version told last."""
    alert, (first, last) = listed.alert, told
    link = web_link(evidence.url) if evidence is not None else ""
    return AtomEntry(
        id=web.site.alert_url(alert.id),
        url=web.site.alert_url(alert.id),
        title=headline(_published(listed, told)),
        summary=shorten(one_line(listed.summary), LONGEST_TEXT),
        html=_content(web, listed, last, evidence),
        published=first,
        updated=last.at,
        categories=tuple(categories(web, alert)),
        point=position(alert.place),
        related=((shorten(one_line(evidence.title), LONGEST_TITLE), link),) if evidence is not None and link else (),
        cap=cap.address(web, last),
    )


def _json_item(web: Web, listed: Listed, told: tuple[datetime, Version], evidence: Evidence | None) -> JsonItem:
    return JsonItem(
        published=_published(listed, told),
        html=_content(web, listed, told[1], evidence),
        article=web_link(evidence.url) if evidence is not None else "",
        cap=cap.address(web, told[1]),
    )


def _published(listed: Listed, told: tuple[datetime, Version]) -> Item:
    first, last = told
    telling = Telling(first=first, last=last.at, version=last.version, kind=last.kind, why=last.why)
    return Item(alert=listed.alert, title=listed.title, summary=listed.summary, telling=telling)


def _content(web: Web, listed: Listed, last: Version, evidence: Evidence | None) -> str:
    article: dict[str, Any] | None = None
    if evidence is not None:
        article = article_view(evidence)
        article["title"] = shorten(article["title"], LONGEST_TITLE)
    return web.fragment(
        "feeds/entry.html", {"alert": item_view(listed), "version": version_view(last), "article": article}
    )


def categories(web: Web, alert: Alert) -> Iterator[Category]:
    """What kind of alert it is, in words for machines."""
    words = [("event", alert.event, event_name(alert.event))]
    words += [(name, word, word.capitalize()) for name, word in _levels(alert)]
    if alert.place is not None:
        words.append(("country", alert.place.country, country_name(alert.place.country)))
    for name, term, label in words:
        yield Category(scheme=f"{web.site.base_url}/#{name}", term=term, label=label)


def _levels(alert: Alert) -> Iterator[tuple[str, str]]:
    yield from (("severity", alert.severity), ("certainty", alert.certainty), ("state", alert.state))


ROUTES: Final = (Route("/alerts.atom", atom_feed), Route("/alerts.json", json_feed))
