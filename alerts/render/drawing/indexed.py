"""A PNG of few colours made small: a mail must stay under 100 kB, and resvg writes four bytes for each pixel.

The picture is the same to the eye at about half of the size. Rows are kept as runs of equal pixels, and only where one
may begin is anything worked out, so that even in Python it takes less time than drawing. (PNG specification, third
edition: 9.2 filter types for bytes, 11.2.1 to 11.2.3 chunks.)
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from operator import sub
from typing import Final

_SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
_RGBA: Final = (8, 6, 0, 0, 0)  # bits, colour type, compression, filter, interlace
_NONE, _SUB, _UP, _AVERAGE, _PAETH = range(5)
_MARKED: Final = bytes(1 if value else 0 for value in range(256))
_NOTHING: Final = bytes(4)
_MOST_COLOURS: Final = 256

_Pixel = Callable[[int, bytes, bytes, bytes, bytes], bytes]


@dataclass(frozen=True, slots=True)
class _Runs:
    """A row as runs of equal pixels: where each begins, and its pixel."""

    starts: list[int]
    pixels: list[bytes]


def indexed(png: bytes) -> bytes:
    """The same picture with a palette; one of too many colours for it loses the finest differences. Only for opaque
    pictures of the kind that resvg writes: raises ValueError for others."""
    chunks = list(_chunks(png))
    head = dict(chunks).get(b"IHDR", b"")
    if len(head) != 13 or struct.unpack_from(">5B", head, 8) != _RGBA:
        raise ValueError("not a PNG of 8 bits in red, green, blue and alpha")
    width, height = struct.unpack_from(">II", head)
    data = zlib.decompress(b"".join(body for name, body in chunks if name == b"IDAT"))
    if len(data) != (4 * width + 1) * height:
        raise ValueError("the picture is not as long as it says")
    rows = list(_rows(data, width))
    palette = _palette({pixel for row in rows for pixel in row.pixels})
    colours = sorted(set(palette.values()))
    codes = {pixel: bytes([colours.index(colour)]) for pixel, colour in palette.items()}
    parts = (
        _chunk(b"IHDR", struct.pack(">II5B", width, height, 8, 3, 0, 0, 0)),
        _chunk(b"PLTE", b"".join(colours)),
        _chunk(b"IDAT", zlib.compress(b"".join(_written(row, width, codes) for row in rows), 8)),
        _chunk(b"IEND", b""),
    )
    return _SIGNATURE + b"".join(parts)


def _written(row: _Runs, width: int, codes: Mapping[bytes, bytes]) -> bytes:
    """The row with its filter, which is none."""
    lengths = map(sub, [*row.starts[1:], width], row.starts)
    return b"\0" + b"".join(codes[pixel] * length for pixel, length in zip(row.pixels, lengths, strict=True))


def _chunks(png: bytes) -> Iterator[tuple[bytes, bytes]]:
    if not png.startswith(_SIGNATURE):
        raise ValueError("not a PNG")
    at = len(_SIGNATURE)
    while at + 12 <= len(png):
        length, name = struct.unpack_from(">I4s", png, at)
        yield name, png[at + 8 : at + 8 + length]
        at += 12 + length


def _chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def _palette(pixels: Iterable[bytes]) -> dict[bytes, bytes]:
    """The colour for each pixel: its own, as long as there is room for all."""
    every = sorted(pixels)
    for step in (1, 4, 8, 16, 32, 64):
        found = {pixel: bytes(min(255, round(part / step) * step) for part in pixel[:3]) for pixel in every}
        if len(set(found.values())) <= _MOST_COLOURS:
            return found
    raise ValueError("too many colours")


def _rows(data: bytes, width: int) -> Iterator[_Runs]:
    above, length = _Runs([0], [_NOTHING]), 4 * width
    pixel = cache(_pixel)  # of few colours, the same over and over
    for at in range(0, len(data), length + 1):
        above = _unfiltered(data[at], data[at + 1 : at + 1 + length], above, width, pixel)
        yield above


def _unfiltered(kind: int, raw: bytes, above: _Runs, width: int, pixel: _Pixel) -> _Runs:
    """A row from its differences to what its filter predicts from the row above and the pixels to the left."""
    if kind > _PAETH:
        raise ValueError(f"there is no filter {kind}")
    differing = _not_nought(raw)
    if kind == _UP and not differing:
        return above
    row, left, run, last = _Runs([], []), _NOTHING, 0, len(above.starts) - 1
    starts, pixels = above.starts, above.pixels
    for at, end in pairwise([*_places(kind, differing, above, width), width]):
        while run < last and starts[run + 1] <= at:
            run += 1
        up = pixels[run]
        corner = up if starts[run] < at else pixels[run - 1] if run else _NOTHING
        before, left = left, pixel(kind, raw[4 * at : 4 * at + 4], left, up, corner)
        if left != before or not at:
            row.starts.append(at)
            row.pixels.append(left)
        while kind == _AVERAGE and at + 1 < end and (after := pixel(kind, _NOTHING, left, up, up)) != left:
            left, at = after, at + 1
            row.starts.append(at)
            row.pixels.append(left)
    return row


def _places(kind: int, differing: list[int], above: _Runs, width: int) -> list[int]:
    """Where a run may begin. Under an unbroken run a pixel without a difference is like the one before it; where the
    filter does not look to the left, one that has none after one that has, is not."""
    found = {0, *differing}
    if kind in (_UP, _AVERAGE, _PAETH):
        found.update(above.starts)
    if kind in (_NONE, _UP):
        found.update(at + 1 for at in differing if at + 1 < width)
    return sorted(found)


def _not_nought(row: bytes) -> list[int]:
    """The pixels that are not all noughts."""
    found: list[int] = []
    marked = row.translate(_MARKED)
    at = marked.find(1)
    while at >= 0:
        found.append(at >> 2)
        at = marked.find(1, (at | 3) + 1)
    return found


def _pixel(kind: int, raw: bytes, left: bytes, up: bytes, corner: bytes) -> bytes:
    """A pixel from its difference to what is predicted."""
    guess = _predicted(kind, left, up, corner)
    return guess if raw == _NOTHING else bytes((a + b) & 255 for a, b in zip(raw, guess, strict=True))


def _predicted(kind: int, left: bytes, up: bytes, corner: bytes) -> bytes:
    if kind == _NONE:
        return _NOTHING
    if kind == _SUB:
        return left
    if kind == _UP:
        return up
    if kind == _AVERAGE:
        return bytes((a + b) >> 1 for a, b in zip(left, up, strict=True))
    if up == corner:
        return left
    if left == corner:
        return up
    return bytes(map(_paeth, left, up, corner))


def _paeth(left: int, up: int, corner: int) -> int:
    guess = left + up - corner
    by_left, by_up, by_corner = abs(guess - left), abs(guess - up), abs(guess - corner)
    if by_left <= by_up and by_left <= by_corner:
        return left
    return up if by_up <= by_corner else corner
