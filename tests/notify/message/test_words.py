"""Subjects in many scripts, as parsers read them back."""

from __future__ import annotations

import email
import email.policy
import random
import re
import unicodedata
from email.header import decode_header, make_header

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.notify.message.words import LONGEST_LINE, LONGEST_WORD, encode_words

ALPHABETS = {
    "ar": "ابتثجحخدذرزسشصضطظعغفقكلمنهويءآأؤإئىة" + "ًٌٍَُِّْـ٠١٢٣٤٥٦٧٨٩،؛؟",
    "fa": "ابپتثجچحخدذرزژسشصضطظعغفقکگلمنوهیآئء" + "\u200c۰۱۲۳۴۵۶۷۸۹،؟",
    "fr": "abcdefghijklmnopqrstuvwxyzàâæçéèêëîïôœùûüÿÉÀ’«»\u00a0\u202f",
    "es": "abcdefghijklmnopqrstuvwxyzáéíóúüñÑ¿¡",
    "uk": "абвгґдеєжзиіїйклмнопрстуфхцчшщьюя’",
    "ru": "абвгдеёжзийклмнопрстуфхцчшщъыьэюя«»—",
    "my": "ကခဂဃငစဆဇဈညတထဒဓနပဖဗဘမယရလဝသဟအာိီုူေဲံ့း္်ျြွှ၀၁၂၃။",
    "am": "ሀሁሂለሉሊመሙሚሰሱሲረሩሪቀቁቂበቡቢተቱቲነኑኒአኡኢከኩኪወዉዘዙየዩደዱገጉጠጡፀፁፈፉ፡።፣",
}
EMOJI = ("🚨", "👩🏽‍🚒", "🇸🇾", "👨‍👩‍👧‍👦", "☢️", "e\u0301", "=?utf-8?q?x?=", "(1,200)", "[Update 2]", "_?=", "km²")
WORD = re.compile(r"=\?utf-8\?([qb])\?([^ ?]*)\?=")


def subject(language: str, number: int) -> str:
    """A subject of up to 160 characters: words of the script, some in Latin letters, some of emoji and signs."""
    dice = random.Random(f"{language} {number}")
    words = []
    for _ in range(dice.randint(1, 24)):
        alphabet = ALPHABETS[language] if dice.random() < 0.8 else "abcdefXYZ0123456789.,:;!?-'\"()[]"
        words.append("".join(dice.choices(alphabet, k=dice.choice((1, 2, 5, 9, 9, 40)))))
        if dice.random() < 0.15:
            words.append(dice.choice(EMOJI))
    return " ".join(words)[: dice.choice((20, 80, 160))].strip(" ")


def check(text: str) -> None:
    """What any subject's header must keep to."""
    value = encode_words("Subject", text)
    lines = f"Subject: {value}".split("\r\n")
    assert all(len(line) <= LONGEST_LINE for line in lines), value
    assert all(line.startswith(" ") and line.strip() for line in lines[1:]), value
    raw = f"Subject: {value}\r\n\r\n".encode("ascii")
    unfolded = email.message_from_bytes(raw)["Subject"].replace("\r\n", "")  # which this parser leaves to us
    assert str(make_header(decode_header(unfolded))) == text
    assert email.message_from_bytes(raw, policy=email.policy.default)["Subject"] == text
    if value.startswith("=?utf-8?"):
        for word in value.split("\r\n "):
            assert WORD.fullmatch(word) and len(word) <= LONGEST_WORD, value
    else:
        assert text.isascii() and "=?" not in value


@pytest.mark.parametrize("language", sorted(ALPHABETS))
def test_subjects_of_every_script_come_back_unchanged(language: str) -> None:
    for number in range(80):
        check(subject(language, number))


@given(st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp")), max_size=200))
def test_a_subject_of_anything_comes_back_unchanged(text: str) -> None:
    check(re.sub(" +", " ", text).strip(" "))


@pytest.mark.soak
@pytest.mark.parametrize("language", sorted(ALPHABETS))
def test_ten_thousand_subjects_come_back_unchanged(language: str) -> None:
    for number in range(10_000 // len(ALPHABETS)):
        check(subject(language, 1000 + number))


def test_what_looks_like_one_letter_stays_in_one_word() -> None:
    for letter in ("👨‍👩‍👧‍👦", "👩🏽‍🚒", "🇸🇾", "e\u0301\u0323", "မြန်", "☢️"):
        for before in range(70):
            for word in encode_words("Subject", "x" * before + letter * 3 + " ю").split("\r\n "):
                start = str(make_header(decode_header(word)))[:1]
                assert unicodedata.category(start)[0] != "M" and start not in ("\u200d", "🏽", "🇾"), word


def test_a_letter_with_more_marks_than_a_word_has_room_is_split_between_them() -> None:
    check("e" + "\u0301" * 100)


def test_several_blanks_and_line_ends_are_one_blank_and_no_break_spaces_stay() -> None:
    assert encode_words("Subject", " a \r\n\t b\x00c ") == "a b c"
    check("Alerte\u00a0: 12\u202f000 déplacés")


def test_plain_text_stays_readable_and_is_folded_between_words() -> None:
    assert encode_words("Subject", "Djibo reported under siege") == "Djibo reported under siege"
    assert encode_words("Subject", "siege " * 20) == " ".join(["siege"] * 11) + "\r\n " + " ".join(["siege"] * 9)


def test_a_word_too_long_for_a_line_is_encoded_and_cut() -> None:
    check("x" * 300)
    check("")
