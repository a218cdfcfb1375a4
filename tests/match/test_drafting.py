"""A draft is proposed from its own sentence, and does what its two sentences say, or says why it cannot."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.errors import Faults
from alerts.match import wordcounts
from alerts.match.bind import Households
from alerts.match.check import Checker
from alerts.match.drafting import Answers, Tools, draft, propose
from alerts.match.files import RuleFiles, load
from alerts.read.places import Gazetteer

RULES = Path(__file__).parents[2] / "rules"
ANSWERS = Answers(
    name="water_cut",
    title="Water supply cut",
    event="water",
    fires="Shells damaged the pumping station in Hasakah on Sunday, killing three workers.",
    quiet="A strike could damage the pumping station in Kharkiv, engineers warned.",
    parts={"act": ["~damage"], "target": ["pumping station*"]},
    place=False,
    level="severe",
)


@pytest.fixture(scope="module")
def rules(gazetteer: Gazetteer) -> RuleFiles:
    return load([RULES], country=gazetteer.country_of)


@pytest.fixture(scope="module")
def tools(rules: RuleFiles, gazetteer: Gazetteer) -> Tools:
    return Tools(
        check=Checker(rules.lexicon, gazetteer.country_of).check,
        gazetteer=gazetteer,
        households=Households(),
        today=date(2026, 1, 15),
        shares=wordcounts.shipped(),
        numbers=frozenset({"killed", "injured"}),
    )


def test_a_draft_is_a_sound_rule_that_is_not_in_force(tools: Tools) -> None:
    made = draft(ANSWERS, tools)
    assert made.problem is None
    rule = tools.check("water_cut", made.text)
    assert (rule.status, rule.event, rule.severity.default) == ("draft", "water", "severe")
    assert [part.name for part in rule.blocks[0].parts] == ["act", "target"]
    assert [example.because for example in rule.examples] == [None, "possible"]


def test_a_number_that_the_sentence_gives_is_asked_for(tools: Tools) -> None:
    assert [number.name for number in tools.check("water_cut", draft(ANSWERS, tools).text).numbers] == ["killed"]


def test_the_parts_may_be_as_far_apart_as_in_the_sentence(tools: Tools) -> None:
    far = (
        "Shells that fell on the town all day and for most of the night hit, so a man there says, the pumping station."
    )
    answers = replace(ANSWERS, fires=far, parts={"act": ["shells"], "target": ["pumping station*"]})
    answers = replace(answers, quiet="In 1994 shells hit the pumping station.")
    made = draft(answers, tools)
    assert made.problem is None
    assert (tools.check("water_cut", made.text).blocks[0].within_words or 0) >= 20


@pytest.mark.parametrize(
    ("change", "about", "says"),
    [
        ({"fires": "Shells could damage the pumping station."}, "fires", "possible: 'could'; write it as news"),
        ({"fires": "Shells damaged the bridge."}, "fires", "missing target; the words of each part must stand"),
        ({"fires": "Shells damaged the pumping station.", "place": True}, "fires", "no place is named; name a place"),
        ({"quiet": "A bakery was opened."}, "quiet", "proves nothing: nothing like '~damage' or 'pumping station*'"),
        ({"quiet": "Frost damaged the pumping station."}, "fires too", "fires, too, on 'damaged the pumping station'"),
        (
            {"parts": {"act": ["~hit"]}, "fires": "Shells hit Goma.", "quiet": "They could hit it."},
            "parts",
            "add a part that must stand there too",
        ),
    ],
)
def test_what_makes_a_draft_impossible_is_told(tools: Tools, change: dict[str, object], about: str, says: str) -> None:
    made = draft(replace(ANSWERS, **change), tools)  # type: ignore[arg-type]
    assert made.about == about
    assert says in (made.problem or "")


def test_what_is_ignored_hides_its_words_or_the_sentence(tools: Tools) -> None:
    quiet = "Frost damaged the pumping station."
    over = draft(replace(ANSWERS, quiet=quiet, ignore=["frost damaged"]), tools)
    beside = draft(replace(ANSWERS, quiet=quiet, ignore=["frost"]), tools)
    assert over.problem is None
    assert 'phrases = ["frost damaged"]' in over.text
    assert beside.problem is None
    assert 'sentences = ["frost"]' in beside.text


def test_words_are_proposed_for_what_happens_and_for_what_it_happens_to(rules: RuleFiles, gazetteer: Gazetteer) -> None:
    text = "Shells damaged the pumping station in Hasakah on Sunday, leaving 400,000 people without water."
    what, whom = propose(text, gazetteer, rules.rules)
    assert what == ["~damage"]
    assert "pumping station*" in whom


def test_a_verb_that_no_rule_knows_is_proposed_by_its_beginning(gazetteer: Gazetteer) -> None:
    assert propose("Officials ransacked the archive.", gazetteer, [])[0] == ["ransack*"]


def test_what_is_proposed_makes_a_rule_that_fires(tools: Tools, rules: RuleFiles, gazetteer: Gazetteer) -> None:
    for rule in rules.rules:
        for example in [one for one in rule.examples if one.fires][:2]:
            what, whom = propose(example.text, gazetteer, rules.rules)
            if not what:
                continue
            parts = {"act": what} | ({"target": whom} if whom else {})
            made = draft(replace(ANSWERS, fires=example.text, parts=parts), tools)
            assert "missing" not in (made.problem or ""), example.text


@settings(max_examples=40, deadline=None)
@given(title=st.text(min_size=1, max_size=40), text=st.text(max_size=60))
def test_whatever_is_answered_gives_a_draft_or_a_fault(tools: Tools, title: str, text: str) -> None:
    try:
        made = draft(replace(ANSWERS, title=title, fires=f"{ANSWERS.fires} {text}", ignore=[]), tools)
    except Faults:
        assert not title.split()  # a rule needs a title
        return
    if made.problem is None:
        rule = tools.check("water_cut", made.text)
        assert rule.title == " ".join(title.encode("utf-8", "replace").decode().split())
