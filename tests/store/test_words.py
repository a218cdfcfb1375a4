"""The words by which alerts are found, in any script."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.store.words import LONGEST, MOST_KEPT, Word, asked, kept


def finds(question: str, *texts: str) -> bool:
    """Whether a text has all words of a question."""
    words = kept(texts)
    return all(
        any(one == word.text or (word.begins and one.startswith(word.text)) for one in words)
        for word in asked(question)
    )


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("SHELLS djibo", "Shells fell on Djibo’s market"),
        ("cote d’ivoire", "Floods in Côte d'Ivoire"),
        ("Côte D'Ivoire", "floods in cote d'ivoire"),
        ("Al-Hasakah", "an air raid on al Hasakah"),
        ("1,200", "1200 families"),
        ("1200 families", "“1,200 families fled”"),
        ("displac*", "45 people displaced"),
        ("الخرطوم", "قصف على خرطوم"),
        ("خرطوم", "قُصِفَت الخرطوم"),
        ("أطفال", "اطفال"),
        ("київ", "Обстріл міста Київ"),
        ("ОБСТРІЛ", "Обстріл міста"),
        ("北京", "空袭北京市"),
        ("京", "空袭北京市"),
        ("空袭北京市", "空袭北京市"),
        ("서울", "서울에서"),
        ("गाँव", "हिन्दी गाँव में बाढ़"),
        ("ไทย", "ภาษาไทย"),
        ("hospital 医院", "the hospital (医院) was hit"),
        ("", "anything"),
    ],
)
def test_a_question_finds_a_text_however_it_is_written(question: str, text: str) -> None:
    assert finds(question, text)


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("Niger", "Floods in Nigeria"),
        ("displac", "45 people displaced"),
        ("shells goma", "Shells fell on Djibo"),
        ("京北", "空袭北京市"),
        ("hospital*", "an old hospice"),
    ],
)
def test_what_a_text_does_not_say_is_not_found(question: str, text: str) -> None:
    assert not finds(question, text)


def test_a_question_has_each_word_once_and_one_letter_begins_nothing() -> None:
    assert asked("Goma GOMA a* go*") == (Word("goma"), Word("a"), Word("go", True))
    assert asked("?! “”") == ()


@given(st.text(max_size=300))
def test_every_text_is_found_by_its_own_words(text: str) -> None:
    words = kept([text])
    assert len(words) <= MOST_KEPT
    assert all(0 < len(word) <= LONGEST and not word.isspace() for word in words)
    assert finds(text.replace("*", " "), text)
