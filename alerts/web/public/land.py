"""The land that maps in a browser stand on: from here, so that no other host learns who looks where."""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from alerts.render.geojson import MEDIA_TYPE
from alerts.web.public.static import HOUR, YEAR
from alerts.web.site import answer, web_of

WORLD: Final = "world"


def land(request: Request) -> Response:
    """`/land/world.geojson`, all countries coarsely, and `/land/SYR.geojson`, one finely. Kept for ever by who asked
    for it by its tag."""
    found, name = web_of(request).pictures.land, str(request.path_params["name"])
    body = found.world() if name == WORLD else found.country(name)
    if body is None:
        raise HTTPException(HTTPStatus.NOT_FOUND, "There is no such country on the map.")
    tagged = request.query_params.get("v") == found.tag
    return answer(request, body, MEDIA_TYPE, cache=YEAR if tagged else HOUR)


ROUTES: Final = (Route("/land/{name}.geojson", land),)
