"""A header's text as RFC 2047 has it, folded.

The standard library's `Header` and `EmailMessage` lose blanks, split letters from their marks, or make encoded words
that are glued together or too long, each in some version of Python. The rule here is plain: a text that is not ASCII
is encoded whole, so that no blank lies between what is encoded and what is not; each word is a line of its own; and
what looks like one letter stays in one word.
"""

from __future__ import annotations

import binascii
import re
import unicodedata
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Final

LONGEST_LINE: Final = 76
LONGEST_WORD: Final = 75
_AROUND: Final = len("=?utf-8?q??=")
# Not blanks: a French subject has no-break spaces, and they are its reader's to see.
_CONTROLS: Final = re.compile(r"[\x00-\x20\x7f-\x9f\u2028\u2029\ud800-\udfff]+")
_PLAIN: Final = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!*+-/")  # also in a name
_JOINER: Final = "\u200d"
_FLAGS: Final = range(0x1F1E6, 0x1F200)
_TONES: Final = range(0x1F3FB, 0x1F400)


@lru_cache(maxsize=256)
def encode_words(name: str, text: str) -> str:
    """The value of the header `name`, as encoded words where it is not plain ASCII; lines of at most 76 characters.
    Control characters and line ends are blanks, and several blanks one."""
    line = _CONTROLS.sub(" ", text).strip(" ")
    first = LONGEST_LINE - len(name) - 2
    words = line.split(" ")
    if line.isascii() and "=?" not in line and all(len(word) < first for word in words):
        return _folded(words, first)
    encode = min((_q, _b), key=lambda one: len(one(line)))
    return "\r\n ".join(_encoded(line, encode, first))


def _folded(words: list[str], first: int) -> str:
    lines, room = [words[0]], first
    for word in words[1:]:
        if len(lines[-1]) + 1 + len(word) <= room:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
            room = LONGEST_LINE - 1
    return "\r\n ".join(lines)


def _encoded(text: str, encode: Callable[[str], str], first: int) -> Iterator[str]:
    """The text as encoded words, filled as far as they may be."""
    letter = "q" if encode is _q else "b"
    held, room = "", min(first, LONGEST_WORD) - _AROUND
    for cluster in _clusters(text):
        for piece in (cluster,) if len(encode(cluster)) <= room else cluster:
            if len(encode(held + piece)) > room:
                yield f"=?utf-8?{letter}?{encode(held)}?="
                held, room = "", LONGEST_WORD - _AROUND
            held += piece
    yield f"=?utf-8?{letter}?{encode(held)}?="


def _clusters(text: str) -> Iterator[str]:
    """The text in what looks like single letters, near enough: marks stay with what they stand on, the parts of an
    emoji and of a flag with each other."""
    start = 0
    for at in range(1, len(text)):
        if not _goes_on(text[at - 1], text[at], alone=at - start == 1):
            yield text[start:at]
            start = at
    yield text[start:]


def _goes_on(before: str, char: str, *, alone: bool) -> bool:
    if unicodedata.category(char)[0] == "M" or char == _JOINER or before == _JOINER or ord(char) in _TONES:
        return True
    return alone and ord(before) in _FLAGS and ord(char) in _FLAGS


def _q(text: str) -> str:
    return "".join(
        chr(byte) if byte in _PLAIN else "_" if byte == 0x20 else f"={byte:02X}" for byte in text.encode("utf-8")
    )


def _b(text: str) -> str:
    return binascii.b2a_base64(text.encode("utf-8"), newline=False).decode("ascii")
