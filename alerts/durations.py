"""Lengths of time as people write them in the configuration and in rules: "15 minutes", "7 days".

Kept apart from both because the two must agree on the form. Months and years are refused: they have no
fixed length.
"""

from __future__ import annotations

import re
from datetime import timedelta
from difflib import get_close_matches
from typing import Final

_SECONDS: Final = {"second": 1, "minute": 60, "hour": 3600, "day": 86400, "week": 604800}
_SHORT: Final = {
    **dict.fromkeys(("s", "sec", "secs"), "seconds"),
    **dict.fromkeys(("m", "min", "mins"), "minutes"),
    **dict.fromkeys(("h", "hr", "hrs"), "hours"),
    "d": "days",
    **dict.fromkeys(("w", "wk", "wks"), "weeks"),
}
_UNFIXED: Final = {"month": "30 days", "year": "365 days"}
_FORM: Final = re.compile(r"(?P<count>\d{1,12}(?:\.\d{1,6})?)\s*(?P<unit>[^\W\d_]*)")
_EXAMPLE: Final = 'write a number and a unit, such as "90 seconds", "15 minutes", "24 hours", "7 days" or "6 weeks"'
LONGEST: Final = timedelta(days=36525)


def duration(text: str) -> timedelta:
    """The length of time that `text` names ("90 seconds", "1.5 hours", "6 weeks").

    Raises ValueError with a text for the writer of the file: what is wrong and what to write instead.
    """
    found = _FORM.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"'{text}' is no length of time: {_EXAMPLE}")
    count, unit = found["count"], found["unit"].lower()
    if not unit:
        raise ValueError(f"'{text}' has no unit: {_EXAMPLE}")
    if unit.removesuffix("s") not in _SECONDS or unit.endswith("ss"):
        raise ValueError(_unknown_unit(text, count, unit))
    seconds = float(count) * _SECONDS[unit.removesuffix("s")]
    if seconds > LONGEST.total_seconds():
        raise ValueError(f"'{text}' is longer than a hundred years")
    return timedelta(seconds=seconds)


def _unknown_unit(text: str, count: str, unit: str) -> str:
    if short := _SHORT.get(unit):
        return f"'{text}': write the unit out, '{count} {short}'"
    fixed = _UNFIXED.get(unit.removesuffix("s"))
    if fixed:
        return f"'{text}': a {unit.removesuffix('s')} has no fixed length; write days or weeks, such as '{fixed}'"
    close = get_close_matches(unit, _SECONDS if count == "1" else [f"{one}s" for one in _SECONDS], n=1)
    if close:
        return f"'{text}': there is no unit '{unit}'; did you mean '{close[0]}'?"
    return f"'{text}': there is no unit '{unit}': {_EXAMPLE}"


def say(length: timedelta) -> str:
    """`length` in words, in the largest unit that divides it ("15 minutes", "1 day", "6 weeks").

    What it says for a whole number of seconds, `duration` reads back as the same length. Parts of a
    second are rounded away; a negative length raises ValueError.
    """
    seconds = round(length.total_seconds())
    if seconds < 0:
        raise ValueError("a length of time cannot be negative")
    for unit in ("week", "day", "hour", "minute"):
        # one week is said "7 days", as rules write it
        size = _SECONDS[unit]
        if seconds >= size and seconds % size == 0 and not (unit == "week" and seconds == size):
            return _count(seconds // size, unit)
    return _count(seconds, "second")


def _count(count: int, unit: str) -> str:
    return f"{count} {unit}" if count == 1 else f"{count} {unit}s"
