"""Quoted-printable text of which most is encoded once for all readers.

A mailing of thousands says the same to everybody but for some links and a sentence. The pieces between those are
encoded once; each reader's own parts stand on lines of their own in the encoded form, between soft line breaks, which
no reader sees.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from alerts.render.slots import SLOT

LONGEST: Final = 76
_SOFT: Final = b"=\r\n"
_AS_IT_IS: Final = re.compile(r"[!-<>-~]{1,75}")


@dataclass(frozen=True, slots=True)
class Stencil:
    """A text in quoted-printable with its slots left open: one name fewer than pieces."""

    pieces: tuple[bytes, ...]
    names: tuple[str, ...]
    open_end: bool = False  # nothing comes after the last slot, not even a line end

    def filled(self, values: Mapping[str, str]) -> bytes:
        """The whole, with each of `values` in its slots; nothing where there is none."""
        if not self.names:
            return self.pieces[0]
        encoded = {name: _inner(values.get(name, "")) for name in dict.fromkeys(self.names)}
        parts = [self.pieces[0]]
        for name, piece in zip(self.names, self.pieces[1:], strict=True):
            parts += (encoded[name], piece)
        whole = b"".join(parts)
        # With nothing in the last slot the line before it may be the last one.
        ended = self.open_end and whole.endswith(b"\r\n\r\n") and not whole.endswith(b"=\r\n\r\n")
        return whole[:-2] if ended else whole


@lru_cache(maxsize=64)
def stencil(text: str) -> Stencil:
    """`text` ready to be filled, with CRLF line ends and a line end at its end. Kept for the next reader."""
    lines = text.removesuffix("\n").removesuffix("\r")
    cut = SLOT.split(lines)
    pieces, names = cut[::2], cut[1::2]
    encoded = [*(_inner(piece) for piece in pieces[:-1]), _encoded(pieces[-1]) + b"\r\n"]
    return Stencil(tuple(encoded), tuple(names), not pieces[-1] and not text.endswith(("\r", "\n")))


def _encoded(text: str) -> bytes:
    # Only with "\n" alone does b2a_qp keep our line ends as line ends and encode blanks before them.
    plain = text.replace("\r\n", "\n").replace("\r", "\n").encode("utf-8", "replace")
    encoded = binascii.b2a_qp(plain, quotetabs=False, istext=True, header=False)
    return encoded.replace(b"\n", b"\r\n")


def _inner(text: str) -> bytes:
    """A piece after which something follows: a soft line break ends it, unless it ends with a line."""
    if _AS_IT_IS.fullmatch(text):
        return text.encode("ascii") + _SOFT
    encoded = _encoded(text)
    if not encoded or encoded.endswith(b"\n"):
        return encoded
    start = encoded.rfind(b"\n") + 1
    if len(encoded) - start < LONGEST:
        return encoded + _SOFT
    at = start + LONGEST - 3  # not in the middle of =XX
    while b"=" in encoded[at - 2 : at]:
        at -= 1
    return encoded[:at] + _SOFT + encoded[at:] + _SOFT
