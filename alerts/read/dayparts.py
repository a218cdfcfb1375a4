"""Parts of the date reader that need no calendar date: looking at words from a bounded distance, and the
expressions counted from publication (two weeks ago, last month, eight years of war, last summer)."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date

from alerts.read.daywords import (
    BARE,
    COUNTED,
    FUTURE,
    LASTING,
    NUMBER_WORDS,
    SEASONS,
    UNITS,
    Precision,
    Span,
    back,
    nearest,
    season_days,
    whole,
)
from alerts.read.text import Words
from alerts.read.units import unit_of

_THIRDS = {"early": 0, "beginning": 0, "start": 0, "mid": 1, "middle": 1, "late": 2, "end": 2}
_TIGHT = re.compile(r"\s?[-–/]\s?")
_OFFSETS = {"last": -1, "previous": -1, "past": -1, "this": 0, "current": 0, "next": 1, "coming": 1, "following": 1}
_RECENT = frozenset("past last previous recent preceding".split())
_NO_TERM = frozenset(
    "jailed jail prison sentenced suspended extended renewed valid banned "
    " last lasting agreed every per each first worst deadliest biggest "
    "largest heaviest bloodiest fiercest".split()
)


def word_at(words: Words, i: int) -> str:
    return words.norm[i] if 0 <= i < len(words.norm) else ""


def whole_number(words: Words, i: int, low: int, high: int) -> int | None:
    """The whole number at word `i` if it lies in [low, high]."""
    word = word_at(words, i)
    if word.isascii() and word.isdigit() and len(word) <= 4 and low <= int(word) <= high:
        return int(word)
    return None


def year_at(words: Words, i: int, today: date) -> int | None:
    """A year written in four figures at word `i`, not one of a count ("2000 people")."""
    if len(word_at(words, i)) == 4 and not counts(words, i, today):
        return whole_number(words, i, 1500, min(today.year + 30, 9990))
    return None


def counts(words: Words, i: int, today: date) -> bool:
    """The four figures count what follows ("2000 people"); not across a comma, and not people who follow a
    year's "in" ("In 1994 rebels ..."): nobody is in 1994 rebels."""
    if word_at(words, i + 1) not in COUNTED or "," in words.gap(i + 1):
        return False
    year = whole_number(words, i, 1900, today.year)
    return not (year and word_at(words, i - 1) == "in" and unit_of(word_at(words, i + 1)) == "people")


def in_future(words: Words, first: int, last: int) -> bool:
    near = words.norm[max(0, first - 8) : first] + words.norm[last + 1 : last + 5]
    return any(word in FUTURE for word in near)


def span_of(start: date, end: date | None, precision: Precision, first: int, last: int, floating: bool = False) -> Span:
    return Span(start=start, end=end or start, precision=precision, first=first, last=last, floating=floating)


def joined(words: Words, i: int) -> bool:
    """Word `i` is joined to the one before by a dash or a slash."""
    return 0 < i < len(words) and bool(_TIGHT.fullmatch(words.gap(i)))


