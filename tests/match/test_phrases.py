from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.match.grammar import PhraseError, parse
from alerts.match.phrases import Choice
from tests.match.views import PlainView


def no_lists(name: str) -> Choice:
    raise PhraseError(f"there is no word list '@{name}'")


def found(phrase: str, text: str, slots: dict[str, dict[int, list[int]]] | None = None) -> list[str]:
    view = PlainView(text, slots)
    spans = Choice([parse(phrase, no_lists)]).find(view)
    return [view.words.span(span.first, span.end) for span in spans]


@pytest.mark.parametrize(
    ("phrase", "text", "expected"),
    [
        ("under siege", "The town is Under  Siege.", ["Under  Siege"]),
        ("cease-fire", "A cease fire, a cease-\nfire.", ["cease fire", "cease-\nfire"]),
        ("ma'arrat", "Troops took Maarrat and Ma’arrat’s market", ["Maarrat", "Ma’arrat’s"]),
        ("cafe", "the Café burned", ["Café"]),
        ("displac*", "displaced, displacement, place", ["displaced", "displacement"]),
        ("~flee", "They fled as others flee", ["fled", "flee"]),
        ("(city | old town)", "the city and its old town", ["city", "old town"]),
        ("[the] city", "in the city; city walls", ["the city", "city", "city"]),
        ("attack* ... hospital", "attacked a large and full hospital", ["attacked a large and full hospital"]),
        ("attack* ..2.. hospital", "attacked a very large hospital", []),
        ("=IS fighters", "as is fighters, IS fighters", ["IS fighters"]),
        ("=US troops", "U.S. troops; us troops", ["U.S. troops"]),
        ("un convoy", "a UN convoy", ["UN convoy"]),
        ("no food", "no, food", ["no, food"]),
    ],
)
def test_a_phrase_finds_what_the_newspaper_prints(phrase: str, text: str, expected: list[str]) -> None:
    assert found(phrase, text) == expected


def test_a_slot_is_filled_by_what_the_reader_found_there() -> None:
    people = {"people": {1: [3]}}
    assert found("killed {people}", "killed 12 villagers there", people) == ["killed 12 villagers"]
    assert found("wounded {people}", "killed 12 villagers there", people) == []


@pytest.mark.parametrize(
    ("phrase", "said"),
    [
        ("under siege | encircled", "alternatives need brackets round them: (a | b)"),
        ("en*", "'en*' is too short: write at least 3 letters before *"),
        ("tightened/imposed", "the sign '/' means nothing here — write alternatives as (a | b)"),
        ("under\\s+siege", "the sign '\\' means nothing here"),
        ("under (siege | attack", "the bracket '(' is not closed"),
        ("siege) of", "closes a bracket that was not opened"),
        ("(a | b]", "the bracket '(' is closed by ']'"),
        ("... surrounded", "a gap (...) needs words on both sides"),
        ("surrounded ...", "a gap (...) needs words on both sides"),
        ("a ..99.. b", "a gap may be 1 to 30 words wide"),
        ("the", "only of words that stand in every sentence"),
        ("[city]", "has no fixed word to look for"),
        ("", "there is nothing to look for"),
        ("(city | )", "an alternative is empty"),
        ("{peeple} fled", "there is no slot {peeple}"),
        ("besieg*ed", "* stands only at the end of a word"),
        ("killed, wounded", "punctuation is not looked at"),
        ("@nothing", "there is no word list '@nothing'"),
    ],
)
def test_a_phrase_that_cannot_be_used_is_refused_with_advice(phrase: str, said: str) -> None:
    with pytest.raises(PhraseError) as error:
        parse(phrase, no_lists)
    assert said in str(error.value)


@given(st.text(alphabet="ab*~=@{}()[]|. 3'-/é", max_size=60))
def test_no_phrase_raises_anything_but_our_own_error(source: str) -> None:
    try:
        parse(source, no_lists)
    except PhraseError:
        pass


@given(
    st.text(alphabet="ab ()[]|.", max_size=50),
    st.lists(st.sampled_from(["a", "b", "ab"]), max_size=40),
)
def test_every_match_lies_within_the_sentence(source: str, sentence: list[str]) -> None:
    try:
        phrase = parse(source, no_lists)
    except PhraseError:
        return
    view = PlainView(" ".join(sentence))
    for span in Choice([phrase]).find(view):
        assert 0 <= span.first < span.end <= len(view.norm)


def test_gaps_and_nested_options_are_not_exponential() -> None:
    deep = "a ..30.. " * 20 + "b"
    nested = "a " + "[a [a | a a]] " * 15 + "b"
    view = PlainView("a " * 400)
    started = time.perf_counter()
    for source in (deep, nested):
        assert Choice([parse(source, no_lists)]).find(view) == []
    assert time.perf_counter() - started < 20
