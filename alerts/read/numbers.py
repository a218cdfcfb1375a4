"""Numbers as intervals: "more than 1,200 families", "tens of thousands", "between two and three million".

No library reads them, and a rule that decides by a number must not be fooled by dates, ages, money or
highways. Every number is an interval [low, high] with the value as stated beside it; `low` decides.
A small grammar by hand, left to right, without reading anything twice: linear in the words.
"""

from __future__ import annotations

import re
from typing import Literal

from alerts.read.notcounts import no_count
from alerts.read.numerals import AFTER_A, COUNT_WORDS, STARTERS, Span, fraction, numeral, scale_of
from alerts.read.text import Words
from alerts.read.units import Noun, noun_after
from alerts.types import Number, Quantity, Unit

_Bound = Literal["more", "up to", "about", "nearly"]
_DIGIT = re.compile(r"\d")
_BEGINNINGS = STARTERS | {"hundred", "thousand"}
_BEHIND_A = frozenset((word,) for word in AFTER_A)
_HYPHENED = frozenset("strong member man person woman odd plus inhabitant resident".split())
_RISES = frozenset(
    """rose rises risen rise rising increased increase increases increasing grew grown grow grows growing climbed climb
    jumped jumping up went swelled soared surged doubled tripled raised raising raises revised fell dropped declined
    reduced decreased down cut""".split()
)
_SHARE_STOPS = frozenset("and but were was are is have has had said in from with who that by as to".split())
_SIZED = frozenset("family families group crowd community population convoy team crew village town".split())
_COUNTED_ONE = frozenset("was were is has killed wounded injured dead died missing".split())
_SCORED = frozenset("killing wounding injuring killed wounded injured leaving displaced arrested".split())
_ONE_OF_A_PEOPLE = ("ian", "can", "ani", "aqi", "eli", "meni", "ghan", "ese", "iton", "turk", "kurd", "arab", "lis")
_AFTER_PERSON = frozenset("was were is has had and who in on at by near as from with died after when during".split())
_ONE = frozenset(("a", "an", "another"))
_JOINED = frozenset("if not or even perhaps possibly maybe and".split())

# What the words before the numeral do to [low, high].
_BOUNDS: dict[tuple[str, ...], _Bound] = {
    **dict.fromkeys([("over",), ("above",), ("exceeding",), ("exceeds",), ("exceeded",), ("exceed",)], "more"),
    **dict.fromkeys(
        [("more", "than"), ("at", "least"), ("upwards", "of"), ("upward", "of"), ("greater", "than")], "more"
    ),
    **dict.fromkeys(
        [("less", "than"), ("fewer", "than"), ("under",), ("below",), ("up", "to"), ("at", "most")], "up to"
    ),
    **dict.fromkeys([("not", "less", "than"), ("no", "less", "than"), ("no", "fewer", "than")], "more"),
    **dict.fromkeys([("in", "excess", "of"), ("a", "minimum", "of"), ("as", "few", "as"), ("atleast",)], "more"),
    **dict.fromkeys([("no", "more", "than"), ("not", "more", "than"), ("a", "maximum", "of")], "up to"),
    **dict.fromkeys([("as", "many", "as"), ("upto",)], "up to"),
    **dict.fromkeys([("nearly",), ("almost",), ("close", "to"), ("just", "under"), ("just", "short", "of")], "nearly"),
    **dict.fromkeys([("some",), ("about",), ("around",), ("roughly",), ("approximately",), ("approx",)], "about"),
    **dict.fromkeys([("circa",), ("estimated",), ("estimate", "of")], "about"),
}


def find(words: Words) -> list[Number]:
    """The counts of a sentence, left to right, not overlapping."""
    found: list[Number] = []
    floor = 0  # bounds and ranges do not reach back into a number already read
    norm = words.norm
    for i in [i for i, word in enumerate(norm) if word in _BEGINNINGS or word[0].isdigit()]:
        if i < floor or (norm[i] in ("a", "an") and norm[i + 1 : i + 2] not in _BEHIND_A):
            continue
        plain = numeral(words, i)
        read = _share(words, i, plain) or _range(words, i, plain) or plain
        if read is None:
            continue
        skip = no_count(words, read)
        if skip is not None:
            floor = max(skip, read.first + 1)
            continue
        number = _number(words, read, floor)
        if number is not None:
            found.append(number)
        floor = read.end
    return found


def quantity(number: Number, household: float) -> Quantity:
    """What readers see: people where households are counted, `household` persons each, with the sum kept."""
    factor = household if number.unit == "households" else 1.0
    return Quantity(
        low=round(number.low * factor, 2),
        high=round(number.high * factor, 2),
        stated=number.stated,
        unit=number.unit,
        text=number.text,
        factor=factor,
    )


def has_number(words: Words) -> bool:
    """A cheap test: a digit or a number word is there."""
    return not COUNT_WORDS.isdisjoint(words.norm) or _DIGIT.search(words.folded) is not None


