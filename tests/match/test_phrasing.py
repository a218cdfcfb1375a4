"""Which phrases stand behind a hit."""

from __future__ import annotations

from alerts.match.bind import Households
from alerts.match.engine import Ruleset
from alerts.match.phrasing import Phrasebook, Phrases, list_of
from alerts.match.rule import Rule
from alerts.match.view import SentenceView
from alerts.read.places import Gazetteer
from alerts.types import Hit
from tests.match.backtesting import article
from tests.match.rules import ALONE, SOUND, check


def _phrases(rule: Rule, text: str, gazetteer: Gazetteer) -> tuple[Hit, Phrases]:
    found = Ruleset([rule]).detect(article(text), gazetteer, Households())
    assert found.reading is not None
    [hit] = found.hits
    return hit, Phrasebook(rule).of(hit, SentenceView(found.reading.sentences[hit.sentence_index]))


def test_the_phrases_of_a_hit_are_those_that_stand_in_its_sentence(gazetteer: Gazetteer) -> None:
    _, phrases = _phrases(check(ALONE), "Gunmen besieged the town of Djibo.", gazetteer)
    assert phrases.found == {("siege", "~besiege"), ("where", "town"), ("where", "{place}")}


def test_a_phrase_beside_which_another_of_its_part_stands_is_not_alone(gazetteer: Gazetteer) -> None:
    _, phrases = _phrases(check(ALONE), "Gunmen besieged the town of Djibo.", gazetteer)
    assert phrases.alone == {("siege", "~besiege")}


def test_a_phrase_that_is_a_word_list_counts_by_the_lines_of_the_list(gazetteer: Gazetteer) -> None:
    rule = check(SOUND)
    _, phrases = _phrases(rule, "Gunmen besieged the town of Djibo.", gazetteer)
    assert ("where", "@settlement") not in Phrasebook(rule).known
    lines = {phrase for part, phrase in phrases.found if part == "where" and list_of(phrase) == "@settlement"}
    assert "@settlement: town*" in lines or "@settlement: town" in lines


def test_a_part_from_the_sentence_beside_it_has_its_phrase_too(gazetteer: Gazetteer) -> None:
    rule = check(ALONE.replace("within_words = 16", "within_words = 16\nwithin_sentences = 2"))
    hit, phrases = _phrases(rule, "The town of Djibo woke to gunfire. Then it was under siege.", gazetteer)
    assert hit.sentence == "Then it was under siege."
    assert {("siege", "under siege"), ("where", "town")} <= phrases.found


def test_a_stored_sentence_is_enough(gazetteer: Gazetteer) -> None:
    rule = check(ALONE)
    hit, phrases = _phrases(rule, "Gunmen besieged the town of Djibo.", gazetteer)
    assert Phrasebook(rule).of_sentence(hit, gazetteer, hit.event_time) == phrases


def test_a_hit_that_the_rule_finds_no_more_has_no_phrases(gazetteer: Gazetteer) -> None:
    hit, _ = _phrases(check(ALONE), "Gunmen besieged the town of Djibo.", gazetteer)
    changed = check(ALONE.replace('"~besiege", ', ""))
    assert Phrasebook(changed).of_sentence(hit, gazetteer, hit.event_time) == Phrases()


def test_only_a_line_of_a_list_is_of_a_list() -> None:
    assert list_of("@siege: ~encircle") == "@siege"
    assert list_of("@armed_group ..3.. camp") is None
    assert list_of("under siege") is None
