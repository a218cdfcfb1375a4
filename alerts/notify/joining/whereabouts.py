"""A place as a reader writes it in a form, and what it means: a country, a province, or so many kilometres around a
town or point. A wrong guess is an alert that somebody never gets, so a name of several places is asked about, not
guessed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from math import isfinite
from typing import Final

from alerts.errors import InputError
from alerts.read.places import Gazetteer
from alerts.readers import Near, Wishes
from alerts.render.view import country_name
from alerts.types import Place

USUAL_KM: Final = 50.0
FARTHEST_KM: Final = 2000.0
TOWN_WITHIN_KM: Final = 200.0  # in deserts they lie far apart
MOST_CHOICES: Final = 8
LONGEST: Final = 100
TOWNS: Final = ("city", "admin2")
_POINT: Final = re.compile(r"([+-]?\d+(?:\.\d+)?) ?[,;] ?([+-]?\d+(?:\.\d+)?)")
_KINDS: Final = {"city": "town", "admin2": "district", "admin1": "province", "country": "country"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of the form, as it was typed: a name, a distance, which of several places was picked (an id), and
    what stood there when the form was shown (`held`)."""

    name: str = ""
    km: str = ""
    pick: str = ""
    held: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A place that a name may mean."""

    id: str
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Where:
    """What a line means: one of these."""

    country: str = ""
    regions: tuple[str, ...] = ()
    near: Near | None = None


class Unclear(InputError):
    """A name that may mean several places; one of `choices` has to be picked."""

    def __init__(self, choices: tuple[Choice, ...]) -> None:
        self.choices = choices
        super().__init__("Several places have this name. Choose the one that you mean.")


def rows_of(wishes: Wishes, places: Gazetteer) -> Iterator[Row]:
    """The lines that stand for a reader's places."""
    for code in wishes.countries:
        yield Row(name=country_name(code), held=f"country {code}")
    for region in wishes.regions:
        yield Row(name=region_name(region, places), held=f"region {region}")
    for number, near in enumerate(wishes.near):
        yield Row(name=near.name, km=f"{near.km:g}", held=f"near {number}")


def region_name(region: str, places: Gazetteer) -> str:
    """A province's name with its country: "Idlib, Syria"."""
    found = places.by_id(region)
    return region if found is None else _named(found)


def understood(row: Row, before: Wishes, places: Gazetteer) -> Where:
    """What a line that is not empty means; what stood there before and was not touched means what it did.
    Raises InputError, and Unclear."""
    name = " ".join(row.name.split())
    if not name:
        raise InputError("Name the place, or leave the distance empty too.")
    if len(name) > LONGEST:
        raise InputError("This is too long for the name of a place.")
    km = _kilometres(row.km)
    if (held := _held(row, name, km, before, places)) is not None:
        return held
    if point := _POINT.fullmatch(name):
        return Where(near=around_point(float(point[1]), float(point[2]), km or USUAL_KM, places))
    found = candidates(name, km, places)
    if not found:
        raise InputError(
            "This place is not known. Write one place in each line: its usual name, with the country after a comma "
            "(Goma, DR Congo), the province or country that it lies in, or its latitude and longitude (13.58, 44.02)."
        )
    picked = [place for place in found if place.id == row.pick] or found
    if len(picked) > 1:
        raise Unclear(tuple(choices(picked[:MOST_CHOICES])))
    return _meant(picked[0], km, places)


def _held(row: Row, name: str, km: float | None, before: Wishes, places: Gazetteer) -> Where | None:
    """What the line stood for when it was shown, if its name is the same."""
    kind, _, which = row.held.partition(" ")
    if kind == "country" and km is None and which in before.countries and name == country_name(which):
        return Where(country=which)
    if kind == "region" and km is None and which in before.regions and name == region_name(which, places):
        return Where(regions=(which,))
    if kind == "near" and which.isdecimal() and int(which) < len(before.near):
        near = before.near[int(which)]
        if name == near.name:
            if km is None or row.km.strip() == f"{near.km:g}":  # as it was shown: rounded
                return Where(near=near)
            return Where(near=replace(near, km=km))
    return None


def _kilometres(text: str) -> float | None:
    number = text.strip().lower().removesuffix("km").strip().replace(",", ".")
    if not number:
        return None
    try:
        km = float(number)
    except ValueError:
        km = 0.0
    if not (isfinite(km) and 1 <= km <= FARTHEST_KM):
        raise InputError(f"Write the distance in kilometres, a number from 1 to {FARTHEST_KM:,.0f}.")
    return km


