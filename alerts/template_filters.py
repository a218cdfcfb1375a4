"""Filters for templates: numbers, dates and lists as a reader in a hurry wants them.

Numbers in news are intervals ("more than 1,200 families", "dozens"): a bare figure would claim more than
the newspaper did, and a figure made from households must show how it was made.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

from jinja2 import Undefined

from alerts.types import Quantity

_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    "January February March April May June July August September October November December".split()
)  # not strftime: its names follow the process's locale
_VAGUE = {
    (24, 99): "dozens of {}",
    (40, 99): "scores of {}",
    (200, 999): "hundreds of {}",
    (2_000, 9_999): "thousands of {}",
    (20_000, 99_999): "tens of thousands of {}",
    (200_000, 999_999): "hundreds of thousands of {}",
    (2_000_000, 9_999_999): "millions of {}",
}
_NOUNS = {"housing": ("home", "homes"), "settlements": ("settlement", "settlements")}
_LINE_BREAKS = re.compile(r"[\s\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_INVISIBLE = re.compile(r"[\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def people(value: object) -> str:
    """A number of people: "about 6,000 people (1,200 families × 5)", "45 people", "hundreds of people".

    Takes a Quantity, its JSON form, [low, high], a plain number, or None (no number was given).
    """
    number = _quantity(value)
    if number is None:
        return "an unknown number of people"
    one, many = _NOUNS.get(number.unit or "", ("person", "people"))
    if number.factor == 1:
        return _amount(number.low, number.high, number.stated, one, many)
    group = ("household", "households") if "household" in number.text.lower() else ("family", "families")
    families = _amount(number.low / number.factor, number.high / number.factor, number.stated, *group)
    families = families.removeprefix("about ").removeprefix("at least ")
    return f"{_converted(number, many)} ({families} × {number.factor:g})"


def count(value: object) -> str:
    """The number alone: "about 6,000", "12 to 45", "hundreds"; "an unknown number" for None."""
    number = _quantity(value)
    if number is None:
        return "an unknown number"
    words = people(number).split(" (")[0]
    for noun in ("people", "person", "homes", "home", "settlements", "settlement"):
        words = words.removesuffix(f" of {noun}").removesuffix(f" {noun}")
    return words


def when(value: object) -> str:
    """An instant: "Sunday 22 December 2019, 14:05 UTC". Takes a datetime, or its ISO 8601 form."""
    moment = _moment(value)
    return f"{_DAYS[moment.weekday()]} {day(moment)}, {moment:%H:%M} UTC"


def day(value: object) -> str:
    """A day: "22 December 2019". Takes a date or a datetime, or their ISO 8601 form."""
    moment = value if isinstance(value, date) and not isinstance(value, datetime) else _moment(value)
    return f"{moment.day} {_MONTHS[moment.month - 1]} {moment.year}"


def listed(values: object, last: str = "and") -> str:
    """Words in a row: "Reuters, AFP and OCHA"."""
    _refuse_missing(values)
    if isinstance(values, str) or not isinstance(values, Iterable):
        raise TypeError("'listed' wants a list")
    words = [str(value) for value in values]
    return f"{', '.join(words[:-1])} {last} {words[-1]}" if len(words) > 1 else "".join(words)


def one_line(value: object) -> str:
    """Text on one line: breaks, tabs and control characters become single blanks; no marks that turn the
    direction of what follows."""
    _refuse_missing(value)
    return _LINE_BREAKS.sub(" ", _INVISIBLE.sub("", str(value))).strip()


def shorten(value: object, limit: int = 160) -> str:
    """At most `limit` characters, cut between words, with an ellipsis."""
    _refuse_missing(value)
    text = str(value)
    if len(text) <= limit:
        return text
    head = text[: limit - 1]
    if not text[limit - 1].isspace() and (blank := head.rfind(" ")) > limit // 2:
        head = head[:blank]
    return head.rstrip(" ,;:.-–—") + "…"


def _refuse_missing(value: object) -> None:
    if isinstance(value, Undefined):
        str(value)  # raises: StrictUndefined does so when it is printed


def _quantity(value: object) -> Quantity | None:
    _refuse_missing(value)
    if value is None or isinstance(value, Quantity):
        return value
    if isinstance(value, Mapping):
        fields: dict[str, Any] = {name: value[name] for name in ("low", "high", "stated", "unit", "text")}
        return Quantity(**fields, factor=value.get("factor", 1.0))
    if isinstance(value, bool) or not isinstance(value, int | float | Sequence) or isinstance(value, str):
        raise TypeError(f"this filter wants a number, not {value!r}")
    low, high = (value, value) if isinstance(value, int | float) else (float(value[0]), float(value[1]))
    return Quantity(low=low, high=high, stated=(low + high) / 2, unit=None, text="")


def _amount(low: float, high: float, stated: float, one: str, many: str) -> str:
    if low == high:
        return f"{_figure(low)} {one if low == 1 else many}"
    if math.isfinite(high) and (vague := _VAGUE.get((round(low), round(high)))):
        return vague.format(many)
    return f"{_interval(low, high, stated, _figure(low), _figure(high))} {many}"


def _converted(number: Quantity, many: str) -> str:
    """People counted by households: no more digits than the multiplication deserves."""
    stated = number.stated * number.factor
    if number.low == number.high:
        return f"about {_figure(_rounded(number.low))} {many}"
    low, high = _figure(_rounded(number.low, math.floor)), _figure(_rounded(number.high, math.ceil))
    return f"{_interval(number.low, number.high, stated, low, high)} {many}"


def _interval(low: float, high: float, stated: float, low_word: str, high_word: str) -> str:
    """The newspaper's own way of saying an interval, found from where the stated value lies in it."""
    if low <= 0:
        return f"up to {high_word}"
    if math.isinf(high) or (math.isclose(stated, low) and math.isclose(high, 2 * low)):
        return f"at least {low_word}"  # "more than 1,200" is read as 1,200 to 2,400
    if low < stated < high and high / low <= 1.25:
        return f"about {_figure(stated)}"
    return f"{low_word} to {high_word}"


def _rounded(value: float, way: Any = round) -> float:
    if math.isinf(value):
        return value
    step = float(10 ** max(0, math.floor(math.log10(value)) - 1)) if value >= 1 else 1.0
    return float(way(value / step) * step)


def _figure(value: float) -> str:
    if math.isinf(value):
        return "many"
    number = round(value)
    if number >= 1_000_000 and number % 10_000 == 0:
        return f"{number / 1_000_000:g} million"
    return f"{number:,}"


def _moment(value: object) -> datetime:
    _refuse_missing(value)
    if isinstance(value, str):
        value = datetime.fromisoformat(value)
    if isinstance(value, datetime):
        return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day, tzinfo=UTC)
    raise TypeError(f"this filter wants a time, not {value!r}")
