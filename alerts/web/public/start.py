"""The start page: what is new and bad, where, and how to hear of it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from alerts.store import feeds, latest, placed
from alerts.store.database import reading
from alerts.store.latest import News
from alerts.template_filters import one_line
from alerts.web.data.formats import formats
from alerts.web.public import archive
from alerts.web.public.maps import world_map
from alerts.web.public.placeviews import country_rows, levels_view
from alerts.web.public.query import ASKED, Query
from alerts.web.public.views import KIND_WORDS, item_view
from alerts.web.site import Web, web_of

_DAYS: Final = 3
_MOST_WORST: Final = 6
_MOST_NEWS: Final = 8
_MOST_COUNTRIES: Final = 12


def start_page(request: Request) -> Response:
    """`/`. With a question, to which older links lead, it is the archive."""
    if ASKED & set(request.query_params):
        return archive.list_page(request)
    web = web_of(request)
    now = web.now()
    with reading(web.engine) as conn:
        variables = _new(conn, now) | _where(web, conn) | {"feeds": feeds.count_active(conn)}
    ways = {
        "formats": formats(web, Query()),
        "rules": 0 if web.rulebook is None else len(web.rulebook().ruleset.rules),
        "searchable": web.places is not None,
        "map_of": world_map(web, Query(state="open"), label="Map of the open alerts"),
    }
    return web.page(request, "start", variables | ways | {"days": _DAYS})


def _new(conn: Connection, now: datetime) -> dict[str, Any]:
    since = now - timedelta(days=_DAYS)
    figures = latest.figures(conn, now)
    return {
        "worst": [item_view(item) for item in latest.worst(conn, since, limit=_MOST_WORST)],
        "news": [_news_view(one) for one in latest.news(conn, limit=_MOST_NEWS)],
        "figures": figures,
        "levels": levels_view(figures.open),
        "open": sum(figures.open.values()),
    }


def _news_view(one: News) -> dict[str, Any]:
    return item_view(one.listed) | {"kind": KIND_WORDS[one.kind], "at": one.at, "why": one_line(one.why)}


def _where(web: Web, conn: Connection) -> dict[str, Any]:
    """The countries where most is open."""
    tallies = {code: placed.Tally(open=levels) for code, levels in placed.open_by_country(conn).items()}
    rows = country_rows(web, tallies)
    return {"countries": rows[:_MOST_COUNTRIES], "more_countries": max(0, len(rows) - _MOST_COUNTRIES)}


ROUTES: Final = (Route("/", start_page),)
