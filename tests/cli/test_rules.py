"""`alerts rules`: what an analyst sees while writing one."""

from __future__ import annotations

import pytest

from alerts.resources import shipped
from tests.cli.conftest import FLIGHT, SIEGE, World
from tests.cli.run import alerts

BROKEN = """\
format = 1
title  = "Flood"
event  = "flood"
statuss = "active"

[[match]]
name = "flood"
[match.parts]
water = ["~flood", "@hazrd"]
harm  = ["(killed | dead"]

[alert]
title   = "Flood"
summary = "{{ qoute }}"
"""


def test_the_rules_are_listed_with_their_files(world: World) -> None:
    ran = alerts("rules", "list", "--json")
    assert ran.code == 0
    assert ran.rows[0] == {
        "rule": "flight",
        "event": "displacement",
        "status": "active",
        "fallen": None,
        "title": "People in flight",
        "examples": 3,
        "file": str(world.folder / "rules" / "flight.toml"),
    }
    table = alerts("rules", "list").out.splitlines()
    assert table[0].split() == ["rule", "event", "status", "title", "examples", "file"]
    assert [line.split()[0] for line in table[1:]] == ["flight", "siege"]


def test_without_a_configuration_the_shipped_rules_are_listed(world: World) -> None:
    (world.folder / "config.toml").unlink()
    names = {row["rule"] for row in alerts("rules", "list", "--json").rows}
    assert names == {path.stem for path in shipped("rules").glob("*.toml")}


def test_a_faulty_rule_is_listed_as_such_with_the_way_to_its_faults(world: World) -> None:
    path = world.write("rules/flood.toml", BROKEN)
    ran = alerts("rules", "list")
    assert ran.code == 0
    assert any(line.split()[:2] == ["flood", "faulty"] for line in ran.out.splitlines())
    assert ran.err == f"see what is wrong: alerts rules check {path}\n"


def test_an_absent_folder_of_rules_is_told(world: World) -> None:
    text = (world.folder / "config.toml").read_text().replace('["rules"]', '["rules", "others"]')
    world.write("config.toml", text)
    ran = alerts("rules", "list")
    assert f"{world.folder}/others: error: there is no such folder of rules" in ran.err


def test_all_faults_of_a_file_are_told_with_line_and_remedy(world: World) -> None:
    world.write("mine/flood.toml", BROKEN)
    ran = alerts("rules", "check", "mine/flood.toml")
    assert ran.code == 1
    lines = ran.out.splitlines()
    assert [line.split(": ")[0] for line in lines] == [f"mine/flood.toml:{n}" for n in sorted(_numbers(lines))]
    assert "mine/flood.toml:4: error: 'statuss' is not a known key; did you mean 'status'?" in lines
    assert any(line.startswith("mine/flood.toml:9: error: there is no word list '@hazrd'") for line in lines)
    assert any(line.startswith("mine/flood.toml:10: error: ") and "'(' is not closed" in line for line in lines)
    assert any(line.startswith("mine/flood.toml:14: error: ") and "'quote'" in line for line in lines)


def _numbers(lines: list[str]) -> list[int]:
    return [int(line.split(":")[1]) for line in lines]


def test_faults_can_be_had_as_json(world: World) -> None:
    path = world.write("mine/flood.toml", BROKEN)
    ran = alerts("rules", "check", "--json", path)
    assert ran.code == 1
    assert list(ran.rows[0]) == ["file", "line", "level", "message"]
    assert {row["file"] for row in ran.rows} == {str(path)}


def test_an_example_that_does_not_hold_is_a_fault_with_its_line(world: World) -> None:
    world.write("rules/siege.toml", SIEGE + '\n[[fires]]\ntext = "A bakery opened in Djibo."\n')
    ran = alerts("rules", "check")
    assert ran.code == 1
    assert ran.out.startswith(f"{world.folder}/rules/siege.toml:31: error: ")
    assert "A bakery opened" in ran.out


def test_rules_in_order_are_counted(world: World) -> None:
    assert alerts("rules", "check").err == "2 rules in order\n"
    assert alerts("rules", "check", "siege").err == "1 rule in order\n"
    assert alerts("rules", "check", "rules/siege.toml").err == "1 rule in order\n"
    assert alerts("rules", "check", "rules").err == "2 rules in order\n"


