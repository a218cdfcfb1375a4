"""The archive: every alert that readers were told of, filtered and searched as one likes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from alerts.errors import InputError
from alerts.render.view import country_name, event_name
from alerts.store import archive, search
from alerts.store.codec import clean
from alerts.store.database import reading
from alerts.store.search import Choices
from alerts.types import CERTAINTIES, SEVERITIES, Place
from alerts.web.data.formats import formats
from alerts.web.data.published import cursor
from alerts.web.public import placeviews
from alerts.web.public.maps import world_map
from alerts.web.public.query import LONGEST, Query, query_of, read_query
from alerts.web.public.views import Choice, by_day, options
from alerts.web.site import Web, web_of

_UNSEEN: Final = ("region", "place")
_MORE: Final = ("rule", "certainty", "state", "since", "until")
_LONGEST_NAME: Final = 100
_NEAR_KM: Final = 50
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

Pairs = Sequence[tuple[str, str]]


def list_page(request: Request) -> Response:
    """`/alerts`: the latest alerts, filtered by the query. A place given by its name (`where`) is found first."""
    web, given = web_of(request), request.query_params.multi_items()
    pairs = [(name, value) for name, value in given if name != "where"]
    name = next((" ".join(clean(value).split()) for key, value in given if key == "where" and value.strip()), "")
    try:
        query = query_of(web, pairs)
        return _at_place(request, web, query, name) if name else _found(request, web, query)
    except InputError as error:
        return _refused(request, web, pairs, str(error))


def _found(request: Request, web: Web, query: Query) -> Response:
    size = web.settings.page_size
    with reading(web.engine) as conn:
        found = archive.told_alerts(conn, query.wanted, limit=size + 1, before=query.before)
        number = search.count(conn, query.wanted)
        choices = search.choices(conn)
    shown = found[:size]
    found_here = {
        "days": by_day(shown),
        "number": number,
        "many": _many(number),
        "older": f"{web.root}/alerts{query.address(cursor(shown[-1]))}" if len(found) > size else "",
        "newest": f"{web.root}/alerts{query.address()}",
        "map_of": world_map(web, query) if shown else None,
        "formats": formats(web, query),
        "by_mail": _by_mail(web, query),
        "looser": "" if found else _looser(web, query),
    }
    return web.page(request, "list", _form(web, query, choices) | found_here)


def _looser(web: Web, query: Query) -> str:
    """The same question of words that begin so; empty where it is that already."""
    begun = " ".join(f"{word}*" for word in query.q.split())
    if not query.q or "*" in query.q or len(begun) > LONGEST:
        return ""
    return f"{web.root}/alerts{replace(query, q=begun).address()}"


def _refused(request: Request, web: Web, pairs: Pairs, fault: str) -> Response:
    """What was asked cannot be meant: why, and the form with the rest of it."""
    query = Query()
    kept: list[tuple[str, str]] = []
    for pair in pairs:
        try:
            query = read_query([*kept, pair])
        except InputError:
            continue
        kept.append(pair)
    with reading(web.engine) as conn:
        form = _form(web, query, search.choices(conn))
    nothing = {"days": (), "formats": (), "older": "", "map_of": None, "looser": ""}
    return web.page(request, "list", form | nothing | {"fault": fault}, status=HTTPStatus.BAD_REQUEST)


def _at_place(request: Request, web: Web, query: Query, name: str) -> Response:
    """The same question at a place of this name; where several have it, the one who asks says which. Raises
    InputError."""
    if len(name) > _LONGEST_NAME:
        raise InputError("This is too long for the name of a place.")
    found = placeviews.search(web.places, name)
    if not found:
        raise InputError(
            f"No place is known as “{name}”. Try its usual English spelling, or the name of its province; a country "
            "can be added after a comma: “Tripoli, Lebanon”."
        )
    if len(found) == 1:
        return RedirectResponse(f"{web.root}/alerts{query.at(found[0]).address()}", HTTPStatus.FOUND)
    with reading(web.engine) as conn:
        counts = [search.count(conn, query_of(web, query.at(one).pairs()).wanted) for one in found]
    places = [
        placeviews.found_view(web, one, {})
        | {"url": f"{web.root}/alerts{query.at(one).address()}", "number": number, "many": _many(number)}
        for one, number in zip(found, counts, strict=True)
    ]
    return web.page(request, "which", {"name": name, "places": places}, status=HTTPStatus.MULTIPLE_CHOICES)


def _many(number: int) -> bool:
    return number >= search.MOST_COUNTED


def _form(web: Web, query: Query, choices: Choices) -> dict[str, Any]:
    """The form with what was asked in it, and each part of it in words."""
    fields = _filters(web, query, choices)
    return {
        "query": query,
        "filters": [field for field in fields if field[0] not in _MORE],
        "more_filters": [field for field in fields if field[0] in _MORE],
        "more_open": any(getattr(query, name) for name in _MORE),
        "searchable": web.places is not None,
        "parts": _parts(web, query),
        "fault": "",
    }


def _filters(web: Web, query: Query, choices: Choices) -> list[tuple[str, str, list[Choice]]]:
    """The fields of the form: (name, label, options)."""
    events = sorted(((event, event_name(event).capitalize()) for event in choices.events), key=lambda pair: pair[1])
    countries = sorted(((code, country_name(code)) for code in choices.countries), key=lambda pair: pair[1])
    if query.country and query.country not in choices.countries:
        countries.append((query.country, country_name(query.country)))
    severities = [("", "Any severity"), *((level, level.capitalize()) for level in SEVERITIES[1:])]
    certainties = [("", "Any"), *((level, level.capitalize()) for level in CERTAINTIES[1:])]
    rules = [("", "Any rule"), *((rule, _title(web, rule)) for rule in choices.rules)]
    return [
        ("event", "What", options([("", "Any event"), *events], query.event)),
        ("country", "Country", options([("", "Any country"), *countries], query.country)),
        ("severity", "At least", options(severities, query.severity)),
        ("certainty", "As sure as", options(certainties, query.certainty)),
        ("state", "State", options(_STATE_CHOICES, query.state)),
        ("rule", "Rule", options(rules, query.rule)),
    ]


def _title(web: Web, rule: str) -> str:
    known = None if web.rulebook is None else web.rulebook().ruleset.by_name.get(rule)
    return rule if known is None else known.title


def _parts(web: Web, query: Query) -> list[dict[str, str]]:
    """What was asked: each part in words, with the address of the question without it. What the form has no field for
    is sent along with it, hidden."""
    places = [_place(web, id_) for id_ in (query.region, query.place)]
    names = {place.id: placeviews.full_name(place) for place in places if place is not None}
    return [
        {
            "name": name,
            "words": words,
            "hidden": getattr(query, name) if name in _UNSEEN else "",
            "without": f"{web.root}/alerts{query.without(name).address()}",
        }
        for name, words in query.parts(names)
    ]


def _place(web: Web, id_: str) -> Place | None:
    return web.places.by_id(id_) if id_ and web.places is not None else None


def _by_mail(web: Web, query: Query) -> str:
    """The form for mails with what was asked filled in, as far as mails can be asked for alike; empty where nobody can
    subscribe."""
    if web.joining is None or not web.joining.desk.open:
        return ""
    wish = [("event", query.event), ("severity", query.severity)]
    place = _place(web, query.place or query.region)
    if place is not None:
        wish += [("name-0", placeviews.full_name(place)), ("km-0", str(_NEAR_KM) if query.place else "")]
    elif query.country:
        wish.append(("name-0", country_name(query.country)))
    end = urlencode([(name, value) for name, value in wish if value])
    return f"{web.root}/subscribe{'?' if end else ''}{end}"


ROUTES: Final = (Route("/alerts", list_page),)
