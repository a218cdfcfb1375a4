"""When two texts are one: a story told again, cut, with text added, or under another headline.

A text is kept as its print, the set of its word sequences as packed numbers. Whether one text was made from another is
asked of two prints (`near_copies`); which of many texts are worth asking about, of their digests: near-copies have some
numbers in common, and others hardly ever.
"""

from __future__ import annotations

import re
import sys
import zlib
from array import array
from bisect import bisect_left
from collections.abc import Iterable
from functools import lru_cache
from typing import Final

from rensa import RMinHash

from alerts.read.text import fold
from alerts.types import Hit, Quantity

_WORD = re.compile(r"[^\W_]+")
_SIZE = 4  # words a shingle: three also find the stock phrases of war reports
_MOST_WORDS = 4_000

# Shared shingles over those of the shorter text. Of 510 articles on Syria by 15 outlets, pairs by different
# outlets above .4 read as one agency's story; below, most share a paragraph of background. Containment,
# not similarity: a copy in a longer article counts; and a similarity of .25 already means .4 of it.
_COPY = 0.4

# Of those articles' 59 pairs of copies one has fewer than 2 numbers of 32 in common, of all their pairs 3 in 1,000
# have as many.
DIGEST: Final = 32
IN_COMMON: Final = 2
_SEED: Final = 20_240_501  # digests are stored: another seed would know no text again


def shingles(text: str) -> frozenset[int]:
    """The word sequences of a text as 32-bit numbers, the same in every process and on every machine."""
    found = _WORD.findall(fold(text))[:_MOST_WORDS]
    if not found:
        return frozenset()
    last = max(1, len(found) - _SIZE + 1)
    return frozenset(zlib.crc32(" ".join(found[i : i + _SIZE]).encode()) for i in range(last))


_of_sentence = lru_cache(maxsize=1024)(shingles)


def print_of(text: str) -> bytes:
    """The print of a text: its shingles, packed."""
    return pack(shingles(text))


def pack(numbers: Iterable[int]) -> bytes:
    """32-bit numbers as bytes, little-endian, in order."""
    return _array(sorted(numbers)).tobytes()


@lru_cache(maxsize=512)
def unpack(data: bytes) -> frozenset[int]:
    """What was packed."""
    return frozenset(_array(data))


@lru_cache(maxsize=4096)
def _sample(data: bytes) -> frozenset[int]:
    """An eighth of the numbers, the lowest: of hashes any eighth will do."""
    numbers = _array(data)
    return frozenset(numbers[: bisect_left(numbers, 2**29)])


def _array(data: bytes | Iterable[int]) -> array[int]:
    numbers = array("I", data)
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers


def containment(one: frozenset[int], other: frozenset[int]) -> float:
    """How much of the shorter text is in the longer one, 0 to 1."""
    return len(one & other) / min(len(one), len(other)) if one and other else 0.0


def near_copies(one: bytes, other: bytes) -> bool:
    """Whether one text was made from the other, by their prints.

    Asked of an eighth of the shingles first: a copy shares at least .4 of those, give or take .1, so less than .1
    settles it, for a tenth of the time.
    """
    first, second = _sample(one), _sample(other)
    fewer = min(len(first), len(second))
    if fewer >= 16 and len(first & second) < fewer / 10:
        return False
    return containment(unpack(one), unpack(other)) >= _COPY


def digest(data: bytes) -> tuple[int, ...]:
    """`DIGEST` numbers by which a print is looked up (MinHash, each with its place in the digest); none for a text
    without words."""
    if not data:
        return ()
    made = RMinHash(num_perm=DIGEST, seed=_SEED)
    made.update([data[i : i + 4] for i in range(0, len(data), 4)])
    return tuple(slot << 32 | value for slot, value in enumerate(made.digest()))


def same_words(one: str, other: str) -> bool:
    """Whether two sentences are nearly the same, word for word: four words of five of the shorter one, in whatever
    order, or all of a very short one. "Shells fell on Taiz" is not "Shells fell on Marib", nor are 12 dead 14."""
    (first, names), (second, other_names) = _words(one), _words(other)
    fewer = min(len(first), len(second))
    if names - second and other_names - first:
        return False
    return bool(fewer) and len(first & second) >= (0.8 * fewer if fewer > _SIZE else max(len(first), len(second)))


def nothing_new(hit: Hit, text: bytes, earlier: Hit, earlier_text: bytes) -> bool:
    """Whether an earlier text, by its print, says all that a hit in a copy of it does: its sentence, word for word, and
    the numbers. A number of the hit that is not in its sentence may be of words that were added or changed (a new toll
    in the headline): it must be the earlier hit's, too, or else all of the copy must be in the earlier text."""
    if not stands_in(hit.sentence, earlier_text):
        return False
    elsewhere = {name: number for name, number in hit.numbers.items() if number.text not in hit.sentence}
    known = all(_same_number(number, earlier.numbers.get(name)) for name, number in elsewhere.items())
    return known or unpack(text) <= unpack(earlier_text)


def _same_number(one: Quantity, other: Quantity | None) -> bool:
    return other is not None and (one.low, one.high) == (other.low, other.high)


def stands_in(sentence: str, text: bytes) -> bool:
    """Whether a sentence is in a text, by its print, word for word."""
    found = _of_sentence(sentence)
    return bool(found) and found <= unpack(text)


@lru_cache(maxsize=1024)
def _words(sentence: str) -> tuple[frozenset[str], frozenset[str]]:
    """The words of a sentence, and those of them that are written as names or numbers."""
    found = _WORD.findall(sentence)
    names = (word for word in found if word[0].isupper() or word[0].isdigit())
    return frozenset(map(fold, found)), frozenset(map(fold, names))
