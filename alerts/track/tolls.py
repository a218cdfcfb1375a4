"""Whether two reports tell of the same people: a number that one outlet gave on Monday, and another gives on Wednesday
in words of its own, would be counted twice in a series of days."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Final

from alerts.types import Hit

# Smaller numbers are the same by chance, and make no wave.
LEAST_TOLL: Final = 100
RETOLD_FOR: Final = timedelta(days=7)
_MORE = re.compile(r"\b(another|additional|further|extra|more|others)\b(?! than)", re.IGNORECASE)


def same_toll(earlier: Hit, later: Hit, value: float) -> bool:
    """Whether both print this number in figures, and the later one does not say that these are more people. "Thousands"
    on two days are no one number."""
    return _printed(earlier, value) and _printed(later, value) and not _says_more(later, value)


def _printed(hit: Hit, value: float) -> bool:
    return any(number.low == value and any(map(str.isdigit, number.text)) for number in hit.numbers.values())


def _says_more(hit: Hit, value: float) -> bool:
    """Whether a word for further people stands at the number."""
    for number in hit.numbers.values():
        at = hit.sentence.find(number.text)
        near = hit.sentence[max(0, at - 20) : at + len(number.text) + 10] if at >= 0 else number.text
        if number.low == value and _MORE.search(near):
            return True
    return False
