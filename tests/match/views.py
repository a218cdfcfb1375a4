"""A sentence for phrases to look at, without a gazetteer."""

from __future__ import annotations

from collections.abc import Iterable

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

    def slot(self, name: str, i: int) -> Iterable[int]:
        return self.slots.get(name, {}).get(i, [])
