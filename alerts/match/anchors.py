"""How rare words are in ordinary news, and the rarest a phrase cannot do without: its anchor. A phrase is looked
for only where its anchor stands."""

from __future__ import annotations

import string
from collections.abc import Sequence
from dataclasses import dataclass

# Words too common to look for alone.
STOPWORDS = frozenset(
    "a an and are as at be been but by for from had has have he her his in is it its no not of on or she that the"
    " their them they this to was we were which who will with would you".split()
)
_COMMON = frozenset(
    "people city town area areas region country government state national world year years day week month two three new"
    " said says killed attack attacks hit war army forces force military police near north south east west united"
    " nations home homes food water aid fire village support group groups control take taken took".split()
)


@dataclass(frozen=True, slots=True)
class Anchor:
    """Words of which at least one is in every match, whole or as a beginning, and how common they are."""

    cost: float
    words: frozenset[str] = frozenset()
    prefixes: frozenset[str] = frozenset()

    @classmethod
    def any_of(cls, anchors: Sequence[Anchor]) -> Anchor:
        """One of them is in every match of the alternatives they belong to."""
        if any(anchor is NO_ANCHOR for anchor in anchors):
            return NO_ANCHOR
        return cls(
            sum(anchor.cost for anchor in anchors),
            frozenset().union(*(anchor.words for anchor in anchors)),
            frozenset().union(*(anchor.prefixes for anchor in anchors)),
        )


NO_ANCHOR = Anchor(float("inf"))


def commonness(word: str) -> float:
    """A rough cost: how often a word stands in ordinary news, from its kind and length."""
    if word in STOPWORDS or (len(word) == 1 and word in string.ascii_letters):
        return 1000.0
    return 30.0 if word in _COMMON else 40.0 / (len(word) + 2)
