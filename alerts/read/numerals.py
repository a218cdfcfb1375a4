"""The numeral itself: digits with their groups, number words, vague words and their multiples, read into an
interval. What stands around it (bounds, ranges, nouns, and what is no count) is `numbers.py`.

Each reader takes a position and gives what it read or None; none looks further ahead than the numeral goes.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from alerts.read.text import Words
from alerts.read.units import is_month, unit_of

_SMALL = """one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen
    eighteen nineteen""".split()
_ONES = {word: float(value) for value, word in enumerate(_SMALL, start=1)}
_TENS = dict(zip("twenty thirty forty fifty sixty seventy eighty ninety".split(), range(20, 100, 10), strict=True))
# Spanish, French and Portuguese words that no English text uses otherwise: situation reports quote them.
_ONES |= {
    **dict.fromkeys(("cinco", "cinq"), 5.0),
    **dict.fromkeys(("siete", "sete"), 7.0),
    **dict.fromkeys(("ocho", "oito", "huit"), 8.0),
    **dict.fromkeys(("nueve", "nove", "neuf"), 9.0),
    **dict.fromkeys(("diez", "dez"), 10.0),
    **dict.fromkeys(("veinte", "vinte", "vingt", "vingtaine"), 20.0),
    **dict.fromkeys(("treinta", "trinta", "trente", "trentaine"), 30.0),
    **dict.fromkeys(("cuarenta", "quarenta", "quarante"), 40.0),
    **dict.fromkeys(("cincuenta", "cinquenta", "cinquante"), 50.0),
    **dict.fromkeys(("cien", "centenar", "centena", "centaine"), 100.0),
}
_SCALES = {
    "hundred": 100.0,
    "thousand": 1e3,
    "million": 1e6,
    "billion": 1e9,
    "dozen": 12.0,
    "lakh": 1e5,
    "lakhs": 1e5,
    "crore": 1e7,
    "crores": 1e7,
    "mln": 1e6,
    "bn": 1e9,
    "mil": 1e3,
}
_LETTERS = {"m": 1e6, "k": 1e3, "bn": 1e9, "mn": 1e6, "mln": 1e6}
_PLURALS = {"hundreds": 100.0, "thousands": 1e3, "millions": 1e6, "billions": 1e9, "dozens": 12.0, "lakhs": 1e5}
_MULTIPLES = _SCALES | _PLURALS
_BELOW_HUNDRED = frozenset((*_ONES, *_TENS))
_VAGUE = {
    "tens": (20.0, 99.0),
    "dozens": (24.0, 99.0),
    "scores": (40.0, 99.0),
    "hundreds": (200.0, 999.0),
    "thousands": (2e3, 9_999.0),
    "millions": (2e6, 9_999_999.0),
    "billions": (2e9, 9_999_999_999.0),
}
_FEW = {"several": (3.0, 9.0), "few": (2.0, 5.0), "handful": (3.0, 6.0), "couple": (2.0, 2.0)}
_PARTS = {"½": 0.5, "¼": 0.25, "¾": 0.75}
_FRACTIONS = {
    "half": 0.5,
    "quarter": 0.25,
    "quarters": 0.25,
    "third": 1 / 3,
    "thirds": 1 / 3,
    "fifth": 0.2,
    "fifths": 0.2,
}
_AFTER_A = frozenset((*_SCALES, "few", "couple", "handful", "half", "quarter"))
LARGEST = 2e10  # nothing counted here is more; longer runs of digits are telephone numbers and the like

AFTER_A = _AFTER_A | frozenset(_FRACTIONS)  # "a" begins a numeral or a share only before one of these
STARTERS = frozenset((*_ONES, *_TENS, *_VAGUE, *_FEW, *_FRACTIONS, "a", "an"))
COUNT_WORDS = STARTERS - {"a", "an", "few", "third", "quarter", "fifth"} | {*_SCALES, "few"} - {"bn", "mil"}


@dataclass(frozen=True, slots=True)
class Span:
    """A numeral read: words [first, end). `vague` marks words such as "several" and "few" that count only
    before a noun; `plain` a bare run of digits, `decimal` one with a fraction and no multiplier."""

    low: float
    high: float
    stated: float
    first: int
    end: int
    vague: bool = False
    plain: bool = False
    decimal: bool = False
    exact: bool = True  # a single value, not an interval by its own words

    def times(self, factor: float, end: int) -> Span:
        """Multiplied by a word such as "million" that ends before `end`. "Tens of thousands" reaches 99,999."""
        top = self.high if self.exact or self.vague else self.high + 1
        high = top * factor - (0 if self.exact or self.vague else 1)
        exact = self.exact or self.vague
        return Span(self.low * factor, high, self.stated * factor, self.first, end, exact=exact)


def numeral(words: Words, i: int) -> Span | None:
    """The numeral that begins at word `i`, with its multipliers, or None."""
    norm = words.norm[i]
    if norm[0].isdigit():
        return _scaled(words, _digits(words, i))
    if norm in ("a", "an") or (norm in _SCALES and norm in ("hundred", "thousand", "million")):
        return _after_article(words, i)
    if norm in _ONES or norm in _TENS:
        return _spelled(words, i)
    if norm in _FEW:
        low, high = _FEW[norm]
        return _scaled(words, Span(low, high, low, i, i + 1, vague=low != high, exact=low == high))
    if norm in _VAGUE:
        return _vague(words, i)
    if norm == "half":
        return _half(words, i, i + 1)
    return None


def scale_of(norm: str) -> float | None:
    """What a multiplier word multiplies by, or None: "thousand", "lakh", "m"."""
    return _SCALES.get(norm, _LETTERS.get(norm))


def fraction(words: Words, i: int) -> tuple[float, int] | None:
    """A share that begins at word `i` ("half", "a third", "two thirds", "three-quarters") and where it ends."""
    n, norm = len(words), words.norm[i]
    if norm == "half":
        return 0.5, i + 1
    if i + 1 < n and words.norm[i + 1] in _FRACTIONS and not words.gap(i + 1).strip(" -"):
        part = _FRACTIONS[words.norm[i + 1]]
        if norm in ("a", "one"):
            return part, i + 2
        if norm in ("two", "three", "four") and words.norm[i + 1].endswith("s"):
            return _ONES[norm] * part, i + 2
    return None


def _touching(words: Words, i: int) -> bool:
    """Whether only blanks or a hyphen stand before word `i`."""
    return i < len(words) and not words.gap(i).strip(" -\n\t")


def _digits(words: Words, i: int) -> Span | None:
    """Digits with groups: "1,200", "1.200.000", "1'200", "40 000", "2, 669" (from a PDF), "1.2", "12,5"."""
    raw = words.folded[words.start[i] : words.end[i]]
    end = i + 1
    if not raw[0].isdecimal():
        return None  # "①"
    if raw.isdecimal():
        groups = [raw]
        while len(groups[0]) <= 3 and groups[0] != "0" and _group_follows(words, end, len(groups)):
            groups.append(words.norm[end])
            end += 1
        value = float("".join(groups)[:15])
        return Span(value, value, value, i, end, plain=len(groups) == 1) if value <= LARGEST else None
    commas, dots = raw.count(","), raw.count(".")
    pieces = raw.replace("'", ",").replace(".", ",").split(",")
    grouped = len(pieces[-1]) == 3 and all(len(piece) in (2, 3) for piece in pieces[1:]) and len(pieces[0]) <= 3
    one_dot = dots == 1 and not commas and "'" not in raw
    if grouped and pieces[0] != "0" and not (one_dot and pieces[1] != "000" and not _counts_people(words, end)):
        value = float("".join(pieces)[:15])
        return Span(value, value, value, i, end)
    if len(pieces) == 2 or (dots == 1 and raw.rindex(".") > raw.rfind(",") and len(pieces[-1]) != 3):
        value = float("".join(pieces[:-1])[:15] + "." + pieces[-1][:6])
        return Span(value, value, value, i, end, decimal=True) if value <= LARGEST else None
    return None


def _group_follows(words: Words, j: int, so_far: int) -> bool:
    """Whether word `j` is a further group of three digits: "40 000"; after a comma and blank, as PDFs print
    it, only when what follows is counted ("61, 000", "2, 669 homes"), because lists look the same."""
    if j >= len(words) or len(words.norm[j]) != 3 or not words.norm[j].isdecimal() or so_far > 3:
        return False
    if so_far == 1 and is_month(words, j - 2):
        return False  # "on Aug 12 300 people ..."
    gap = words.gap(j).replace("\xa0", " ").replace("\u2009", " ").replace("\u202f", " ")
    if gap.strip(" \n") == "" and gap:
        return True
    return gap.strip(" ") == "," and (words.norm[j] == "000" or _counts_people(words, j + 1))


def _counts_people(words: Words, j: int) -> bool:
    """Whether a counted noun follows at word `j`, perhaps behind one adjective."""
    for k in (j, j + 1):
        if k >= len(words) or words.gap(k).strip(" \n"):
            return False
        if unit_of(words.norm[k]) is not None:
            return words.norm[k] not in ("wounded", "injured", "dead", "missing", "displaced", "homeless")
    return False


def _scaled(words: Words, span: Span | None) -> Span | None:
    """Multipliers behind a numeral: "1.2 million", "2 lakh", "15k", "several hundred", "one and a half million"."""
    while span is not None and span.end < len(words) and span.high <= LARGEST:
        j = span.end
        norm, gap = words.norm[j], words.gap(j)
        if norm in _PARTS and not gap.strip():
            span = replace(span, low=span.low + _PARTS[norm], high=span.high + _PARTS[norm], end=j + 1, decimal=True)
            span = replace(span, stated=span.low)
        elif gap == "" and norm in _LETTERS and _is_letter_scale(words, span, j):
            span = span.times(_LETTERS[norm], j + 1)
        elif norm in _SCALES and not gap.strip(" -\n"):
            if norm == "mil" and not words.norm[j - 1][0].isdigit():
                break
            span = span.times(_SCALES[norm], j + 1)
        elif norm in _PLURALS and span.stated <= 999 and not gap.strip(" \n"):
            span = span.times(_PLURALS[norm], j + 1)
        elif norm == "of" and (span.vague or _is_couple(words, j)) and _is_scale(words, j + 1):
            span = span.times(_MULTIPLES[words.norm[j + 1]], j + 2)
        elif norm == "and" and words.norm[j + 1 : j + 3] == ("a", "half") and span.exact:
            half = 0.5 * (_SCALES.get(words.norm[j - 1], 1.0))
            span = replace(span, low=span.low + half, high=span.high + half, stated=span.stated + half, end=j + 3)
            span = replace(span, decimal=half < 1, plain=False)
        else:
            break
    return span if span is None or span.high <= LARGEST else None


def _is_couple(words: Words, j: int) -> bool:
    return words.norm[j - 1] == "couple"


def _is_scale(words: Words, j: int) -> bool:
    return j < len(words) and words.norm[j] in _MULTIPLES and not words.gap(j).strip()


def _is_letter_scale(words: Words, span: Span, j: int) -> bool:
    """ "m" is million, not metres, in "1.2m people" and "displaced 1.2m"; "5m" alone may be a wall's height."""
    if words.norm[j] != "m" or span.decimal:
        return words.norm[j] != "m" or not _is_length(words, j + 1)
    return any(k < len(words) and unit_of(words.norm[k]) is not None for k in range(j + 1, j + 4)) and not _is_length(
        words, j + 1
    )


