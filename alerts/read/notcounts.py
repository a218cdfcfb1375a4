"""What looks like a number and counts nothing: dates, years, clock times, ages, sums of money, percentages,
distances, scores, and names with a number in them (Highway 5, F-16). A rule that decides by numbers stands
or falls with this list.
"""

from __future__ import annotations

from alerts.read.numerals import COUNT_WORDS, Span
from alerts.read.text import Words
from alerts.read.units import is_month, noun_after, unit_of

_TIME = frozenset(
    """year years month months week weeks day days hour hours minute minutes second seconds decade decades century
    centuries night nights evenings mornings weekends hrs mins fortnight yearold""".split()
)
_TIME_BETWEEN = frozenset(
    "more consecutive straight full long calendar last past working successive whole or so".split()
)
_MEASURES = frozenset(
    """km kms kilometre kilometres kilometer kilometers mile miles metre metres meter meters cm mm centimetres
    centimeters millimetres millimeters feet ft foot inch inches yards acre acres hectare hectares ha sq square kg
    kgs kilos kilo kilogram kilograms tonne tonnes ton tons litre litres liter liters gallons degrees degree mph kph
    kmh knots magnitude mw kw gw megawatts kilowatts watts volts bytes kb mb gb calibre caliber celsius fahrenheit
    points point percentage percent pct carat proof bpd barrels bushels""".split()
)
_MONEY_AFTER = frozenset(
    """dollar dollars euro euros pound pounds rupee rupees yen yuan lira liras franc francs shilling shillings rial
    rials riyal riyals dinar dinars dirham dirhams peso pesos cents usd eur gbp inr pkr sdg chf aud cad roubles
    rubles won baht taka hryvnia naira birr kwacha crowns kronor rand""".split()
)
_MONEY_BEFORE = frozenset("usd eur gbp inr pkr rs aud cad chf sdg yer syp".split())
_MEASURED = _TIME | _MEASURES | _MONEY_AFTER
_NAMED_BY_NUMBER = frozenset(
    """resolution article articles chapter section sections route highway road room flight channel phase level category
    version grade class block zone day part type boeing airbus magnitude page pages no nos number numbers formula nr
    war act item step stage tier windows route line lane gate terminal pier hill point psalm verse episode season
    aged age ages unit battalion brigade regiment division squadron interstate junction sector ward precinct apollo
    soyuz catch opec""".split()
)
_CLOCK = frozenset("am pm gmt utc oclock est edt cet eet local noon".split())
_HYPHENED = frozenset("strong member man person woman odd plus inhabitant resident".split())
_NEVER_A_YEAR_BEFORE = frozenset(
    "than least some about around nearly almost over total estimated additional another".split()
)
_YEAR_BEFORE = frozenset(
    """in since by until till from before after during early late mid year spring summer autumn fall winter to june
    july through between""".split()
)
_AFTER_SCORES = frozenset("of more others were are have dead wounded injured killed missing".split())
_SCORED = frozenset("killing wounding injuring killed wounded injured leaving displaced arrested".split())


def no_count(words: Words, read: Span) -> int | None:
    """Where to go on if the numeral is no count (a date, a year, an age, money, a distance, a name ...)."""
    if _named(words, read.first):
        return read.end
    end = _measured(words, read.end)
    if end is not None:
        return end
    if words.norm[read.first][0].isdigit() and (end := _date_or_time(words, read)) is not None:
        return end
    if _glued_after(words, read):
        return read.end
    if words.norm[read.first] == "scores" and read.end == read.first + 1 and not _is_scores(words, read):
        return read.end
    if read.decimal and (read.stated != int(read.stated)):
        return read.end  # 6.3 of something is a measure, not a count
    return read.end if _is_age(words, read) or _is_score(words, read) or _is_ratio(words, read) else None


def _glued_after(words: Words, read: Span) -> bool:
    """ "30-year", "two-state", "7.62x39", "1990s": the numeral qualifies a word, it counts nothing. A fraction
    ("two-thirds", "1/3") and a part of a longer code are none either."""
    if read.end >= len(words):
        return False
    gap, norm = words.gap(read.end), words.norm[read.end]
    if gap == "" and norm[0].isalpha():
        return (len(norm) < 4 and norm not in ("men", "km")) or norm in ("x", "s")
    if gap in ("/", ":") or (gap == "-" and norm[0].isdigit()):
        return True
    if gap == "-" and norm[0].isalpha():
        return norm not in _HYPHENED and unit_of(norm) is None and words.raw(read.end).islower()
    return norm in ("thirds", "third", "quarters", "fifths", "fifth") and not gap.strip(" -")


def _date_or_time(words: Words, read: Span) -> int | None:
    """Days of months, years and clock times: "27 October", "Oct. 27 and 28", "in 2014", "5:30", "8-9 January"."""
    first, end, n = read.first, read.end, len(words)
    if read.stated <= 31 and words.norm[max(0, first - 2) : first] == ("as", "of") and noun_after(words, end) is None:
        return end
    if is_month(words, end) and not words.gap(end).strip(" -\n"):
        return end + 1
    if read.stated <= 31 and end + 1 < n and words.norm[end] in ("and", "to", "or", "until", "through", "til"):
        if words.norm[end + 1].isdigit() and is_month(words, end + 2):
            return end + 3
    if first and words.gap(first) in (":", "/", ".") and words.norm[first - 1][0].isdigit():
        return end
    if first and is_month(words, first - 1) and not words.gap(first).strip(" .\n"):
        if read.stated <= 31 or (read.plain and _looks_a_year(read.stated)):
            return _more_days(words, end)
    plain_year = read.plain and len(words.norm[first]) == 4 and _looks_a_year(read.stated)
    return end if plain_year and _is_year(words, read) else None


