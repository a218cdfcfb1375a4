"""What pages load: style, script, pictures."""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from alerts.web.site import answer, web_of

YEAR: Final = "public, max-age=31536000, immutable"
HOUR: Final = "public, max-age=3600"


def static_file(request: Request) -> Response:
    """`/static/{name}`: what pages load. Kept for ever by who asked for it by its tag."""
    web = web_of(request)
    found = web.static.get(str(request.path_params["name"]))
    if found is None:
        raise HTTPException(HTTPStatus.NOT_FOUND)
    tagged = request.query_params.get("v") == found.tag
    return answer(request, found.content, found.media_type, cache=YEAR if tagged else HOUR)


ROUTES: Final = (Route("/static/{name}", static_file),)