def _is_length(words: Words, j: int) -> bool:
    return j < len(words) and words.norm[j] in (
        "tall", "high", "long", "wide", "deep", "away", "from", "above", "below", "square", "thick", "sprint"
    )  # fmt: skip


def _after_article(words: Words, i: int) -> Span | None:
    """ "A dozen", "a hundred and fifty", "a few thousand", "a quarter of a million", "a million and a half"."""
    j = i + 1 if words.norm[i] in ("a", "an") else i
    if j >= len(words) or words.norm[j] not in _AFTER_A or (j > i and words.gap(j).strip()):
        return None
    norm = words.norm[j]
    if norm in ("half", "quarter"):
        return _half(words, i, j + 1, _FRACTIONS[norm])
    if norm in _FEW:
        low, high = _FEW[norm]
        return _scaled(words, Span(low, high, low, i, j + 1, vague=low != high, exact=low == high))
    if j == i and norm == "million":
        return None  # "the million who fled" is a figure of speech as often as a count
    span = Span(1.0, 1.0, 1.0, i, j).times(_SCALES[norm], j + 1)
    return _scaled(words, _plus_small(words, span))


def _half(words: Words, i: int, j: int, part: float = 0.5) -> Span | None:
    """ "Half a million", "half-million", "half a dozen", "a quarter of a million"."""
    if j < len(words) and words.norm[j] == "of" and part != 0.5:
        j += 1
    if j < len(words) and words.norm[j] in ("a", "one"):
        j += 1
    if j < len(words) and words.norm[j] in ("million", "thousand", "hundred", "dozen", "billion", "lakh", "crore"):
        span = Span(part, part, part, i, j).times(_SCALES[words.norm[j]], j + 1)
        return None if span.stated < 1 else span
    return None


