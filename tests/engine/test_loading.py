"""Rules come into force sound or not at all, and a broken file takes nothing away that worked."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from alerts.engine.loading import RuleSources
from alerts.engine.rulebook import Rulebook
from alerts.read.places import Gazetteer
from tests.engine.world import BREACH, CUT_OFF, SHELLING, TRUCE, put_rules, read_rules

FAILS = '\n[[fires]]\ntext = "Nothing happened in Taiz."\n'


def names(book: Rulebook) -> set[str]:
    return set(book.ruleset.by_name)


def test_a_broken_rule_at_the_start_stops_only_itself(tmp_path: Path, gazetteer: Gazetteer) -> None:
    broken = SHELLING.replace('event  = "attack"', 'event  = "attack"\nsevrity = "minor"')
    book = read_rules(put_rules(tmp_path, {"shelling": broken, "cut_off": CUT_OFF}), gazetteer)
    assert names(book) == {"cut_off"}
    [fault] = book.errors
    assert (fault.file, fault.line) == ("shelling.toml", 4)
    assert "did you mean 'severity'" in fault.message


def test_a_rule_whose_own_example_fails_is_not_taken(tmp_path: Path, gazetteer: Gazetteer) -> None:
    book = read_rules(put_rules(tmp_path, {"shelling": SHELLING + FAILS, "cut_off": CUT_OFF}), gazetteer)
    assert names(book) == {"cut_off"}
    [fault] = book.errors
    assert fault.line == SHELLING.count("\n") + 2
    assert "does not fire" in fault.message


def test_a_rule_that_breaks_at_a_reload_stays_as_it_was(tmp_path: Path, gazetteer: Gazetteer) -> None:
    sources = put_rules(tmp_path, {"shelling": SHELLING, "cut_off": CUT_OFF})
    before = read_rules(sources, gazetteer)
    put_rules(tmp_path, {"shelling": SHELLING + "[nonsense", "cut_off": CUT_OFF.replace("severe", "extreme")})
    after = read_rules(sources, gazetteer, before)
    assert after.kept == ("shelling",)
    assert after.ruleset.by_name["shelling"] is before.ruleset.by_name["shelling"]
    assert after.ruleset.by_name["cut_off"].severity.default == "extreme"
    assert after.policies.keys() == {"shelling", "cut_off"}
    assert after.errors


def test_a_rule_that_is_mended_comes_into_force(tmp_path: Path, gazetteer: Gazetteer) -> None:
    sources = put_rules(tmp_path, {"shelling": SHELLING + "[nonsense"})
    broken = read_rules(sources, gazetteer)
    put_rules(tmp_path, {"shelling": SHELLING})
    assert (names(broken), names(read_rules(sources, gazetteer, broken))) == (set(), {"shelling"})


@pytest.mark.parametrize("how", ["deleted", "off", "draft", "retired"])
def test_a_rule_that_is_taken_away_is_no_longer_in_force(tmp_path: Path, gazetteer: Gazetteer, how: str) -> None:
    sources = put_rules(tmp_path, {"shelling": SHELLING, "cut_off": CUT_OFF})
    before = read_rules(sources, gazetteer)
    if how == "deleted":
        (tmp_path / "shelling.toml").unlink()
    elif how == "off":
        sources = RuleSources(folders=sources.folders, off=("shelling",))
    else:
        put_rules(tmp_path, {"shelling": SHELLING.replace('"active"', f'"{how}"')})
    after = read_rules(sources, gazetteer, before)
    assert (names(after), after.kept) == ({"cut_off"}, ())


def test_a_folder_that_goes_away_for_a_while_takes_no_rule_with_it(tmp_path: Path, gazetteer: Gazetteer) -> None:
    sources = put_rules(tmp_path / "rules", {"shelling": SHELLING})
    before = read_rules(sources, gazetteer)
    (tmp_path / "rules").rename(tmp_path / "elsewhere")
    after = read_rules(sources, gazetteer, before)
    assert (names(after), after.kept, len(after.errors)) == ({"shelling"}, ("shelling",), 1)


def test_a_users_file_replaces_the_shipped_rule_of_its_name(tmp_path: Path, gazetteer: Gazetteer) -> None:
    shipped = put_rules(tmp_path / "shipped", {"shelling": SHELLING, "cut_off": CUT_OFF})
    own = put_rules(tmp_path / "own", {"shelling": SHELLING.replace('"Shelling"', '"Artillery"')})
    book = read_rules(RuleSources(folders=(*shipped.folders, *own.folders)), gazetteer)
    assert [book.ruleset.by_name[name].title for name in ("shelling", "cut_off")] == ["Artillery", "Town cut off"]


def test_a_state_that_no_rule_keeps_is_a_fault(tmp_path: Path, gazetteer: Gazetteer) -> None:
    book = read_rules(put_rules(tmp_path, {"breach": BREACH}), gazetteer)
    assert "no rule keeps the state 'truce'" in book.errors[0].message
    assert not read_rules(put_rules(tmp_path, {"truce": TRUCE}), gazetteer).errors


def test_a_folder_that_is_not_there_is_a_fault(tmp_path: Path, gazetteer: Gazetteer) -> None:
    book = read_rules(RuleSources(folders=(tmp_path / "nowhere",)), gazetteer)
    assert "there is no such folder of rules" in str(book.errors[0])


def test_the_stamp_changes_with_any_file(tmp_path: Path) -> None:
    sources = put_rules(tmp_path, {"shelling": SHELLING})
    (tmp_path / "lexicon").mkdir()
    stamps = [sources.stamp()]
    put_rules(tmp_path, {"cut_off": CUT_OFF})
    stamps.append(sources.stamp())
    (tmp_path / "lexicon" / "words.toml").write_text("x = 1\n")
    stamps.append(sources.stamp())
    os.utime(tmp_path / "shelling.toml", ns=(1, 1))
    stamps.append(sources.stamp())
    (tmp_path / "cut_off.toml").unlink()
    stamps.append(sources.stamp())
    assert len(set(stamps)) == 5
    assert sources.stamp() == stamps[-1]


def test_a_draft_is_tried_but_not_in_force(tmp_path: Path, gazetteer: Gazetteer) -> None:
    draft = SHELLING.replace('"active"', '"draft"')
    assert names(read_rules(put_rules(tmp_path, {"shelling": draft}), gazetteer)) == set()
    faulty = read_rules(put_rules(tmp_path, {"shelling": draft + FAILS}), gazetteer)
    assert "does not fire" in faulty.errors[0].message
