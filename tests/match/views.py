"""A sentence for phrases to look at, without a gazetteer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from alerts.match.phrases import Choice, Phrase, Reach
from alerts.read.text import words


class PlainView:
    """`phrases.View` with slots given by hand: {"people": {3: [5]}} fills words 3 and 4."""

    def __init__(self, text: str, slots: dict[str, dict[int, list[int]]] | None = None) -> None:
        self.words = words(text)
        self.norm = self.words.norm
        self.slots = slots or {}
        self.masks = {word: sum(1 << i for i, other in enumerate(self.norm) if other == word) for word in {*self.norm}}
        self.heads = {word[:3]: [other for other in self.masks if other[:3] == word[:3]] for word in self.masks}
        self.memo: dict[int, Reach] = {}

    def raw(self, i: int) -> str:
        return self.words.raw(i).replace(".", "")

    def possible(self, choice: Choice, phrases: Sequence[Phrase]) -> Sequence[Phrase]:
        return phrases

    def fillers(self, name: str) -> Mapping[int, Sequence[int]]:
        return self.slots.get(name, {})
