"""Texts as the words by which alerts are found, and questions as the words that are looked for.

Both are folded alike: small letters, no accents or vowel points, no Arabic article. Scripts that are written without
blanks, or whose signs no word holds together, are kept as pairs of letters, so that any part of a text is found.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from alerts.read.text import words

LONGEST: Final = 40  # letters of a word; what follows does not count
MOST_KEPT: Final = 300  # words of one alert
_PAIRED: Final = re.compile(
    "[\u0900-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff]+"
)
_MARKS: Final = re.compile("[\u0300-\u036f\u0591-\u05c7\u0610-\u061a\u0640\u064b-\u065f\u0670]")
_ARTICLE: Final = "ال"


@dataclass(frozen=True, slots=True)
class Word:
    """A word that is looked for; `begins`: one that begins so will do."""

    text: str
    begins: bool = False


def kept(texts: Iterable[str]) -> list[str]:
    """The words by which something with these texts is found, in alphabetical order."""
    text = _folded("\n".join(texts))
    found: set[str] = set()
    for word in _words(text):
        found.add(word)
        if len(found) == MOST_KEPT:
            return sorted(found)
    if not text.isascii():
        found |= {letter for run in _PAIRED.findall(text) for letter in run}
    return sorted(found)


def asked(text: str) -> tuple[Word, ...]:
    """The words of a question; one that ends in a star is the beginning of words: "displac*". None twice."""
    found: dict[Word, None] = {}
    for piece in text.split():
        some = list(_words(_folded(piece)))
        begins = piece.endswith("*") and bool(some) and len(some[-1]) > 1
        for word in some:
            found[Word(word, begins and word is some[-1])] = None
    return tuple(found)


def _folded(text: str) -> str:
    if text.isascii():
        return text
    return unicodedata.normalize("NFC", _MARKS.sub("", unicodedata.normalize("NFKD", text)))


def _words(folded: str) -> Iterator[str]:
    if not folded.isascii():
        for run in _PAIRED.findall(folded):
            yield from (one + other for one, other in pairwise(run)) if len(run) > 1 else run
        folded = _PAIRED.sub(" ", folded)
    for word in words(folded).norm:
        bare = word.replace(",", "")  # of thousands
        if bare.startswith(_ARTICLE) and len(bare) > 4:
            bare = bare.removeprefix(_ARTICLE)
        yield bare[:LONGEST]
