"""The list of alerts, filtered as one likes."""

from __future__ import annotations

from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from alerts.render.view import country_name, event_name
from alerts.store import archive, search
from alerts.store.alerts import Listed
from alerts.store.database import reading
from alerts.store.search import Cursor
from alerts.types import CERTAINTIES, SEVERITIES
from alerts.web.public.maps import world_map
from alerts.web.public.query import Query, read_query
from alerts.web.public.views import Choice, by_day, options
from alerts.web.site import Web, web_of

_UNSEEN: Final = ("region", "place", "rule")
_STATE_CHOICES: Final = (
    ("", "Any"),
    ("open", "Open"),
    ("unconfirmed", "Open, unconfirmed"),
    ("active", "Open, confirmed"),
    ("ended", "Ended"),
    ("closed", "Over"),
    ("cancelled", "Cancelled"),
    ("merged", "Merged"),
)


def list_page(request: Request) -> Response:
    """`/alerts`: the latest alerts, filtered by the query; `/` as well, to which older links lead."""
    web, query = web_of(request), read_query(request.query_params.multi_items())
    size = web.settings.page_size
    with reading(web.engine) as conn:
        found = archive.told_alerts(conn, query.wanted, limit=size + 1, before=query.before)
        choices = search.choices(conn)
    shown = found[:size]
    return web.page(
        request,
        "list",
        {
            "days": by_day(shown),
            "query": query,
            "filters": _filters(query, choices),
            "parts": _parts(web, query),
            "older": f"{web.root}/alerts{query.address(_cursor(shown[-1]))}" if len(found) > size else "",
            "newest": f"{web.root}/alerts{query.address()}",
            "map_of": world_map(web, query) if shown else None,
            "feed": f"{web.root}/alerts.atom{query.address()}",
        },
    )


def _cursor(listed: Listed) -> Cursor:
    return Cursor(updated=listed.alert.updated, id=int(listed.alert.id))


def _filters(query: Query, choices: search.Choices) -> list[tuple[str, str, list[Choice]]]:
    """The fields of the form: (name, label, options)."""
    events = sorted(((event, event_name(event).capitalize()) for event in choices.events), key=lambda pair: pair[1])
    countries = sorted(((code, country_name(code)) for code in choices.countries), key=lambda pair: pair[1])
    if query.country and query.country not in choices.countries:
        countries.append((query.country, country_name(query.country)))
    severities = [("", "Any severity"), *((level, level.capitalize()) for level in SEVERITIES[1:])]
    certainties = [("", "Any"), *((level, level.capitalize()) for level in CERTAINTIES[1:])]
    return [
        ("event", "What", options([("", "Any event"), *events], query.event)),
        ("country", "Where", options([("", "Any country"), *countries], query.country)),
        ("severity", "At least", options(severities, query.severity)),
        ("certainty", "As sure as", options(certainties, query.certainty)),
        ("state", "State", options(_STATE_CHOICES, query.state)),
    ]


def _parts(web: Web, query: Query) -> list[dict[str, str]]:
    """What was asked: each part in words, with the address of the question without it. What the form has no field for
    is sent along with it, hidden."""
    return [
        {
            "name": name,
            "words": words,
            "hidden": getattr(query, name) if name in _UNSEEN else "",
            "without": f"{web.root}/alerts{query.without(name).address()}",
        }
        for name, words in query.parts()
    ]


ROUTES: Final = (Route("/", list_page), Route("/alerts", list_page))
