"""A sentence for phrases to look at, without a gazetteer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from alerts.read.text import words


class PlainView:
    """`phrases.View` with slots given by hand: {"people": {3: [5]}} fills words 3 and 4."""

    def __init__(self, text: str, slots: dict[str, dict[int, list[int]]] | None = None) -> None:
        self.words = words(text)
        self.norm = self.words.norm
        self.slots = slots or {}
        self.memo: dict[tuple[int, int], frozenset[int]] = {}

    def raw(self, i: int) -> str:
        return self.words.raw(i).replace(".", "")

    @property
    def positions(self) -> Mapping[str, Sequence[int]]:
        return {word: [i for i, other in enumerate(self.norm) if other == word] for word in self.norm}

    @property
    def heads(self) -> Mapping[str, Sequence[int]]:
        return {word[:3]: [i for i, other in enumerate(self.norm) if other[:3] == word[:3]] for word in self.norm}

    def fillers(self, name: str) -> Mapping[int, Sequence[int]]:
        return self.slots.get(name, {})
