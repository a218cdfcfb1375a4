"""Rules come into force sound or not at all, and a broken file takes nothing away that worked."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from alerts.engine import loading
from alerts.engine.loading import RuleSources
from alerts.engine.rulebook import Rulebook, told
from alerts.errors import Fault
from alerts.match.bind import Households
from alerts.match.rule import Rule
from alerts.read.places import Gazetteer
from alerts.types import Article
from tests.engine.world import BREACH, CUT_OFF, NOON, SHELLING, TRUCE, put_rules, read_rules

LISTED = SHELLING.replace('"~shell"', '"@blow"')
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


def put_list(folder: Path, words: str) -> None:
    (folder / "lexicon").mkdir(exist_ok=True)
    (folder / "lexicon" / "blow.toml").write_text(words)


def last_good(book: Rulebook, gazetteer: Gazetteer) -> Callable[[], list[Rule]]:
    """The rules of a book as a database gives them back."""
    kept = [(rule.name, rule.source, rule.lists) for rule in book.ruleset.rules]
    return lambda: loading.remembered(kept, gazetteer.country_of)[0]


def restarted(sources: RuleSources, gazetteer: Gazetteer, before: Rulebook) -> Rulebook:
    return loading.load(sources, gazetteer=gazetteer, households=Households(), last_good=last_good(before, gazetteer))


def test_a_rule_that_breaks_while_the_service_is_down_stays_as_it_was(tmp_path: Path, gazetteer: Gazetteer) -> None:
    sources = put_rules(tmp_path, {"shelling": SHELLING, "cut_off": CUT_OFF})
    before = read_rules(sources, gazetteer)
    put_rules(tmp_path, {"shelling": SHELLING + "[nonsense", "cut_off": CUT_OFF.replace("severe", "extreme")})
    after = restarted(sources, gazetteer, before)
    assert (names(after), after.kept) == ({"shelling", "cut_off"}, ("shelling",))
    assert after.ruleset.by_name["shelling"].version == before.ruleset.by_name["shelling"].version
    assert after.ruleset.by_name["cut_off"].severity.default == "extreme"


def test_a_rule_stays_with_the_word_lists_it_was_good_with(tmp_path: Path, gazetteer: Gazetteer) -> None:
    sources = put_rules(tmp_path, {"shelling": LISTED})
    put_list(tmp_path, 'words = ["~shell"]')
    before = read_rules(sources, gazetteer)
    for broken in ('words = ["~shell"', 'words = ["a/b"]'):
        put_list(tmp_path, broken)
        for after in (read_rules(sources, gazetteer, before), restarted(sources, gazetteer, before)):
            assert after.kept == ("shelling",)
            assert any(fault.file == "lexicon/blow.toml" for fault in after.errors)
            article = Article(id="1", title="", text="Troops shelled Taiz.", published=NOON)
            assert after.ruleset.detect(article, gazetteer, Households()).hits


def test_the_database_is_not_asked_for_rules_that_are_sound(tmp_path: Path, gazetteer: Gazetteer) -> None:
    def never() -> list[Rule]:
        raise AssertionError

    sources = put_rules(tmp_path, {"shelling": SHELLING})
    loading.load(sources, gazetteer=gazetteer, households=Households(), last_good=never)


def test_a_kept_version_that_cannot_be_used_any_more_is_told(gazetteer: Gazetteer) -> None:
    rules, faults = loading.remembered([("shelling", SHELLING + "[nonsense", {})], gazetteer.country_of)
    assert rules == []
    assert "the version kept before" in faults[0].message


def test_a_broken_rule_that_keeps_a_state_breaks_no_other(tmp_path: Path, gazetteer: Gazetteer) -> None:
    sources = put_rules(tmp_path, {"truce": TRUCE, "breach": BREACH})
    before = read_rules(sources, gazetteer)
    put_rules(tmp_path, {"truce": TRUCE + "[nonsense"})
    after = read_rules(sources, gazetteer, before)
    assert [fault.file for fault in after.errors] == ["truce.toml"]
    assert (names(after), after.kept) == ({"truce", "breach"}, ("truce",))


@pytest.mark.parametrize("fault", ["[nonsense", FAILS], ids=["syntax", "example"])
def test_a_rule_that_is_renamed_and_broken_at_once_stays_under_its_old_name(
    tmp_path: Path, gazetteer: Gazetteer, fault: str
) -> None:
    sources = put_rules(tmp_path, {"shelling": SHELLING})
    before = read_rules(sources, gazetteer)
    (tmp_path / "shelling.toml").unlink()
    renamed = SHELLING.replace("[about]\n", '[about]\nformerly = ["shelling"]\n')
    broken = renamed + fault if fault == FAILS else renamed.replace("precision", "precison")
    put_rules(tmp_path, {"artillery": broken})
    assert names(read_rules(sources, gazetteer, before)) == {"shelling"}
    put_rules(tmp_path, {"artillery": renamed})
    assert names(read_rules(sources, gazetteer, before)) == {"artillery"}


def test_only_the_rule_that_was_edited_is_read_and_tried_again(
    tmp_path: Path, gazetteer: Gazetteer, monkeypatch: pytest.MonkeyPatch
) -> None:
    sources = put_rules(tmp_path, {"shelling": SHELLING, "cut_off": CUT_OFF})
    before = read_rules(sources, gazetteer)
    tried: list[str] = []
    real = loading.try_out

    def counted(rule: Rule, *rest: Any) -> list[Fault]:
        tried.append(rule.name)
        return real(rule, *rest)

    monkeypatch.setattr(loading, "try_out", counted)
    put_rules(tmp_path, {"cut_off": CUT_OFF.replace("severe", "extreme")})
    after = read_rules(sources, gazetteer, before)
    assert tried == ["cut_off"]
    assert after.ruleset.by_name["shelling"] is before.ruleset.by_name["shelling"]
    put_list(tmp_path, 'words = ["~shell"]')
    assert names(read_rules(sources, gazetteer, after)) == {"shelling", "cut_off"}


def test_what_a_failing_rule_lacks_is_still_told_when_another_is_edited(tmp_path: Path, gazetteer: Gazetteer) -> None:
    sources = put_rules(tmp_path, {"shelling": SHELLING + FAILS, "cut_off": CUT_OFF})
    first = read_rules(sources, gazetteer)
    put_rules(tmp_path, {"cut_off": CUT_OFF.replace("severe", "extreme")})
    second = read_rules(sources, gazetteer, first)
    assert (names(second), second.errors) == ({"cut_off"}, first.errors)


def test_a_reading_is_told_in_one_text(tmp_path: Path, gazetteer: Gazetteer) -> None:
    sources = put_rules(tmp_path, {"shelling": SHELLING, "cut_off": CUT_OFF, "truce": TRUCE})
    before = read_rules(sources, gazetteer)
    assert told(before) == "3 in force"
    (tmp_path / "truce.toml").unlink()
    put_rules(
        tmp_path,
        {
            "shelling": SHELLING + "[nonsense",
            "cut_off": CUT_OFF.replace("severe", "extreme"),
            "new": SHELLING,
            "bad": "x",
        },
    )
    head, *faults = told(read_rules(sources, gazetteer, before), before.versions).splitlines()
    assert head == (
        "3 in force; new: new; changed: cut_off; no longer in force: truce; still in force as they were: shelling;"
        " not in force, for their faults: bad"
    )
    assert [fault.split(":")[0].strip() for fault in faults] == ["bad.toml", "shelling.toml"]
