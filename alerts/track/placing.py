"""The place that a person means by a name on a command line, in a file or in a form, and the namesakes that it may be
instead."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from alerts.track.silence import place_said

if TYPE_CHECKING:
    from alerts.read.places import Gazetteer
    from alerts.types import Place

_MOST_NAMESAKES: Final = 4


class Unplaced(Exception):
    """Why a place is not taken; `key` says which of "place" and "country" is wrong."""

    def __init__(self, key: str, message: str) -> None:
        super().__init__(message)
        self.key = key


def find(name: str, country: str, places: Gazetteer) -> Place | None:
    """The best known place of a name, in a country if one is given; with a country alone, that. None if neither is
    given. Raises Unplaced."""
    if country and places.country_of(country) is None:
        raise Unplaced("country", f"'{country}' is no country: write its English name or its ISO code (SYR)")
    if not name:
        return places.lookup(places.country_of(country) or "") if country else None
    found = places.lookup(name, country or None)
    if found is None:
        there = f" in {places.country_of(country)}" if country else ""
        raise Unplaced("place", f"no place '{name}' is known{there}; write its usual name, or its id")
    if parts := places.provinces(found.id):
        named = ", ".join(one.name for one in parts)
        raise Unplaced("place", f"{found.name} is a region of several provinces; name one of them: {named}")
    return found


def namesakes(name: str, country: str, found: Place, places: Gazetteer) -> str | None:
    """What to mind where others have the name, too; None where none has."""
    others = [one for one in places.namesakes(name, country or None) if one.id != found.id]
    if not others:
        return None
    named = [f"{place_said(one)}, {_kind(one)}: {one.id}" for one in others[:_MOST_NAMESAKES]]
    more = "; ..." if len(others) > _MOST_NAMESAKES else ""
    taken = f"'{name}' is taken for {place_said(found)}, {_kind(found)}"
    return f"{taken}. Others of the name, by id: {'; '.join(named)}{more}"


def _kind(place: Place) -> str:
    return {"city": "town", "admin2": "district", "admin1": "province", "country": "country"}[place.precision]