def singles(words: Words) -> list[Number]:
    """Weak ones: "a civilian", "another woman", "an elderly man": one person each, told by an article and a
    noun. Not numbers of their own (a rule's {people} must not take them), but when a sentence says that "a
    policeman was killed" and gives no count, they are the count."""
    found: list[Number] = []
    if _ONE.isdisjoint(words.norm):
        return found
    for i, norm in enumerate(words.norm[:-1]):
        if norm in _ONE and (end := _one_person(words, i + 1)):
            found.append(
                Number(
                    low=1.0,
                    high=1.0,
                    stated=1.0,
                    first=i,
                    end=i + 1,
                    noun_end=end,
                    unit="people",
                    noun=words.norm[end - 1],
                    text=words.span(i, end),
                )
            )
    return found


def _one_person(words: Words, at: int) -> int | None:
    """Where the noun of one person ends that begins at word `at`: "elderly woman", "Palestinian" (but not
    "Palestinian village"); None for anything else."""
    noun = noun_after(words, at)
    if noun is not None and noun.unit == "people" and noun.first == at and _singular(noun.word):
        return next((j + 1 for j in range(at, noun.end) if words.norm[j] == noun.word), noun.end)
    last = at + 1 >= len(words) or words.gap(at + 1).strip() != "" or words.norm[at + 1] in _AFTER_PERSON
    named = words.raw(at)[0].isupper() and words.norm[at].endswith(_ONE_OF_A_PEOPLE)
    return at + 1 if last and named and not words.gap(at).strip() else None


def _singular(noun: str) -> bool:
    return noun not in ("police", "people", "personnel", "staff", "militia", "crew", "population") and not (
        noun.endswith("s") or noun.endswith("men")
    )


def _number(words: Words, read: Span, floor: int) -> Number | None:
    """The number with its bounds and its noun; None where the numeral counts only before a noun."""
    noun = noun_after(words, _behind_bound(words, read.end))
    if noun is None and words.gap(read.end).strip(" ") == "-" if read.end < len(words) else False:
        noun = _hyphened(words, read)
    unit: Unit | None = noun.unit if noun else None
    if unit is None and _sized(words, read):
        unit = "people"
    if read.stated == 1 and words.norm[read.end : read.end + 1] in (("of",), ("in",), ("out",)):
        return None  # one of them, one in five
    if (read.vague or (read.stated == 1 and read.exact)) and unit is None and not _one(words, read):
        return None
    low, high = _bounded(words, read, floor)
    noun_end = noun.end if noun else read.end
    return Number(
        low=low,
        high=high,
        stated=read.stated,
        first=read.first,
        end=read.end,
        noun_end=noun_end,
        unit=unit,
        noun=noun.word if noun else None,
        text=words.span(read.first, noun_end),
    )


def _behind_bound(words: Words, end: int) -> int:
    """Where the noun of "300 or more people" is to be looked for."""
    return end + 2 if words.norm[end : end + 2] in (("or", "more"), ("or", "so"), ("or", "fewer")) else end


def _hyphened(words: Words, read: Span) -> Noun | None:
    """ "A 120-strong patrol", "20-odd families"."""
    j = read.end
    if words.norm[j] in ("odd", "plus"):
        return noun_after(words, j + 1)
    return Noun(j, j + 1, "people", words.norm[j]) if words.norm[j] in _HYPHENED else None


def _one(words: Words, read: Span) -> bool:
    """Whether "one" or "1" without a noun still counts: "one was killed", "killing one", "1 dead"."""
    if read.vague:
        return False
    after = words.norm[read.end] if read.end < len(words) and not words.gap(read.end).strip() else ""
    before = words.norm[read.first - 1] if read.first else ""
    return (
        after in _COUNTED_ONE
        or (before in _SCORED and after != "of")
        or (words.norm[read.first] == "1" and after != "")
    )


def _sized(words: Words, read: Span) -> bool:
    """ "A family of six", "a population of 4,500", "half the population of 22 million": people."""
    if "population" in words.norm[read.first : read.end]:
        return True
    i = read.first
    while i and words.norm[i - 1] in ("about", "some", "around", "over", "than", "more", "nearly", "almost"):
        i -= 1
    return i >= 2 and words.norm[i - 1] == "of" and words.norm[i - 2] in _SIZED


def _bounded(words: Words, read: Span, floor: int) -> tuple[float, float]:
    """[low, high] by the words around: more than, at least: up to twice; about: ten in a hundred; up to: from 0."""
    bound = _bound_after(words, read.end) or _bound_before(words, read.first, floor)
    low, high = read.low, read.high
    if bound == "more":
        high = max(high, 2 * low)
    elif bound == "up to":
        low, high = 0.0, high
    elif bound == "about" and low == high:
        low, high = _round(low * 0.9), _round(high * 1.1)
    elif bound == "nearly":
        low = _round(low * 0.9)
    return low, high


