"""Whether an alert is where a reader asked for, decided so that a vague report is not lost.

Much news names no town. What is only known to be "in North Kivu" or "in the Congo" may be next to somebody who asked
for 50 km around Goma, and a mail too many harms less than one that is missing. So:

- an alert whose place is not known goes to everybody;
- one that is known to a region goes to who asked for a place in it, or not far from its middle;
- one that is known to a country, to who asked for a place or a region in it, but only if it is severe or worse: a whole
  country is far from 50 km, and who gets all of it reads none.

What is known better is taken as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from alerts.globe import distance_km
from alerts.read.regions import country_of_region
from alerts.readers import Near, Wishes
from alerts.types import SEVERITIES

_SEVERE: Final = SEVERITIES.index("severe")

# How far from the middle of such a place its news may have happened.
_BREADTH_KM: Final = {"city": 0.0, "admin2": 30.0, "admin1": 100.0, "country": 0.0}
_COUNTRY_KM: Final = 1000.0  # for a point of which nobody knows the country


def is_there(wishes: Wishes, place: Mapping[str, Any] | None, severity: str) -> bool:
    """Whether an alert at `place` (the JSON form of a Place; None: not known) is where they asked for."""
    if place is None or not (wishes.countries or wishes.regions or wishes.near):
        return True
    if place["country"] in wishes.countries:
        return True
    bad = SEVERITIES.index(severity) >= _SEVERE
    return any(_in_region(one, place, bad) for one in wishes.regions) or any(
        _is_near(one, place, bad) for one in wishes.near
    )


def doubt(wishes: Wishes, place: Mapping[str, Any] | None) -> str:
    """What to say to a reader who gets an alert because nobody knows where exactly it is; "" where that is known well
    enough for what they asked for."""
    if not (wishes.countries or wishes.regions or wishes.near):
        return ""
    if place is None:
        return "Where it happened is not known."
    if place["country"] in wishes.countries or place.get("admin1") in wishes.regions:
        return ""
    vague = _level(place) in ("admin1", "country")
    return f"Where in {place['name']} it happened is not known." if vague else ""


def _in_region(region: str, place: Mapping[str, Any], bad: bool) -> bool:
    if region in (place.get("admin1"), place["id"]):
        return True
    if _level(place) != "country" and not _is_of_several(place):
        return False
    return (bad or _is_of_several(place)) and country_of_region(region) == place["country"]


def _is_near(near: Near, place: Mapping[str, Any], bad: bool) -> bool:
    lat, lon, level = place.get("lat"), place.get("lon"), _level(place)
    far = _COUNTRY_KM if lat is None or lon is None else distance_km(near.lat, near.lon, lat, lon)
    if level != "country" and far <= near.km + _BREADTH_KM[level] and lat is not None:
        return True
    if level == "admin1" and near.region == place.get("admin1") != "":
        return True
    if level != "country" and not _is_of_several(place):
        return False
    inside = near.country == place["country"] if near.country else far <= near.km + _COUNTRY_KM
    return (bad or _is_of_several(place)) and inside


def _level(place: Mapping[str, Any]) -> str:
    """How well the place is known: of a town that nobody knows on the map, only where it belongs is."""
    precision = str(place["precision"])
    if place.get("lat") is None and precision != "country":
        return "admin1" if place.get("admin1") else "country"
    return precision


def _is_of_several(place: Mapping[str, Any]) -> bool:
    """A region of several provinces (Darfur): which ones is not known here."""
    return _level(place) == "admin1" and str(place.get("admin1") or "").startswith("x:")
