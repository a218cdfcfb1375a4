"""So many kilometres around a place, as a person writes it (`Taiz:50km`, `13.58,44.02:50km`) and as `export` does, in
full: `Taiz, Yemen@13.57952,44.02091 in YEM/YE-TA:50km`.

Much news is known by its country or province only, so where the place belongs is looked up once and kept: by its name,
or by the nearest town for a point. What is written in full is taken as it stands, so that nothing is lost on the way.
"""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from alerts.cli import common
from alerts.errors import InputError
from alerts.notify.joining.whereabouts import (
    FARTHEST_KM,
    LONGEST,
    MOST_CHOICES,
    TOWNS,
    around,
    around_point,
    candidates,
    choices,
)
from alerts.readers import Near

if TYPE_CHECKING:
    from alerts.read.places import Gazetteer

_POINT: Final = r"(?P<lat>[+-]?\d+(?:\.\d+)?)\s*,\s*(?P<lon>[+-]?\d+(?:\.\d+)?)"
_BELONGS: Final = r"(?:\s+in\s+(?P<country>[A-Z]{3})(?:/(?P<region>[^\s@;]+?))?)?"
_WHOLE: Final = {"country": "--country", "admin1": "--region"}
_ID: Final = r"(?:gn|x):[^@:]+"
_NEAR: Final = re.compile(
    rf"\s*(?:(?:(?P<label>[^@:]*)@\s*)?{_POINT}{_BELONGS}|(?P<name>{_ID}|[^@:]*?))\s*:\s*(?P<km>\d+(?:\.\d+)?)\s*(?:km)?\s*",
    re.IGNORECASE,
)


def near(text: str, places: Gazetteer, remarks: list[str]) -> Near:
    """What `text` means; `remarks` gets what to mind of it. Raises InputError."""
    parts = _NEAR.fullmatch(text)
    if parts is None:
        raise InputError(f"'{text}': write a place and how far from it, such as Taiz:50km, or 13.58,44.02:50km")
    km = float(parts["km"])
    if not 1 <= km <= FARTHEST_KM:
        raise InputError(f"'{text}': at least 1 km and at most {FARTHEST_KM:,.0f} km")
    if parts["lat"] is None:
        return _named(" ".join(parts["name"].split()), km, places)
    point = around_point(float(parts["lat"]), float(parts["lon"]), km, places)
    name = " ".join((parts["label"] or "").split()) or point.name
    if len(name) > LONGEST:
        raise InputError(f"a place is called by {LONGEST} letters at most")
    if not parts["country"]:
        remarks.append(f"{point.lat:g},{point.lon:g} is taken for {point.name}")
        return replace(point, name=name)
    country, region = common.country_code(places, parts["country"]), _region(parts["region"] or "", places)
    return replace(point, name=name, country=country, region=region)


def _named(name: str, km: float, places: Gazetteer) -> Near:
    """The town of a name. One of several is not guessed: a wrong guess is an alert that somebody never gets."""
    if not name:
        raise InputError("write a place before the colon, such as Taiz:50km, or 13.58,44.02:50km")
    found = candidates(name, km, places)
    if not found:
        with_country(name, places)
        raise InputError(f"no place '{name}' is known; write its usual name, or where it lies: 13.58,44.02:{km:g}km")
    if len(found) > 1:
        named = "; ".join(f"{one.id} for {one.label}" for one in choices(found[:MOST_CHOICES]))
        raise InputError(f"several places are called '{name}'; write one before the colon: {named}")
    if found[0].precision not in TOWNS:
        raise InputError(f"{found[0].name} is taken as a whole: {_WHOLE[found[0].precision]}, or name a town in it")
    return around(found[0], km)


def with_country(text: str, places: Gazetteer) -> tuple[str, str]:
    """A name, and the country that is written behind it: "Central, Uganda". Raises InputError."""
    name, comma, country = (part.strip() for part in text.rpartition(","))
    if not (comma and country):
        return name or country, ""
    common.country_code(places, country)
    return name, country


def _region(region: str, places: Gazetteer) -> str:
    found = places.by_id(region) if region else None
    if region and (found is None or found.precision != "admin1"):
        raise InputError(f"'{region}' is the code of no province; leave it away, and it is looked up")
    return region


def text(one: Near) -> str:
    """The same in full, as `near` reads it."""
    name = " ".join(re.sub("[@:;]", " ", one.name).split())
    inside = f" in {one.country}{f'/{one.region}' if one.region else ''}" if one.country else ""
    return f"{name}@{_plain(one.lat)},{_plain(one.lon)}{inside}:{_plain(one.km)}km"


def _plain(number: float) -> str:
    """All of its digits, without an exponent."""
    return format(Decimal(repr(float(number))).normalize(), "f")
