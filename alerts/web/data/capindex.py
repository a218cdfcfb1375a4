"""An index of CAP messages as an Atom feed, as the feeds of national agencies are: whose entry leads to the message of
an alert's last version. A new version is a new entry under a new id, for messages never change.
"""

from __future__ import annotations

from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from alerts.render.atom import AtomEntry, atom
from alerts.render.cap import is_public
from alerts.render.fields import LONGEST_TEXT, position, titled
from alerts.store import archive
from alerts.store.alerts import Listed, Version
from alerts.store.database import reading
from alerts.template_filters import one_line, shorten
from alerts.web.data import cap
from alerts.web.data.atom import categories, feed_facts, latest_first, noted
from alerts.web.data.formats import kind
from alerts.web.data.published import asked, dressed, find
from alerts.web.site import Web, web_of


def index(request: Request) -> Response:
    """`/alerts.cap.atom`: the messages that other systems may have."""
    web, query, of = web_of(request), asked(request), kind("cap")
    noted(web, of, query)
    with reading(web.engine) as conn:
        found = find(conn, query, web.settings.feed_size)
        told = archive.last_versions(conn, [item.alert.id for item in found.listed])
    entries = [
        _entry(web, item, told[item.alert.id][1])
        for item in found.listed
        if item.alert.id in told and is_public(told[item.alert.id][1])
    ]
    body = atom(feed_facts(web, query, of, found), latest_first(entries))
    return dressed(request, web, of, body, query, found.following)


def _entry(web: Web, listed: Listed, last: Version) -> AtomEntry:
    address = cap.address(web, last)
    return AtomEntry(
        id=address,
        url="",
        title=titled(last.kind, last.fields["title"]),
        summary=shorten(one_line(last.fields["summary"]), LONGEST_TEXT),
        html="",
        published=last.at,
        updated=last.at,
        categories=tuple(categories(web, listed.alert)),
        point=position(listed.alert.place),
        cap=address,
    )


ROUTES: Final = (Route("/alerts.cap.atom", index),)
