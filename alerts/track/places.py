"""Places as tracking compares them: which lies in which, and the one place that several reports share.

A place knows its first level and its country, no more; so the chain is place, first level, country.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from alerts.types import PRECISIONS, Place, Precision

Lookup = Callable[[str], Place | None]  # by id: `Gazetteer.by_id`


def nowhere(_: str) -> Place | None:
    """A lookup that knows no place: names of first levels and countries are then taken from what lies in them."""
    return None


def coarseness(precision: Precision) -> int:
    """0 for a city up to 3 for a country."""
    return PRECISIONS.index(precision)


def chain(place: Place) -> tuple[str, ...]:
    """The ids of a place and of those it lies in, finest first: ("gn:172057", "SY-ID", "SYR")."""
    ids = [place.id]
    if place.admin1 and coarseness(place.precision) < coarseness("admin1"):
        ids.append(place.admin1)
    if place.country:
        ids.append(place.country)
    return tuple(dict.fromkeys(ids))


def lies_in(fine: Place, coarse: Place) -> bool:
    """Whether `fine` is a part of `coarse` (a place is no part of itself)."""
    return coarse.id in chain(fine)[1:]


def lift(place: Place, precision: Precision, lookup: Lookup = nowhere) -> Place:
    """The place at `precision` that `place` lies in; a coarser place, or one whose first level is not
    known, stays as it is."""
    if coarseness(place.precision) >= coarseness(precision):
        return place
    if precision == "country" and place.country:
        return lookup(place.country) or Place(
            id=place.country, name=place.country, country=place.country, precision="country"
        )
    if precision == "admin1" and place.admin1:
        return lookup(place.admin1) or Place(
            id=place.admin1,
            name=place.admin1_name or place.admin1,
            country=place.country,
            precision="admin1",
            admin1=place.admin1,
            admin1_name=place.admin1_name,
        )
    return place


def shared(places: Sequence[Place], lookup: Lookup = nowhere) -> Place | None:
    """The finest place that fits all of `places`: one town and its country give the town, two towns of a
    province give the province. Of several countries the first place stands."""
    if not places:
        return None
    if len({place.country for place in places}) > 1:
        return places[0]
    fine = [place for place in places if coarseness(place.precision) < coarseness("admin1")]
    firsts = {first for place in places if (first := _first_level(place))}
    if len({place.id for place in fine}) == 1 and firsts <= {_first_level(fine[0])}:
        return fine[0]
    if len(firsts) == 1:
        return _at(places, "admin1", lookup)
    return _at(places, "country", lookup)


def _first_level(place: Place) -> str | None:
    return place.id if place.precision == "admin1" else place.admin1


def _at(places: Sequence[Place], precision: Precision, lookup: Lookup) -> Place:
    named = [place for place in places if place.precision == precision]
    if named:
        return named[0]
    lower = [place for place in places if coarseness(place.precision) < coarseness(precision)]
    return lift(lower[0] if lower else places[0], precision, lookup)