def candidates(name: str, km: float | None, places: Gazetteer) -> list[Place]:
    """The places that may be meant by a name ("Goma", "Goma, DR Congo", an id), the best known first, without those
    that lie in one of the same name. With a distance (`km`) towns are meant, without one what is called like them."""
    named = places.namesakes(name)
    if not named and "," in name:
        parts = [part.strip() for part in name.split(",")]
        country = places.country_of(parts[-1])
        named = places.namesakes(parts[0], country) if country else []
    if not named and (code := places.country_of(name)):
        named = [place for place in [places.by_id(code)] if place is not None]
    placed = [place for place in named if place.lat is not None or place.precision != "admin2"]
    if km is None:
        return [place for place in placed if not any(_inside(place, other) for other in placed)]
    if not any(place.precision in TOWNS for place in placed):
        return placed[:1]
    return [place for place in placed if not any(_stands_for(other, place) for other in placed)]


def _inside(place: Place, other: Place) -> bool:
    """Whether `place` need not be asked about beside `other`, in which it lies: a town in the province that is called
    like it."""
    if place.id == other.id or place.country != other.country:
        return False
    in_province = other.precision == "admin1" and place.precision in TOWNS and place.admin1 == other.id
    return other.precision == "country" or in_province or _around(place, other)


def _stands_for(town: Place, place: Place) -> bool:
    """Whether who names `place` and a distance means `town`: which lies in the province, district or country that is
    called like it."""
    if town.precision != "city" or place.id == town.id or place.country != town.country:
        return False
    in_province = place.precision == "admin1" and town.admin1 == place.id
    return place.precision == "country" or in_province or _around(place, town)


def _around(district: Place, town: Place) -> bool:
    """Whether this may be the district around a town."""
    return (district.precision, town.precision) == ("admin2", "city") and district.admin1 == town.admin1


def _meant(place: Place, km: float | None, places: Gazetteer) -> Where:
    if km is None and place.precision == "country":
        return Where(country=place.country)
    if km is None and place.precision == "admin1":
        parts = places.provinces(place.id)
        return Where(regions=tuple(one.id for one in parts) or (place.id,))
    if place.precision not in TOWNS:
        raise InputError(f"{_named(place)} is taken as a whole. Leave the distance empty, or name a town.")
    return Where(near=around(place, km or USUAL_KM))


def around(place: Place, km: float) -> Near:
    """So many kilometres around a town. Raises InputError where nobody knows where it lies."""
    if place.lat is None or place.lon is None:
        raise InputError("Where this place lies is not known well enough. Name a town near it.")
    return Near(
        name=_named(place), lat=place.lat, lon=place.lon, km=km, country=place.country, region=place.admin1 or ""
    )


def around_point(lat: float, lon: float, km: float, places: Gazetteer) -> Near:
    """So many kilometres around a point in degrees, named by where it lies, so that who mistook the longitude for the
    latitude sees it. Raises InputError."""
    if abs(lat) > 90 or abs(lon) > 180:
        raise InputError("A latitude is at most 90, a longitude at most 180 degrees; the latitude comes first.")
    country, region = belongs_to(lat, lon, places)
    inside = region_name(region, places) if region else country_name(country) if country else "nowhere near a town"
    name = f"{lat:g}, {lon:g} ({inside})"
    return Near(name=name, lat=lat, lon=lon, km=km, country=country, region=region)


def belongs_to(lat: float, lon: float, places: Gazetteer) -> tuple[str, str]:
    """The country and the region of a point in degrees: those of the next town; empty where none is near."""
    town = places.nearest(lat, lon, within_km=TOWN_WITHIN_KM)
    return ("", "") if town is None else (town.country, town.admin1 or "")


def _named(place: Place) -> str:
    country = country_name(place.country)
    return place.name if place.name == country else f"{place.name}, {country}"


def choices(found: Sequence[Place]) -> Iterator[Choice]:
    """What to choose from."""
    labels = [_label(place) for place in found]
    for place, label in zip(found, labels, strict=True):
        yield Choice(id=place.id, label=label if labels.count(label) == 1 else f"{label}: {place.id}")


def _label(place: Place) -> str:
    """What tells a place from its namesakes."""
    inside = [place.admin1_name] if place.admin1_name and place.admin1 != place.id else []
    inside += [country_name(place.country)] if place.precision != "country" else []
    kind = _KINDS[place.precision]
    return f"{', '.join((place.name, *inside))} ({kind})"