def _round(value: float) -> float:
    return float(round(value)) if value >= 10 else round(value, 1)


def _bound_before(words: Words, first: int, floor: int) -> _Bound | None:
    at = first
    if at > floor and words.norm[at - 1] in ("a", "an", "the", "another", "only", "further", "additional", "of"):
        at -= 0 if words.norm[at - 1] == "of" else 1
    before = words.norm[max(floor, at - 3) : at]
    for size in (3, 2, 1):
        if len(before) >= size and (bound := _BOUNDS.get(before[-size:])) is not None:
            return None if at > floor and words.gap(at).strip(" \n-~") else bound
    return "about" if words.gap(first).rstrip(" ").endswith("~") else None


def _bound_after(words: Words, end: int) -> _Bound | None:
    if words.text[words.end[end - 1] : words.end[end - 1] + 1] == "+":
        return "more"
    following = words.norm[end : end + 2]
    if following == ("or", "more") or following[:1] == ("plus",):
        return "more"
    if following == ("or", "so"):
        return "about"
    return "up to" if following in (("or", "less"), ("or", "fewer")) else None


def _range(words: Words, i: int, left: Span | None) -> Span | None:
    """Two numerals that bound one count: "between 10 and 15", "3,000 to 4,000", "15,000-20,000",
    "4 to 5 thousand", "three or four", "hundreds, if not thousands"."""
    if left is None or left.end >= len(words):
        return None
    j, gap = left.end, words.gap(left.end)
    before = words.norm[i - 1] if i else ""
    if words.norm[j][0].isdigit() or words.norm[j] in STARTERS:
        if gap.strip() not in ("-", "–", "—", "--") or (gap.strip() != "–" and gap != gap.strip() and len(gap) > 3):
            return None
        return _joined(words, left, j, loose=False)
    if words.norm[j] in ("to", "and", "or") and not gap.strip():
        between = before == "between" or (
            before in ("some", "about", "around") and words.norm[i - 2 : i - 1] == ("between",)
        )
        if words.norm[j] == "and" and not between:
            return None
        if words.norm[j] == "to" and before == "from" and _RISES.intersection(words.norm[max(0, i - 5) : i - 1]):
            return None  # a change, not a range
        return _joined(words, left, j + 1, loose=words.norm[j] == "or")
    if not left.exact and words.norm[j] in _JOINED and not gap.strip(" ,"):
        while j < len(words) and j < left.end + 3 and words.norm[j] in _JOINED:
            j += 1
        return _joined(words, left, j, loose=True)
    return None


def _joined(words: Words, left: Span, j: int, *, loose: bool) -> Span | None:
    """The range from `left` to the numeral at word `j`, if it is the greater one."""
    if j < len(words) and words.norm[j] in ("some", "about", "around", "perhaps", "even", "possibly", "up", "as"):
        j += 1
    right = numeral(words, j) if j < len(words) and not words.gap(j).strip(" -–—,$€£") else None
    if right is None or right.vague:
        return None
    low = left.low
    scaled = right.stated >= 100 and left.stated < 100 and words.norm[right.end - 1][0].isalpha()
    if scaled and left.stated < right.stated:
        low = left.low * _last_scale(words, right)  # "4 to 5 thousand"
    if low >= right.high or (loose and left.exact and right.stated > 10 * low):
        return None
    stated = right.stated if right.exact else left.stated
    decimal = left.decimal and right.decimal
    return Span(low, right.high, stated, left.first, right.end, exact=False, decimal=decimal)


def _last_scale(words: Words, right: Span) -> float:
    """The multiplier that a range shares: thousand in "4 to 5 thousand", million in "1.5-2m"."""
    factor, j = 1.0, right.end - 1
    while j > right.first and (scale := scale_of(words.norm[j])) is not None:
        factor, j = factor * scale, j - 1
    return factor


def _share(words: Words, i: int, plain: Span | None) -> Span | None:
    """A part of a count: "half of the 22 million", "two thirds of the 300", "half the population of 22 million"."""
    part = fraction(words, i)
    if part is None or (plain is not None and words.norm[i] == "half"):
        return None
    share, j = part
    if j >= len(words) or words.norm[j] not in ("of", "the", "its", "their", "his", "a", "some"):
        return None
    for k in range(j, min(j + 8, len(words))):
        if words.gap(k).strip(" -'’\n"):
            return None
        if words.norm[k][0].isdigit() or words.norm[k] in STARTERS - {"a", "an"}:
            whole = numeral(words, k)
            if whole is None or whole.vague or no_count(words, whole) is not None:
                return None
            low, high = (_round(value * share) for value in (whole.low, whole.high))
            return Span(low, high, _round(whole.stated * share), i, whole.end, exact=whole.exact)
        if words.norm[k] in _SHARE_STOPS:
            return None
    return None
