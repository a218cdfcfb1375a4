"""The pictures of the pages: their words, sizes and addresses at once, what they show when a browser asks for it.

A page never waits for a drawing. Of one drawing all who ask get the same bytes, and who has them gets 304.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from hashlib import sha256
from http import HTTPStatus
from typing import Any, Final

from anyio import to_thread
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from alerts.render.pictures import Sketch
from alerts.store.alerts import Record
from alerts.web.public.views import told_notice
from alerts.web.site import Web, answer, web_of

_FORMS: Final = {"svg": "image/svg+xml", "png": "image/png"}
_DAY: Final = "public, max-age=86400"


def version_of(sketch: Sketch) -> str:
    """What changes when a picture does."""
    return sha256(repr(sketch.shown).encode()).hexdigest()[:12]


def sketch_view(sketch: Sketch, address: str, version: object, *, live: str = "") -> dict[str, Any]:
    """A picture for templates. `address` is without its ending; `version` changes when the picture does; `live` is what
    a script needs to put something that moves in its place."""
    return {
        "kind": sketch.kind,
        "name": address.rpartition("/")[2],
        "title": sketch.words.title,
        "svg": f"{address}.svg?v={version}",
        "png": f"{address}.png?v={version}",
        "width": sketch.width,
        "height": sketch.height,
        "alt": sketch.words.alt,
        "caption": sketch.words.caption,
        "head": list(sketch.words.head),
        "rows": [list(row) for row in sketch.words.rows],
        "live": live,
    }


def alert_pictures(web: Web, record: Record, live: Callable[[Sketch], str] = lambda sketch: "") -> list[dict[str, Any]]:
    """The pictures of an alert's page: a map, charts. `live` says what a script needs for one."""
    notice, address = told_notice(record.versions[-1], record), f"{web.root}/alerts/{record.alert.id}"
    names = _names(web.pictures.sketches(notice))
    return [
        sketch_view(sketch, f"{address}/{name}", notice.version, live=live(sketch)) for name, sketch in names.items()
    ]


def named_sketch(web: Web, record: Record, name: str) -> tuple[Sketch | None, int]:
    """The picture of an alert that is called "map" or "chart-1", and the version that it shows."""
    notice = told_notice(record.versions[-1], record)
    return _names(web.pictures.sketches(notice)).get(name), notice.version


def _names(sketches: Sequence[Sketch]) -> dict[str, Sketch]:
    maps = [one for one in sketches if one.kind == "map"]
    charts = [one for one in sketches if one.kind == "chart"]
    return dict(zip(("map",), maps, strict=False)) | {f"chart-{at}": one for at, one in enumerate(charts, start=1)}


async def drawn(request: Request, find: Callable[[], tuple[Sketch | None, object]]) -> Response:
    """The answer with a picture, in the form that the address ends with. `find` reads the database. Points are made
    one picture after the other, by few threads: who asks for hundreds at once does not keep the pages from others."""
    web = web_of(request)
    return await to_thread.run_sync(_drawn, web, request, find, limiter=web.drawing)


def _drawn(web: Web, request: Request, find: Callable[[], tuple[Sketch | None, object]]) -> Response:
    sketch, version = find()
    if sketch is None:
        raise HTTPException(HTTPStatus.NOT_FOUND, "There is no such picture.")
    form = request.url.path.rpartition(".")[2]
    body = web.pictures.svg(sketch) if form == "svg" else web.pictures.png(sketch)
    cache = _DAY if request.query_params.get("v") == str(version) else "no-cache"
    return answer(request, body, _FORMS[form], cache=cache)
