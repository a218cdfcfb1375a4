"""The pages people read: the list of alerts, and one alert with everything that speaks for it."""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from alerts.render.view import country_name, event_name
from alerts.store import archive
from alerts.store.alerts import Listed
from alerts.store.archive import Cursor
from alerts.store.database import reading
from alerts.types import SEVERITIES
from alerts.web.query import Query, read_query
from alerts.web.site import Web, answer, web_of
from alerts.web.views import Choice, by_day, options, others_view, record_view

_YEAR: Final = "public, max-age=31536000, immutable"
_HOUR: Final = "public, max-age=3600"
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
    """`/`: the latest alerts, filtered by the query."""
    web, query = web_of(request), read_query(request.query_params.multi_items())
    size = web.settings.page_size
    with reading(web.engine) as conn:
        found = archive.told_alerts(conn, query.wanted, limit=size + 1, before=query.before)
        choices = archive.choices(conn)
    shown = found[:size]
    return web.page(
        request,
        "list",
        {
            "days": by_day(shown),
            "query": query,
            "filters": _filters(query, choices),
            "older": f"{web.root}/{query.address(_cursor(shown[-1]))}" if len(found) > size else "",
            "newest": f"{web.root}/{query.address()}",
            "feed": f"{web.root}/alerts.atom{query.address()}",
        },
    )


def _cursor(listed: Listed) -> Cursor:
    return Cursor(updated=listed.alert.updated, id=int(listed.alert.id))


def _filters(query: Query, choices: archive.Choices) -> list[tuple[str, str, list[Choice]]]:
    """The fields of the form: (name, label, options)."""
    events = sorted(((event, event_name(event).capitalize()) for event in choices.events), key=lambda pair: pair[1])
    countries = sorted(((code, country_name(code)) for code in choices.countries), key=lambda pair: pair[1])
    if query.country and query.country not in choices.countries:
        countries.append((query.country, country_name(query.country)))
    severities = [("", "Any severity"), *((level, level.capitalize()) for level in SEVERITIES[1:])]
    return [
        ("event", "What", options([("", "Any event"), *events], query.event)),
        ("country", "Where", options([("", "Any country"), *countries], query.country)),
        ("severity", "At least", options(severities, query.severity)),
        ("state", "State", options(_STATE_CHOICES, query.state)),
    ]


def alert_page(request: Request) -> Response:
    """`/alerts/{id}`: one alert that readers were told of."""
    web, wanted = web_of(request), str(request.path_params["id"])
    with reading(web.engine) as conn:
        record = archive.told_alert(conn, wanted)
        others = archive.told_others(conn, record.alert) if record else []
    if record is None or record.alert.id != wanted:
        raise HTTPException(HTTPStatus.NOT_FOUND, "There is no alert of this number.")
    return web.page(request, "alert", record_view(record, web.site) | {"others": others_view(others)})


def alerts_home(request: Request) -> Response:
    """`/alerts`: who cuts an alert's address short wants the list."""
    return RedirectResponse(f"{web_of(request).root}/", HTTPStatus.PERMANENT_REDIRECT)


def static_file(request: Request) -> Response:
    """`/static/{name}`: what pages load. Kept for ever by who asked for it by its tag."""
    web = web_of(request)
    found = web.static.get(str(request.path_params["name"]))
    if found is None:
        raise HTTPException(HTTPStatus.NOT_FOUND)
    tagged = request.query_params.get("v") == found.tag
    return answer(request, found.content, found.media_type, cache=_YEAR if tagged else _HOUR)


def error_page(request: Request, web: Web, status: int, message: str) -> Response:
    """A page that says what went wrong and leads back."""
    title = {
        400: "This question cannot be answered",
        403: "This link cannot be used",
        404: "There is nothing here",
        405: "That is not possible here",
    }
    return web.page(
        request,
        "error",
        {"status": status, "title": title.get(status, HTTPStatus(status).phrase), "message": message},
        status=status,
    )
