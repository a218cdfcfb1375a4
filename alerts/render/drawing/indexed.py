"""A PNG of few colours made small: a mail must stay under 100 kB, and resvg writes four bytes for each pixel.

The picture is the same to the eye at about a third of the size. Only where a row differs from its left or from the
row above is anything worked out, so that even in Python it takes less time than drawing. (PNG specification, third
edition: 9.2 filter types for bytes, 11.2.1 to 11.2.3 chunks.)
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Final

_SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
_RGBA: Final = (8, 6, 0, 0, 0)  # bits, colour type, compression, filter, interlace
_SUB, _UP, _AVERAGE, _PAETH = 1, 2, 3, 4
_MARKED: Final = bytes(1 if value else 0 for value in range(256))
_NOTHING: Final = bytes(4)
_NOUGHT: Final = b"\0"
_MOST_COLOURS: Final = 256


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
    rows = [[(row[4 * at : 4 * at + 4], count) for at, count in runs] for row, runs in _rows(data, 4 * width)]
    palette = _palette({pixel for row in rows for pixel, _ in row})
    colours = sorted(set(palette.values()))
    codes = {pixel: bytes([colours.index(colour)]) for pixel, colour in palette.items()}
    body = b"".join(b"\0" + b"".join(codes[pixel] * count for pixel, count in row) for row in rows)
    parts = (
        _chunk(b"IHDR", struct.pack(">II5B", width, height, 8, 3, 0, 0, 0)),
        _chunk(b"PLTE", b"".join(colours)),
        _chunk(b"IDAT", zlib.compress(body, 8)),
        _chunk(b"IEND", b""),
    )
    return _SIGNATURE + b"".join(parts)


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


def _rows(data: bytes, length: int) -> Iterator[tuple[bytes, list[tuple[int, int]]]]:
    """Each row's bytes, and its runs of equal pixels: where each begins, and how many pixels it has."""
    above, starts = bytes(length), [0]
    for at in range(0, len(data), length + 1):
        row = _unfiltered(data[at], data[at + 1 : at + 1 + length], above, starts)
        if row is not above:
            above, starts = row, _starts(row)
        yield above, [(one, other - one) for one, other in pairwise([*starts, length // 4])]


def _starts(row: bytes) -> list[int]:
    """The pixels that differ from the one before them, and the first."""
    differs = int.from_bytes(row[4:], "big") ^ int.from_bytes(row[:-4], "big")
    return [0, *(at + 1 for at in _not_nought(differs.to_bytes(len(row) - 4, "big")))]


def _not_nought(row: bytes) -> list[int]:
    """The pixels that are not all noughts."""
    found: list[int] = []
    marked = row.translate(_MARKED)
    at = marked.find(1)
    while at >= 0:
        found.append(at >> 2)
        at = marked.find(1, (at | 3) + 1)
    return found


def _unfiltered(kind: int, raw: bytes, above: bytes, starts: list[int]) -> bytes:
    """A row from its differences. `starts` are those of the runs in the row above."""
    if kind == 0:
        return raw
    if kind == _UP:
        return _added(raw, above) if raw.strip(_NOUGHT) else above
    if kind not in (_SUB, _AVERAGE, _PAETH):
        raise ValueError(f"there is no filter {kind}")
    # Under an unbroken run, a pixel without a difference is like the one before it: nothing happens between these.
    places = sorted({0, *_not_nought(raw), *(starts if kind != _SUB else ())})
    out, left = bytearray(), _NOTHING
    for at, end in pairwise([*places, len(raw) // 4]):
        up, corner = above[4 * at : 4 * at + 4], above[4 * at - 4 : 4 * at] if at else _NOTHING
        left = _sum(raw[4 * at : 4 * at + 4], _predicted(kind, left, up, corner))
        out += left
        at += 1
        while kind == _AVERAGE and at < end and (after := _predicted(kind, left, up, up)) != left:
            out += after
            left, at = after, at + 1
        out += left * (end - at)
    return bytes(out)


def _added(one: bytes, other: bytes) -> bytes:
    """Byte by byte, without carrying: all at once, the highest bit of each byte apart."""
    length = len(one)
    low = int.from_bytes(b"\x7f" * length, "big")
    a, b = int.from_bytes(one, "big"), int.from_bytes(other, "big")
    return (((a & low) + (b & low)) ^ ((a ^ b) & (low ^ ((1 << 8 * length) - 1)))).to_bytes(length, "big")


def _sum(one: bytes, other: bytes) -> bytes:
    return other if one == _NOTHING else bytes((a + b) & 255 for a, b in zip(one, other, strict=True))


def _predicted(kind: int, left: bytes, up: bytes, corner: bytes) -> bytes:
    if kind == _SUB:
        return left
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
