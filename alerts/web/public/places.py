"""Places: where something is open, and all that is known of one: its alerts, its map, what holds there."""

from __future__ import annotations

from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import quote

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from alerts.match.rule import Rule
from alerts.render.pictures import Sketch, Spot
from alerts.render.view import country_name
from alerts.store import codec, ledger, placed
from alerts.store.database import reading
from alerts.store.placed import Here, Inside
from alerts.track import places as levels
from alerts.track.ledger import LedgerEntry
from alerts.types import Place
from alerts.web.data.formats import kind
from alerts.web.public.ledgerview import article_ids, entry_view, in_force
from alerts.web.public.maps import place_live
from alerts.web.public.pictured import drawn, sketch_view, version_of
from alerts.web.public.placeviews import (
    archive_address,
    country_rows,
    found_view,
    inside_view,
    neighbour_countries,
    place_heading,
    place_url,
    search,
)
from alerts.web.public.rulewords import depends_on
from alerts.web.public.views import item_view
from alerts.web.site import Web, web_of

_LATELY: Final = timedelta(days=90)
_LEDGER_BACK: Final = timedelta(days=365)
_MOST_OPEN: Final = 25
_MOST_OVER: Final = 15
_MOST_INSIDE: Final = 30
_MOST_HELD: Final = 40
_LONGEST: Final = 100


def places_page(request: Request) -> Response:
    """`/places`: the countries of the archive, and any place by its name (`?q=`)."""
    return _places(request, request.query_params.get("q", "").strip()[:_LONGEST])


def _places(request: Request, words: str, *, missing: str = "") -> Response:
    """`missing`: what was asked for as a place, and is none."""
    web = web_of(request)
    with reading(web.engine) as conn:
        countries = placed.by_country(conn)
    found = search(web.places, words) if words else []
    variables = {
        "q": words,
        "missing": missing,
        "found": [found_view(web, place, countries) for place in found],
        "countries": country_rows(web, countries),
        "searchable": web.places is not None,
    }
    status = HTTPStatus.NOT_FOUND if missing else HTTPStatus.OK
    return web.page(request, "places", variables, status=status)


def place_page(request: Request) -> Response:
    """`/places/{id}`: a country ("SYR"), a province ("SY-ID") or a place by its id."""
    web, wanted, now = web_of(request), str(request.path_params["id"]), web_of(request).now()
    with reading(web.engine) as conn:
        place = find(web, conn, wanted)
        known = None if place is None else _read(web, conn, place, now)
    if place is None or known is None:
        return _places(request, wanted[:_LONGEST], missing=wanted[:_LONGEST])
    if place.id != wanted:
        return RedirectResponse(place_url(web, place.id), HTTPStatus.PERMANENT_REDIRECT)
    return web.page(request, "place", place_heading(web, place) | known | {"archive": archive_address(web, place)})


def _read(web: Web, conn: Connection, place: Place, now: datetime) -> dict[str, Any]:
    """All that is known of a place."""
    here = here_of(web, place)
    told, still_open = placed.count(conn, here)
    inside = placed.inside(conn, here, now - _LATELY, limit=_MOST_INSIDE)
    beside = _beside(web, conn, place, now)
    sketch = _sketch(web, place, inside, beside)
    address = f"{place_url(web, place.id)}/map"
    live = "" if sketch is None else place_live(web, sketch, _alerts_around(web, place))
    return _held(web, conn, place, now) | {
        "told": told,
        "many": told >= placed.MOST_COUNTED,
        "still_open": still_open,
        "open": [item_view(item) for item in placed.open_alerts(conn, here, limit=_MOST_OPEN)],
        "over": [item_view(item) for item in placed.latest(conn, here, limit=_MOST_OVER)],
        "inside": [inside_view(web, one, place) for one in inside],
        "beside": [inside_view(web, one, place) for one in beside],
        "neighbours": neighbour_countries(web, place, placed.open_by_country(conn)),
        "picture": None if sketch is None else sketch_view(sketch, address, version_of(sketch), live=live),
    }


def find(web: Web, conn: Connection, wanted: str) -> Place | None:
    """A place by its id; codes of countries in small letters, or of two, will do."""
    if web.places is not None and (found := web.places.by_id(wanted) or web.places.by_id(wanted.upper())) is not None:
        return found
    code = wanted.upper()
    if code.isascii() and len(code) == 3 and country_name(code) != code:
        return Place(id=code, name=country_name(code), country=code, precision="country")
    return placed.known(conn, codec.clean(wanted))


