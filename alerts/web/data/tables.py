"""The archive for maps (GeoJSON, page by page) and for spreadsheets (CSV, all of it in one stream)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from http import HTTPStatus
from typing import Final

from anyio import CapacityLimiter, WouldBlock
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from alerts.errors import InputError
from alerts.render import geojson, table
from alerts.store import archive, tellings
from alerts.store.alerts import Listed
from alerts.store.database import reading
from alerts.store.search import Wanted
from alerts.web.data.formats import address, kind
from alerts.web.data.published import asked, cursor, dressed, find, headers, publish
from alerts.web.public.query import Query
from alerts.web.site import Web, answer, web_of

POINTS: Final = 500
ROWS: Final = 500
_LATELY: Final = timedelta(hours=1)
_BUSY: Final = "Others are taking the whole archive just now. Please try again in a minute, or ask for a part of it."


def points(request: Request) -> Response:
    """`/alerts.geojson`: a page of alerts as points."""
    web, query, of = web_of(request), asked(request), kind("geojson")
    with reading(web.engine) as conn:
        found = find(conn, query, POINTS)
        items = publish(conn, found.listed)
    following = address(web, of, query, found.following) if found.following else ""
    body = geojson.geojson(items, web.site, next_url=following, rights=web.settings.rights)
    return dressed(request, web, of, body, query, found.following)


def rows(request: Request) -> Response:
    """`/alerts.csv`: every alert that the question finds, one row each."""
    web, query = web_of(request), asked(request)
    if query.before is not None:
        raise InputError("The table has all alerts in one file: leave out “before”.")
    said = answer(request, _fingerprint(web), table.MEDIA_TYPE)
    if said.status_code == HTTPStatus.NOT_MODIFIED or request.method == "HEAD":
        response = Response(status_code=said.status_code, media_type=table.MEDIA_TYPE)
        del response.headers["content-length"]
    else:
        response = _Download(_lines(web, query), web.downloads)
    response.headers.update({name: said.headers[name] for name in ("etag", "cache-control")})
    response.headers.update(headers(web, kind("csv"), query))
    return response


def _fingerprint(web: Web) -> bytes:
    """What is different as soon as any alert is: the table is not put together to find out."""
    with reading(web.engine) as conn:
        last = archive.told_alerts(conn, Wanted(), limit=1)
        told = tellings.stirred(conn, web.now() - _LATELY)
    return repr((last and cursor(last[0]), told, web.site)).encode("utf-8", "replace")


class _Download(StreamingResponse):
    """A table on its way. Putting it together is work, so only a few are at a time."""

    def __init__(self, lines: Iterator[bytes], places: CapacityLimiter) -> None:
        super().__init__(lines, media_type=table.MEDIA_TYPE)
        self._places = places

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            self._places.acquire_on_behalf_of_nowait(self)
        except WouldBlock:
            raise HTTPException(HTTPStatus.SERVICE_UNAVAILABLE, _BUSY, headers={"Retry-After": "60"}) from None
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._places.release_on_behalf_of(self)


def _lines(web: Web, query: Query) -> Iterator[bytes]:
    """The table in pieces. No transaction is held while somebody on a bad line reads; so that no alert is missed or
    told twice which changes meanwhile (the latest changed stand first), those that were sent are ticked off, and what
    changed since the beginning is looked at again in the end."""
    yield table.head()
    sent, until = bytearray(), None
    while True:
        newest, new = None, 0
        for listed in _pages(web, query):
            newest = newest or cursor(listed[0])
            fresh = [item for item in listed if _tick(sent, int(item.alert.id))]
            new += len(fresh)
            if fresh:
                with reading(web.engine) as conn:
                    items = publish(conn, fresh)
                yield table.rows(items, web.site)
            if until is not None and cursor(listed[-1]).updated < until:
                break
        if not new or newest is None:
            return
        until = newest.updated


def _pages(web: Web, query: Query) -> Iterator[list[Listed]]:
    before = None
    while True:
        with reading(web.engine) as conn:
            listed = archive.told_alerts(conn, query.wanted, limit=ROWS, before=before)
        if listed:
            yield listed
        if len(listed) < ROWS:
            return
        before = cursor(listed[-1])


def _tick(sent: bytearray, number: int) -> bool:
    """Mark a number in a field of bits; False where it was marked before."""
    place, bit = number >> 3, 1 << (number & 7)
    if place >= len(sent):
        sent.extend(bytes(place + 1_024 - len(sent)))
    fresh = not sent[place] & bit
    sent[place] |= bit
    return fresh


ROUTES: Final = (Route("/alerts.geojson", points), Route("/alerts.csv", rows))
