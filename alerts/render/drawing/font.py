"""How wide words are in the shipped font, and whether it has their letters.

resvg draws no letter that the font lacks and says nothing, and an SVG cannot ask how wide a word became: so the two
tables of the font that know are read here.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final
from unicodedata import category

from alerts.template_filters import one_line

FAMILY: Final = "DejaVu Sans"  # the condensed one is a width of this family, and not found by its full name
_FILES: Final = {"normal": "DejaVuSansCondensed.ttf", "bold": "DejaVuSansCondensed-Bold.ttf"}
_FOLDER: Final = Path(__file__).parents[1] / "data"
_UNSEEN: Final = frozenset(("Mn", "Me", "Cf"))  # combining marks and joiners take no room


def files() -> list[str]:
    """The shipped fonts, for resvg."""
    return [str(_FOLDER / name) for name in _FILES.values()]


@dataclass(frozen=True, eq=False)
class Font:
    """One weight of the font."""

    path: Path

    @classmethod
    def shipped(cls, weight: str = "normal") -> Font:
        return cls(_FOLDER / _FILES[weight])

    def has(self, text: str) -> bool:
        """Whether every letter of `text` can be drawn."""
        return all(ord(char) in self._glyphs or category(char) in _UNSEEN for char in text)

    def width(self, text: str, size: float) -> float:
        """How wide `text` is at so many pixels of size. Of scripts whose letters join (Arabic) about, and never less
        than it is drawn."""
        glyphs, advances = self._glyphs, self._advances
        units = sum(
            advances[min(glyphs.get(ord(char), 0), len(advances) - 1)] for char in text if category(char) not in _UNSEEN
        )
        return units * size / self._units

    def fitted(self, text: str, size: float, room: float) -> str:
        """`text` on one line, cut so that it is at most `room` wide, with an ellipsis where it was cut."""
        line = one_line(text)
        if self.width(line, size) <= room:
            return line
        while line and self.width(line + "…", size) > room:
            line = line[:-1].rstrip()
        return line + "…"

    @cached_property
    def _bytes(self) -> bytes:
        return self.path.read_bytes()

    @cached_property
    def _tables(self) -> Mapping[str, int]:
        """Where each table of the file begins (OpenType 1.9, "Organization of an OpenType Font")."""
        [count] = struct.unpack_from(">H", self._bytes, 4)
        records = (struct.unpack_from(">4sIII", self._bytes, 12 + 16 * number) for number in range(count))
        return {tag.decode("ascii"): offset for tag, _, offset, _ in records}

    @cached_property
    def _units(self) -> int:
        """Units to the em."""
        [units] = struct.unpack_from(">H", self._bytes, self._tables["head"] + 18)
        return int(units)

    @cached_property
    def _advances(self) -> tuple[int, ...]:
        """By glyph; those past the end are as wide as the last."""
        [count] = struct.unpack_from(">H", self._bytes, self._tables["hhea"] + 34)
        return struct.unpack_from(">" + "Hh" * count, self._bytes, self._tables["hmtx"])[::2]

    @cached_property
    def _glyphs(self) -> Mapping[int, int]:
        """Glyphs by code point, from the subtable for the basic plane (format 4)."""
        start = self._tables["cmap"]
        [count] = struct.unpack_from(">H", self._bytes, start + 2)
        for number in range(count):
            platform, encoding, offset = struct.unpack_from(">HHI", self._bytes, start + 4 + 8 * number)
            if (platform, encoding) == (3, 1):
                return self._segments(start + offset)
        raise ValueError(f"{self.path}: no table of letters for Unicode")

    def _segments(self, start: int) -> dict[int, int]:
        data = self._bytes
        [twice] = struct.unpack_from(">H", data, start + 6)
        form, at = f">{twice // 2}H", start + 14
        ends = struct.unpack_from(form, data, at)
        starts = struct.unpack_from(form, data, at + twice + 2)
        deltas = struct.unpack_from(form, data, at + 2 * twice + 2)
        ranges = struct.unpack_from(form, data, at + 3 * twice + 2)
        found: dict[int, int] = {}
        for number, (first, last) in enumerate(zip(starts, ends, strict=True)):
            here = at + 3 * twice + 2 + 2 * number
            for code in range(first, min(last, 0xFFFE) + 1):
                glyph = code
                if ranges[number]:
                    [glyph] = struct.unpack_from(">H", data, here + ranges[number] + 2 * (code - first))
                    if not glyph:
                        continue
                found[code] = (glyph + deltas[number]) & 0xFFFF
        return {code: glyph for code, glyph in found.items() if glyph}
