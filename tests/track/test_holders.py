from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.track.holders import differ, holder, names


@pytest.mark.parametrize(
    ("sentence", "taking", "printed"),
    [
        ("The army captured Bor on Friday.", "army captured Bor", "army"),
        (
            "On Friday Islamic State militants have captured Bor.",
            "militants have captured Bor",
            "Islamic State militants",
        ),
        ("Witnesses said rebel fighters seized Bor.", "fighters seized Bor", "rebel fighters"),
        ("Free Bor Army fighters took Bor.", "fighters took Bor", "Free Bor Army fighters"),
        ("On Monday Taliban took control of Bor.", "Taliban took control of Bor", "Taliban"),
    ],
)
def test_who_takes_a_place_is_what_is_printed_before_the_verb(sentence: str, taking: str, printed: str) -> None:
    assert holder(sentence, taking) == printed


@pytest.mark.parametrize(
    ("sentence", "taking"),
    [
        ("The troops retook Bor.", "troops retook Bor"),
        ("Militia leaders and armed men captured Bor.", "armed men captured Bor"),
        ("They captured Bor.", "army captured Bor"),
        ("The army captured Bor.", ""),
    ],
)
def test_a_force_that_is_not_named_holds_nothing(sentence: str, taking: str) -> None:
    assert holder(sentence, taking) == ""


def test_a_holder_with_a_longer_name_may_be_the_same() -> None:
    assert not differ("army", "Syrian army")
    assert not differ("", "army")
    assert differ("army", "rebels")


def test_a_taking_names_its_place_in_whatever_spelling() -> None:
    assert names("fighters captured Safsafeh", "As Safsafah")
    assert not names("fighters captured Ain Daqneh", "Tal Rifaat")


@given(st.text(max_size=60), st.text(max_size=30))
def test_a_holder_is_part_of_what_is_printed(sentence: str, taking: str) -> None:
    assert holder(sentence, taking) in sentence
