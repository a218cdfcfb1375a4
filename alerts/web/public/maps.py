"""Maps of the pages. Each is a picture first, which needs no script; with it goes what a script of ours needs to put a
map in its place that can be moved and whose marks lead to the alerts. It draws what the picture shows, and no more.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from alerts.render import worldmap
from alerts.render.fields import position
from alerts.render.maps import Spot
from alerts.render.pictures import Sketch
from alerts.render.view import place_view
from alerts.store import archive, codec
from alerts.store.database import reading
from alerts.store.nearby import Neighbour
from alerts.template_filters import one_line
from alerts.web.data.tables import POINTS
from alerts.web.public.land import WORLD
from alerts.web.public.pictured import drawn, version_of
from alerts.web.public.query import STATES, Query, query_of
from alerts.web.site import Web, web_of

_LABEL: Final = "Map of these alerts"


async def world_picture(request: Request) -> Response:
    """`/alerts.svg`, `/alerts.png`: where the alerts of a question are, as many as GeoJSON has on a page."""
    web = web_of(request)

    def find() -> tuple[Sketch, str]:
        query = query_of(web, request.query_params.multi_items())
        with reading(web.engine) as conn:
            found = archive.told_alerts(conn, query.wanted, limit=POINTS, before=query.before)
        sketch = web.pictures.world(item.alert for item in found)
        return sketch, version_of(sketch)

    return await drawn(request, find)


def world_map(web: Web, query: Query, *, label: str = _LABEL) -> dict[str, Any] | None:
    """The map of a question's alerts, for `pages/_map.html`. What it shows is looked up when a browser asks for it.
    None where the question is for alerts of which no map has any."""
    if set(STATES.get(query.state, ())) & set(worldmap.LEFT_OUT):
        return None
    end = query.address(query.before)
    return {
        "kind": "map",
        "svg": f"{web.root}/alerts.svg{end}",
        "preview": f"{web.site.base_url}/alerts.png{end}",
        "width": worldmap.WIDTH,
        "height": worldmap.HEIGHT,
        "alt": f"{label}. The list says the same in words.",
        "live": _live(web, label=label, source=f"{web.root}/alerts.geojson{end}"),
    }


def place_live(web: Web, sketch: Sketch, source: str = "", around: Iterable[Neighbour] = ()) -> str:
    """The map of a place, with alerts: those of `source`, an address of GeoJSON, and those `around` it. Empty for a
    picture of something else."""
    plan = sketch.plan
    if plan is None:
        return ""
    box = plan.frame.box
    return _live(
        web,
        label=sketch.words.alt,
        source=source,
        bounds=[[box.south, box.west], [box.north, box.east]],
        spots=[_spot(plan.spot) | {"main": True}, *(map(_spot, plan.shown) if not source else ())],
        alerts=[_neighbour(one) for one in around],
        own=plan.spot.country,
        shaded=plan.shaded and not plan.spot.is_point,
    )


def _live(web: Web, **given: Any) -> str:
    """What `static/map.js` reads, as JSON."""
    land, tag = f"{web.root}/land/", web.pictures.land.tag
    addresses = {"root": web.root, "world": f"{land}{WORLD}.geojson?v={tag}", "land": land, "tag": tag}
    return json.dumps(addresses | given, ensure_ascii=False, separators=(",", ":"))


def _spot(spot: Spot) -> dict[str, Any]:
    lon, lat = spot.point if spot.is_point and spot.point else (None, None)
    return {"name": one_line(spot.name), "precision": spot.precision, "lat": lat, "lon": lon}


def _neighbour(one: Neighbour) -> dict[str, Any]:
    """An alert with the names that its fields have in GeoJSON."""
    view: Mapping[str, Any] = place_view(codec.to_json(one.place)) or {}
    lat, lon = position(one.place) or (None, None)
    return {
        "id": one.id,
        "title": one_line(one.title),
        "severity": one.severity,
        "state": one.state,
        "place": view.get("full", ""),
        "place_doubtful": bool(view.get("doubtful")),
        "precision": one.place.precision,
        "country": one.place.country,
        "lat": lat,
        "lon": lon,
    }


ROUTES: Final = (Route("/alerts.svg", world_picture), Route("/alerts.png", world_picture))