def _more_days(words: Words, end: int) -> int:
    """Where "March 28 and 29" ends: a second day, unless it counts something."""
    if end + 1 < len(words) and words.norm[end] in ("and", "to", "or") and words.norm[end + 1].isdecimal():
        if float(words.norm[end + 1][:9]) <= 31 and noun_after(words, end + 2) is None:
            return end + 2
    return end


def _looks_a_year(value: float) -> bool:
    return 1800 <= value <= 2100


def _is_year(words: Words, read: Span) -> bool:
    before = words.norm[read.first - 1] if read.first else ""
    if before in _NEVER_A_YEAR_BEFORE:
        return False
    noun = noun_after(words, read.end)
    direct = noun is not None and noun.unit is not None and noun.end - read.end <= 2
    return before in _YEAR_BEFORE or not direct


def _is_age(words: Words, read: Span) -> bool:
    """ "Omar, 45, said" and "over the age of 60"."""
    first, end = read.first, read.end
    if first >= 3 and words.norm[first - 2 : first] == ("age", "of"):
        return True
    before = words.norm[first - 1] if first else ""
    if before in ("to", "and", "between", "over", "under", "below") and "aged" in words.norm[max(0, first - 4) : first]:
        return True
    if before in ("under", "over") and first >= 2 and read.stated < 100 and read.end == first + 1:
        if unit_of(words.norm[first - 2]) == "people" and noun_after(words, read.end) is None:
            return True  # "children under five"
    if not first or read.stated > 110 or not words.norm[first][0].isdigit() or words.gap(first).strip() != ",":
        return False
    after = words.text[words.end[end - 1] : words.end[end - 1] + 1]
    return after in (",", ".", ")") and words.raw(first - 1)[0].isupper()


def _is_score(words: Words, read: Span) -> bool:
    """ "Won 3-2", "67-57": the second half of what was no range."""
    return (
        read.first > 0
        and words.gap(read.first) in ("-", "–")
        and words.norm[read.first - 1][0].isdigit()
        and read.stated < 200
    )


def _is_ratio(words: Words, read: Span) -> bool:
    """ "One in five", "four out of ten"."""
    norm, first = words.norm, read.first
    if norm[read.end : read.end + 2] == ("out", "of") and norm[read.end + 2 : read.end + 3] not in ((), ("the",)):
        return read.stated < 100
    if norm[max(0, first - 2) : first] == ("out", "of") and first >= 3:
        return norm[first - 3] in COUNT_WORDS or norm[first - 3][0].isdigit()
    if first < 2 or norm[first - 1] != "in" or read.stated >= 100:
        return False
    return norm[first - 2] in ("one", "1", "two", "three")


def _is_scores(words: Words, read: Span) -> bool:
    """Whether "scores" counts: "scores of people", "killing scores", "scores were hurt"; not "scores a goal"."""
    before = words.norm[read.first - 1] if read.first else ""
    after = words.norm[read.end] if read.end < len(words) else ""
    return before != "test" and (after in _AFTER_SCORES or before in _SCORED)


def _measured(words: Words, end: int) -> int | None:
    """Where a phrase ends whose words from `end` on make the number before it no count (a time, a measure, a
    sum of money, a percentage), or None."""
    n = len(words)
    rest = words.text[words.end[end - 1] : words.end[end - 1] + 2].lstrip()
    if rest[:1] in ("%", "°", "€", "£", "$"):
        return end
    i = end
    if i < n and words.norm[i] == "of":
        i += 1
    while i < n and i < end + 3 and words.norm[i] in _TIME_BETWEEN:
        i += 1
    if i >= n or words.gap(i).strip(" -\n"):
        return None
    norm = words.norm[i]
    if norm in _MEASURED:
        return i + 1
    if norm == "per" and i + 1 < n and words.norm[i + 1] == "cent":
        return i + 2
    if i == end and (
        (norm in _CLOCK and words.raw(i) != "local") or (norm in ("th", "st", "nd", "rd") and not words.gap(i))
    ):
        return i + 1
    us = norm in ("us", "american", "canadian", "australian", "syrian", "iraqi", "british") and i + 1 < n
    if us and words.norm[i + 1] in _MONEY_AFTER:
        return i + 2
    return None


def _named(words: Words, first: int) -> bool:
    """Whether what stands before word `first` makes the number a name or a sum: "Highway 5", "F-16", "$5"."""
    if first == 0:
        return words.text[: words.start[0]].rstrip()[-1:] in ("$", "€", "£", "¥", "₹", "#")
    gap, before = words.gap(first), words.norm[first - 1]
    if gap.strip()[-1:] in ("$", "€", "£", "¥", "₹", "#"):
        return True
    if gap in ("", "-", "/") and not before[0].isdigit():
        raw = words.raw(first - 1)
        if gap == "":
            return not raw.islower() or len(raw) < 2
        return any(map(str.isupper, raw)) and words.norm[first][0].isdigit()
    if gap.strip(" .\n") or (before not in _NAMED_BY_NUMBER and before not in _MONEY_BEFORE):
        return False
    if before in ("no", "line", "day", "part", "point", "unit", "war", "page", "hill"):
        return words.norm[first][0].isdigit() or words.raw(first - 1)[0].isupper()
    return True
