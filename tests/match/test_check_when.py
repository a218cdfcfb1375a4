"""The keys of [when]: each kind takes its own, and every mistake is told with a remedy."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.errors import Fault
from alerts.match.files import load
from alerts.match.rule import After, Spike
from tests.match.rules import ALONE, SOUND, check, country, faults

FIRST = '[when]\nkind = "first"\nin   = "120 days"\n'
SPIKE = """\
[when]
kind     = "spike"
window   = "3 days"
baseline = "6 weeks"
history  = "2 weeks"
at_least = 3
times    = 2.5
count    = "reports"
"""
AFTER = '[when]\nkind = "after"\nrule = "shelling"\nwithin = "7 days"\n'


def with_when(when: str, rule: str = SOUND) -> str:
    assert FIRST in rule
    return rule.replace(FIRST, when)


def spiking(old: str, new: str) -> list[Fault]:
    assert old in SPIKE
    return faults(with_when(SPIKE.replace(old, new)))


def test_a_spike_is_read() -> None:
    assert check(with_when(SPIKE)).when == Spike(
        window=timedelta(days=3),
        baseline=timedelta(weeks=6),
        history=timedelta(weeks=2),
        at_least=3,
        times=2.5,
        per="city",
    )


def test_what_is_left_out_of_a_spike_has_a_safe_default() -> None:
    lines = [line for line in SPIKE.splitlines() if line.split()[0] not in ("history", "times", "count")]
    when = check(with_when("\n".join(lines) + "\n")).when
    assert isinstance(when, Spike)
    assert (when.history, when.times, when.number) == (timedelta(weeks=6), 3.0, None)


def test_a_spike_is_told_where_it_is_counted() -> None:
    rule = check(with_when(SPIKE + 'per = "admin1"\n').replace('precision = "city"\n', ""))
    assert (rule.place.precision, rule.when.kind) == ("admin1", "spike")
    wide = check(with_when(SPIKE).replace('precision = "city"', 'precision = "country"')).when
    assert isinstance(wide, Spike)
    assert wide.per == "country"


def test_a_number_of_the_rule_can_be_counted() -> None:
    people = check(with_when(SPIKE.replace('"reports"', '"trapped"').replace("= 3\n", "= 5_000\n"))).when
    assert isinstance(people, Spike)
    assert (people.number, people.noun, people.at_least) == ("trapped", "trapped", 5000)


def test_an_after_is_read() -> None:
    when = check(with_when(AFTER)).when
    assert isinstance(when, After)
    assert (when.rule, when.within, when.per) == ("shelling", timedelta(days=7), "city")


@pytest.mark.parametrize(
    ("old", "new", "at", "said"),
    [
        ('window   = "3 days"\n', "", "[when]", "a 'spike' needs the days that are counted together: window = "),
        ('baseline = "6 weeks"\n', "", "[when]", "a 'spike' needs the time before it that shows what is usual"),
        ("at_least = 3\n", "", "[when]", "a 'spike' needs the least that is one"),
        ('"3 days"', '"36 hours"', "window", "'window' is counted in whole days: write such as window = \"3 days\""),
        ('"3 days"', '"3 dayz"', "window", "there is no unit 'dayz'; did you mean 'days'?"),
        ('"3 days"', "3", "window", "'window' must be a length of time in quotes"),
        ('"3 days"', '"4 weeks"', "baseline", "'baseline' must be at least two windows long"),
        ('"2 weeks"', '"7 weeks"', "history", "'history' must not be longer than 'baseline'"),
        ('"2 weeks"', '"1 day"', "history", "'history' must be at least as long as 'window'"),
        ("at_least = 3", "at_least = 1", "at_least", "one report is no spike"),
        ("at_least = 3", "at_least = 2.5", "at_least", "a whole number, 2 or more"),
        ("times    = 2.5", "times    = 1", "times", "'times' must be above 1"),
        ("times    = 2.5", 'times    = "3"', "times", "'times' must be a number"),
        ("times    = 2.5", "times    = nan", "times", "'times' must be a number that ends"),
        ("at_least = 3", "at_least = inf", "at_least", "'at_least' must be a number that ends"),
        ('"reports"', '"report"', "count", "nothing called 'report' to count; did you mean 'reports'?"),
        ('"reports"', '"traped"', "count", "nothing called 'traped' to count; did you mean 'trapped'?"),
        ('"reports"', '"people"', "count", "the rule needs a number of them, [numbers.displaced]"),
        ('count    = "reports"', 'per = "admin1"', "per", '\'per\' is "admin1" and [place] precision "city"'),
        ('count    = "reports"', 'within = "3 days"', "within", "'within' means nothing for kind = \"spike\""),
        ('count    = "reports"', 'windows = "3 days"', "windows", "did you mean 'window'?"),
        ('"spike"', '"spikes"', "kind", "did you mean 'spike'?"),
    ],
)  # fmt: skip
def test_a_mistake_in_a_spike_is_found_in_its_line(old: str, new: str, at: str, said: str) -> None:
    found = spiking(old, new)
    text = with_when(SPIKE.replace(old, new))
    section = text[text.index("[when]") :]
    line = text[: text.index("[when]") + section.index(at)].count("\n") + 1
    assert [(fault.line, said in fault.message) for fault in found if said in fault.message] == [(line, True)], found


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('within = "7 days"\n', "", "an 'after' needs how long ago it may have been: within = \"7 days\""),
        ('rule = "shelling"\n', "", "[when] needs 'rule'"),
        ('"7 days"', '"0 days"', "'within' must be longer than nothing"),
        ('"7 days"', '"1 month"', "a month has no fixed length"),
        ('kind = "after"', 'kind = "each"', "'rule' means nothing for kind = \"each\""),
    ],
)
def test_a_mistake_in_an_after_is_found(old: str, new: str, said: str) -> None:
    assert any(said in fault.message for fault in faults(with_when(AFTER.replace(old, new))))


@given(st.sampled_from([SPIKE, AFTER]), st.integers(0, 200), st.text(max_size=4))
def test_no_edit_of_the_section_raises_anything_but_faults(when: str, at: int, typed: str) -> None:
    at = at % len(when)
    faults(with_when(when[:at] + typed + when[at + 1 :]))


def loaded(folder: Path, **named: str) -> list[str]:
    """The faults of rules each of which comes after the one named ("": none)."""
    for name, leader in named.items():
        when = AFTER.replace("shelling", leader) if leader else FIRST
        (folder / f"{name}.toml").write_text(with_when(when, ALONE), encoding="utf-8")
    return [str(fault) for fault in load([folder], country=country).faults]


def test_an_after_names_another_rule_that_there_is(tmp_path: Path) -> None:
    assert loaded(tmp_path, one="", two="one", three="two") == []


def test_a_rule_that_is_not_there_is_a_fault_in_its_line(tmp_path: Path) -> None:
    (found,) = loaded(tmp_path, siege="", flight="seige")
    line = with_when(AFTER, ALONE).split("rule = ")[0].count("\n") + 1
    assert found == f"flight.toml:{line}: error: there is no rule 'seige'; did you mean 'siege'?"


def test_a_rule_that_was_renamed_is_named(tmp_path: Path) -> None:
    (tmp_path / "siege.toml").write_text(
        ALONE.replace("created = ", 'formerly = ["cut_off"]\ncreated = '), encoding="utf-8"
    )
    (found,) = loaded(tmp_path, flight="cut_off")
    assert "there is no rule 'cut_off'; it is called 'siege' now" in found


def test_rules_that_wait_for_themselves_or_each_other_are_refused(tmp_path: Path) -> None:
    found = loaded(tmp_path, alone="alone", one="two", two="three", three="one", outside="one")
    assert [fault.split("error: ")[1] for fault in found] == [
        "'rule' names this very rule: an 'after' needs another one that fired before",
        "rules that wait for each other never fire: 'one' after 'two' after 'three' after 'one'",
        "rules that wait for each other never fire: 'three' after 'one' after 'two' after 'three'",
        "rules that wait for each other never fire: 'two' after 'three' after 'one' after 'two'",
    ]


def test_a_rule_that_makes_no_alerts_can_not_be_named(tmp_path: Path) -> None:
    start, end = ALONE.index("[alert]"), ALONE.index("[[fires]]")
    keeper = ALONE[:start] + '[state]\nname = "siege"\n\n' + ALONE[end:]
    (tmp_path / "siege.toml").write_text(keeper, encoding="utf-8")
    (found,) = loaded(tmp_path, flight="siege")
    assert "the rule 'siege' makes no alerts: it can never have fired" in found
