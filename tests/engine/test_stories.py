"""The stories in a rule's file hold it to what it does over time."""

from __future__ import annotations

from pathlib import Path

from alerts.read.places import Gazetteer
from tests.engine.world import BREACH, CUT_OFF, TRUCE, put_rules, read_rules

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
