"""Which phrases no example has met: dead ones hide among them."""

from __future__ import annotations

from alerts.match.coverage import coverage, list_coverage, list_notes, notes
from alerts.read.places import Gazetteer
from tests.match.rules import SOUND, check


def test_each_phrase_has_the_number_of_examples_it_stands_in(gazetteer: Gazetteer) -> None:
    more = '\n[[fires]]\ntext = "Rebels besieged Taiz. The town is under siege."\n'
    found = {one.name: dict(one.counts) for one in coverage(check(SOUND + more), gazetteer)}
    assert found == {
        "siege": {"~besiege": 2, "under siege": 2, "cut off from (aid | food)": 0},
        "where": {"{place}": 2, "@settlement": 3},
        "[ignore] phrases (in a quiet one)": {"@picture": 1},
        "the number trapped": {"@number.trapped": 0},
    }


def test_what_is_ignored_must_stand_in_an_example_that_is_quiet(gazetteer: Gazetteer) -> None:
    text = SOUND.replace('"@picture"', '"@picture", "gunmen"')
    (ignored,) = [one for one in coverage(check(text), gazetteer) if "ignore" in one.name]
    assert ignored.missed == ["gunmen"]


def test_an_article_of_a_story_is_an_example_too(gazetteer: Gazetteer) -> None:
    story = """
[[story]]
name = "cut off"
[[story.article]]
day = 1
text = "Djibo is cut off from food."
fires = true
[[story.article]]
day = 2
text = "Its gunmen starve."
"""
    text = SOUND.replace('"@picture"', '"@picture", "gunmen"') + story
    found = {one.name: one.missed for one in coverage(check(text), gazetteer)}
    assert (found["siege"], found["[ignore] phrases (in a quiet one)"]) == ([], [])


def test_parts_of_several_blocks_are_told_apart(gazetteer: Gazetteer) -> None:
    second = '[[match]]\nname = "starved"\nunless = ["diet"]\n[match.parts]\nsiege = ["~starve"]\n\n[ignore]'
    found = coverage(check(SOUND.replace("[ignore]", second)), gazetteer)
    assert {one.name for one in found} >= {"siege in 'cut off'", "siege in 'starved'", "unless in 'starved'"}


def test_a_note_counts_what_stands_in_no_example(gazetteer: Gazetteer) -> None:
    (note,) = notes(check(SOUND), gazetteer, whole=False)
    assert str(note) == (
        "cut_off.toml: note: 2 of 7 phrases stand in no example (alerts rules check --phrases cut_off lists them)"
    )


def test_notes_name_the_phrases_in_the_line_of_their_list(gazetteer: Gazetteer) -> None:
    said = [str(note) for note in notes(check(SOUND), gazetteer, whole=True)]
    assert said[0] == (
        'cut_off.toml:14: note: 1 of 3 phrases of siege stand in no example: "cut off from (aid | food)"'
    )


def test_a_rule_whose_phrases_are_all_exercised_has_no_note(gazetteer: Gazetteer) -> None:
    text = SOUND.replace(', "cut off from (aid | food)"', "").replace('use = "trapped"', 'say = ["{people}"]')
    more = '\n[[fires]]\ntext = "Rebels besieged Taiz, where 400 people live."\n'
    assert notes(check(text + more), gazetteer, whole=False) == []
    assert notes(check(text + more), gazetteer, whole=True) == []


def test_a_word_list_is_exercised_by_the_examples_of_any_rule_that_uses_it(gazetteer: Gazetteer) -> None:
    one, two = check(SOUND), check(SOUND.replace("town of Djibo", "village of Djibo"), "other")
    assert {found.name: found.missed for found in list_coverage([one, two], gazetteer)} == {
        "@number.trapped": ["~trap ..3.. {people}"],
        "@picture": [],
        "@settlement": ["city"],
    }
    lacking = {note.file: note.message for note in list_notes([one], gazetteer)}
    assert set(lacking) == {"lexicon/number.trapped.toml", "lexicon/settlement.toml"}
    assert lacking["lexicon/settlement.toml"] == (
        '2 of 3 phrases of @settlement stand in no example: "village*", "city"'
    )
