"""How names are folded to keys."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.read.gazetteer import names
from alerts.read.text import words


@given(st.text(max_size=40))
def test_a_key_is_the_words_of_the_name(name: str) -> None:
    assert names.key(name) == " ".join(words(name).norm)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Maaret al-Numan", "Ma'arrat an-Nu'man"),
        ("Khan Sheikhoun", "Khān Shaykhūn"),
        ("Jisr al-Shughour", "Jisr ash-Shughur"),
        ("Kafranbel", "Kafr Nabl"),
        ("Deir Ezzor", "Dayr az-Zawr"),
        ("Hodeidah", "Al Hudaydah"),
    ],
)
def test_romanisations_of_one_arabic_name_share_their_consonants(one: str, other: str) -> None:
    assert names.skeleton(words(one).norm) == names.skeleton(words(other).norm)


def test_different_names_differ_in_consonants() -> None:
    assert names.skeleton(words("Saraqib").norm) != names.skeleton(words("Sarmada").norm)


@pytest.mark.parametrize("name", ["GOM", "adlb", "yi de li bo", "伊德利卜", "Pokrovsk, Yakutia", "Ho"])
def test_codes_and_machine_romanisations_are_not_printed(name: str) -> None:
    assert names.printable(name) == ""


@pytest.mark.parametrize("name", ["Idleb", "إدلب", "Идлиб", "Gao", "Xai-Xai", "N'Djamena"])
def test_names_newspapers_print_are_kept(name: str) -> None:
    assert names.printable(name) == names.key(name)


def test_articles_and_kinds_are_taken_off() -> None:
    assert names.without_article("al fashir") == "fashir"
    assert names.without_article("الفاشر") == "فاشر"
    assert names.without_article("fashir") is None
    assert names.without_kind("idlib governorate") == "idlib"
    assert names.without_kind("province of idlib") == "idlib"
    assert names.without_kind("province") is None


def test_the_english_name_of_a_province_is_shown() -> None:
    assert names.english(["Ḩalab", "Aleppo", "Aleppo Governorate"], "SY") == "Aleppo"
    assert names.english(["Nord-Kivu", "Kivu ya Node"], "CD") == "Nord-Kivu"
    assert names.english(["Tigrai", "Tigray Regional State"], "ET") == "Tigray"


def test_scholarly_marks_go_and_accents_stay() -> None:
    assert names.shown("Khān Yūnis", "PS") == "Khan Yunis"
    assert names.shown("São Paulo", "BR") == "São Paulo"


def test_case_endings_lead_to_the_name() -> None:
    assert "покровск" in names.inflected("покровску")
    assert "москва" in names.inflected("москве")
    assert "الفاشر" in names.inflected("بالفاشر")
    assert names.inflected("goma") == []


@given(st.text(max_size=12), st.text(max_size=12))
def test_likeness_is_a_share_and_the_same_both_ways(one: str, other: str) -> None:
    assert 0.0 <= names.close(one, other) <= 1.0
    assert names.close(one, other) == names.close(other, one)
    if one.replace(" ", ""):
        assert names.close(one, one) == 1.0