def _plus_small(words: Words, span: Span) -> Span:
    """What follows "a hundred": "and fifty", "fifty-two"."""
    j = span.end
    if j < len(words) and words.norm[j] == "and" and not words.gap(j).strip():
        j += 1
    if j < len(words) and words.norm[j] in _BELOW_HUNDRED and _touching(words, j):
        small = _below_hundred(words, j)
        if small.stated < span.stated:
            total = span.stated + small.stated
            return Span(total, total, total, span.first, small.end)
    return span


def _below_hundred(words: Words, i: int) -> Span:
    """ "Seven", "twelve", "twenty", "twenty-five"."""
    value = _ONES.get(words.norm[i]) or float(_TENS[words.norm[i]])
    end = i + 1
    if words.norm[i] in _TENS and _touching(words, end) and _ONES.get(words.norm[end], 10) < 10:
        value += _ONES[words.norm[end]]
        end += 1
    return Span(value, value, value, i, end)


def _spelled(words: Words, i: int) -> Span | None:
    """A number in words: "twenty-five", "one hundred and twenty thousand", "two and a half million"."""
    total, span = 0.0, _below_hundred(words, i)
    current, end = span.stated, span.end
    last_scale = float("inf")
    while end < len(words) and _touching(words, end):
        norm = words.norm[end]
        if norm == "hundred" and current < 100:
            current, end = current * 100, end + 1
            rest = _plus_small(words, Span(current, current, current, i, end))
            current, end = rest.stated, rest.end
        elif norm in ("thousand", "million", "billion", "lakh", "crore") and _SCALES[norm] < last_scale:
            last_scale = _SCALES[norm]
            total, current, end = total + current * last_scale, 0.0, end + 1
            more = end + (words.norm[end : end + 1] == ("and",))
            if more >= len(words) or words.norm[more] not in _BELOW_HUNDRED:
                break
            if words.gap(more).strip(" -\n\t," if _ends_with_scale(words, more + 1) else " -\n\t"):
                break
            small = _below_hundred(words, more)
            if _ends_with_scale(words, small.end) or more > end or small.stated >= 10:
                current, end = small.stated, small.end
            else:
                break
        else:
            break
    value = total + current
    return _scaled(words, Span(value, value, value, i, end))


def _ends_with_scale(words: Words, j: int) -> bool:
    return j < len(words) and words.norm[j] in ("hundred", "thousand") and _touching(words, j)


def _vague(words: Words, i: int) -> Span | None:
    """ "Dozens", "tens of thousands", "hundreds of thousands"; "tens" alone is no number."""
    low, high = _VAGUE[words.norm[i]]
    span = Span(low, high, low, i, i + 1, exact=False)
    while (
        span.high <= LARGEST
        and span.end + 1 < len(words)
        and words.norm[span.end] == "of"
        and words.norm[span.end + 1] in _PLURALS
    ):
        span = span.times(_PLURALS[words.norm[span.end + 1]], span.end + 2)
    return None if span.high > LARGEST or (span.end == i + 1 and words.norm[i] == "tens") else span
