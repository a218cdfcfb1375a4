"""Finds which names of the index stand at a word of a sentence: the longest first, in the forms a newspaper may print
them (case endings, a possessive that lost its apostrophe, letters that were lost). Whether they are meant as places
is `spotting`.
"""

from __future__ import annotations

from dataclasses import dataclass

from alerts.read.gazetteer import names, vocabulary
from alerts.read.gazetteer.index import ABBREVIATION, GIVEN, MASK, QUALITY, Index
from alerts.read.mending import LOST
from alerts.read.text import Words

SOFT = frozenset((" ", "-", "–", "'", "’", " -", "- ", "\n"))
_LONGEST = 6  # words of a name
_INNER = frozenset(
    "de da do dos das del della dei di la las le les los al el and of the e y i a du des au aux sur sous en upon am an "
    "der im bei auf ob".split()
)
_APOSTROPHES = ("'", "’", LOST)
_ACCENTED = "aeiounc'"  # the letters that accents stand on, and what is lost where an apostrophe was
_NOT_HAD = _INNER | frozenset(  # words that no possessive stands before
    "in on at to from by for with as or but is are was were has have had will would may can said says who which that "
    "en con que se o está están es son era por para où qui est sont par dans".split()
)


@dataclass(slots=True)
class Match:
    """A name found by the index; `first` may move left over an article or a compass word."""

    first: int
    end: int
    postings: tuple[int, ...]
    given: bool
    mask: bool


def capital(char: str) -> bool:
    """May a name begin with this letter? Scripts without case always may."""
    return char.isupper() if char < "\u0590" else not char.islower()


def match_at(index: Index, words: Words, i: int, done: int) -> Match | None:
    """The longest name that begins at word `i`, or at the small article or compass word before it."""
    norm = words.norm
    before = i - 1
    if before >= done and not words.text[words.start[before]].isupper():
        if norm[before] in names.ARTICLES and words.gap(i) == "-":
            longer = longest(index, words, before)
            if longer is not None and longer.end > i:
                return longer
        elif norm[before] in vocabulary.COMPASS and words.gap(i) == " ":
            longer = longest(index, words, before)
            if longer is not None and longer.end > i and longer.postings and index.level[longer.postings[0] >> 4]:
                return longer
    return longest(index, words, i)


def longest(index: Index, words: Words, i: int) -> Match | None:
    norm = words.norm
    if LOST in words.text:
        lost = _mended(index, words, i)
        if lost is not None or LOST in _piece(words, i, i + 1):
            return lost
    if i + 1 < len(norm) and index.begins(norm[i], norm[i + 1]):
        joined = " ".join(norm[i : i + _LONGEST])
        size = len(joined)
        for name in reversed(index.prefixes(joined)):
            end = i + name.count(" ") + 1
            if end == i + 1:
                break
            if (len(name) == size or joined[len(name)] == " ") and _one_name(words, i, end):
                match = _usable(words, i, end, index.find(name))
                if match is not None:
                    return match
    postings = index.find(norm[i])
    match = _usable(words, i, i + 1, postings) if postings else None
    return match or _other_form(index, words, i)


def _mended(index: Index, words: Words, i: int) -> Match | None:
    """The longest known name that begins at word `i` with one or two letters lost to a wrong character set."""
    for end in range(min(i + _LONGEST, len(words)), i, -1):
        piece = _piece(words, i, end)
        if 1 <= piece.count(LOST) <= 2 and len(piece) > 3 and _one_name(words, i, end):
            match = _usable(words, i, end, _guessed(index, piece))
            if match is not None:
                return match
    return None


def _piece(words: Words, first: int, end: int) -> str:
    """The words as printed, with a lost letter at their end, which `Words` takes for a mark."""
    low, high = words.start[first], words.end[end - 1]
    return words.text[low : high + words.text.startswith(LOST, high)]


def _guessed(index: Index, piece: str) -> tuple[int, ...]:
    """The postings of the best known name that `piece` may have been before letters of it were lost."""
    keys = [piece]
    while keys and LOST in keys[0]:
        tried = [one.replace(LOST, letter, 1) for one in keys for letter in _ACCENTED]
        keys = [one for one in tried if index.leads(names.key(one.partition(LOST)[0]))]
    found = [postings for one in keys if (postings := index.find(names.key(one)))]
    return max(found, key=lambda postings: max(index.rank[posting >> 4] for posting in postings), default=())


def _other_form(index: Index, words: Words, i: int) -> Match | None:
    """A known name inside a form it does not have in the index: a case ending, an Arabic prefix, a possessive that
    lost its apostrophe ("Aleppos suburbs": only of well-known places)."""
    word = words.norm[i]
    if word >= "\u0400":
        for form in names.inflected(word):
            match = _usable(words, i, i + 1, index.find(form))
            if match is not None:
                return match
    elif word.endswith("s") and len(word) > 4 and _possesses(words, i):
        match = _usable(words, i, i + 1, index.find(word[:-1]))
        if match is not None and match.postings and not match.given and not match.mask:
            best = match.postings[0] >> 4
            if index.level[best] < 3 or index.population[best] >= 100_000:
                return match
    return None


def _possesses(words: Words, i: int) -> bool:
    """May word `i` be a possessive: does something that it could have follow?"""
    after = i + 1
    return after < len(words) and words.gap(after) == " " and words.norm[after] not in _NOT_HAD


def _usable(words: Words, first: int, end: int, postings: tuple[int, ...]) -> Match | None:
    """Abbreviations must be printed in capitals; marks are set apart from places. Both stand first in the index."""
    if not postings:
        return None
    if postings[0] & QUALITY < ABBREVIATION:
        return Match(first, end, postings, False, False)
    marks = abbreviated = 0
    for posting in postings:
        quality = posting & QUALITY
        marks += quality >= GIVEN
        abbreviated += quality == ABBREVIATION
        if quality < ABBREVIATION:
            break
    given, mask = GIVEN in postings[:marks], MASK in postings[:marks]
    if abbreviated and not words.span(first, end).isupper():
        marks += abbreviated
    places = postings[marks:]
    return Match(first, end, places, given, mask) if places or given or mask else None


def _elided(text: str, at: int) -> bool:
    """Does a small word that lost its vowel stand before a name there: "d'Ivoire", "l’Artibonite"?"""
    return text[at : at + 1] in ("d", "l") and text[at + 1 : at + 2] in _APOSTROPHES and text[at + 2 : at + 3].isupper()


def _one_name(words: Words, first: int, end: int) -> bool:
    """Do these words stand together as one name: no comma between, and capitals but for the small words?"""
    text, start, norm = words.text, words.start, words.norm
    for i in range(first + 1, end):
        gap = words.gap(i)
        if gap not in SOFT and not (gap == ". " and len(norm[i - 1]) < 4):
            return False
        small = not capital(text[start[i]]) and not _elided(text, start[i]) and not norm[i].isdecimal()
        if small and i == end - 1 and norm[i] in names.KINDS:
            continue  # "Beni territory" is a name of its own, which says more than "Beni"
        if small and (i == end - 1 or (norm[i] not in _INNER and norm[i] not in names.ARTICLES)):
            return False
    return True
