"""The stories in a rule's file hold it to what it does over time."""

from __future__ import annotations

from pathlib import Path

from alerts.read.places import Gazetteer
from tests.engine.world import BREACH, CUT_OFF, SHELLING, TRUCE, put_rules, read_rules

STORY = """
[[story]]
name = "a truce, and a breach of it"
[[story.article]]
day   = 0
text  = "Rebels ambushed a convoy in Juba."
[[story.article]]
day   = 1
text  = "South Sudan and the rebels agreed to a truce."
[[story.article]]
day   = 2
text  = "Rebels ambushed a patrol in Juba."
fires = true
[[story.article]]
day   = 30
text  = "Rebels ambushed a bus in Juba."
"""
OLD = """
[[story]]
name = "old news is none"
published = 2021-05-03
[[story.article]]
text  = "Rebels shelled Taiz on 2 May 2021."
fires = true
"""


def faults(folder: Path, gazetteer: Gazetteer, **rules: str) -> list[str]:
    return [str(fault) for fault in read_rules(put_rules(folder, rules), gazetteer).faults]


def test_a_story_that_goes_as_told_has_no_fault(tmp_path: Path, gazetteer: Gazetteer) -> None:
    assert faults(tmp_path, gazetteer, truce=TRUCE, breach=BREACH + STORY) == []


def test_a_story_names_the_line_of_the_article_that_goes_otherwise(tmp_path: Path, gazetteer: Gazetteer) -> None:
    wrong = STORY.replace("fires = true\n", "").replace('bus in Juba."', 'bus in Juba."\nfires = true')
    found = faults(tmp_path, gazetteer, truce=TRUCE, breach=BREACH + wrong)
    begin = BREACH.count("\n") + 1
    assert [fault.rpartition("article of day ")[2] for fault in found] == [
        "2 opens an alert, and should not",
        "30 should open an alert, and does not",
    ]
    assert [int(fault.split(":")[1]) for fault in found] == [begin + 9, begin + 12]


def test_a_broken_story_keeps_its_rule_out_of_force(tmp_path: Path, gazetteer: Gazetteer) -> None:
    wrong = STORY.replace("fires = true\n", "")
    book = read_rules(put_rules(tmp_path, {"truce": TRUCE, "breach": BREACH + wrong, "cut_off": CUT_OFF}), gazetteer)
    assert set(book.ruleset.by_name) == {"truce", "cut_off"}


def test_a_story_with_a_known_problem_leaves_its_rule_in_force(tmp_path: Path, gazetteer: Gazetteer) -> None:
    wrong = STORY.replace("fires = true\n", "", 1).replace('bus in Juba."', 'bus in Juba."\nfires = true')
    known = wrong.replace("[[story]]", '[[story]]\nknown_problem = "the truce is heard of too late"')
    assert faults(tmp_path, gazetteer, truce=TRUCE, breach=BREACH + known) == []


def test_a_known_problem_of_a_story_that_is_solved_is_told(tmp_path: Path, gazetteer: Gazetteer) -> None:
    known = STORY.replace("[[story]]", '[[story]]\nknown_problem = "it was too late"')
    [fault] = read_rules(put_rules(tmp_path, {"truce": TRUCE, "breach": BREACH + known}), gazetteer).faults
    assert (fault.level, fault.line) == ("warning", BREACH.count("\n") + 2)
    assert fault.message == "the known problem is solved ('it was too late'): take the line away"


def test_the_date_of_a_story_says_which_days_its_words_mean(tmp_path: Path, gazetteer: Gazetteer) -> None:
    assert faults(tmp_path / "then", gazetteer, shelling=SHELLING + OLD) == []
    [fault] = faults(tmp_path / "now", gazetteer, shelling=SHELLING + OLD.replace("2021-", "2026-"))
    assert "the article of day 0 should open an alert, and does not" in fault
    [fault] = faults(tmp_path / "never", gazetteer, shelling=SHELLING + OLD.replace("2021-05-03", '"May"'))
    assert "'published' must be a date without quotes" in fault
