"""Names nobody listed, for the slot `{name}`."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.match import names
from alerts.read.text import words


def found(text: str) -> list[str]:
    read = words(text)
    return [read.span(first, end) for first, ends in names.find(read).items() for end in ends]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The rebels took Umm Qantara at dawn.", ["Umm Qantara"]),
        ("The rebels took al-Zarba and el-Mallaha.", ["al-Zarba", "el-Mallaha"]),
        ("The militia seized Tall Hisn, Deir Yusef and a bridge.", ["Tall Hisn", "Deir Yusef"]),
        ("Troops took nothing on Monday.", []),
        ("Troops arrested General Hisn there.", []),
        ("Rebels Take Umm Qantara After Long Battle", []),
        ("", []),
    ],
)
def test_a_name_is_a_run_of_capitals(text: str, expected: list[str]) -> None:
    assert found(text) == expected


@given(st.text(alphabet="aB-, .'al", max_size=60))
def test_names_lie_in_the_sentence_and_do_not_overlap(text: str) -> None:
    read = words(text)
    floor = 0
    for first, ends in names.find(read).items():
        assert floor <= first < max(ends) <= len(read.norm)
        floor = max(ends)
