"""Words in a picture cover neither each other nor what they name."""

from __future__ import annotations

from hypothesis import assume, given
from hypothesis import strategies as st

from alerts.render.drawing.labels import Board, Rect, contains

WIDTH, HEIGHT = 560.0, 260.0
POINTS = st.tuples(st.floats(0, WIDTH), st.floats(0, HEIGHT))
SIZES = st.floats(5, 230)


def mark(at: tuple[float, float], radius: float) -> Rect:
    return Rect(at[0] - radius, at[1] - radius, 2 * radius, 2 * radius)


@given(POINTS, st.floats(3, 18), SIZES, st.lists(POINTS, max_size=8))
def test_the_name_that_must_stand_is_in_the_picture_and_beside_its_mark(
    at: tuple[float, float], radius: float, width: float, others: list[tuple[float, float]]
) -> None:
    board = Board(WIDTH, HEIGHT)
    for other in others:
        board.take_point(other, 5)
    board.take_point(at, radius)
    room = board.beside_surely(at, radius, width, 20)
    assert board.holds(room)
    assert not room.overlaps(mark(at, radius))


@given(st.lists(st.tuples(POINTS, SIZES), max_size=12))
def test_other_names_never_lie_over_anything(places: list[tuple[tuple[float, float], float]]) -> None:
    board = Board(WIDTH, HEIGHT)
    for at, _ in places:
        board.take_point(at, 5)
    found = [room for at, width in places if (room := board.beside(at, 5, width, 16)) is not None]
    for number, room in enumerate(found):
        assert board.holds(room)
        assert not any(room.overlaps(other) for other in found[:number])
        assert not any(room.overlaps(mark(at, 5)) for at, _ in places)


@given(POINTS, POINTS, SIZES)
def test_a_countrys_name_lies_within_it(one: tuple[float, float], other: tuple[float, float], width: float) -> None:
    left, right = sorted((one[0], other[0]))
    top, bottom = sorted((one[1], other[1]))
    assume(right - left > 10 and bottom - top > 10)
    board = Board(WIDTH, HEIGHT)
    outline = [(left, top), (right, top), (right, bottom), (left, bottom)]
    room = board.inside(outline, width, 16)
    if room is not None:
        assert all(left <= x <= right and top <= y <= bottom for x, y in room.corners)
        assert board.inside(outline, width, 16) != room


def test_a_country_that_is_too_narrow_has_no_name() -> None:
    assert Board(WIDTH, HEIGHT).inside([(10, 10), (60, 10), (60, 200), (10, 200)], 80, 16) is None


def test_a_point_in_a_bay_is_not_in_the_country() -> None:
    outline = [(0.0, 0.0), (100.0, 0.0), (100.0, 100.0), (50.0, 10.0), (0.0, 100.0)]
    assert contains(outline, (10, 50)) and not contains(outline, (50, 50))
