"""One sentence as phrases see it (`phrases.View`): words, fillers of slots, and what was found so far."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from functools import cached_property

from alerts.match import names
from alerts.match.phrases import SHORTEST_PREFIX, Active, Choice, Phrase, Reach, Span
from alerts.read.governing import Governed
from alerts.read.numbers import singles
from alerts.read.places import Mention
from alerts.read.reading import SentenceReading
from alerts.types import Number

_PEOPLE = ("people", "households")
# The words that make a number one of a rule's (first, end), and the number.
Counted = tuple[int, int, Number]
_NONE: list[Span] = []


class SentenceView:
    """Shared by all rules that look at the sentence, so that a word list is looked for once."""

    def __init__(self, reading: SentenceReading) -> None:
        self.reading = reading
        self.norm = reading.words.norm
        self.active: Active | None = None
        self.memo: dict[int, Reach] = {}
        self._masks: dict[str, int] | None = None
        self._heads: dict[str, list[str]] | None = None
        self._spans: dict[int, list[Span]] = {}
        self._numbers: dict[int, Number] | None = None
        self.counts: dict[tuple[int, str | None, timedelta | None], tuple[Counted, ...]] = {}  # see `counting`
        self._singles: list[Number] | None = None
        self._places: dict[int, list[int]] | None = None
        self._towns: dict[int, list[int]] | None = None

    def raw(self, i: int) -> str:
        return self.reading.words.raw(i).replace(".", "")

    @property
    def masks(self) -> dict[str, int]:
        """Where each word stands, as bits."""
        if self._masks is None:
            found: dict[str, int] = {}
            for i, word in enumerate(self.norm):
                found[word] = found.get(word, 0) | 1 << i
            self._masks = found
        return self._masks

    @property
    def heads(self) -> dict[str, list[str]]:
        """The words by how they begin."""
        if self._heads is None:
            found: dict[str, list[str]] = {}
            for word in self.masks:
                found.setdefault(word[:SHORTEST_PREFIX], []).append(word)
            self._heads = found
        return self._heads

    def fillers(self, name: str) -> Mapping[int, Sequence[int]]:
        if name == "place":
            return self.places
        if name == "town":
            return self.towns
        if name == "name":
            return self._names
        if name == "number":
            return self._counts
        return self._people

    @cached_property
    def _names(self) -> dict[int, list[int]]:
        return names.find(self.reading.words)

    @cached_property
    def _counts(self) -> dict[int, list[int]]:
        return {first: [number.end] for first, number in self.numbers.items()}

    @cached_property
    def _people(self) -> dict[int, list[int]]:
        return {first: [number.noun_end] for first, number in self.numbers.items() if number.unit in _PEOPLE}

    def possible(self, choice: Choice, phrases: Sequence[Phrase]) -> Sequence[Phrase]:
        """Those of `phrases` that can be here, by the index of the rules where it was asked."""
        if self.active is None:
            return phrases
        return [choice.by_id[one] for one in choice.by_id.keys() & self.active]

    def find(self, choice: Choice) -> list[Span]:
        """Every match of `choice` in the sentence, looked for once."""
        spans = self._spans.get(id(choice))
        if spans is None:
            seen = self.active is None or not choice.ids.isdisjoint(self.active)
            spans = self._spans[id(choice)] = choice.find(self) if seen else _NONE
        return spans

    @property
    def numbers(self) -> dict[int, Number]:
        """The numbers of the sentence by their first word."""
        if self._numbers is None:
            self._numbers = {number.first: number for number in self.reading.numbers}
        return self._numbers

    @property
    def places(self) -> dict[int, list[int]]:
        """Where the places named end, by their first word; a people's name ("Syrian") is no place."""
        if self._places is None:
            self._find_places()
        assert self._places is not None
        return self._places

    @property
    def towns(self) -> dict[int, list[int]]:
        """As `places`, without countries."""
        if self._towns is None:
            self._find_places()
        assert self._towns is not None
        return self._towns

    def _find_places(self) -> None:
        self._places, self._towns = {}, {}
        for mention in self.reading.mentions:
            country = self._is_country(mention)
            if not (country and mention.weak):
                self._places.setdefault(mention.first, []).append(mention.end)
            if not country:
                self._towns.setdefault(mention.first, []).append(mention.end)

    def _is_country(self, mention: Mention) -> bool:
        meant = self.reading.reading.gazetteer.candidates(mention)
        return bool(meant) and meant[0].precision == "country"

    @property
    def singles(self) -> list[Number]:
        """What an article and a noun count: "a civilian"."""
        if self._singles is None:
            self._singles = singles(self.reading.words)
        return self._singles

    @property
    def governed(self) -> list[Governed]:
        """The numbers of the sentence with the word that says what became of those they count."""
        return self.reading.governed
