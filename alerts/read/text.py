"""Text to words: the one folding and the one division into words that rules, numbers, places, dates and
claims all share, so that a phrase, a place name and a sentence are compared in the same form.

Folding keeps the length of the text: a position in the folded text is the same position in the original,
which is what lets a mail quote exactly what the newspaper printed.
"""

from __future__ import annotations

import html
import re
import unicodedata
from functools import lru_cache
from operator import add

from alerts.read.mending import mend

# Markup is written by others: possessive repeats, or "<" and ten thousand blanks would cost hours.
_BLOCK = re.compile(
    r"(?i)<\s*+(?:/\s*+)?(?:p|br|div|li|ul|ol|h[1-6]|tr|table|blockquote|section|article|hr|dd|dt)\b[^<>]*+>"
)
_DROP = re.compile(r"(?is)<\s*(script|style|template)\b[^<>]*>.*?(?:<\s*/\s*\1\s*>|\Z)|<!--.*?(?:-->|\Z)")
_TAG = re.compile(r"<\s*+(?:/\s*+)?[a-zA-Z!][^<>]*+>")
_INVISIBLE = re.compile("[\u00ad\u200b\u2060\ufeff\u202a-\u202e\u2066-\u2069]+")

# A word: an abbreviation of single letters (U.S.), a number with its groups (1,200 or 1.2), or letters
# with inner apostrophes (Ma'arrat, don't). Everything else separates words; positions keep it at hand.
_WORD = re.compile(r"(?:[^\W\d_]\.){2,}|\d+(?:[.,'](?=\d)\d+)*|[^\W\d_]+(?:'[^\W\d_]+)*")
_EDGES = ".,;:\"()[]!?“”‘’'-–—"  # what stands around a word that is all letters, without changing it
_BEYOND = re.compile(r"[^\x00-\x7f]")
_FEW = 6  # odd characters of a text that are quicker put right one after the other


def plain(markup: str) -> str:
    """The text a reader would see: entities decoded (twice if the feed encoded twice), tags stripped,
    NFC, odd spaces and soft hyphens folded; one line a paragraph."""
    text = markup
    for _ in range(2):
        if "<" in text:
            text = _DROP.sub(" ", text)
            text = _TAG.sub(" ", _BLOCK.sub("\n", text))
        if "&" in text:
            text = html.unescape(text)
    if not text.isascii():
        text = unicodedata.normalize("NFC", _INVISIBLE.sub("", mend(text)))
    lines = text.replace("\r", "\n").split("\n")
    return "\n".join([line for line in (" ".join(line.split()) for line in lines) if line])


@lru_cache(maxsize=1)
def _table() -> dict[int, str]:
    """Letters with accents to their bare letter, odd apostrophes and digits to ours; each one to one."""
    table: dict[int, str] = {}
    for code in range(0x80, 0x2200):
        char = chr(code)
        low = char.lower()
        base = unicodedata.normalize("NFKD", low)
        bare = "".join(c for c in base if not unicodedata.combining(c))
        folded = bare if len(bare) == 1 else low
        if len(folded) == 1 and folded != char:
            table[code] = folded
    for code in (0x2018, 0x2019, 0x201B, 0x02BC, 0x02BB, 0x02BF, 0x02BE, 0x00B4, 0x0060, 0xFF07, 0x2032):
        table[code] = "'"
    table[0xFFFD] = "'"  # a letter or an apostrophe that was lost: the word stays one
    table |= {
        0x0130: "i",
        0x0131: "i",
        0x00DF: "s",
        0x0142: "l",
        0x0141: "l",
        0x00F8: "o",
        0x00D8: "o",
        0x0111: "d",
        0x0110: "d",
    }
    return table


def fold(text: str) -> str:
    """Small letters without accents, apostrophes made straight; as long as `text`."""
    if text.isascii():
        return text.lower().replace("`", "'")
    odd = set(_BEYOND.findall(text))
    if len(odd) > _FEW:
        bare = text.translate(_table())
    else:
        bare = text.replace("`", "'")
        for char in odd:
            bare = bare.replace(char, _table().get(ord(char), char))
    folded = bare.lower()
    if len(folded) == len(bare):
        return folded
    return "".join(low if len(low := char.lower()) == 1 else char for char in bare)


class Words:
    """A sentence in words. `norm[i]` is the folded word (no possessive 's, no inner apostrophe or dot);
    `start[i]`, `end[i]` its place in `text`, worked out when first asked for. Not to be changed."""

    __slots__ = ("_end", "_found", "_start", "folded", "norm", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self.folded = fold(text)
        self._found, odd = _divided(self.folded)
        found = [word if word.isalpha() else normal(word) for word in self._found] if odd else self._found
        self.norm: tuple[str, ...] = tuple(found)
        self._start: tuple[int, ...] | None = None
        self._end: tuple[int, ...] | None = None

    def __len__(self) -> int:
        return len(self.norm)

    def __repr__(self) -> str:
        return f"Words({self.text!r})"

    @property
    def start(self) -> tuple[int, ...]:
        return self._place()[0] if self._start is None else self._start

    @property
    def end(self) -> tuple[int, ...]:
        return self._place()[1] if self._end is None else self._end

    def _place(self) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Between two words stands no letter or digit, so each word is where it is next met."""
        found, start, at, find = self._found, [], 0, self.folded.find
        for word in found:
            at = find(word, at)
            start.append(at)
            at += len(word)
        self._start, self._end = tuple(start), tuple(map(add, start, map(len, found)))
        return self._start, self._end

    def raw(self, i: int) -> str:
        """Word `i` as printed."""
        start, end = self._start or self.start, self._end or self.end
        return self.text[start[i] : end[i]]

    def span(self, first: int, end: int) -> str:
        """The words from `first` up to (not including) `end` as printed, with what stands between."""
        return self.text[self.start[first] : self.end[end - 1]] if end > first else ""

    def gap(self, i: int) -> str:
        """What stands between word `i - 1` and word `i` (before the first word: the sentence's beginning)."""
        start, end = self._start or self.start, self._end or self.end
        return self.text[end[i - 1] if i else 0 : start[i]]


def _divided(folded: str) -> tuple[list[str], bool]:
    """The words of a folded text, and whether some may hold apostrophes or dots. Most pieces between blanks are a
    word with a mark at its edge; only the others need the pattern, which costs ten times as much."""
    found: list[str] = []
    odd = False
    for piece in folded.split():
        if piece.isalpha():
            found.append(piece)
        elif (bare := piece.strip(_EDGES)).isalpha():
            found.append(bare)
        else:
            found += _WORD.findall(piece)
            odd = True
    return found, odd


def normal(word: str) -> str:
    """One folded word as it is compared: without a possessive 's, inner apostrophes and dots."""
    if "'" in word:
        if word.endswith("'s"):
            word = word[:-2]
        word = word.replace("'", "")
    if "." in word and not word[0].isdigit():
        word = word.replace(".", "")
    return word


def words(text: str) -> Words:
    """Divide `text` (a sentence) into words."""
    return Words(text)
