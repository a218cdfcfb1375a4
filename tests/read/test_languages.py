"""The language of a text: what it says itself comes before what its feed declares."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.read.languages import detect


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Dozens of villagers fled shelling near the border on Tuesday", "en"),
        ("Des dizaines de villageois ont fui les bombardements près de la frontière", "fr"),
        ("Decenas de aldeanos huyeron de los bombardeos cerca de la frontera", "es"),
        ("فر عشرات القرويين من القصف قرب الحدود", "ar"),
        ("Десятки жителей бежали от обстрелов у границы", "ru"),
        ("နယ်စပ်အနီး ရွာသားများ ထွက်ပြေး", "my"),
    ],
)
def test_a_sentence_tells_its_language(text: str, language: str) -> None:
    assert detect(text, None) == language


def test_an_english_story_in_a_french_feed_is_english() -> None:
    assert detect("Rebels shelled the market town again on Monday, killing six people", "fr-CD") == "en"


def test_a_feed_that_wrongly_declares_english_is_read_as_what_it_is() -> None:
    assert detect("Les rebelles ont de nouveau bombardé la ville lundi, tuant six personnes", "en-US") == "fr"


def test_a_bare_name_takes_the_language_of_its_feed() -> None:
    assert detect("Goma", "fr") == "fr"


def test_nothing_to_go_by_is_english() -> None:
    assert detect("", None) == "en"


def test_a_three_letter_tag_becomes_two_letters() -> None:
    assert detect("", "fra") == "fr"


def test_a_language_the_detector_does_not_know_comes_from_the_feed() -> None:
    assert detect("Watu kumi wameuawa katika shambulio karibu na mpaka", "sw") == "sw"


def test_a_quoted_word_in_another_script_does_not_decide() -> None:
    assert detect("Soldiers painted the word ရွာ on the wall of the burned school, witnesses said", None) == "en"


@given(st.text(max_size=60), st.one_of(st.none(), st.text(max_size=6)))
def test_any_text_and_any_tag_give_a_code(text: str, prior: str | None) -> None:
    code = detect(text, prior)
    assert code.isascii() and code.islower() and len(code) in (2, 3)


def test_a_short_headline_full_of_foreign_towns_is_still_english() -> None:
    assert detect("Congolese army retakes Bukavu", None) == "en"
