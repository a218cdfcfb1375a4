"""Sentences: where they end and, more often, where they do not."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.read.sentences import LONGEST, sentences, split


def texts(text: str) -> list[str]:
    return [text[first:end] for first, end in split(text)]


def bodies(title: str, text: str) -> list[str]:
    return [s.text for s in sentences(title, text)[0] if s.part != "title"]


@pytest.mark.parametrize(
    "whole",
    [
        "Gen. Omar Haddad and Lt. Col. Rami Saleh met Sen. Jane Doe in St. Louis on Friday.",
        "The U.S. Army and the U.N. mission agreed at 5 p.m. Friday to wait.",
        "A storm hit Tampa, Fla. on Monday and Mobile, Ala. on Tuesday.",
        "J. K. Obeid of the relief office said 3.5 tonnes of flour were lost.",
        "The hospital, no. 7 on the list, took in Mrs. Aziz, Dr. Malik et al. in March.",
        'He shouted "Run for your lives!" and hid.',
        '"Where shall we go?" she asked.',
        '"Leave now!" Commander Hadi told the crowd.',
        "Prices rose 4.2 pct. in Jan. 2014, the agency said.",
        "They waited ... and then they left.",
        "About 1.200.000 people live there, i.e. half of the region.",
    ],
)
def test_abbreviations_initials_numbers_and_quotes_do_not_end_a_sentence(whole: str) -> None:
    assert texts(whole) == [whole]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("Troops entered the U.S.", "The embassy closed."),
        ("The talks ended at 5 p.m.", "No one spoke afterwards."),
        ("He works for Acme Inc.", "It makes tents."),
        ("The dead numbered 5.", "Twelve were hurt."),
        ('"We have nothing left."', "Families slept in the open."),
        ("Was it a raid?", "Nobody knew."),
        ("They said no.", "The road stayed shut."),
        ("The convoy waited for hours…", "Then it turned back."),
        ("The town fell (again).", '"It is over," a soldier said.'),
    ],
)
def test_a_sentence_ends_where_a_reader_would_stop(first: str, second: str) -> None:
    assert texts(f"{first} {second}") == [first, second]


def test_a_blank_lost_after_a_full_stop_does_not_join_two_sentences() -> None:
    assert texts("Shells fell on the market.Rescuers came late.") == [
        "Shells fell on the market.",
        "Rescuers came late.",
    ]


def test_other_scripts_end_their_sentences_too() -> None:
    assert len(texts("部队进入城镇。居民逃离。")) == 2
    assert len(texts("هل وصلت المساعدات؟ لا نعرف")) == 2


def test_a_line_broken_in_mid_sentence_goes_on() -> None:
    text = "Some\n12,300 residents\nof the valley left\ntheir homes.\nRoads are cut."
    assert texts(text) == ["Some\n12,300 residents\nof the valley left\ntheir homes.", "Roads are cut."]


def test_a_heading_is_a_sentence_of_its_own() -> None:
    assert texts("Northern Province\n800 people evacuated\nThe river fell.") == [
        "Northern Province",
        "800 people evacuated",
        "The river fell.",
    ]


def test_the_title_comes_first_and_the_first_paragraph_is_the_lead() -> None:
    found, _ = sentences("Rain cuts off valley", "The valley is cut off. Nobody is hurt.\nA bridge fell.")
    assert [(s.part, s.index) for s in found] == [("title", 0), ("lead", 1), ("lead", 2), ("body", 3)]


def test_in_a_text_without_paragraphs_the_lead_is_its_beginning() -> None:
    text = " ".join(f"This is sentence number {i} of a long report about the weather in the hills." for i in range(30))
    parts = [s.part for s in sentences("", text)[0]]
    assert parts[:2] == ["lead", "lead"] and set(parts[6:]) == {"body"}


@pytest.mark.parametrize(
    "dateline",
    [
        "GOMA, May 3 (Reuters) -",
        "BEIRUT (AP) —",
        "NAIROBI, Kenya --",
        "AFP -",
        "KABUL:",
        "TRIPOLI, 12 March 2013 (IRIN) -",
        "Wed 5 Feb 2014",
        "Published October 29 2014",
    ],
)
def test_a_dateline_is_set_apart(dateline: str) -> None:
    found, apart = sentences("", f"{dateline} Rebels took the bridge on Friday. It is shut.")
    assert found[0].text == "Rebels took the bridge on Friday."
    assert apart == dateline


@pytest.mark.parametrize(
    "text",
    [
        "The army - once feared - left the town.",
        "May 3 was a dark day for the village.",
        "Syria: rebels take a town.",
        "UN staff left the town.",
        "NATO said it would stay.",
    ],
)
def test_an_ordinary_beginning_is_no_dateline(text: str) -> None:
    found, apart = sentences("", text)
    assert (found[0].text, apart) == (text, None)


def test_a_title_that_the_text_repeats_is_read_once() -> None:
    title = "Ten killed in raid on market"
    text = "Thu Jun 5 2014 Ten killed in raid on market. Ten people were killed in a raid on Thursday."
    found, apart = sentences(title, text)
    assert [s.text for s in found] == [title, "Ten people were killed in a raid on Thursday."]
    assert apart == "Thu Jun 5 2014"


def test_a_title_repeated_without_a_full_stop_is_read_once() -> None:
    title = "Ten killed in raid on market - The Daily Example"
    assert bodies(title, "Ten killed in raid on market AFP Monday 9 Jun 2014 A raid killed ten people.") == [
        "A raid killed ten people."
    ]


def test_a_text_that_only_begins_like_the_title_is_kept_whole() -> None:
    text = "Ten killed in raid on market town were farmers."
    assert bodies("Ten killed in raid on market", text) == [text]


def test_link_lines_and_doubled_sentences_are_left_out() -> None:
    text = "A bridge fell in the flood.\nRelated: Flood of 1998 killed 200\nA boat came. A boat came.\nRead more: here"
    assert bodies("", text) == ["A bridge fell in the flood.", "A boat came."]


@given(st.text(max_size=80), st.text(alphabet="aB. \n\"'!?-()1,:–é。", max_size=400))
def test_any_text_is_split_into_ordered_spans_without_loss(title: str, text: str) -> None:
    spans = split(text)
    at = 0
    for first, end in spans:
        assert at <= first < end
        assert not text[at:first].strip()
        assert text[first:end] == text[first:end].strip()
        at = end
    assert not text[at:].strip()
    found, _ = sentences(title, text)
    for sentence in found:
        source = title if sentence.part == "title" else text
        assert source[sentence.start : sentence.start + len(sentence.text)] == sentence.text
    assert [s.index for s in found] == list(range(len(found)))


@pytest.mark.parametrize("bit", ["a.", "A. ", '"', "a" * 50, "(", "\n", "- ", "Jan. 1 ", "! ", ".", '."', "Related "])
def test_no_text_is_slow_and_no_sentence_endless(bit: str) -> None:
    text = bit * (200_000 // len(bit))
    began = time.perf_counter()
    found, _ = sentences("Some title of a story", text)
    assert time.perf_counter() - began < 5
    assert all(len(s.text) <= LONGEST for s in found)
