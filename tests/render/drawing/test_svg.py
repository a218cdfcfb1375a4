"""What a stranger wrote stays words in a picture."""

from __future__ import annotations

from xml.etree import ElementTree

from hypothesis import given
from hypothesis import strategies as st

from alerts.render.drawing.font import Font
from alerts.render.drawing.svg import Drawing, path, png

SVG = "{http://www.w3.org/2000/svg}"


@given(st.text(max_size=80))
def test_any_words_make_well_formed_xml_and_no_element(words: str) -> None:
    drawing = Drawing(100, 50, "#ffffff")
    drawing.text(5, 20, words, size=12, fill="#000000", halo="#ffffff")
    root = ElementTree.fromstring(drawing.svg())
    assert [element.tag for element in root.iter()] == [f"{SVG}svg", f"{SVG}rect", f"{SVG}text", f"{SVG}text"]


def test_words_with_markup_are_drawn_as_they_are() -> None:
    drawing = Drawing(100, 50, "#ffffff")
    drawing.text(5, 20, '</text><script href="x">&amp;', size=12, fill="#000000")
    root = ElementTree.fromstring(drawing.svg())
    assert [element.text for element in root.iter(f"{SVG}text")] == ['</text><script href="x">&amp;']


@given(st.lists(st.tuples(st.floats(-50, 999), st.floats(-50, 999)), min_size=1, max_size=30))
def test_a_path_ends_where_its_points_end(points: list[tuple[float, float]]) -> None:
    steps = path(points).removeprefix("M").split("l")
    x = sum(float(step.split()[0]) for step in steps)
    y = sum(float(step.split()[1]) for step in steps)
    assert abs(x - points[-1][0]) < 0.06 and abs(y - points[-1][1]) < 0.06


def test_the_same_drawing_makes_the_same_bytes() -> None:
    drawing = Drawing(60, 40, "#ffffff")
    drawing.circle(20, 20, 8, fill="#a80020")
    drawing.text(5, 20, "Idlib", size=12, fill="#000000")
    assert png(drawing.svg()) == png(drawing.svg())


@given(st.text(max_size=80))
def test_on_screens_any_words_and_title_stay_words(words: str) -> None:
    drawing = Drawing(100, 50, "#ffffff")
    drawing.text(5, 20, words, size=12, fill="#000000", bold=True)
    root = ElementTree.fromstring(drawing.svg_for_screens(words))
    assert [element.tag for element in root.iter()] == [f"{SVG}svg", f"{SVG}title", f"{SVG}rect", f"{SVG}text"]


def test_on_screens_words_keep_the_room_that_our_font_would_take() -> None:
    drawing = Drawing(100, 50, "#ffffff")
    drawing.text(5, 20, "Idlib", size=12, fill="#000000")
    drawing.text(5, 40, "\u1000", size=12, fill="#000000")  # no letter of ours: nobody knows how wide it is
    known, unknown = ElementTree.fromstring(drawing.svg_for_screens("Map")).iter(f"{SVG}text")
    assert abs(float(known.attrib["textLength"]) - Font.shipped().width("Idlib", 12)) < 0.06
    assert "textLength" not in unknown.attrib
    assert "textLength" not in drawing.svg()
