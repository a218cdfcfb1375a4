"""What all formats need: the question, the alerts it finds as they are published, and how an answer is dressed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from alerts.render.fields import Published
from alerts.render.xmltext import iri
from alerts.store import archive, tellings
from alerts.store.alerts import Listed
from alerts.store.search import Cursor
from alerts.web.data.formats import Kind, address, hub_of, is_open, page_address
from alerts.web.public.query import Query, query_of
from alerts.web.site import Web, answer, web_of

ANY_ORIGIN: Final = {"Access-Control-Allow-Origin": "*", "Access-Control-Expose-Headers": "ETag, Link"}


def asked(request: Request) -> Query:
    """The question in the address, the same as the archive's."""
    return query_of(web_of(request), request.query_params.multi_items())


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One page of what was asked for, and where the next begins (None: this is the last)."""

    listed: list[Listed]
    following: Cursor | None


def find(conn: Connection, query: Query, size: int) -> Found:
    """A page of the alerts that a question finds, the latest changed first."""
    found = archive.told_alerts(conn, query.wanted, limit=size + 1, before=query.before)
    more = len(found) > size
    return Found(listed=found[:size], following=cursor(found[size - 1]) if more else None)


def cursor(listed: Listed) -> Cursor:
    """The place in the archive after an alert."""
    return Cursor(updated=listed.alert.updated, id=int(listed.alert.id))


def publish(conn: Connection, listed: Iterable[Listed]) -> list[Published]:
    """Alerts with what readers were told of them."""
    items = list(listed)
    told = tellings.tellings(conn, [item.alert.id for item in items])
    return [
        Published(alert=item.alert, title=item.title, summary=item.summary, telling=told[item.alert.id])
        for item in items
        if item.alert.id in told
    ]


def dressed(request: Request, web: Web, kind: Kind, body: bytes, query: Query, following: Cursor | None) -> Response:
    """The answer with its tag, or 304; with where it is, what it is a form of, and what comes next."""
    media_type = f"{kind.media_type}; charset=utf-8" if kind.media_type.endswith("xml") else kind.media_type
    response = answer(request, body, media_type)
    response.headers.update(headers(web, kind, query, following))
    return response


def headers(web: Web, kind: Kind, query: Query, following: Cursor | None = None) -> dict[str, str]:
    """`Link` (RFC 8288), and that pages of other hosts may read what everybody may read."""
    links = [("self", address(web, kind, query, query.before)), ("alternate", page_address(web, query))]
    if following is not None:
        links.append(("next", address(web, kind, query, following)))
    if kind.feed and query.before is None and hub_of(web):
        links.append(("hub", hub_of(web)))
    said = ", ".join(f'<{_ascii(to)}>; rel="{relation}"' for relation, to in links)
    return {"Link": said} | (ANY_ORIGIN if is_open(web) else {})


def _ascii(link: str) -> str:
    """An address as a header can hold it."""
    return quote(iri(link), safe=":/?#[]@!$&'()*+,;=%-._~").replace(">", "%3E")
