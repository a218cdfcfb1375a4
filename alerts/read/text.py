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

# Markup is written by others: possessive repeats, or "<" and ten thousand blanks would cost hours.
_BLOCK = re.compile(
    r"(?i)<\s*+(?:/\s*+)?(?:p|br|div|li|ul|ol|h[1-6]|tr|table|blockquote|section|article|hr|dd|dt)\b[^<>]*+>"
)
_DROP = re.compile(r"(?is)<\s*(script|style|template)\b[^<>]*>.*?(?:<\s*/\s*\1\s*>|\Z)|<!--.*?(?:-->|\Z)")
_TAG = re.compile(r"<\s*+(?:/\s*+)?[a-zA-Z!][^<>]*+>")
_BLANKS = re.compile(r"[^\S\n]+")
_LINES = re.compile(r" *\n[ \n]*")
_INVISIBLE = dict.fromkeys([0x00AD, 0x200B, 0x2060, 0xFEFF, *range(0x202A, 0x202F), *range(0x2066, 0x206A)])

# A word: an abbreviation of single letters (U.S.), a number with its groups (1,200 or 1.2), or letters
# with inner apostrophes (Ma'arrat, don't). Everything else separates words; positions keep it at hand.
_WORD = re.compile(r"(?:[^\W\d_]\.){2,}|\d+(?:[.,'](?=\d)\d+)*|[^\W\d_]+(?:'[^\W\d_]+)*")
# The same for a text of plain letters, where classes of Unicode would cost twice as much.
_ASCII_WORD = re.compile(r"(?:[a-z]\.){2,}|\d+(?:[.,'](?=\d)\d+)*|[a-z]+(?:'[a-z]+)*")


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
    text = unicodedata.normalize("NFC", text.translate(_INVISIBLE).replace("\r\n", "\n").replace("\r", "\n"))
    return _LINES.sub("\n", _BLANKS.sub(" ", text)).strip()


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
    bare = text.translate(_table())
    folded = bare.lower()
    if len(folded) == len(bare):
        return folded
    return "".join(low if len(low := char.lower()) == 1 else char for char in bare)


class Words:
    """A sentence in words. `norm[i]` is the folded word (no possessive 's, no inner apostrophe or dot);
    `start[i]`, `end[i]` its place in `text`, worked out when first asked for. Not to be changed."""

    __slots__ = ("_found", "end", "folded", "norm", "start", "text")

    start: tuple[int, ...]
    end: tuple[int, ...]

    def __init__(self, text: str) -> None:
        self.text = text
        self.folded = fold(text)
        self._found: list[str] = _pattern(self.folded).findall(self.folded)
        odd = "'" in self.folded or "." in self.folded
        self.norm: tuple[str, ...] = tuple(map(normal, self._found) if odd else self._found)

    def __len__(self) -> int:
        return len(self.norm)

    def __repr__(self) -> str:
        return f"Words({self.text!r})"

    def __getattr__(self, name: str) -> tuple[int, ...]:
        """`start` and `end`, asked for the first time."""
        if name not in ("start", "end"):
            raise AttributeError(name)
        self._place()
        return self.start if name == "start" else self.end

    def _place(self) -> None:
        """Between two words stands no letter or digit, so each word is where it is next met."""
        start, end, at, find = [], [], 0, self.folded.find
        for word in self._found:
            first = find(word, at)
            at = first + len(word)
            start.append(first)
            end.append(at)
        self.start, self.end = tuple(start), tuple(end)

    def raw(self, i: int) -> str:
        """Word `i` as printed."""
        return self.text[self.start[i] : self.end[i]]

    def span(self, first: int, end: int) -> str:
        """The words from `first` up to (not including) `end` as printed, with what stands between."""
        return self.text[self.start[first] : self.end[end - 1]] if end > first else ""

    def gap(self, i: int) -> str:
        """What stands between word `i - 1` and word `i` (before the first word: the sentence's beginning)."""
        return self.text[self.end[i - 1] if i else 0 : self.start[i]]


def _pattern(folded: str) -> re.Pattern[str]:
    return _ASCII_WORD if folded.isascii() else _WORD


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
