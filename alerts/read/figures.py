"""All displacement and casualty figures of an article: who was displaced, killed, hurt, cut off, how many,
under which of IDMC's terms, newly or as a stock, and where.

Which verb or noun a number belongs to is `governing.py`; here it becomes a figure.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Literal

from alerts.read.figurecues import Cue
from alerts.read.governing import Governed
from alerts.read.numerals import fraction, numeral
from alerts.read.text import Words
from alerts.read.units import unit_of
from alerts.types import Figure, Number, Place, Unit, When

Flow = Literal["new", "stock"]
RECENT = timedelta(days=45)  # what began longer ago than this is no news: its figure is a total
_KINDS = ("displaced", "housing", "killed", "injured", "trapped", "in_need")
_TOTALS = frozenset("bringing brings brought".split())
_LASTING = frozenset(
    "still remain remained remains remaining living live lives residing hosts hosted hosting protracted".split()
)
_STAYING = frozenset("host hosted hosting hosts remain remained remains residing".split())


def figures(
    sentences: Sequence[tuple[Words, Sequence[Governed]]],
    *,
    place_at: Callable[[int, int], Place | None],
    published: datetime,
    dates_at: Callable[[int], Sequence[When]] | None = None,
) -> list[Figure]:
    """The figures of an article, in its order, each once.

    `sentences` gives each sentence's words with its governed numbers; `place_at(sentence, word)` the place of what is
    said there; `dates_at(sentence)` its dates, by which a total since long ago is told from news.
    """
    found: list[Figure] = []
    seen: set[tuple[str, float, str | None]] = set()
    for index, (words, governed) in enumerate(sentences):
        dates: Sequence[When] | None = None
        for read in governed:
            figure = _figure(words, read)
            if figure is None or (key := (figure.kind, figure.stated, figure.unit)) in seen:
                continue
            seen.add(key)
            if dates is None:
                dates = dates_at(index) if dates_at else ()
            flow: Flow = "stock" if _is_stock(words, read, dates, published) else "new"
            found.append(replace(figure, flow=flow, place=place_at(index, read.number.first)))
    return found


def _figure(words: Words, read: Governed) -> Figure | None:
    number, cue = read.number, read.cue
    if cue is None or read.aside or cue.kind not in _KINDS:
        return None
    if cue.form == "verb" and cue.first == number.noun_end:
        number = _whole(words, number)
    unit: Unit | None = "households" if number.unit in ("households", "housing") else "people"
    if number.unit is None and cue.kind == "housing":
        if not any(unit_of(word) == "housing" for word in words.norm):
            return None
        unit = "households"
    if number.unit is None and _label_unit(words, cue, number):
        unit = "households"
    if number.unit == "households" and words.norm[number.noun_end : number.noun_end + 1] in (("homes",), ("houses",)):
        cue = replace(cue, kind="housing") if cue.term and cue.term.endswith("housing") else cue
    return Figure(
        kind=cue.kind,
        low=number.low,
        high=number.high,
        stated=number.stated,
        unit=unit,
        term=cue.term,
        flow=None,
        place=None,
        text=_text(words, number, cue),
        sentence=words.text,
    )


def _whole(words: Words, number: Number) -> Number:
    """The count of which a share is taken: in "half of the 100 people displaced came back" 100 were displaced."""
    if fraction(words, number.first) is None:
        return number
    for i in range(number.first + 1, number.end):
        if words.norm[i][0].isdigit() and (read := numeral(words, i)) is not None:
            return replace(number, low=read.low, high=read.high, stated=read.stated, first=i)
    return number


def _label_unit(words: Words, cue: Cue, number: Number) -> bool:
    """ "The number of displaced families is 349": households."""
    return cue.end <= number.first and bool(
        {"families", "households"}.intersection(words.norm[cue.first : number.first])
    )


def _text(words: Words, number: Number, cue: Cue) -> str:
    """The words from cue to number, or the number alone where they stand far apart."""
    first, end = min(number.first, cue.first), max(number.noun_end, cue.end)
    return words.span(first, end) if end - first <= 16 else words.span(number.first, number.noun_end)


def _is_stock(words: Words, read: Governed, dates: Sequence[When], published: datetime) -> bool:
    """Whether a figure counts people living so, or a total since long ago, and not a new movement."""
    number, cue = read.number, read.cue
    assert cue is not None
    near = words.norm[max(0, number.first - 8) : min(len(words), max(number.noun_end, cue.end) + 2)]
    if _TOTALS.intersection(near[:8]) and {"total", "number", "toll", "to"}.intersection(near[:9]):
        return True
    if cue.form in ("adjective", "place") or (number.first <= cue.first < number.noun_end and cue.kind == "displaced"):
        return "newly" not in near and "new" not in near
    if cue.kind == "displaced" and _LASTING.intersection(near):
        return True
    if not dates and _stay_who_fled(words, read):
        return True
    if _long_since(words):
        return True
    return any(_is_past(when, published) for when in dates)


def _stay_who_fled(words: Words, read: Governed) -> bool:
    """ "180,000 people who fled the war remain in Juba": what is said of them now is not that they fled."""
    number, cue = read.number, read.cue
    assert cue is not None
    if cue.kind != "displaced" or "who" not in words.norm[number.first : cue.first]:
        return False
    around = words.norm[max(0, number.first - 4) : number.first] + words.norm[cue.end : cue.end + 8]
    return not _STAYING.isdisjoint(around)


def _long_since(words: Words) -> bool:
    """ "Eight years of war", "in two decades", "since the war began"."""
    norm = words.norm
    for i, word in enumerate(norm):
        if word in ("years", "decades", "decade") and norm[i + 1 : i + 2] not in (("old",), ("ago",)):
            if norm[i + 1 : i + 2] == ("of",) or {"in", "over", "past", "last", "for", "during"}.intersection(
                norm[max(0, i - 4) : i]
            ):
                return True
        if word == "since" and {"began", "started", "start", "beginning", "outbreak", "erupted"}.intersection(
            norm[i : i + 8]
        ):
            return True
    return False


def _is_past(when: When, published: datetime) -> bool:
    """Whether a date puts what is told well before the news: it ended, or has lasted, for more than some weeks."""
    day = published.date()
    if when.relation == "since":
        return day - when.start > RECENT
    return when.relation in ("on", "before", "for") and day - when.end > RECENT
