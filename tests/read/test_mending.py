"""What a wrong character set did to a text is put right, as far as it can be told, and nothing else is touched."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.read.mending import mend
from alerts.read.places import Gazetteer
from alerts.read.text import plain, words


@pytest.mark.parametrize(
    ("broken", "right"),
    [
        ("Maliâ€™s army", "Mali’s army"),
        ("â€œwe fledâ€ she said", "“we fled” she said"),
        ("the people of GoiÃ¢nia and Ã‰vora", "the people of Goiânia and Évora"),
        ("ChadŠ—Ès north, Š—“a disasterŠ—�", "Chad’s north, “a disaster”"),
        ("in Man’¡os", "in Manáos"),
        ("in Man’_os", "in Man\ufffdos"),
    ],
)
def test_marks_and_letters_read_with_a_wrong_character_set_are_put_right(broken: str, right: str) -> None:
    assert mend(broken) == right


@pytest.mark.parametrize("text", ["São Tomé, “as ever” – the mayor’s", "LE MARCHÉ", "»Ä«", "the troops’ ’90s", "Â la"])
def test_text_that_is_whole_stays_as_it_is(text: str) -> None:
    assert mend(text) == text


@given(st.text(alphabet="âÃÂ€™œŠ—È’_�aé ", max_size=40))
def test_no_text_fails_and_none_grows(text: str) -> None:
    assert len(mend(text)) <= len(text)


def test_a_lost_letter_or_apostrophe_leaves_one_word() -> None:
    assert words("Peru\ufffds coast, in Junín or Jun\ufffdn").norm == ("peru", "coast", "in", "junin", "or", "junn")


@pytest.mark.parametrize(
    ("sentence", "name", "country"),
    [
        ("Floods in Potos\ufffd drove out hundreds.", "Potosí", "BOL"),
        ("Mud hit San Crist\ufffdbal de las Casas on Monday.", "San Cristóbal de las Casas", "MEX"),
        ("They fled to C\ufffdte d\ufffdIvoire.", "Ivory Coast", "CIV"),
        ("Homes in N\ufffdjera de Su\ufffdrez burned, Ghana\ufffds capital saw nothing.", "Ghana", "GHA"),
    ],
)
def test_a_place_is_found_whose_name_lost_letters(gazetteer: Gazetteer, sentence: str, name: str, country: str) -> None:
    mentions = gazetteer.mentions(words(plain(sentence)))
    assert (name, country) in {(p.name, p.country) for p in gazetteer.resolve([mentions])[0] if p}


def test_a_damaged_name_that_nobody_knows_is_no_place(gazetteer: Gazetteer) -> None:
    """Not the place either whose name the letters before the damage would be."""
    [mentions] = gazetteer.resolve([gazetteer.mentions(words("They came from Gom\ufffdqx."))])
    assert [place for place in mentions if place] == []
