"""Pictures with a palette are the pictures they were made of."""

from __future__ import annotations

import random
import struct
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.render.drawing.indexed import indexed

Pixels = list[list[tuple[int, int, int]]]


def chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def png(pixels: Pixels, kinds: list[int], *, depth: int = 8, colour: int = 6) -> bytes:
    """A picture of opaque pixels, row by row with one of the five filters each, straight from the specification."""
    height, width = len(pixels), len(pixels[0])
    rows = [bytes(part for pixel in row for part in (*pixel, 255)) for row in pixels]
    body = b""
    above = bytes(4 * width)
    for row, kind in zip(rows, kinds, strict=True):
        body += bytes([kind]) + bytes((row[at] - predicted(kind, row, above, at)) & 255 for at in range(4 * width))
        above = row
    head = struct.pack(">II5B", width, height, depth, colour, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(body)) + chunk(b"IEND", b"")


def predicted(kind: int, row: bytes, above: bytes, at: int) -> int:
    a, b, c = (row[at - 4] if at > 3 else 0), above[at], (above[at - 4] if at > 3 else 0)
    p = a + b - c
    nearest = min(((abs(p - a), 0, a), (abs(p - b), 1, b), (abs(p - c), 2, c)))[2]
    return (0, a, b, (a + b) // 2, nearest)[kind]


def pixels_of(picture: bytes) -> Pixels:
    """What an indexed PNG shows."""
    at, palette, body, width = 8, b"", b"", 0
    while at < len(picture):
        length, name = struct.unpack_from(">I4s", picture, at)
        found = picture[at + 8 : at + 8 + length]
        assert struct.unpack_from(">I", picture, at + 8 + length)[0] == zlib.crc32(name + found)
        if name == b"IHDR":
            width, _, depth, colour = struct.unpack_from(">IIBB", found)
            assert (depth, colour) == (8, 3)
        palette, body = (found if name == b"PLTE" else palette), body + (found if name == b"IDAT" else b"")
        at += 12 + length
    data = zlib.decompress(body)
    rows = [data[start : start + width + 1] for start in range(0, len(data), width + 1)]
    assert all(row[0] == 0 for row in rows)
    return [[(palette[3 * i], palette[3 * i + 1], palette[3 * i + 2]) for i in row[1:]] for row in rows]


COLOURS = [(255, 255, 255), (0, 0, 0), (1, 0, 0), (168, 0, 32), (217, 228, 234), (128, 127, 129)]


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_every_pixel_stays_whatever_filter_its_row_has(data: st.DataObject) -> None:
    width, height = data.draw(st.integers(1, 9)), data.draw(st.integers(1, 6))
    rows = st.lists(st.sampled_from(COLOURS), min_size=width, max_size=width)
    pixels = data.draw(st.lists(rows, min_size=height, max_size=height))
    kinds = data.draw(st.lists(st.integers(0, 4), min_size=height, max_size=height))
    assert pixels_of(indexed(png(pixels, kinds))) == pixels


@pytest.mark.parametrize("kind", range(5))
def test_long_runs_stay_too(kind: int) -> None:
    chance = random.Random(kind)
    pixels: Pixels = [[chance.choice(COLOURS)] * 40 + [chance.choice(COLOURS)] * 40 for _ in range(12)]
    assert pixels_of(indexed(png(pixels, [kind] * 12))) == pixels


def test_of_too_many_colours_the_finest_differences_go() -> None:
    pixels = [[(red, green, 7) for red in range(0, 256, 5)] for green in range(0, 256, 5)]
    found = pixels_of(indexed(png(pixels, [0] * len(pixels))))
    assert len({pixel for row in found for pixel in row}) <= 256
    pairs = [pair for row, other in zip(pixels, found, strict=True) for pair in zip(row, other, strict=True)]
    assert max(abs(a - b) for one, other in pairs for a, b in zip(one, other, strict=True)) <= 16


@pytest.mark.parametrize(
    "broken",
    [
        b"",
        b"GIF89a",
        png([[(0, 0, 0)]], [0], depth=16),
        png([[(0, 0, 0)]], [0], colour=2),
        png([[(0, 0, 0)]], [0]).replace(struct.pack(">II", 1, 1), struct.pack(">II", 1, 2)),
    ],
)
def test_what_is_no_such_picture_is_refused(broken: bytes) -> None:
    with pytest.raises(ValueError):
        indexed(broken)
