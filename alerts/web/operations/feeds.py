"""The pages for who runs the service: how the feeds do, everything of one, and the numbers for a watch from outside.

They show feeds and never a reader; of an address host and path, as the rest can be a password. Who has logged in sees
them, and whom [web] operations lets see them without that.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import urlencode

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from alerts.errors import InputError
from alerts.render import health
from alerts.render.view import country_name
from alerts.store.database import reading
from alerts.store.overview import Overview, overview, report
from alerts.store.polls import PollRow
from alerts.track.feedstate import SAYS, STATES, WRONG, FeedState
from alerts.track.quiet import said
from alerts.web.access.visitor import needs, visitor_of
from alerts.web.operations import desk
from alerts.web.operations.metrics import MEDIA_TYPE
from alerts.web.public.views import Choice, options
from alerts.web.readers import private
from alerts.web.site import Web, web_of

_HOME: Final = "/operations/feeds"
_PAGE: Final = 50
_POLLS: Final = 100
_LONGEST: Final = 100
_MOST_PAGES: Final = 100_000
_WRONG: Final = "wrong"
_NO_FEED: Final = "There is no feed of this number."
_CLOSED: Final = (
    "These numbers are for who runs the service. On its own machine they can be read at 127.0.0.1; [web] operations in "
    "its configuration opens them to others."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Which feeds were asked for, in the words of the address."""

    state: str = _WRONG
    country: str = ""
    tag: str = ""
    host: str = ""
    page: int = 1

    def address(self, page: int = 1) -> str:
        """The same question as the end of an address."""
        asked = {"state": self.state if self.state != _WRONG else "", "country": self.country, "tag": self.tag}
        asked |= {"host": self.host, "page": str(page) if page > 1 else ""}
        text = urlencode({name: value for name, value in asked.items() if value})
        return f"{_HOME}?{text}" if text else _HOME

    def wants(self, one: FeedState) -> bool:
        """Whether a feed is asked for. What is wrong with many together is told in one line, and left out of what
        wants attention."""
        feed = one.feed
        if self.state == _WRONG and (one.state not in WRONG or (one.together and not self.narrow)):
            return False
        if self.state in STATES and one.state != self.state:
            return False
        if (self.country and feed.country != self.country) or (self.tag and self.tag not in feed.tags):
            return False
        return self.host in feed.host

    @property
    def narrow(self) -> bool:
        return bool(self.country or self.tag or self.host)


def feeds_page(request: Request) -> Response:
    """`/operations/feeds`: how the feeds do, the worst first."""
    web, visitor = web_of(request), needs(request, "viewer")
    asked = read(request.query_params)
    found = web.kept.overview(web.now(), web.settings.overview_kept, lambda: _overview(web))
    chosen = [one for one in found.feeds if asked.wants(one)]
    first = (asked.page - 1) * _PAGE
    return desk.page(
        request,
        visitor,
        "feeds",
        {
            "here": "feeds",
            "alarms": health.alarms(found),
            "summary": health.summary(found),
            "at": found.at,
            "asked": asked,
            "filters": _filters(asked, found),
            "feeds": [_line(one, found.at) for one in chosen[first : first + _PAGE]],
            "first": first + 1,
            "number": len(chosen),
            "title": _title(asked),
            "before": f"{web.root}{asked.address(asked.page - 1)}" if asked.page > 1 else "",
            "after": f"{web.root}{asked.address(asked.page + 1)}" if len(chosen) > first + _PAGE else "",
        },
    )


def _overview(web: Web) -> Overview:
    with reading(web.engine) as conn:
        return overview(conn, web.now())


def read(parameters: Mapping[str, str]) -> Asked:
    """The question in an address. Raises InputError with one sentence that names the parameter."""
    given = {name: parameters.get(name, "").strip()[:_LONGEST] for name in ("state", "country", "tag", "host", "page")}
    state, page = given["state"].lower() or _WRONG, given["page"] or "1"
    if state not in (_WRONG, "all", *STATES):
        raise InputError(f"There is no such state; it is one of wrong, all, {', '.join(STATES)}.")
    country = given["country"].upper()
    if country and (not country.isascii() or len(country) != 3 or country_name(country) == country):
        raise InputError("A country is given by its ISO 3166-1 code of three letters, such as “SYR” or “SDN”.")
    if not (page.isascii() and page.isdigit() and 1 <= int(page) <= _MOST_PAGES):
        raise InputError("“page” is the number of a page, from 1.")
    return Asked(state=state, country=country, tag=given["tag"], host=given["host"].lower(), page=int(page))


