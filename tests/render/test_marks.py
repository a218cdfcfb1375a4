"""Marking the words that fired, without losing or changing any other."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from alerts.render.marks import marked
from alerts.template_filters import one_line

SENTENCE = "After the ceasefire, fire from the hills hit the market of Arlo, killing twelve."


def show(sentence: str, quote: str, longest: int = 1000, **parts: str) -> str:
    pieces = marked(sentence, quote, parts, longest=longest)
    return "".join(f"[{piece.text}]" if piece.marked else piece.text for piece in pieces)


def test_the_words_of_each_part_are_marked() -> None:
    shown = show(SENTENCE, "fire from the hills hit the market", weapon="fire", strike="hit")
    assert shown == "After the ceasefire, [fire] from the hills [hit] the market of Arlo, killing twelve."


def test_a_part_outside_the_quote_is_marked_where_it_stands() -> None:
    assert show(SENTENCE, "hit the market", harm="killing").count("[killing]") == 1


def test_without_a_known_part_the_whole_quote_is_marked() -> None:
    assert "[hit the market]" in show(SENTENCE, "hit the market")
    assert "[hit the market]" in show(SENTENCE, "hit the market", other="nowhere")


def test_a_sentence_that_has_neither_is_shown_unmarked() -> None:
    assert show(SENTENCE, "not there", other="nor this") == SENTENCE
    assert show(SENTENCE, "") == SENTENCE
    assert show("", "", a="") == ""


def test_parts_that_overlap_are_one_mark() -> None:
    assert "[hit the market of Arlo]" in show(
        SENTENCE, "hit the market of Arlo", a="hit the market", b="market of Arlo"
    )


def test_case_and_line_breaks_make_no_difference() -> None:
    assert (
        show("Shells fell\n on the TOWN.", "shells  fell on the town", a="SHELLS\nfell") == "[Shells fell] on the TOWN."
    )


def test_a_very_long_sentence_is_cut_around_the_quote_between_words() -> None:
    long = "word " * 300 + "rebels struck the town " + "word " * 300
    shown = show(long, "rebels struck the town", 100, who="rebels", strike="struck")
    assert shown.startswith("… word ") and shown.endswith(" word …")
    assert "[rebels] [struck] the town" in shown
    assert len(shown) < 120


def test_a_quote_longer_than_the_limit_is_cut_too() -> None:
    shown = show("a" * 5000, "a" * 5000, 100)
    assert len(shown) < 120


@given(st.text(), st.text(), st.dictionaries(st.text(max_size=3), st.text(max_size=5), max_size=3))
def test_the_pieces_joined_are_the_sentence(sentence: str, quote: str, parts: dict[str, str]) -> None:
    pieces = marked(sentence, quote, parts)
    assert "".join(piece.text for piece in pieces) == one_line(sentence)
    assert all(piece.text for piece in pieces)
    assert all(one.marked != other.marked for one, other in pairwise(pieces))


@given(st.text(alphabet="ab ", min_size=30, max_size=200), st.integers(0, 150), st.integers(1, 40), st.integers(20, 60))
def test_a_cut_sentence_stays_within_its_limit_and_is_part_of_the_whole(
    sentence: str, start: int, length: int, longest: int
) -> None:
    text = one_line(sentence)
    pieces = marked(text, text[start : start + length], {}, longest=longest)
    joined = "".join(piece.text for piece in pieces)
    assert len(joined) <= max(longest, 0) + 4
    assert joined.removeprefix("… ").removesuffix(" …") in text