def test_the_fault_of_another_rule_does_not_hide_that_this_one_is_in_order(world: World) -> None:
    world.write("rules/flood.toml", BROKEN)
    assert alerts("rules", "check", "siege").code == 0
    assert alerts("rules", "test", "siege").code == 0
    assert alerts("rules", "check").code == 1


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ("seige", "there is no file and no rule 'seige'; did you mean 'siege'?"),
        ("seige.toml", "seige.toml: there is no such file"),
        ("data/x", "data/x: there is no such file"),
        ("rules/lexicon/none", "rules/lexicon/none: there is no such file"),
    ],
)
def test_a_rule_that_is_not_there_is_told(world: World, given: str, says: str) -> None:
    for command in ("check", "test"):
        ran = alerts("rules", command, given)
        assert (ran.code, ran.err) == (1, f"alerts: {says}\n")


def test_a_folder_without_rules_is_told(world: World) -> None:
    (world.folder / "empty").mkdir()
    assert "empty: there is no rule file" in alerts("rules", "check", "empty").err


def test_a_test_shows_each_example_and_story(world: World) -> None:
    ran = alerts("rules", "test", "flight")
    assert ran.code == 0
    name, fires, quiet, story, end = ran.out.splitlines()
    assert name == "flight"
    assert fires.startswith("  ok    line  32: fires on ")
    assert "moderate, Djibo" in fires
    assert quiet.startswith("  ok    line  36: quiet (past: 'in 1992')")
    assert "line  40: story 'one flight is told once', 2 articles" in story
    assert end == "1 rule, all pass"


def test_a_test_shows_what_fails(world: World) -> None:
    wrong = FLIGHT.replace('"moderate"\n\n[[quiet]]', '"severe"\n\n[[quiet]]').replace("fires = false", "fires = true")
    path = world.write("rules/flight.toml", wrong)
    ran = alerts("rules", "test", path)
    assert ran.code == 1
    failing = [line for line in ran.out.splitlines() if "FAILS" in line]
    assert len(failing) == 2
    assert "line  32" in failing[0]
    assert "severe" in failing[0]
    assert "the article of day 1 should open an alert, and does not" in failing[1]
    assert ran.out.splitlines()[-1] == "1 rule, 2 failed"


def test_a_draft_is_tried_as_if_it_were_awake(world: World) -> None:
    world.write("rules/flight.toml", FLIGHT.replace('"active"', '"draft"'))
    ran = alerts("rules", "test", "flight")
    assert (ran.code, ran.out.splitlines()[-1]) == (0, "1 rule, all pass")


def test_a_test_of_a_broken_file_tells_its_faults(world: World) -> None:
    ran = alerts("rules", "test", world.write("flood.toml", BROKEN))
    assert (ran.code, ran.out) == (1, "")
    assert "flood.toml:4: error: 'statuss' is not a known key; did you mean 'status'?" in ran.err


def test_an_own_file_replaces_the_shipped_rule_of_its_name(world: World) -> None:
    text = (world.folder / "config.toml").read_text().replace("shipped = false", "shipped = true")
    world.write("config.toml", text)
    rows = {row["rule"]: row for row in alerts("rules", "list", "--json").rows}
    assert rows["siege"]["title"] == "Town cut off"
    assert rows["siege"]["file"] == str(world.folder / "rules" / "siege.toml")
    assert rows["attack"]["file"] == str(shipped("rules") / "attack.toml")
    assert rows["flight"]["title"] == "People in flight"


def test_a_check_notes_how_many_phrases_stand_in_no_example(world: World) -> None:
    world.write("rules/siege.toml", SIEGE.replace('"(besieged | encircled)"', '"besieged", "encircled"'))
    ran = alerts("rules", "check", "siege")
    assert (ran.code, ran.err) == (0, "1 rule in order\n")
    path = world.folder / "rules" / "siege.toml"
    assert ran.out == (
        f"{path}: note: 1 of 3 phrases stand in no example (alerts rules check --phrases siege lists them)\n"
    )
    ran = alerts("rules", "check", "--phrases", "siege")
    assert ran.out == f'{path}:10: note: 1 of 2 phrases of siege stand in no example: "encircled"\n'
    [row] = alerts("rules", "check", "--json", "siege").rows
    assert (row["level"], row["line"]) == ("note", 0)


def test_a_rule_with_errors_has_no_notes(world: World) -> None:
    ran = alerts("rules", "check", world.write("mine/flood.toml", BROKEN))
    assert "note" not in ran.out


def test_a_check_warns_of_a_rule_that_was_to_be_looked_at_long_ago(world: World) -> None:
    world.write("rules/siege.toml", SIEGE.replace("[[match]]", "[about]\nreview_by = 2001-01-01\n\n[[match]]", 1))
    ran = alerts("rules", "check", "siege")
    assert (ran.code, ran.err) == (0, "1 rule in order\n")
    assert f"{world.folder}/rules/siege.toml:7: warning: the rule was to be looked at by 2001-01-01" in ran.out