def _filters(asked: Asked, found: Overview) -> list[tuple[str, str, list[Choice]]]:
    """The fields of the form that are chosen from: (name, label, options)."""
    states = [(_WRONG, "Wants attention"), ("all", "All"), *((one, SAYS[one].capitalize()) for one in STATES)]
    codes = {one.feed.country for one in found.feeds if one.feed.country} | ({asked.country} - {""})
    countries = sorted(((code, country_name(code)) for code in codes), key=lambda pair: pair[1])
    tags = Counter(tag for one in found.feeds for tag in one.feed.tags)
    known = sorted({tag for tag, _ in tags.most_common(_LONGEST)} | ({asked.tag} - {""}))
    return [
        ("state", "State", options(states, asked.state)),
        ("country", "Country", options([("", "Any country"), *countries], asked.country)),
        ("tag", "Tag", options([("", "Any tag"), *((tag, tag) for tag in known)], asked.tag)),
    ]


def _title(asked: Asked) -> str:
    if asked.state == _WRONG:
        return "Feeds that want attention"
    return "All feeds" if asked.state == "all" else f"Feeds: {SAYS[asked.state]}"  # type: ignore[index]


def _line(one: FeedState, at: datetime) -> dict[str, Any]:
    feed = one.feed
    return {
        "id": feed.id,
        "name": feed.name,
        "address": feed.address,
        "country": country_name(feed.country) if feed.country else "",
        "state": one.state,
        "word": health.state_word(one).capitalize(),
        "since": one.since,
        "ago": said(at - one.since) if one.since and one.since <= at else "",
        "what": health.sentence(one),
    }


def feed_page(request: Request) -> Response:
    """`/operations/feeds/{id}`: everything of one feed, with its last polls."""
    web, visitor = web_of(request), needs(request, "viewer")
    number = desk.number(str(request.path_params["id"]), _NO_FEED)
    with reading(web.engine) as conn:
        found = report(conn, number, web.now(), last=_POLLS)
    if found is None:
        desk.nothing(_NO_FEED)
    facts = [(name.capitalize(), text) for name, text in health.about_feed(found)]
    faults = [{"polls": one.polls, "what": health.fault_word(one.status), "last": one.last} for one in found.faults]
    variables = {
        "here": "feeds",
        "feed": _line(found.state, found.at),
        "facts": facts,
        "faults": faults,
        "polls": _polls(found.polls, found.state.feed.address),
    }
    return desk.page(request, visitor, "feed", variables)


def _polls(rows: Sequence[PollRow], address: str) -> list[dict[str, Any]]:
    return [
        {
            "at": row.at,
            "http": row.http or "",
            "came_to": health.came_to(row),
            "ok": row.ok,
            "held": f"{row.items:,}" if row.status == "ok" else "",
            "new": f"{row.new:,}" if row.status == "ok" else "",
            "changed": f"{row.revised:,}" if row.status == "ok" else "",
            "bytes": f"{row.bytes:,}",
            "ms": f"{row.ms:,}",
            "why": health.reason(row.due_reason),
            "said": health.said_by(row, address),
        }
        for row in rows
    ]


def metrics(request: Request) -> Response:
    """`/metrics`: the numbers, in the text form of Prometheus."""
    web = web_of(request)
    if not web.shows_operations(request):
        raise HTTPException(HTTPStatus.NOT_FOUND, _CLOSED)
    text = web.meter.text(web.engine, web.now)
    return Response(text, media_type=MEDIA_TYPE, headers={"Cache-Control": "no-store"})


def moved(request: Request) -> Response:
    """The addresses of before, for who may see what is there."""
    web = web_of(request)
    if not visitor_of(request).may("viewer"):
        raise HTTPException(HTTPStatus.NOT_FOUND)
    wanted = str(request.path_params.get("id", ""))
    below = f"/{wanted}" if wanted.isascii() and wanted.isdigit() else ""
    return RedirectResponse(f"{web.root}{_HOME}{below}", HTTPStatus.PERMANENT_REDIRECT, headers=private.HEADERS)


ROUTES: Final = (
    Route(_HOME, feeds_page),
    Route(f"{_HOME}/{{id}}", feed_page),
    Route("/feeds", moved),
    Route("/feeds/{id}", moved),
    Route("/metrics", metrics),
)
