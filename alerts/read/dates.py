"""Date expressions resolved against the day of publication. News says "Tuesday", "since December 16" and
"eight years of war"; whether an event is news or history hangs on what day that was.

The reader starts at the word that makes an expression a date (a month, a weekday, a unit of time, a year)
and looks a bounded number of words to both sides, so its cost is linear in the sentence.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime

from alerts.read.dayparts import (
    counts,
    in_future,
    joined,
    part_of,
    read_season,
    read_unit,
    span_of,
    whole_number,
    word_at,
    year_at,
)
from alerts.read.daywords import (
    COUNTED,
    DAY_PARTS,
    DETERMINERS,
    DOUBTFUL_MONTHS,
    MONTHS,
    PREPOSITIONS,
    SEASONS,
    SHORT_WEEKDAYS,
    UNITS,
    WEEKDAYS,
    Relation,
    Span,
    back,
    day,
    month_days,
    nearest,
    whole,
)
from alerts.read.text import Words
from alerts.types import When

_A_DAY_LONG_AGO = 335
_CLOCK = frozenset({"gmt", "hours", "utc", "local", "est", "edt"})
_BEFORE_DATE = frozenset("the about around nearly almost more than early".split())
_PLACED = frozenset({"early", "late", "mid", "end", "beginning", "start", "middle", "of", "the", "about", "around"})
_DIGIT = re.compile(r"\d")
_DOTTED = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})")
# "Black Sunday", "the Sunday Times": names of days and papers, not days.
_NAMED_DAYS = frozenset("bloody black good palm easter super ash shrove cyber holy".split())
_PAPERS = frozenset("times telegraph express mirror mail herald tribune star post independent".split())
_YEAR_AFTER = frozenset("in since until before after during by from early late mid throughout of between".split())
_SIMPLE = frozenset({"yesterday", "today", "tonight", "overnight", "tomorrow"})


def find(words: Words, published: datetime) -> list[When]:
    """Every date expression of a sentence, left to right, without overlap.

    `start` and `end` are the days the expression itself names ("since December 16": that day, relation
    "since"); "for" and "N units of" reach back from publication. `first` to `last` are inclusive word
    indexes, preposition included. A day without a year is the last one at or before publication, unless
    the sentence speaks of the future.
    """
    found: list[When] = []
    if _BEGINNINGS.isdisjoint(words.norm) and not _DIGIT.search(words.folded):
        return found
    today = published.date()
    floor = 0
    for i in [i for i, word in enumerate(words.norm) if word in _READERS or word[0].isdigit()]:
        reader = _reader(words.norm[i]) if i >= floor else None
        span = reader(words, i, floor, today) if reader else None
        if span is not None:
            when = _when(words, _range(words, span, today), floor)
            found.append(when)
            floor = when.last + 1
    return found


def window(when: When, published: datetime) -> tuple[date, date]:
    """First and last day on which what `when` dates can have happened: "since Monday" reaches to
    publication, "until Monday" and "before Monday" have no first day (`date.min`)."""
    today = published.date()
    if when.relation == "since":
        return when.start, max(today, when.start)
    if when.relation in ("until", "before"):
        return date.min, when.end
    if when.relation == "after":
        return when.start, max(today, when.end)
    return when.start, when.end


_Read = Callable[[Words, int, int, date], Span | None]


def _reader(word: str) -> _Read | None:
    """Which reader starts at this word."""
    return _figures if word[0].isdigit() else _READERS.get(word)


def _simple(words: Words, i: int, floor: int, today: date) -> Span | None:
    """yesterday, today, overnight, this morning, last night."""
    word, before = words.norm[i], word_at(words, i - 1)
    if word in DAY_PARTS:
        if i - 1 < floor or before not in ("this", "last", "yesterday"):
            return None
        ago = 1 if before == "last" or before == "yesterday" else 0
        return span_of(back(today, ago, "day"), today if ago else None, "day", i - 1, i)
    if word == "overnight":
        return span_of(back(today, 1, "day"), today, "day", i, i)
    if word == "yesterday":
        return span_of(back(today, 1, "day"), None, "day", i, i + 1 if word_at(words, i + 1) in DAY_PARTS else i)
    return span_of(back(today, -1 if word == "tomorrow" else 0, "day"), None, "day", i, i)


def _weekday(words: Words, i: int, floor: int, today: date) -> Span | None:
    word = words.norm[i]
    dated = _dated_weekday(words, i, today)
    if dated:
        return dated
    if word not in WEEKDAYS or word_at(words, i - 1) in _NAMED_DAYS or word_at(words, i + 1) in _PAPERS:
        return None
    behind = (today.weekday() - WEEKDAYS[word]) % 7
    modifier = word_at(words, i - 1) if i - 1 >= floor else ""
    first = i - 1 if modifier in ("last", "next", "this") else i
    last = i + 1 if word_at(words, i + 1) in DAY_PARTS else i
    if modifier == "next" or (modifier != "last" and in_future(words, first, last)):
        return span_of(back(today, behind - 7 if behind or modifier == "next" else 0, "day"), None, "day", first, last)
    return span_of(back(today, behind or (7 if modifier == "last" else 0), "day"), None, "day", first, last)


def _dated_weekday(words: Words, i: int, today: date) -> Span | None:
    """ "Thu Sep 5 2013", "Monday, 16 December": the date says more than the weekday."""
    for at in (i + 1, i + 2):
        if word_at(words, at) in MONTHS and (at == i + 1 or whole_number(words, i + 1, 1, 31)):
            span = _month(words, at, i + 1, today)
            if span and span.precision == "day" and span.first == i + 1:
                return replace(span, first=i)
    return None


def _day_number(words: Words, i: int) -> tuple[int, int] | None:
    """A day of a month starting at word `i`: (number, last word), "16" or "16th"; no count of people."""
    number = whole_number(words, i, 1, 31)
    if number is None:
        return None
    last = i + 1 if word_at(words, i + 1) in ("st", "nd", "rd", "th") and not words.gap(i + 1) else i
    return None if word_at(words, last + 1) in COUNTED and not words.gap(last + 1).strip() else (number, last)


def _day_before(words: Words, i: int, floor: int) -> tuple[int, int] | None:
    """The day number that ends before the month at `i`: (number, first word)."""
    at = i - 1
    if words.gap(i).strip():
        return None
    if at > floor and word_at(words, at) == "of":
        at -= 1
        if word_at(words, at) not in ("st", "nd", "rd", "th"):
            return None
    if at > floor and word_at(words, at) in ("st", "nd", "rd", "th") and not words.gap(at):
        at -= 1
    number = whole_number(words, at, 1, 31) if at >= floor else None
    return (number, at) if number else None


def _month(words: Words, i: int, floor: int, today: date) -> Span | None:
    """A month with what stands around it: day before or after, range of days, year, early/late."""
    month, last, first = MONTHS[words.norm[i]], i, i
    days: list[int] = []
    before = _day_before(words, i, floor)
    after = _day_number(words, i + 1)
    if before:
        days, first = [before[0]], before[1]
        if first - 2 >= floor and _joins(words, first - 1) and (low := whole_number(words, first - 2, 1, before[0])):
            days, first = [low, before[0]], first - 2
        elif first - 1 >= floor and joined(words, first) and (low := whole_number(words, first - 1, 1, before[0])):
            days, first = [low, before[0]], first - 1
    elif after:
        days, last = [after[0]], after[1]
        tail = last + 1 if joined(words, last + 1) else last + 2 if _joins(words, last + 1) else 0
        high = _day_number(words, tail) if tail else None
        if high and high[0] > after[0] and not _before_month(words, high[1] + 1):
            days, last = [after[0], high[0]], high[1]
    at = last + 2 if word_at(words, last + 1) == "of" else last + 1
    year = year_at(words, at, today)
    last = at if year else last
    if not days and not year and not _surely_month(words, i, floor):
        return None
    if days:
        return _days(words, month, days, year, first, last, today)
    return _whole_month(words, month, year, first, last, floor, today)


def _joins(words: Words, i: int) -> bool:
    return word_at(words, i) in ("and", "to", "until", "through")


def _surely_month(words: Words, i: int, floor: int) -> bool:
    """The month name at `i`, with no figure beside it, is a month: "in April", not "they may" or "the march"."""
    word, before, after = words.norm[i], word_at(words, i - 1), word_at(words, i + 1)
    if not words.raw(i)[0].isupper() or (i - 1 < floor and word in DOUBTFUL_MONTHS):
        return False
    if word not in DOUBTFUL_MONTHS:
        return True
    if before in ("in", "since", "until", "early", "late", "mid", "during", "last", "next", "by", "from", "between"):
        return True
    if before == "of":
        return word_at(words, i - 2) in ("beginning", "start", "middle", "end")
    if before in ("and", "to", "through"):
        return word_at(words, i - 2) in MONTHS
    lower = i + 1 < len(words) and words.raw(i + 1)[0].islower()
    return before in DETERMINERS and lower and after not in ("on", "of", "to", "for", "by", "in", "was", "from", "and")


def _days(
    words: Words, month: int, days: list[int], year: int | None, first: int, last: int, today: date
) -> Span | None:
    future = in_future(words, first, last)
    if year is None:
        starts = [d for y in range(today.year - 4, today.year + 5) if (d := day(y, month, days[0]))]
        start = nearest(starts, today, future=future) if starts else None
        if start and (today - start).days > _A_DAY_LONG_AGO:
            # "27 October" printed on the 1st: a day of last year would have been given its year.
            start = nearest(starts, today, future=True)
    else:
        start = day(year, month, days[0])
    end = day(start.year, month, days[-1]) if start else None
    if start is None or end is None:
        return None
    return span_of(start, end, "day", first, last, floating=year is None)


def _before_month(words: Words, i: int) -> bool:
    """Word `i` is a month that the number before it belongs to."""
    return word_at(words, i) in MONTHS and not words.gap(i).strip()


def _whole_month(words: Words, month: int, year: int | None, first: int, last: int, floor: int, today: date) -> Span:
    modifier = word_at(words, first - 1) if first - 1 >= floor else ""
    if year is None:
        starts = [date(y, month, 1) for y in range(max(1, today.year - 2), today.year + 3)]
        chosen = nearest(starts, today, future=modifier == "next" or in_future(words, first, last))
        if modifier == "last" and chosen.year == today.year and chosen.month == today.month:
            chosen = date(today.year - 1, month, 1)
        year_of = chosen.year
    else:
        year_of = year
    start, end = month_days(year_of, month)
    span = span_of(start, end, "month", first, last, floating=year is None)
    return part_of(words, span, floor)


def _figures(words: Words, i: int, floor: int, today: date) -> Span | None:
    """ISO dates, 16.12.2019, 16/12/2019, years, decades."""
    word = words.norm[i]
    dotted = _DOTTED.fullmatch(word)
    if dotted:
        return _three(int(dotted[3]), int(dotted[2]), int(dotted[1]), i, i, today)
    year = whole_number(words, i, 1500, min(today.year + 30, 9990)) if len(word) == 4 else None
    if year is None:
        if joined(words, i + 1) and joined(words, i + 2) and len(word_at(words, i + 2)) == 4:
            first, second, last = (whole_number(words, i + k, 1, 9990) for k in range(3))
            if first and second and last:
                return _three(last, second, first, i, i + 2, today)
        return None
    if joined(words, i + 1) and joined(words, i + 2):
        month, number = whole_number(words, i + 1, 1, 12), whole_number(words, i + 2, 1, 31)
        iso = day(year, month, number) if month and number else None
        if iso:
            return span_of(iso, None, "day", i, i + 2)
    if word_at(words, i + 1) == "s" and words.gap(i + 1) in ("", "'", "’"):
        return part_of(words, span_of(*whole(date(year, 1, 1), "decade", 0), "decade", i, i + 1), floor)
    return _year(words, i, year, floor, today)


def _three(year: int, month: int, number: int, first: int, last: int, today: date) -> Span | None:
    """Day and month in either order: the one that is a date, and of two the one not after publication."""
    options = [d for d in (day(year, month, number), day(year, number, month)) if d]
    if not options:
        return None
    chosen = next((d for d in options if d <= today), options[0])
    return span_of(chosen, None, "day", first, last)


def _year(words: Words, i: int, year: int, floor: int, today: date) -> Span | None:
    before, after = word_at(words, i - 1), word_at(words, i + 1)
    if (
        year < 1800
        or counts(words, i, today)
        or after in _CLOCK
        or (after in ("and", "or") and word_at(words, i + 2) in COUNTED)
    ):
        return None
    span = span_of(date(year, 1, 1), date(year, 12, 31), "year", i, i)
    if joined(words, i + 1):
        tail = whole_number(words, i + 1, 1, 9990)
        if tail and len(after) == 2:
            tail += year - year % 100
        if tail and year < tail <= today.year + 1:
            return span_of(span.start, date(tail, 12, 31), "year", i, i + 1)
    said = before in _YEAR_AFTER and i - 1 >= floor
    if year > today.year and before == "of":
        said = False
    # "the 2002 bombing", "Israel's 2006 war", "(2011)"
    owned = words.gap(i) == " " and words.folded[: words.start[i]].rstrip().endswith("'s")
    if not said and not (year <= today.year and (before in DETERMINERS or owned)) and not words.gap(i).endswith("("):
        return None
    return part_of(words, span, floor)


def _range(words: Words, span: Span, today: date) -> Span:
    """Join "from January 28 to February 3", "between 2011 and 2014", "May-July 2015" to one span."""
    at = span.last + 1
    tight = joined(words, at)
    if not tight:
        opener = word_at(words, span.first - 1)
        if not (
            word_at(words, at) in ("to", "until", "through") or (word_at(words, at) == "and" and opener == "between")
        ):
            return span
        at += 1
    year = year_at(words, at, today) if span.precision == "year" else None
    other = span_of(date(year, 1, 1), date(year, 12, 31), "year", at, at) if year else None
    for ahead in range(at, min(at + 3, len(words))):
        if other is None and word_at(words, ahead) not in _PLACED:
            reader = _reader(words.norm[ahead])
            other = reader(words, ahead, at, today) if reader else None
            if other or not whole_number(words, ahead, 1, 31):
                break
    if other is None or other.first > at + 1 or other.precision == "week":
        return span
    start = span.start
    if (span.floating and not other.floating) or start > other.end:
        begins = other.end.year if (start.month, start.day) <= (other.end.month, other.end.day) else other.end.year - 1
        start = day(begins, start.month, start.day) or start
    if start > other.end:
        return span
    return replace(span, start=start, end=other.end, last=other.last, relation="on")


def _when(words: Words, span: Span, floor: int) -> When:
    """Take in the preposition: its meaning is the relation."""
    at = span.first - 1
    adjective = _adjective(words, span)
    for _ in range(3):
        word = word_at(words, at) if at >= floor else ""
        if word in _BEFORE_DATE and not (word == "the" and adjective):
            at -= 1
    relation: Relation = span.relation or "on"
    first = span.first
    meaning = PREPOSITIONS.get(word_at(words, at)) if at >= floor and not _owns(words, span.last) else None
    if meaning:
        first = at
        if meaning in ("since", "until", "before", "after") and span.relation != "on":
            relation = meaning
        elif meaning == "for" and words.norm[span.last] in UNITS:
            relation = span.relation or "for"
    elif at >= 1 and at - 1 >= floor and word_at(words, at) == "to" and word_at(words, at - 1) == "prior":
        first, relation = at - 1, "before"
    return When(
        start=span.start,
        end=span.end,
        precision=span.precision,
        relation=relation,
        first=first,
        last=span.last,
        text=words.span(first, span.last + 1),
    )


def _owns(words: Words, i: int) -> bool:
    """Word `i` is a possessive: "Monday's"."""
    return words.folded[words.start[i] : words.end[i]].endswith("'s")


def _adjective(words: Words, span: Span) -> bool:
    """The date describes a thing: "the August 21 attacks", "the 2002 bombing", "the five-year war"."""
    word = words.norm[span.first]
    return (
        word in MONTHS
        or word in WEEKDAYS
        or (span.relation == "for" and joined(words, span.first + 1))
        or (len(word) == 4 and word.isdigit() and words.norm[span.last] != "s")
    )


_READERS: dict[str, _Read] = {
    **dict.fromkeys((*_SIMPLE, *DAY_PARTS), _simple),
    **dict.fromkeys(SEASONS, read_season),
    **dict.fromkeys(UNITS, read_unit),
    **dict.fromkeys((*WEEKDAYS, *SHORT_WEEKDAYS), _weekday),
    **dict.fromkeys(MONTHS, _month),
}
_BEGINNINGS = frozenset(_READERS)
