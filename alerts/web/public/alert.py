"""One alert, with everything that speaks for it, and its pictures."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, Final

from sqlalchemy import Connection
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from alerts.render.pictures import Sketch
from alerts.store import archive
from alerts.store.alerts import Record
from alerts.store.database import reading
from alerts.store.nearby import neighbours
from alerts.web.public.maps import place_live
from alerts.web.public.pictured import alert_pictures, drawn, named_sketch
from alerts.web.public.placeviews import place_url
from alerts.web.public.rulewords import fired_view
from alerts.web.public.views import neighbours_view, others_view, record_view
from alerts.web.site import web_of

_MOST_AROUND: Final = 8
_MOST_OTHERS: Final = 50


def told_alert(conn: Connection, wanted: str) -> Record:
    """Everything about the alert of this number, as far as readers may know it. Raises 404."""
    record = archive.told_alert(conn, wanted)
    if record is None or record.alert.id != wanted:  # "07" is found, and would be a second address of 7
        raise HTTPException(HTTPStatus.NOT_FOUND, "There is no alert of this number.")
    return record


def alert_page(request: Request) -> Response:
    """`/alerts/{id}`: one alert that readers were told of."""
    web, wanted = web_of(request), str(request.path_params["id"])
    with reading(web.engine) as conn:
        record = told_alert(conn, wanted)
        others = archive.told_others(conn, record.alert)
        around = neighbours(conn, record.alert, limit=_MOST_AROUND)
    more = {
        "others": others_view(others[:_MOST_OTHERS]),
        "around": neighbours_view(around),
        "pictures": alert_pictures(web, record, lambda sketch: place_live(web, sketch, around=around)),
        "fired": fired_view(web, record.alert),
        "where": place_url(web, record.alert.place.id) if record.alert.place else "",
    }
    return web.page(request, "alert", record_view(record, web.site) | more)


async def alert_picture(request: Request) -> Response:
    """`/alerts/{id}/map.svg`, `/alerts/{id}/chart-1.png`: what the page shows, as the mails have it."""
    web, wanted = web_of(request), str(request.path_params["id"])
    number = request.path_params.get("number")
    name = "map" if number is None else f"chart-{number}"

    def find() -> tuple[Sketch | None, Any]:
        with reading(web.engine) as conn:
            record = told_alert(conn, wanted)
        return named_sketch(web, record, name)

    return await drawn(request, find)


ROUTES: Final = (
    Route("/alerts/{id}/map.svg", alert_picture),
    Route("/alerts/{id}/map.png", alert_picture),
    Route("/alerts/{id}/chart-{number}.svg", alert_picture),
    Route("/alerts/{id}/chart-{number}.png", alert_picture),
    Route("/alerts/{id}", alert_page),
)