def part_of(words: Words, span: Span, floor: int) -> Span:
    """Narrow "early", "mid-" and "late" to a third of the span; take in "last" and "this"."""
    at = span.first - 1
    steps = 0
    while at >= floor and steps < 3 and word_at(words, at) in ("of", "the"):
        at, steps = at - 1, steps + 1
    word = word_at(words, at) if at >= floor else ""
    if word in ("last", "this", "next") and not steps:
        return replace(span, first=at)
    needs_of = word in ("end", "beginning", "start", "middle")
    if word not in _THIRDS or (needs_of and not steps):
        return span
    length = (span.end - span.start).days + 1
    third = _THIRDS[word]
    start = back(span.start, -(length * third // 3), "day")
    end = back(span.start, -(length * (third + 1) // 3 - 1), "day")
    return replace(span, start=start, end=end, first=at)


def read_season(words: Words, i: int, floor: int, today: date) -> Span | None:
    word, month = words.norm[i], SEASONS[words.norm[i]]
    before = word_at(words, i - 1) if i - 1 >= floor else ""
    at = i + 2 if word_at(words, i + 1) == "of" else i + 1
    year = year_at(words, at, today)
    if year:
        return span_of(*season_days(year, month), "season", i, at)
    bare = before == "the" and word_at(words, i - 2) == "in" and word != "fall"  # "in the autumn"
    if not bare and (
        before not in ("last", "this") or (word == "fall" and before == "this" and not words.raw(i).islower())
    ):
        return None
    starts = [date(y, month, 1) for y in range(max(1, today.year - 2), today.year + 1)]
    chosen = nearest(starts, today, future=False)
    if before == "last" and season_days(chosen.year, month)[1] >= today and chosen.year > 1:
        chosen = date(chosen.year - 1, month, 1)
    return span_of(*season_days(chosen.year, month), "season", i - 1, i)


def _count(words: Words, i: int, floor: int) -> tuple[float, int] | None:
    """The number that ends at word `i`: (number, first word): "three", "a couple of", "18"."""
    if i < floor:
        return None
    if word_at(words, i) == "of" and word_at(words, i - 1) in ("couple", "dozens") and i - 1 >= floor:
        i -= 1
    word = word_at(words, i)
    number = NUMBER_WORDS.get(word)
    if number is None and word[:1].isdigit() and word.replace(".", "", 1).isascii() and len(word) <= 5:
        digits = word.replace(",", "").replace("'", "")
        number = float(digits) if digits.replace(".", "", 1).isdigit() else None
    if number is None:
        return None
    if word in ("couple", "few", "dozen") and i - 1 >= floor and word_at(words, i - 1) == "a":
        i -= 1
    return number, i


def read_unit(words: Words, i: int, floor: int, today: date) -> Span | None:
    """Hours to decades: two weeks ago, last month, past three months, for years, eight years of war."""
    unit, word, before = UNITS[words.norm[i]], words.norm[i], word_at(words, i - 1) if i - 1 >= floor else ""
    plural = word.endswith("s")
    if not plural and before in _OFFSETS and word not in ("hour", "day"):
        first = i - 2 if i - 2 >= floor and word_at(words, i - 2) in ("the", "earlier") else i - 1
        if word == "weekend":
            return _weekend(today, _OFFSETS[before], first, i)
        if before == "past":
            return span_of(back(today, 1, unit), today, unit, first, i)
        return part_of(words, span_of(*whole(today, unit, _OFFSETS[before]), unit, i - 1, i), floor)
    count = _count(words, i - 1, floor)
    number, first = count if count else (0.0, i)
    if not count and before in ("recent", "past", "last", "previous") and plural:
        number, first = BARE.get(word, 2.0), i - 1
        return replace(span_of(back(today, number, unit), today, unit, first, i), relation="for")
    if not count and plural and word in BARE:
        number = BARE[word]
    if not number:
        return None
    if first - 1 >= floor and word_at(words, first - 1) in _RECENT:
        return span_of(back(today, number, unit), today, unit, first - 1, i)
    return _term(words, i, floor, today, span_of(back(today, number, unit), today, unit, first, i), bool(count))


def _weekend(today: date, offset: int, first: int, last: int) -> Span:
    saturday = back(today, (today.weekday() + 2) % 7, "day")
    if offset < 0 and today.weekday() >= 5:
        saturday = back(saturday, 7, "day")
    if offset > 0 or (offset == 0 and today.weekday() == 4):
        saturday = back(saturday, -7, "day")
    return span_of(saturday, back(saturday, -1, "day"), "day", first, last)


def _term(words: Words, i: int, floor: int, today: date, span: Span, counted: bool) -> Span | None:
    """A number of units that says when only with "ago", "of", "for", "in" or a thing that lasts."""
    after, first = word_at(words, i + 1), span.first
    if after == "ago":
        begin = span.start
        slack = (today - begin).days // 8 if not counted else 0
        return replace(span, start=back(begin, slack, "day"), end=begin, last=i + 1)
    if after in ("earlier", "later", "after", "before", "into"):
        return None
    if after == "of" and words.norm[i].endswith("s"):
        return replace(span, relation="for")
    if after in ("old", "long") and not words.gap(i + 1).strip(" -‐–"):
        lasting = any(word_at(words, k) in LASTING for k in (i + 2, i + 3))
        return replace(span, last=i + 1, relation="for") if lasting else None
    preposition = word_at(words, first - 1) if first - 1 >= floor else ""
    if preposition in ("for", "over", "in", "within", "during", "after"):
        if not counted and preposition == "in":
            return None  # "the deadliest attack in years"
        if any(word in _NO_TERM for word in words.norm[max(0, first - 7) : first - 1]):
            return None
        if in_future(words, first, i):
            return span_of(today, back(today, -(today - span.start).days, "day"), span.precision, first, i)
        return replace(span, relation="after" if preposition == "after" else "for")
    if joined(words, i) and any(word_at(words, k) in LASTING for k in (i + 1, i + 2)):
        return replace(span, relation="for")
    return None
