"""`alerts rules show`: a rule as the machine sees it."""

from __future__ import annotations

import pytest

from tests.cli.conftest import FLIGHT, SIEGE, World
from tests.cli.run import alerts


def test_a_rule_is_shown_with_its_phrases_and_settings(world: World) -> None:
    ran = alerts("rules", "show", "siege")
    assert (ran.code, ran.err) == (0, "")
    lines = ran.out.splitlines()
    assert lines[:2] == ["siege: Town cut off", str(world.folder / "rules" / "siege.toml")]
    assert '    "(besieged | encircled)"' in lines
    assert "  only what is new: nothing of it was heard of the same town for 120 days" in lines


def test_a_file_can_be_shown_that_is_in_no_folder(world: World) -> None:
    path = world.write("mine/flood.toml", SIEGE)
    ran = alerts("rules", "show", path)
    assert ran.code == 0
    assert ran.out.splitlines()[2] == "not in force: its file lies in none of the [rules] folders"


def test_long_lists_are_cut_and_shown_whole_when_asked_for(world: World) -> None:
    words = ", ".join(f'"word {number}"' for number in range(20))
    world.write("rules/lexicon/long.toml", f"words = [{words}]")
    world.write("rules/siege.toml", SIEGE.replace('"(besieged | encircled)"', '"(besieged | encircled)", "@long"'))
    cut, whole = alerts("rules", "show", "siege").out, alerts("rules", "show", "siege", "--all").out
    assert "... and 12 more (--all shows every line)" in cut
    assert '"word 19"' not in cut
    assert '"word 19"' in whole
    assert "--all" not in whole


@pytest.mark.parametrize(("status", "said"), [("draft", "draft"), ("retired", "retired")])
def test_it_is_told_why_a_rule_is_not_in_force(world: World, status: str, said: str) -> None:
    world.write("rules/siege.toml", SIEGE.replace('"active"', f'"{status}"'))
    assert f"not in force: its status is '{said}'" in alerts("rules", "show", "siege").out


def test_it_is_told_when_the_configuration_switches_a_rule_off(world: World) -> None:
    text = (world.folder / "config.toml").read_text().replace("shipped = false", 'shipped = false\noff = ["siege"]')
    world.write("config.toml", text)
    assert "not in force: the configuration switches it off" in alerts("rules", "show", "siege").out


def test_of_a_broken_rule_the_faults_are_told(world: World) -> None:
    world.write("rules/flight.toml", FLIGHT.replace("status", "statuss"))
    ran = alerts("rules", "show", "flight")
    assert (ran.code, ran.out) == (1, "")
    assert "flight.toml:4: error: 'statuss' is not a known key; did you mean 'status'?" in ran.err


def test_a_mistyped_name_is_met_with_what_was_meant(world: World) -> None:
    ran = alerts("rules", "show", "seige")
    assert (ran.code, ran.err) == (1, "alerts: there is no file and no rule 'seige'; did you mean 'siege'?\n")
    assert "name one rule" in alerts("rules", "show", "rules").err
