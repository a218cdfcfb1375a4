"""Copies are found again however they were edited, and texts that only tell of the same war are not."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from collections.abc import Callable
from itertools import accumulate, combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.track.copies import (
    DIGEST,
    IN_COMMON,
    containment,
    digest,
    near_copies,
    pack,
    print_of,
    same_words,
    shingles,
    unpack,
)
from tests.track.test_origins import OTHER, WIRE


def in_another_process(code: str) -> set[str]:
    said = set()
    for seed in ("1", "2"):
        told = subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            check=True,
            env=os.environ | {"PYTHONHASHSEED": seed},
        )
        said.add(told.stdout.strip())
    return said


def test_shingles_do_not_see_capitals_accents_or_punctuation() -> None:
    assert shingles("The town of Żarnów fell, they said.") == shingles("THE TOWN OF ZARNOW FELL — they said")


def test_prints_and_digests_are_the_same_in_another_process() -> None:
    code = f"from alerts.track.copies import *; p = print_of({OTHER!r}); print(p.hex(), digest(p))"
    assert in_another_process(code) == {f"{print_of(OTHER).hex()} {digest(print_of(OTHER))}"}


def test_digests_are_those_that_databases_hold() -> None:
    # If this fails, the library or the seed changed: no text that is stored would be known again.
    found = digest(print_of("Rockets struck the main market of Arlo on Monday, killing at least nine people."))
    assert [number & 0xFFFFFFFF for number in found[:4]] == KNOWN
    assert [number >> 32 for number in found] == list(range(DIGEST))


KNOWN = [404931803, 534210055, 3233866304, 3236428501]


def test_a_text_shorter_than_a_shingle_still_has_one() -> None:
    assert len(shingles("Market hit")) == 1
    assert shingles(" — ") == frozenset()
    assert digest(print_of(" — ")) == ()


@given(st.frozensets(st.integers(0, 2**32 - 1)))
def test_numbers_come_back_as_they_were_packed(numbers: frozenset[int]) -> None:
    assert unpack(pack(numbers)) == numbers


def test_the_same_numbers_are_the_same_bytes() -> None:
    assert pack([3, 1, 2]) == pack([1, 2, 3]) == b"\1\0\0\0\2\0\0\0\3\0\0\0"


def test_a_copy_under_another_headline_is_a_near_copy() -> None:
    assert near_copies(print_of("Rockets kill nine\n" + WIRE), print_of("Market attack in Arlo leaves dead\n" + WIRE))


def test_a_shortened_copy_is_a_near_copy() -> None:
    assert near_copies(print_of(WIRE), print_of(WIRE[: len(WIRE) // 3]))


def test_a_copy_inside_a_much_longer_article_is_a_near_copy() -> None:
    longer = OTHER + " " + WIRE + " " + " ".join(f"word{i}" for i in range(600))
    assert containment(shingles(WIRE), shingles(longer)) > 0.9
    assert near_copies(print_of(WIRE), print_of(longer))


def test_two_reports_of_one_event_in_their_own_words_are_no_copies() -> None:
    assert not near_copies(print_of(WIRE), print_of(OTHER))


def test_texts_without_words_are_no_copies() -> None:
    assert not near_copies(print_of(""), print_of(""))


@given(st.text(max_size=80), st.text(max_size=80))
def test_copying_is_mutual(one: str, other: str) -> None:
    assert near_copies(print_of(one), print_of(other)) == near_copies(print_of(other), print_of(one))


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Shells fell on the market of Arlo on Monday.", "Shells fell on the market of Arlo on Monday", True),
        (
            "Shells fell on the market of Arlo on Monday.",
            "Shells fell on the market of Arlo Monday, police said.",
            True,
        ),
        ("Shells fell on the market of Arlo on Monday.", "The army took the hills above the bridge on Monday.", False),
        ("Shells fell on Taiz.", "Shells fell on Marib.", False),
        (
            "The rebels denied that they shelled Taiz on Monday.",
            "The rebels denied that they shelled Ibb on Monday.",
            False,
        ),
        (
            "Shells fell on the market of Arlo, killing 12 people.",
            "Shells fell on the market of Arlo, killing 14 people.",
            False,
        ),
        ("", "", False),
    ],
)
def test_sentences_are_the_same_by_their_words(one: str, other: str, same: bool) -> None:
    assert same_words(one, other) == same_words(other, one) == same


# What editors do to a wire story. Texts are made of common words, most of them often: that is where chance is greatest.

RANDOM = random.Random(7)
WORDS = [
    "".join(RANDOM.choice("bdfgklmnprstv") + RANDOM.choice("aeiou") for _ in range(RANDOM.randint(1, 4)))
    for _ in range(3_000)
]
OFTEN = list(accumulate(1 / (rank + 3) for rank in range(len(WORDS))))
STOCK = [" ".join(RANDOM.choices(WORDS[:400], k=14)) + "." for _ in range(30)]  # background that everybody prints


def sentence() -> str:
    if RANDOM.random() < 0.05:
        return RANDOM.choice(STOCK)
    return " ".join(RANDOM.choices(WORDS, cum_weights=OFTEN, k=RANDOM.randint(8, 24))).capitalize() + "."


def article(sentences: int) -> str:
    return " ".join(sentence() for _ in range(sentences))


def _without(text: str, first: float, last: float) -> str:
    words = text.split()
    return " ".join(words[int(first * len(words)) : int(last * len(words))])


def _shuffled(text: str) -> str:
    parts = text.split(". ")
    RANDOM.shuffle(parts)
    return ". ".join(parts)


def _reworded(text: str) -> str:
    return " ".join(RANDOM.choice(WORDS) if i % 9 == 4 else word for i, word in enumerate(text.split()))


LENGTHS = (3, 5, 8, 20, 40)  # sentences: from items of 45 words to long articles
EDITS: dict[str, tuple[Callable[[str], str], float]] = {
    "cut at the end": (lambda text: _without(text, 0, 0.5), 0.99),
    "cut in front": (lambda text: _without(text, 0.4, 1), 0.99),
    "another headline": (lambda text: f"{sentence()}\n{text}", 0.99),
    "sentences reordered": (_shuffled, 0.99),
    "words replaced": (_reworded, 0.95),
    "text added before": (lambda text: f"{_as_long(text)} {text}", 0.98),
    "text added after": (lambda text: f"{text} {_as_long(text)}", 0.98),
    "in a text four times as long": (lambda text: " ".join((text, *(_as_long(text) for _ in range(3)))), 0.93),
}


def _as_long(text: str) -> str:
    return article(text.count(". ") + 1)


def found(one: str, other: str) -> bool:
    prints = print_of(one), print_of(other)
    shared = len(set(digest(prints[0])) & set(digest(prints[1])))
    return shared >= IN_COMMON and near_copies(*prints)


@pytest.mark.parametrize("edit", EDITS)
def test_copies_are_found_whatever_was_done_to_them(edit: str) -> None:
    change, least = EDITS[edit]
    RANDOM.seed(11)
    texts = [article(length) for length in LENGTHS for _ in range(12)]
    rate = sum(found(text, change(text)) for text in texts) / len(texts)
    assert rate >= least, f"{edit}: {rate:.3f}"


def test_a_copied_paragraph_in_a_long_article_is_no_copy_of_the_whole() -> None:
    RANDOM.seed(12)
    texts = [article(20) for _ in range(40)]
    assert not any(found(text, f"{_without(text, 0, 0.15)} {article(30)}") for text in texts)


def test_texts_that_share_only_words_and_background_are_hardly_ever_compared_or_copies() -> None:
    RANDOM.seed(13)
    prints = [print_of(article(length)) for length in LENGTHS for _ in range(40)]
    digests = [set(digest(one)) for one in prints]
    pairs = list(combinations(range(len(prints)), 2))
    alike = [(i, j) for i, j in pairs if len(digests[i] & digests[j]) >= IN_COMMON]
    assert len(alike) / len(pairs) < 0.01
    wrong = [pair for pair in alike if near_copies(prints[pair[0]], prints[pair[1]])]
    assert len(wrong) / len(pairs) < 0.0002  # a short item that is hardly more than a sentence of background
