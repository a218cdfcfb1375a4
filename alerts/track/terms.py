"""How long what begins is to last, as the sentence itself says it: "a 72-hour truce", "extended until Monday".

A state of the ledger (`track.ledger`) lapses after a time unless its own text names its end. What is read here is
only what plainly belongs to a truce: its length beside its name, or after "for", "of", "lasting" and "by" behind it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from alerts.read import dates
from alerts.read.daywords import NUMBER_WORDS, WEEKDAYS
from alerts.read.text import Words, words
from alerts.types import When

_HOURS: Final = {"hour": 1, "day": 24, "week": 7 * 24, "fortnight": 14 * 24, "month": 30 * 24, "year": 365 * 24}
_LENGTHS: Final = _HOURS | {f"{unit}s": hours for unit, hours in _HOURS.items()}
_LONG: Final = {f"{unit}long": hours for unit, hours in _HOURS.items()}
_TWENTIES: Final = {"twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "ninety": 90}
_VAGUE: Final = frozenset({"couple", "few", "several", "many", "dozen"})
_MOST: Final = timedelta(days=3 * 365)  # what is to last longer names no end that a ledger should wait for

_TRUCE: Final = frozenset(
    "truce truces ceasefire ceasefires fire armistice pause lull halt cessation moratorium suspension".split()
)
_STOP: Final = frozenset("halt halted suspend suspended pause paused cease ceased stop stopped observe respect".split())
_LONGER: Final = frozenset(
    "extend extended extends extending extension prolong prolonged renew renewed renewal".split()
)
_LASTING: Final = frozenset("last lasts lasting expire expires expiring run runs".split())
_CUES: Final = _TRUCE | _STOP | _LONGER | _LASTING
# Between a length and the truce, or a cue and its length: what follows is of something else.
_BREAKS: Final = frozenset(
    "after before since despite following into ago old earlier later amid when while that which against without "
    "the of in on from a an and but as violate violated "
    "broke broken breach collapsed ended end ending fought raged".split()
)
_APART: Final = frozenset(
    "after before since despite following when which who ending ended end fought fighters raged lasted held holding "
    "has had have been war but refused ago broke broken collapsed expired".split()
)
_FILLERS: Final = frozenset(
    "another further additional more extra at least an initial about around up to the next first only".split()
)
_BEFORE_LENGTH: Final = frozenset("for of by lasting last lasts".split())
_NOT_A_TERM: Final = frozenset("of ago a an each every per before after earlier later old into daily".split())


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """What a sentence says of the time: it lasts so long from its beginning, or until then. `longer`: what there
    was already is put off (and a length then counts from the end it had)."""

    length: timedelta | None = None
    until: datetime | None = None
    longer: bool = False

    def end(self, began: datetime, runs_until: datetime | None = None) -> datetime | None:
        """When it ends by this; None if that is not said, or already over when it began. `runs_until`: the end that
        was named before."""
        if self.until is not None:
            return self.until if began < self.until <= began + _MOST else None
        if self.length is None:
            return None
        since = max(began, runs_until) if self.longer and runs_until is not None else began
        return since + self.length


def term(sentence: str, began: datetime) -> Term:
    """What a sentence that reports a truce says of its end."""
    read = words(sentence)
    longer = "unless" not in read.norm and any(word in _LONGER for word in read.norm)
    return Term(length=_length(read), until=_until(read, began), longer=longer)


def _length(read: Words) -> timedelta | None:
    for i, word in enumerate(read.norm):
        hours = _LENGTHS.get(word) or _LONG.get(word)
        if hours is None:
            continue
        number, first = _number(read.norm, i)
        if number is not None and (_beside(read.norm, i) or _behind(read.norm, first, i)):
            length = timedelta(hours=number * hours)
            return length if length <= _MOST else None
    return None


def _number(norm: tuple[str, ...], unit: int) -> tuple[float | None, int]:
    """How many units, and the first word of that: "72", "forty eight", "a", and one of "week-long"."""
    before = norm[unit - 1] if unit else ""
    long = norm[unit] in _LONG or norm[unit + 1 : unit + 2] == ("long",)
    if before.isascii() and before.isdigit() and len(before) <= 4:
        return float(before), unit - 1
    if before in _VAGUE:
        return None, unit
    number = NUMBER_WORDS.get(before) or _TWENTIES.get(before)
    if number is None:
        return (1.0, unit) if long and not norm[unit].endswith("s") else (None, unit)
    tens = _TWENTIES.get(norm[unit - 2]) if unit > 1 and number < 10 else None
    return (number + tens, unit - 2) if tens else (float(number), unit - 1)


def _beside(norm: tuple[str, ...], unit: int) -> bool:
    """ "72-hour humanitarian truce": the truce follows within three words."""
    if norm[unit].endswith("s") and norm[unit - 1] in ("a", "an"):
        return False
    for word in norm[unit + 1 : unit + 5]:
        if word in _TRUCE:
            return True
        if word in _BREAKS:
            return False
    return False


def _behind(norm: tuple[str, ...], first: int, unit: int) -> bool:
    """ "a truce of 48 hours", "halt all raids for a week", "extended by two weeks"."""
    if norm[unit + 1 : unit + 2] and norm[unit + 1] in _NOT_A_TERM:
        return False
    at = first - 1
    while at >= 0 and norm[at] in _FILLERS:
        at -= 1
    if at < 0 or norm[at] not in _BEFORE_LENGTH:
        return False
    if norm[at] in ("last", "lasts", "lasting"):
        return _follows(norm, at)
    if norm[at] == "of":
        return at > 0 and norm[at - 1] in (_TRUCE | {"period"})
    return norm[at] in ("for", "by") and _follows(norm, at)


def _follows(norm: tuple[str, ...], at: int) -> bool:
    """Whether what is meant at `at` is said of a truce, or of its putting off, a few words before."""
    for word in reversed(norm[max(0, at - 10) : at]):
        if word in _APART:
            return False
        if word in _CUES:
            return True
    return False


def _until(read: Words, began: datetime) -> datetime | None:
    for when in dates.find(read, began):
        ends = when.relation == "until" or (when.relation == "on" and _expires(read.norm, when.first))
        if ends and _follows(read.norm, when.first):
            return _moment(when, began.date())
    return None


def _expires(norm: tuple[str, ...], first: int) -> bool:
    return any(word in ("expire", "expires", "ends") for word in norm[max(0, first - 2) : first + 1])


def _moment(when: When, began: date) -> datetime | None:
    """The end of the day it is to last until; of a month, its beginning. A day without a year that would lie behind
    is the next one: nobody begins a truce until last Monday."""
    month = (when.end - when.start).days >= 27
    last = when.start if month else when.end
    spelled = words(when.text).norm
    if last <= began and any(word in WEEKDAYS for word in spelled):
        last += timedelta(days=7 * ((began - last).days // 7 + 1))
    elif last < began and not any(len(word) == 4 and word.isdigit() for word in spelled):
        last = _a_year_on(last)
    whole = timedelta(days=0 if month else 1)
    return datetime.combine(last, time(), UTC) + whole


def _a_year_on(day: date) -> date:
    return day.replace(year=day.year + 1, day=min(day.day, 28) if day.month == 2 else day.day)
