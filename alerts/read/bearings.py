"""Which of the places that a sentence names something is said to happen at: not where roads lead, where a source has
its seat, what a town lies beside, nor a quarter's namesake elsewhere.

Words and places only; what the whole article is about is `reading`'s.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from alerts.read.gazetteer.names import KINDS
from alerts.read.gazetteer.vocabulary import COMPASS
from alerts.read.places import Mention
from alerts.types import Place

Named = tuple[Mention, Place | None]

_SEATED = frozenset(
    "based headquartered registered exiled exile outlawed banned designated ministry headquarters embassy "
    "diplomats".split()
)
_SPEAKING = frozenset({"said", "told", "speaking", "telephone", "phone", "statement", "interview", "reporters"})
_CALLED_AFTER = frozenset({("islamic", "state", "in"), ("islamic", "state", "of")})
# "crossed into Turkey": where people went, and not where they were driven out.
_TO = frozenset({"to", "into", "towards", "toward", "for"})
_LEAVING = frozenset(
    "cross crossed crossing crosses fled flee fleeing flees travelled traveled travelling escaped escape escaping "
    "returned return returning refuge way evacuated".split()
)
_WAYS = frozenset({"from", "to", "towards", "toward"})
# Between a quarter's name and its town's: "district of", "neighbourhood in the city of".
_INSIDE = frozenset({"of", "in", "the"})
_WITHIN = _INSIDE | frozenset(KINDS) | {"city"}
_APART = 6
# "the village of Dweila, some 20 km (12 miles) north-west of the city of Idlib"
_BEARING = 12
_BESIDE = frozenset({"near", "outside"})
_OFF = frozenset({"of", "from"})
_COMPASS = COMPASS | {"km", "kilometres", "kilometers", "miles", "northwest", "far", "away"}


def is_seat(norm: Sequence[str], mention: Mention) -> bool:
    """Whether a source has its seat there or speaks from there, or a movement is called after it."""
    first, end = mention.first, mention.end
    seated = first > 1 and norm[first - 1] == "in" and norm[first - 2] in _SEATED
    speaking = first > 1 and norm[first - 1] in ("in", "from") and norm[first - 2] in _SPEAKING
    called = first > 2 and tuple(norm[first - 3 : first]) in _CALLED_AFTER
    return seated or speaking or called or (end < len(norm) and norm[end] == "based")


def is_passing(norm: Sequence[str], mention: Mention) -> bool:
    """Of a place abroad: whether people come from it, go to it, or speak there, and no more."""
    first = mention.first
    if first and "from" in norm[max(0, first - 2) : first]:
        return not _LEAVING.intersection(norm[max(0, first - 4) : first])
    goal = first > 1 and norm[first - 1] in _TO and norm[first - 2] in _LEAVING
    return goal or (mention.end < len(norm) and norm[mention.end] in _SPEAKING)


def nearest_first(norm: Sequence[str], found: Sequence[Named], first: int, end: int) -> list[Named]:
    """The places of a sentence by how likely what its words `first` to `end` tell happened there: the nearest first, a
    country after what is smaller, and last what only says where another lies or a road leads."""
    named = [mention for mention, _ in found if not mention.weak]
    bearings = {mention for before, mention in pairwise(named) if _bears(norm, before, mention)}
    return sorted(
        found,
        key=lambda item: (
            *_wide(*item),
            item[0] in bearings or _leads_there(norm, item[0]),
            _distance(item[0], first, end),
        ),
    )


def farness(place: Place | None, about: Place | None) -> int:
    """Nought for the place an article is about, one for another in its province."""
    if place is None or about is None:
        return 2
    return 0 if place.id == about.id else 1 if place.admin1 is not None and place.admin1 == about.admin1 else 2


def only_countries(found: Sequence[Named]) -> bool:
    """Whether a sentence names several countries, and nothing in one of them."""
    named = [place for mention, place in found if place is not None and not mention.weak]
    return len({place.id for place in named}) > 1 and all(place.precision == "country" for place in named)


def without_namesakes(norm: Sequence[str], found: list[Named]) -> list[Named]:
    """Without quarters that are called like a place elsewhere: "the Saladin district of Aleppo" is Aleppo."""
    kept = []
    for (mention, place), (other, around) in zip(found, [*found[1:], (None, None)], strict=True):
        between = norm[mention.end : other.first] if other is not None else ()
        inside = 0 < len(between) <= _APART and between[-1] in _INSIDE and _WITHIN.issuperset(between)
        if not inside or place is None or around is None or around.id in (place.id, place.admin1, place.country):
            kept.append((mention, place))
        elif place.country == around.country and place.admin1 == around.admin1:
            kept.append((mention, place))
    return kept


def _distance(mention: Mention, first: int, end: int) -> tuple[int, int]:
    """How far a mention is from the words of the event; what follows comes before what precedes."""
    if mention.first >= end:
        return mention.first - end, 0
    if mention.end <= first:
        return first - mention.end, 1
    return 0, 0


def _leads_there(norm: Sequence[str], mention: Mention) -> bool:
    """Whether a road or a journey leads there, or comes from there: "where the highways from Damascus meet"."""
    at = mention.first
    if not at or norm[at - 1] not in _WAYS:
        return False
    return norm[at - 1] != "from" or _LEAVING.isdisjoint(norm[max(0, at - 4) : at])


def _bears(norm: Sequence[str], before: Mention, mention: Mention) -> bool:
    """Whether the mention only says where the one before it lies: "Madaya, west of the capital Damascus"."""
    between = norm[before.end : mention.first]
    return 0 < len(between) <= _BEARING and any(
        word in _BESIDE or (word in _OFF and one in _COMPASS)
        for one, word in zip(["", *between], between, strict=False)
    )


def _wide(mention: Mention, place: Place | None) -> tuple[bool, bool]:
    wide = place is None or place.precision == "country"
    return wide, wide and not mention.located
