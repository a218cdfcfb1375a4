"""The page that says what machines can read, made of the tables that the formats themselves are made of."""

from __future__ import annotations

from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from alerts.render import geojson
from alerts.render.fields import FIELDS
from alerts.render.jsonfeed import NUMBER_PARTS
from alerts.web.data.alertjson import EVIDENCE_FIELDS, VERSION_FIELDS
from alerts.web.data.formats import CAP_TYPE, KINDS, formats, hub_of
from alerts.web.data.tables import POINTS
from alerts.web.public.query import Query
from alerts.web.site import web_of


def data_page(request: Request) -> Response:
    """`/data`."""
    web = web_of(request)
    base = web.site.base_url
    variables: dict[str, Any] = {
        "base": base,
        "kinds": [
            {"name": one.name, "title": one.title, "url": f"{base}{one.path}", "path": one.path, "about": one.about,
             "media_type": one.media_type}
            for one in KINDS
        ],
        "formats": formats(web, Query()),
        "fields": FIELDS,
        "in_geometry": geojson.LEFT_OUT,
        "number_parts": NUMBER_PARTS,
        "version_fields": VERSION_FIELDS,
        "evidence_fields": EVIDENCE_FIELDS,
        "cap_type": CAP_TYPE,
        "hub": hub_of(web),
        "rights": web.settings.rights,
        "feed_size": web.settings.feed_size,
        "points": POINTS,
        "private_data": "data" in web.closed,
    }  # fmt: skip
    return web.page(request, "data", variables)


ROUTES: Final = (Route("/data", data_page),)
