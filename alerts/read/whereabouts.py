"""Where the people of a figure are: the place its sentence names, but not the one they came back from ("returned
from Pakistan"), nor the one that only lies behind a border ("on the border with Chad").
"""

from __future__ import annotations

from alerts.read.places import Mention
from alerts.read.reading import Reading
from alerts.read.text import Words
from alerts.types import Place

_COMING = frozenset(
    "returned returning returnees returnee return returns repatriated repatriation crossed crossing arrived arriving "
    "arrivals deported deportees deportations came".split()
)
_FLEEING = frozenset("fled flee fleeing flight displaced evacuated evacuation uprooted escaped driven forced".split())
_BESIDE = frozenset({("border", "with"), ("borders", "with"), ("frontera", "con"), ("fronteira", "com")})
_BETWEEN = frozenset("the neighbouring neighboring nearby eastern western northern southern".split())


def place_of_people(reading: Reading, index: int, at: int) -> Place | None:
    """The place of those whom the number at word `at` of sentence `index` counts."""
    place = reading.place_of(index, at, at + 1)[0]
    words = reading.sentences[index].words
    if place is None or ("from" not in words.norm and all(pair[0] not in words.norm for pair in _BESIDE)):
        return place
    named = [(mention, meant) for mention, meant in reading.places_at(index) if meant is not None]
    left = {meant.id for mention, meant in named if _is_left(words, mention)}
    if place.id not in left:
        return place
    countries = {meant.country for _, meant in named if meant.id in left}
    sure = [(mention, meant) for mention, meant in named if not mention.weak and meant.id not in left]
    peoples = [(mention, meant) for mention, meant in named if mention.weak and meant.country not in countries]
    for found in (sure, peoples):
        if found:
            return min(found, key=lambda item: abs(item[0].first - at))[1]
    about = reading.focus
    return about if about is not None and about.country not in countries else place


def _is_left(words: Words, mention: Mention) -> bool:
    """Is it named as where people came back from, or as what lies behind a border?"""
    norm, at = words.norm, mention.first
    while at > 1 and norm[at - 1] in _BETWEEN:
        at -= 1
    if norm[max(0, at - 2) : at] in _BESIDE:
        return True
    if at < 1 or norm[at - 1] != "from" or _COMING.isdisjoint(norm):
        return False
    return _FLEEING.isdisjoint(norm[max(0, at - 5) : at - 1])
