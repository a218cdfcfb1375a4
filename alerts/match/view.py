"""One sentence as phrases see it (`phrases.View`): words, fillers of slots, and what was found so far."""

from __future__ import annotations

from collections.abc import Iterable

from alerts.match.phrases import Choice, Span
from alerts.read.reading import SentenceReading
from alerts.types import Number

_PEOPLE = ("people", "households")


class SentenceView:
    """Shared by all rules that look at the sentence, so that a word list is looked for once."""

    __slots__ = ("_numbers", "_places", "_spans", "memo", "norm", "reading")

    def __init__(self, reading: SentenceReading) -> None:
        self.reading = reading
        self.norm = reading.words.norm
        self.memo: dict[tuple[int, int], frozenset[int]] = {}
        self._spans: dict[int, list[Span]] = {}
        self._numbers: dict[int, Number] | None = None
        self._places: dict[int, list[int]] | None = None

    def raw(self, i: int) -> str:
        return self.reading.words.raw(i).replace(".", "")

    def slot(self, name: str, i: int) -> Iterable[int]:
        if name == "place":
            return self.places.get(i, ())
        number = self.numbers.get(i)
        if number is None:
            return ()
        if name == "number":
            return (number.end,)
        return (number.noun_end,) if number.unit in _PEOPLE else ()

    def find(self, choice: Choice) -> list[Span]:
        """Every match of `choice` in the sentence, looked for once."""
        spans = self._spans.get(id(choice))
        if spans is None:
            spans = self._spans[id(choice)] = choice.find(self)
        return spans

    @property
    def numbers(self) -> dict[int, Number]:
        """The numbers of the sentence by their first word."""
        if self._numbers is None:
            self._numbers = {number.first: number for number in self.reading.numbers}
        return self._numbers

    @property
    def places(self) -> dict[int, list[int]]:
        if self._places is None:
            self._places = {}
            for mention in self.reading.mentions:
                self._places.setdefault(mention.first, []).append(mention.end)
        return self._places
