"""Numbers compared: those that an alert and a report both give, and whether two reports tell of the same people (a
number that one outlet gave on Monday, and another gives on Wednesday in words of its own, would be counted twice in a
series of days)."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Final

from alerts.types import Alert, Hit, Quantity

# Smaller numbers are the same by chance, and make no wave.
LEAST_TOLL: Final = 100
RETOLD_FOR: Final = timedelta(days=7)
_MORE = re.compile(r"\b(another|additional|further|extra|more|others)\b(?! than)", re.IGNORECASE)


def in_both(alert: Alert, hit: Hit) -> dict[str, tuple[Quantity, Quantity]]:
    """The numbers that an alert and a hit both give, by name: the alert's and the hit's, the dead first."""
    names = [name for name in dict.fromkeys(("killed", *hit.numbers)) if name in alert.numbers and name in hit.numbers]
    return {name: (alert.numbers[name], hit.numbers[name]) for name in names}


def least(number: Quantity) -> float:
    """The least that any source of a number has."""
    return number.low if number.least is None else number.least


def most(number: Quantity) -> float:
    """The most that any source of a number has."""
    return number.high if number.most is None else number.most


def agree(known: Quantity, new: Quantity) -> bool:
    """Whether a new count may be the known one."""
    return new.low <= most(known) and least(known) <= new.high


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
