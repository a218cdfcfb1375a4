"""What wants to be mended in a rule that is sound: copied examples, and days that have passed."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.errors import Faults
from alerts.match.baserates import Estimator, lint
from alerts.match.lexicon import Lexicon
from alerts.match.lint import copies, overdue, remarks
from alerts.match.wordcounts import shipped
from tests.match.rules import SOUND, check, faults

TODAY = date(2026, 6, 1)


def copied(*examples: str) -> list[tuple[int, str]]:
    """(example, counting from 0, and what is said of it) for a rule with these examples alone."""
    rule = check(SOUND[: SOUND.index("[[fires]]")] + "\n".join(examples))
    lines = [example.line for example in rule.examples]
    return [(lines.index(fault.line), fault.message) for fault in copies(rule)]


def fires(text: str, more: str = "") -> str:
    return f'[[fires]]\ntext = "{text}"\n{more}'


def test_an_example_that_repeats_another_is_told() -> None:
    first = "On Monday the rebels besieged the small town of Djibo in the north of the country."
    [(at, said)] = copied(fires(first), fires("Aid cannot reach Djibo."), fires(first.replace("Monday", "Friday")))
    assert at == 2
    assert said.startswith("the example says nearly the same as the one in line ")


def test_examples_in_other_words_are_no_copies() -> None:
    assert copied(fires("Gunmen besieged the town of Djibo."), fires("Taiz is under siege by rebels.")) == []


def test_a_quiet_example_may_differ_from_a_firing_one_by_one_word() -> None:
    quiet = '[[quiet]]\ntext = "Gunmen never besieged the town of Djibo."\nbecause = "denied"\n'
    assert copied(fires("Gunmen besieged the town of Djibo."), quiet) == []
    assert len(copied(fires("Gunmen besieged the town of Djibo."), quiet, quiet)) == 1


@pytest.mark.parametrize("more", ['expect.severity = "severe"', "published = 2026-01-02", 'country = "Norway"'])
def test_the_same_words_with_another_setting_prove_something_else(more: str) -> None:
    assert copied(fires("Gunmen besieged the town of Djibo."), fires("Gunmen besieged the town of Djibo.", more)) == []


def test_a_rule_that_does_not_run_is_remarked() -> None:
    assert remarks(check(SOUND)) == []
    [draft] = remarks(check(SOUND.replace('"active"', '"draft"')))
    assert str(draft).startswith("cut_off.toml:4: note: the rule is a draft: it does not run until it says status =")
    [without] = remarks(check(SOUND.replace('status = "active"\n', "")))
    assert "the rule has no 'status', and so is a draft" in without.message


def test_a_rule_of_which_no_example_fires_is_remarked() -> None:
    start, end = SOUND.index("[[fires]]"), SOUND.index("[[quiet]]")
    [note] = remarks(check(SOUND[:start] + SOUND[end:]))
    assert note.message.startswith("no example fires")
    story = '\n[[story]]\nname = "x"\n[[story.article]]\nday = 1\ntext = "Gunmen besieged Djibo."\nfires = true\n'
    assert remarks(check(SOUND[:start] + story + SOUND[end:])) == []


def test_a_rule_is_to_be_looked_at_again_after_its_day() -> None:
    rule = check(SOUND.replace("[about]\n", "[about]\nreview_by = 2026-05-31\n"))
    assert overdue([rule], Lexicon(), date(2026, 5, 31)) == []
    [fault] = overdue([rule], Lexicon(), TODAY)
    assert str(fault).startswith("cut_off.toml:7: warning: the rule was to be looked at by 2026-05-31:")
    assert overdue([check(SOUND)], Lexicon(), TODAY) == []


def test_a_day_to_review_by_is_a_date() -> None:
    [fault] = faults(SOUND.replace("[about]\n", '[about]\nreview_by = "in May"\n'))
    assert "'review_by' must be a date without quotes" in fault.message


@given(
    st.integers(min_value=0, max_value=len(SOUND)),
    st.sampled_from(
        ["\n", "...", " ..3.. ", "[the] ", '", "', "=", "~", "*", "{place} ", "@settlement ", "1", "é", ""]
    ),
)
def test_no_rule_that_can_be_read_is_too_odd_to_be_weighed(at: int, typed: str) -> None:
    try:
        rule = check(SOUND[:at] + typed + SOUND[at:])
    except Faults:
        return
    estimator = Estimator(shipped())
    assert all(0 <= estimator.rule_block(rule, block) <= 1 for block in rule.blocks)
    for fault in (*lint(rule, estimator), *copies(rule), *overdue([rule], Lexicon(), TODAY)):
        assert fault.message


def lexicon(folder: Path, words: str) -> Lexicon:
    path = folder / "leader.toml"
    path.write_text(f"words = [\n  {words},\n]\n")
    return Lexicon([path])


def test_a_line_of_a_word_list_may_have_a_last_day_and_stays_in_force_after_it(tmp_path: Path) -> None:
    found = lexicon(tmp_path, '"president",\n  { say = "general Abdi", valid_until = 2026-05-31 }')
    assert found.faults == []
    assert [phrase.source for phrase in found("leader").phrases] == ["president", "general Abdi"]
    assert overdue([], found, date(2026, 5, 31)) == []
    [fault] = overdue([], found, TODAY)
    assert str(fault).startswith('lexicon/leader.toml:3: warning: "general Abdi" was to hold until 2026-05-31:')


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('{ say = "x y", valid_untill = 2026-05-31 }', "a line of it may be { say ="),
        ('{ say = "x y", valid_until = "soon" }', "'valid_until' must be a date without quotes"),
        ("{ say = 3, valid_until = 2026-05-31 }", "a line of it may be { say ="),
        ("3", "a word list needs words = "),
    ],
)
def test_a_line_of_a_word_list_that_cannot_be_used_is_told(tmp_path: Path, line: str, said: str) -> None:
    [fault] = lexicon(tmp_path, f'"president",\n  {line}').faults
    assert said in fault.message
    assert fault.line == 3
