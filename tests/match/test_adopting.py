"""From a judged sentence to an example of its rule, and into the rule's file."""

from __future__ import annotations

import tomllib
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.match.adopting import Adopted, Bench, adopt, append, as_toml, contexts, is_reason
from alerts.match.bind import Households
from alerts.match.engine import Ruleset
from alerts.match.rule import Example
from alerts.read.places import Gazetteer
from alerts.read.reading import Reading
from alerts.types import Article
from tests.match.backtesting import NOON, article, hit
from tests.match.rules import ALONE, check

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)


@pytest.fixture
def bench(gazetteer: Gazetteer) -> Bench:
    return _bench(gazetteer, ALONE)


def _bench(gazetteer: Gazetteer, text: str) -> Bench:
    rule = check(text)
    return Bench(rule=rule, ruleset=Ruleset([rule]), gazetteer=gazetteer, households=Households())


def _adopt(bench: Bench, report: Article, *, fires: bool, before: Bench | None = None) -> Adopted | None:
    """The example of the report's hit, found by the rule as it was `before`."""
    found = (before or bench).ruleset.detect(report, bench.gazetteer, bench.households).hits[0]
    sentences = [one.sentence.text for one in Reading(report, bench.gazetteer).sentences]
    return adopt(bench, report, found, sentences, fires=fires)


@given(text=TEXTS, title=TEXTS, note=st.text())
def test_any_text_comes_back_from_the_file_as_it_was(text: str, title: str, note: str) -> None:
    example = Example(text=text, title=title, line=0, fires=False, because=title, published=NOON)
    [read] = tomllib.loads(as_toml(example, note))["quiet"]
    assert read == {"text": text, "title": title, "because": title, "published": NOON.date()}


def test_what_is_expected_stands_with_the_example() -> None:
    example = Example(text="x", line=0, fires=True, expect={"place": 'El "Fasher"', "killed": 12, "share": 2.5})
    [read] = tomllib.loads(as_toml(example, "note"))["fires"]
    assert read["expect"] == {"place": 'El "Fasher"', "killed": 12, "share": 2.5}


@pytest.mark.parametrize("end", ["", "\n", "\n\n"])
@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_what_stood_in_the_file_stays_with_its_comments_and_line_ends(end: str, ends: str) -> None:
    before = ends.join(["# mine", "format = 1", "", "[[quiet]]  # near", 'text = "x"']) + end.replace("\n", ends)
    after = append(before, [as_toml(Example(text="y", line=0, fires=False), "note")])
    assert after.startswith(before)
    assert [one["text"] for one in tomllib.loads(after)["quiet"]] == ["x", "y"]
    assert after.replace(ends, "").count("\n") == 0


def test_contexts_grow_from_the_sentence_to_those_round_it() -> None:
    sentences = ["Title", "One.", "Two.", "Three.", "Four.", "Five.", "Six."]
    report = article("One. Two. Three. Four. Five. Six.", title="Title")
    assert list(contexts(report, hit("Four.", sentence_index=4), sentences)) == [
        ("", "Four."),
        ("Title", "Four."),
        ("Title", "Three. Four. Five."),
        ("Title", "One. Two. Three. Four. Five. Six."),
    ]


def test_an_article_that_was_rewritten_lends_no_sentences() -> None:
    report = article("Other. Text.", title="Title")
    found = list(contexts(report, hit("Four.", sentence_index=1), ["Title", "Other.", "Text."]))
    assert found == [("", "Four."), ("Title", "Four.")]


def test_a_find_becomes_the_shortest_example_that_shows_it(bench: Bench) -> None:
    report = article("It rained. Gunmen besieged the town of Djibo. 200 civilians live there.", title="Sahel news")
    made = _adopt(bench, report, fires=True)
    assert made is not None
    assert (made.example.title, made.example.text) == ("", "Gunmen besieged the town of Djibo.")
    assert made.example.expect["place"] == "Djibo"
    assert made.problem is None


def test_the_place_may_need_the_title(bench: Bench) -> None:
    made = _adopt(bench, article("Gunmen besieged the town on Monday.", title="Djibo cut off by gunmen"), fires=True)
    assert made is not None
    assert made.example.title == "Djibo cut off by gunmen"
    assert made.example.expect["place"] == "Djibo"


def test_the_country_of_the_feed_stands_in_the_example_only_where_it_is_needed(bench: Bench) -> None:
    from_feed = _adopt(bench, article("Gunmen besieged the town on Monday.", country="BFA"), fires=True)
    from_text = _adopt(bench, article("Gunmen besieged the town of Djibo.", country="BFA"), fires=True)
    assert from_feed is not None and from_text is not None
    assert (from_feed.example.country, from_text.example.country) == ("BFA", None)


def test_a_false_alarm_that_the_rule_still_makes_is_a_problem_until_it_is_mended(bench: Bench) -> None:
    made = _adopt(bench, article("Gunmen besieged the town of Djibo."), fires=False)
    assert made is not None and made.problem is not None
    assert made.problem.startswith("the quiet example fires on")


def test_a_false_alarm_that_the_rule_makes_no_more_is_none(gazetteer: Gazetteer, bench: Bench) -> None:
    mended = _bench(gazetteer, ALONE.replace('phrases = ["x y"]', 'phrases = ["besieged the town"]'))
    made = _adopt(mended, article("Gunmen besieged the town of Djibo."), fires=False, before=bench)
    assert made is not None
    assert made.problem is None


def test_a_sentence_without_any_part_of_the_rule_proves_nothing(gazetteer: Gazetteer, bench: Bench) -> None:
    other = ALONE.replace('siege = ["~besiege", "under siege", "cut off from (aid | food)"]', 'siege = ["encircled"]')
    other = other.replace('where = ["{place}", "town"]', 'where = ["hamlet"]')
    changed = _bench(gazetteer, other)
    assert _adopt(changed, article("Gunmen besieged the town of Djibo."), fires=False, before=bench) is None
    assert _adopt(changed, article("Gunmen besieged the town of Djibo."), fires=True, before=bench) is None


def test_what_the_example_alone_does_not_give_is_not_expected(bench: Bench) -> None:
    report = article("Gunmen besieged the town of Djibo.")
    found = bench.ruleset.detect(report, bench.gazetteer, bench.households).hits[0]
    assert found.place is not None
    told = replace(found, place=replace(found.place, name="Ouagadougou"))
    made = adopt(bench, report, told, ["Gunmen besieged the town of Djibo."], fires=True)
    assert made is not None
    assert made.left_out == ("place Ouagadougou",)
    assert "place" not in made.example.expect


@pytest.mark.parametrize("fires", [True, False])
def test_what_fires_only_while_a_state_holds_is_no_example_by_itself(gazetteer: Gazetteer, fires: bool) -> None:
    text = ALONE.replace('kind = "first"\nin   = "120 days"', 'kind = "during"\nstate = "ceasefire"')
    made = _adopt(_bench(gazetteer, text), article("Gunmen besieged the town of Djibo."), fires=fires)
    assert made is not None
    assert made.waits_for == "ceasefire"


def test_only_a_reason_of_the_checker_can_be_a_because() -> None:
    assert is_reason("past")
    assert is_reason("Hidden by the idiom")
    assert not is_reason("a film about the war")
