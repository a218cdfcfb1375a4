"""Who takes a place, as a report prints it: "Islamic State militants have captured Palmyra".

Only what stands right before the verb is taken, word for word. Who that is, and whether "the army" of one report is
"government troops" of another, is not asked: the ledger says what was printed.
"""

from __future__ import annotations

from typing import Final

from alerts.read.daywords import MONTHS, WEEKDAYS
from alerts.read.text import Words, words

_TAKES: Final = frozenset(
    "have has had also now fully completely again finally captured capture captures recaptured recapture recaptures "
    "retaken retook retakes retake seized seize seizes taken took take takes overran overrun overruns liberated "
    "liberate liberates regained regain regains gained".split()
)
_OF_A_NAME: Final = frozenset("government rebel regime opposition coalition state loyalist separatist allied".split())
_NO_NAME: Final = frozenset("the a an of and said says that when after while but as in on".split())
# They name nobody: every side has them.
_ANYBODY: Final = frozenset(
    "forces force troops fighters fighter soldiers soldier militants militant gunmen men group groups units unit "
    "brigade brigades battalion convoy tanks tank column columns armed allied".split()
)
_LONGEST: Final = 6


def holder(sentence: str, taking: str) -> str:
    """Who does what `taking` says (a part of the sentence that begins with the force); "" where that names nobody."""
    read, part = words(sentence), words(taking)
    at = _where(read, part)
    if at is None:
        return ""
    verb = next((i for i in range(at, at + len(part)) if read.norm[i] in _TAKES), at)
    first = at
    while first > 0 and verb - first < _LONGEST and _of_the_name(read, first - 1) and not read.gap(first).strip(" -"):
        first -= 1
    named = read.norm[first:verb]
    return "" if _ANYBODY.issuperset(named) else read.span(first, verb)


def differ(one: str, other: str) -> bool:
    """Whether two are printed so differently that they may be two: "army" and "Syrian army" are not."""
    ours, theirs = set(words(one).norm), set(words(other).norm)
    return bool(ours and theirs) and not (ours <= theirs or theirs <= ours)


def names(taking: str, place: str) -> bool:
    """Whether the words of a taking name a place, in whatever spelling: another one of the sentence may be meant."""
    return not _beginnings(taking).isdisjoint(_beginnings(place))


def _beginnings(text: str) -> set[str]:
    return {word[:3] for word in words(text).norm if len(word) > 3 and word not in _TAKES}


def _where(read: Words, part: Words) -> int | None:
    size = len(part)
    return next((i for i in range(len(read) - size + 1) if size and read.norm[i : i + size] == part.norm), None)


def _of_the_name(read: Words, i: int) -> bool:
    word = read.norm[i]
    if word in _NO_NAME or word in WEEKDAYS or word in MONTHS:
        return False
    return word in _OF_A_NAME or read.raw(i)[:1].isupper()