def here_of(web: Web, place: Place) -> Here:
    """A place as the archive is asked for it; a wider region means its provinces."""
    if place.precision == "country":
        return Here(country=place.country)
    if place.precision == "admin1":
        parts = web.places.provinces(place.id) if web.places is not None else []
        return Here(country=place.country, regions=tuple(one.id for one in parts) or (place.id,), place_id=place.id)
    return Here(country=place.country, place_id=place.id)


def _beside(web: Web, conn: Connection, place: Place, now: datetime) -> list[Inside]:
    """Other places of what a place lies in of which readers were told lately."""
    if place.precision == "country":
        return []
    if place.precision == "admin1" or place.admin1 is None:
        around = Here(country=place.country)
    else:
        around = Here(country=place.country, regions=(place.admin1,), place_id=place.admin1)
    found = placed.inside(conn, around, now - _LATELY, limit=_MOST_INSIDE)
    inside = {place.id, *(here_of(web, place).regions)}
    return [one for one in found if one.place.id not in inside and one.place.admin1 not in inside]


def _held(web: Web, conn: Connection, place: Place, now: datetime) -> dict[str, Any]:
    """The ledger of a place: what holds there, above it and in it, and what did in the last year."""
    entries = [
        one for one in ledger.entries(conn, place.country, since=now - _LEDGER_BACK) if _bears_on(web, one, place)
    ]
    held = [one for one in reversed(entries) if in_force(one, now)][:_MOST_HELD]
    over = [one for one in reversed(entries) if not in_force(one, now) and not _passing(one)][:_MOST_HELD]
    reports = placed.reports(conn, article_ids([*held, *over]))
    rules: dict[str, list[Rule]] = {}
    if web.rulebook is not None:
        rules = depends_on(web.rulebook(), {one.name for one in held})
    return {
        "holds": [entry_view(web, one, now, reports, rules) for one in held],
        "held": [entry_view(web, one, now, reports, {}) for one in over],
    }


def _bears_on(web: Web, entry: LedgerEntry, place: Place) -> bool:
    """Whether what holds there holds at a place, or in it."""
    if place.precision == "country" or entry.place_id in levels.chain(place):
        return True
    if web.places is None:
        return False
    return entry.place_id in web.places.chain(place.id) or place.id in web.places.chain(entry.place_id)


def _passing(entry: LedgerEntry) -> bool:
    """Whether two reports of one moment name different holders: the later one stands."""
    return bool(entry.parties) and entry.since == entry.end


def _sketch(web: Web, place: Place, inside: list[Inside], beside: list[Inside]) -> Sketch | None:
    """The map of a place, with the places of alerts in it and around it."""
    spots = [_spot(one.place) for one in (*inside, *beside) if one.place.precision in ("city", "admin2")]
    return web.pictures.place(codec.to_json(place), spots)


def _spot(place: Place) -> Spot:
    return Spot(name=place.name, country=place.country, precision=place.precision, lat=place.lat, lon=place.lon)


def _alerts_around(web: Web, place: Place) -> str:
    """The address of the alerts on its map: those of a town are seen among those of its province."""
    if place.precision in ("country", "admin1"):
        return archive_address(web, place, kind("geojson").path)
    if place.admin1 is None:
        return f"{web.root}{kind('geojson').path}?country={place.country}"
    return f"{web.root}{kind('geojson').path}?region={quote(place.admin1, safe='')}"


async def place_map(request: Request) -> Response:
    """`/places/{id}/map.svg`."""
    web, wanted = web_of(request), str(request.path_params["id"])

    def made() -> tuple[Sketch | None, object]:
        now = web.now()
        with reading(web.engine) as conn:
            place = find(web, conn, wanted)
            if place is None:
                return None, None
            inside = placed.inside(conn, here_of(web, place), now - _LATELY, limit=_MOST_INSIDE)
            sketch = _sketch(web, place, inside, _beside(web, conn, place, now))
        return sketch, None if sketch is None else version_of(sketch)

    return await drawn(request, made)


ROUTES: Final = (
    Route("/places", places_page),
    Route("/places/{id}/map.svg", place_map),
    Route("/places/{id}/map.png", place_map),
    Route("/places/{id}", place_page),
)
