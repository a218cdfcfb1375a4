"""Explaining tells what the engine does, and what came near when it does nothing."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.match.bind import Households
from alerts.match.engine import Ruleset
from alerts.match.examples import DEFAULT_PUBLISHED, article_of
from alerts.match.explain import Explanation, explain, nearest, one_line, tells
from alerts.match.files import load
from alerts.match.rule import Rule
from alerts.match.stages import stage_of
from alerts.read.places import Gazetteer
from alerts.types import Article
from tests.match.rules import SOUND, check

RULES = Path(__file__).parents[2] / "rules"


def article(text: str, *, title: str = "", source: str = "", language: str | None = None) -> Article:
    published = datetime(2026, 1, 15, 12, tzinfo=UTC)
    return Article(id="1", title=title, text=text, published=published, source=source, language=language)


def explained(gazetteer: Gazetteer, text: str, *, rule: str = SOUND, title: str = "", source: str = "") -> Explanation:
    ruleset = Ruleset([check(rule)])
    (one,) = explain(ruleset, article(text, title=title, source=source), gazetteer, Households())
    return one


def chain(one: Explanation) -> dict[str, tuple[bool | None, str]]:
    """The stages of the nearest sentence."""
    return {stage.name: (stage.ok, stage.said) for stage in one.chain(one.cases[0])}


def hints(one: Explanation, part: str) -> tuple[str, ...]:
    return next(stage.near for stage in one.chain(one.cases[0]) if stage.name == f"part {part}")


@pytest.fixture(scope="module")
def shipped(gazetteer: Gazetteer) -> tuple[Rule, ...]:
    return load([RULES], country=gazetteer.country_of).rules


def test_explain_says_fires_exactly_where_detect_has_a_hit(shipped: tuple[Rule, ...], gazetteer: Gazetteer) -> None:
    """Over every example of every shipped rule, of each third one for all rules; and the stages agree with it."""
    ruleset = Ruleset([rule for rule in shipped if rule.status in ("active", "test")])
    fired = 0
    for rule in shipped:
        for number, example in enumerate(rule.examples):
            given = article_of(example, example.published or DEFAULT_PUBLISHED)
            hits = {hit.rule for hit in ruleset.detect(given, gazetteer, Households()).hits if hit.needs_state is None}
            asked = ruleset.by_name.keys() if number % 3 == 0 else {rule.name, *hits}
            found = explain(ruleset, given, gazetteer, Households(), names=asked)
            assert {one.rule.name for one in found if one.fires} == hits, example.text
            for one in found:
                _agrees(one, example.text)
            fired += len(hits)
    assert fired > 60


def _agrees(one: Explanation, text: str) -> None:
    """The stages say what the verdict says."""
    refused = any(stage.ok is False for stage in one.before)
    assert one.fires == (not refused and any(map(tells, one.cases))), (one.rule.name, text)
    assert (one.because is None) == one.fires
    assert "report this" not in (one.because or ""), (one.rule.name, text)
    for case in one.cases:
        assert case.because is None or stage_of(case.because) != "rule", case.because
        if case.failed != "parts":
            failed = [stage.name for stage in one.chain(case) if stage.ok is False]
            assert bool(failed) == (case.because is not None), (case.because, failed)


def test_the_stages_of_a_hit_are_told_with_words_and_phrases(gazetteer: Gazetteer) -> None:
    one = explained(gazetteer, "Gunmen besieged Djibo, trapping some 2,000 people there.")
    assert one.fires
    stages = chain(one)
    assert stages["part siege"] == (True, "'besieged', by \"~besiege\"")
    assert stages["part where"] == (True, "'Djibo', by \"{place}\"")
    assert stages["distance"] == (True, "the parts take 2 words, of 16 allowed")
    assert stages["place"][1].startswith("Djibo, ")
    assert stages["number trapped"] == (None, "1,800–2,200 ('2,000 people')")
    assert stages["severity"] == (None, "moderate because trapped 1,800")
    assert one_line(one).startswith("FIRES cut_off / cut off | siege 'besieged', where 'Djibo' | trapped 1,800–2,200")


def test_of_a_word_list_the_line_is_named(gazetteer: Gazetteer) -> None:
    one = explained(gazetteer, "Gunmen besieged the villages.")
    assert chain(one)["part where"] == (True, "'villages', by \"@settlement: village*\"")


def test_the_words_under_an_idiom_are_named(gazetteer: Gazetteer) -> None:
    one = explained(gazetteer, "The minister is under siege from critics in the town hall.")
    ok, said = chain(one)["hidden"]
    assert (one.fires, ok) == (False, False)
    assert said == (
        "hidden by the idiom '@picture'; 'under siege from critics' is under \"@picture: under siege from critics\""
    )
    assert one_line(one).endswith("found siege 'under siege', where 'town'; hidden by the idiom '@picture'")


def test_a_claim_is_told_with_its_cue(gazetteer: Gazetteer) -> None:
    one = explained(gazetteer, "Gunmen could besiege the town of Djibo.")
    ok, said = chain(one)["claims"]
    assert not ok
    assert said == "possible: 'could'; possible ('could') does not count"


def test_the_least_distance_is_told_when_the_parts_are_too_far_apart(gazetteer: Gazetteer) -> None:
    text = SOUND.replace("within_words = 16", "within_words = 3")
    one = explained(gazetteer, "Gunmen besieged soldiers and their families in the town hall.", rule=text)
    assert chain(one)["distance"] == (
        False,
        "the parts are more than 3 words apart; the closest take 8: 'besieged soldiers and their families in the town'",
    )


def test_no_place_is_told(gazetteer: Gazetteer) -> None:
    one = explained(gazetteer, "Gunmen besieged the town.")
    ok, said = chain(one)["place"]
    assert (ok, said) == (False, "no place is named; none is named")


def test_a_number_that_is_too_small_is_told_with_what_is_wanted(gazetteer: Gazetteer) -> None:
    text = SOUND.replace('use = "trapped"', 'use = "trapped"\nat_least = 5_000')
    one = explained(gazetteer, "Gunmen besieged Djibo, trapping 200 families there.", rule=text)
    ok, said = chain(one)["number trapped"]
    assert (one.because, ok) == ("below at_least: trapped 1,000 < 5,000", False)
    assert said == "1,000 ('200 families' × 5); wanted: 5,000 or more"


def test_another_form_of_a_word_is_near(gazetteer: Gazetteer) -> None:
    text = SOUND.replace('"~besiege"', '"flee"')
    one = explained(gazetteer, "Hundreds fled the town.", rule=text)
    assert one.because == "missing siege"
    assert hints(one, "siege") == ("'fled' is near to \"flee\" (~flee has it)",)


def test_a_word_with_another_ending_is_near(gazetteer: Gazetteer) -> None:
    one = explained(gazetteer, "The besiegers of the town left.")
    assert hints(one, "siege") == ("'besiegers' is near to \"~besiege\" (besieg* would have it)",)


def test_a_phrase_of_which_most_is_there_is_near(gazetteer: Gazetteer) -> None:
    one = explained(gazetteer, "The town was cut off from power.")
    assert hints(one, "siege") == ("'cut' and 'off' and 'from', but no (aid | food), of \"cut off from (aid | food)\"",)


def test_words_in_another_order_are_near(gazetteer: Gazetteer) -> None:
    text = SOUND.replace('"under siege"', '"siege of"')
    one = explained(gazetteer, "Of the town nobody knows; the siege goes on.", rule=text)
    assert "'siege' and 'Of', but not in the order of \"siege of\", or too far apart" in hints(one, "siege")


def test_a_part_in_the_next_sentence_is_near_with_the_remedy(gazetteer: Gazetteer) -> None:
    one = explained(gazetteer, "Gunmen besieged the palace. The town of Djibo is quiet.")
    assert one.because == "missing where"
    assert hints(one, "where")[0] == "'town' stands in sentence 2 (just after); within_sentences = 2 would reach it"


def test_a_part_given_by_the_next_sentence_is_told_as_such(gazetteer: Gazetteer) -> None:
    text = SOUND.replace("within_words = 16", "within_words = 16\nwithin_sentences = 2")
    one = explained(gazetteer, "Gunmen besieged the palace. The town of Djibo is quiet.", rule=text)
    assert chain(one)["part where"] == (True, "'town', in a sentence beside")


def test_a_name_that_is_no_place_is_near(gazetteer: Gazetteer) -> None:
    one = explained(gazetteer, "Gunmen besieged people of al-Qzrtx when night had come.")
    assert hints(one, "where") == ("'al-Qzrtx' is no place that the gazetteer knows",)


def test_what_came_near_is_told_even_when_no_part_was_found(gazetteer: Gazetteer) -> None:
    rule = check(SOUND.replace('"~besiege"', '"flee"'))
    assert nearest(rule, article("Hundreds fled."), gazetteer) == [
        ("sentence 1", "siege", "'fled' is near to \"flee\" (~flee has it)")
    ]


@pytest.mark.parametrize(
    ("scope", "says"),
    [
        ('languages = ["fr"]', "[scope] languages leaves it out: it is in 'en'"),
        ('not_sources = ["Rumour"]', "[scope] not_sources leaves it out: it is from 'Rumour'"),
        ('sections = ["World"]', "[scope] sections leaves it out: its sections are not given"),
        ("source_tier = 1", "[scope] source_tier leaves it out: its publisher is of tier 2"),
    ],
)
def test_an_article_outside_the_scope_is_told_with_what_would_have_been(
    gazetteer: Gazetteer, scope: str, says: str
) -> None:
    text = SOUND.replace("[[match]]", f"[scope]\n{scope}\n\n[[match]]", 1)
    one = explained(gazetteer, "Gunmen besieged the town of Djibo.", rule=text, source="Rumour")
    assert (one.fires, one.because) == (False, says)
    assert one.cases[0].because is None


def test_an_article_in_another_language_is_told(gazetteer: Gazetteer) -> None:
    text = SOUND.replace('name = "cut off"', 'name = "cut off"\nlanguage = "fr"')
    one = explained(gazetteer, "Gunmen besieged the town of Djibo.", rule=text)
    assert one.because == "the article is in 'en'; the rule's phrases are in 'fr'"


def test_an_ignored_article_is_told_with_the_words(gazetteer: Gazetteer) -> None:
    text = SOUND.replace("[ignore]", '[ignore]\narticles = ["film festival"]')
    one = explained(gazetteer, "Gunmen besieged the town of Djibo.", rule=text, title="At the film festival")
    assert one.because == "the article is ignored for 'film festival' in the title, by \"film festival\""


def test_a_state_that_the_article_does_not_name_is_told(gazetteer: Gazetteer) -> None:
    text = SOUND.replace('kind = "first"\nin   = "120 days"', 'kind = "during"\nstate = "truce"')
    one = explained(gazetteer, "Gunmen besieged the town of Djibo.", rule=text)
    assert one.because == "the state 'truce' is not said to hold"
    assert "the article does not say so" in chain(one)["time"][1]


@pytest.mark.parametrize(
    ("when", "says"),
    [
        ('kind = "after"\nrule = "water"\nwithin = "7 days"', "only within 7 days of an alert of 'water' there"),
        ('kind = "spike"\nwindow = "3 days"\nbaseline = "28 days"\nat_least = 4', "only if far more than usual come"),
        ('kind = "each"', "every new event, of 15 January 2026"),
    ],
)
def test_what_only_the_database_knows_is_told_as_such(gazetteer: Gazetteer, when: str, says: str) -> None:
    text = SOUND.replace('kind = "first"\nin   = "120 days"', when)
    one = explained(gazetteer, "Gunmen besieged the town of Djibo.", rule=text)
    ok, said = chain(one)["time"]
    assert one.fires
    assert ok
    assert said.startswith(says)
    assert said.endswith("the database knows") == (when != 'kind = "each"')


def test_a_rule_that_only_keeps_the_ledger_says_so(gazetteer: Gazetteer) -> None:
    text = SOUND.replace("within_words = 16", 'within_words = 16\nholds = "siege"') + '\n[state]\nname = "siege"\n'
    one = explained(gazetteer, "Gunmen besieged the town of Djibo.", rule=text)
    assert one.because == "it only tells the ledger about 'siege'"


def test_what_fires_comes_first_then_what_came_nearest(shipped: tuple[Rule, ...], gazetteer: Gazetteer) -> None:
    ruleset = Ruleset(shipped)
    text = "Paramilitary fighters have encircled El Fasher, trapping some 260,000 civilians."
    found = explain(ruleset, article(text), gazetteer, Households())
    assert [one.rule.name for one in found if one.fires] == ["siege"]
    assert found[0].rule.name == "siege"
    seen = [one.found for one in found]
    assert seen == sorted(seen, reverse=True)


def test_one_rule_can_be_asked_alone(shipped: tuple[Rule, ...], gazetteer: Gazetteer) -> None:
    found = explain(Ruleset(shipped), article("A bakery opened."), gazetteer, Households(), names=["siege"])
    assert [(one.rule.name, one.found, one.because) for one in found] == [("siege", False, "nothing of it was found")]
    assert one_line(found[0]) == "quiet siege : nothing of it was found"


WORDS = st.sampled_from(
    "gunmen besieged the town of Djibo . In 1994 under siege from critics could not , villages \n 2,000 families"
    " trapped flee Umm al-Hawa “ <b> é 𝔘 \x00 ’s".split(" ")
)


@settings(max_examples=60, deadline=None)
@given(words=st.lists(WORDS, max_size=40), title=st.text(max_size=20))
def test_whatever_the_text_the_explanation_and_the_engine_agree(
    gazetteer: Gazetteer, words: list[str], title: str
) -> None:
    ruleset = Ruleset([check(SOUND)])
    given_article = article(" ".join(words), title=title)
    hits = ruleset.detect(given_article, gazetteer, Households()).hits
    (one,) = explain(ruleset, given_article, gazetteer, Households())
    let_in = all(stage.ok is not False for stage in one.before)  # odd letters make it another language
    assert one.fires == bool(hits) == (let_in and any(map(tells, one.cases)))
    assert one_line(one).startswith("FIRES" if hits else "quiet")
    for case in one.cases:
        failed = any(stage.ok is False for stage in one.chain(case))
        assert failed == (case.because is not None)
    nearest(ruleset.rules[0], given_article, gazetteer)
