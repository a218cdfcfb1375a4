"""The words of English date expressions and the calendar arithmetic behind them, apart from the reader
that puts them together (`dates`), so that either can be checked by eye."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

Precision = Literal["hour", "day", "week", "month", "season", "year", "decade"]
Relation = Literal["on", "since", "until", "before", "after", "for"]

MONTH_NAMES = (
    "january february march april may june july august september october november december".split()
)  # fmt: skip
MONTHS: dict[str, int] = {name: number for number, name in enumerate(MONTH_NAMES, 1)}
MONTHS |= {name[:3]: number for name, number in list(MONTHS.items())} | {"sept": 9}
# Names that are also other words or persons' names: alone they need a neighbour that says "month".
DOUBTFUL_MONTHS = frozenset({"may", "march", "april", "june", "august"}) | (MONTHS.keys() - set(MONTH_NAMES))

DAY_NAMES = "monday tuesday wednesday thursday friday saturday sunday".split()
WEEKDAYS: dict[str, int] = {name: number for number, name in enumerate(DAY_NAMES)}
# Short names count only before a date ("Thu Sep 5 2013"): "sun" and "sat" are other words.
SHORT_WEEKDAYS = {name[:3]: number for name, number in WEEKDAYS.items()} | {"tues": 1, "thur": 3, "thurs": 3}

UNITS: dict[str, Precision] = {
    "hour": "hour",
    "day": "day",
    "week": "week",
    "weekend": "week",
    "month": "month",
    "year": "year",
    "decade": "decade",
}
UNITS |= {f"{unit}s": precision for unit, precision in list(UNITS.items())}
# Northern seasons: (month it begins, year offset of its end is one for winter).
SEASONS = {"spring": 3, "summer": 6, "autumn": 9, "fall": 9, "winter": 12}

_ONES: dict[str, float] = {
    word: number
    for number, word in enumerate(
        "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
        "seventeen eighteen nineteen twenty".split(),
        1,
    )
}
NUMBER_WORDS = _ONES | {
    "a": 1,
    "an": 1,
    "couple": 2,
    "few": 3,
    "several": 3,
    "many": 5,
    "dozen": 12,
    "thirty": 30,
    "forty": 40,
    "fifty": 50,
}
# What a plural without a number means at least: "months of fighting".
BARE: dict[str, float] = {"hours": 6.0, "days": 3.0, "weeks": 2.0, "months": 2.0, "years": 2.0, "decades": 2.0}

PREPOSITIONS: dict[str, Relation] = {
    "since": "since",
    "from": "since",
    "until": "until",
    "till": "until",
    "through": "until",
    "before": "before",
    "by": "before",
    "after": "after",
    "following": "after",
    "for": "for",
    "over": "for",
    "on": "on",
    "in": "on",
    "at": "on",
    "during": "on",
    "within": "on",
    "throughout": "on",
    "between": "on",
}
DETERMINERS = frozenset("the a an its his her their our this that these those".split())
FUTURE = frozenset(
    "will would ll shall due scheduled expected planned plans upcoming next coming deadline expire expires "
    "postponed slated".split()
)
# Nouns that follow a figure: "in May 12 people" is no 12th of May, "the 2000 refugees" no year.
COUNTED = frozenset(
    "people persons civilians families households men women children residents villagers refugees fighters "
    "soldiers troops militants rebels others homes houses dead wounded injured displaced terrorists members "
    "personnel students migrants inhabitants bodies percent km miles kilometres kilometers square tonnes tons "
    "million billion police prisoners hostages detainees trucks buses".split()
)
# What lasts: only with these is "three-year X" a time that has passed ("a three-month truce" is to come).
LASTING = frozenset(
    "war wars conflict siege blockade insurgency uprising rebellion revolt revolution crisis civil occupation "
    "battle campaign offensive assault fighting violence bombardment encirclement struggle unrest".split()
)
DAY_PARTS = frozenset("morning afternoon evening night midnight noon dawn".split())


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A date expression without its preposition: inclusive days, inclusive word indexes. `floating` when
    no year was said, so that a range can settle it by its other end."""

    start: date
    end: date
    precision: Precision
    first: int
    last: int
    floating: bool = False
    relation: Relation | None = None


def day(year: int, month: int, number: int) -> date | None:
    """The day, or None for a 31st of February."""
    try:
        return date(year, month, number)
    except ValueError:
        return None


def month_days(year: int, month: int) -> tuple[date, date]:
    """First and last day of a month."""
    return date(year, month, 1), date(year, month, monthrange(year, month)[1])


def back(today: date, number: float, unit: Precision) -> date:
    """`number` units before `today` (after it for a negative number), never outside the calendar."""
    days = {"hour": 1 / 24, "day": 1, "week": 7, "month": 30.44, "season": 91, "year": 365.25, "decade": 3652.5}
    distance = days[unit] * number
    ordinal = today.toordinal() - round(min(max(distance, -700_000), 700_000))
    return date.fromordinal(min(max(ordinal, 1), date.max.toordinal()))


def whole(today: date, unit: Precision, offset: int) -> tuple[date, date]:
    """The calendar week, month, year or decade `offset` units from the one `today` lies in."""
    if unit == "week":
        monday = back(today, today.weekday() - 7 * offset, "day")
        return monday, back(monday, -6, "day")
    if unit == "month":
        index = today.year * 12 + today.month - 1 + offset
        year = min(max(index // 12, 1), 9998)
        return month_days(year, index % 12 + 1)
    step = 10 if unit == "decade" else 1
    year = min(max((today.year // step + offset) * step, 1), 9998 - step)
    return date(year, 1, 1), date(year + step - 1, 12, 31)


def season_days(year: int, month: int) -> tuple[date, date]:
    """The three months of the season that begins in `month` of `year`."""
    last = (year, month + 2) if month + 2 <= 12 else (year + 1, month - 10)
    return date(year, month, 1), month_days(*last)[1]


def nearest(candidates: list[date], today: date, *, future: bool) -> date:
    """Of dates that differ by their year, the last at or before `today` (a day's grace for time zones), or
    the first at or after it."""
    if future:
        return min((c for c in candidates if c >= today), default=max(candidates))
    return max((c for c in candidates if c <= today + timedelta(days=1)), default=min(candidates))
