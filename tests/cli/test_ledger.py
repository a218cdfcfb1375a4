"""`alerts ledger`: what holds where, and what a person says of it."""

from __future__ import annotations

import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from tests.cli.archive import NOW, fill, install
from tests.cli.conftest import SIEGE, World
from tests.cli.run import alerts

CUT_OFF = "Gunmen besieged the town of Goma."
KEPT = SIEGE.replace(
    "[[match]]", '[state]\nname = "siege"\nper = "city"\nlasts = "60 days"\n\n[[match]]\nopens = "siege"', 1
)
RAIDS = """\
format = 1
title  = "Raid on a besieged town"
event  = "attack"
status = "active"

[[match]]
[match.parts]
raid = ["~raid"]

[place]
required = true

[when]
kind  = "during"
state = "siege"

[severity]
default = "severe"

[alert]
title   = "Raid on {{ place }}"
summary = "{{ quote }}"

[[quiet]]
text    = "Gunmen raided Goma at dawn."
because = "the state 'siege'"
"""


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory, gazetteer_path: Path) -> Path:
    folder = install(tmp_path_factory.mktemp("ledger"), gazetteer_path)
    (folder / "rules" / "siege.toml").write_text(KEPT)
    (folder / "rules" / "raid.toml").write_text(RAIDS)
    fill(folder, CUT_OFF, "Gunmen raided Goma on the outskirts.")
    return folder


@pytest.fixture
def archive(world: World, filled: Path) -> World:
    """Alert 1 of a siege of Goma, which entry 1 of the ledger says, too, and alert 2 of a raid meanwhile."""
    shutil.copytree(filled / "data", world.folder / "data")
    shutil.copytree(filled / "rules", world.folder / "rules", dirs_exist_ok=True)
    return world


def test_what_holds_is_listed_with_its_end_and_whose_word_it_is(archive: World) -> None:
    [row] = alerts("ledger", "list", "--json").rows
    assert (row["id"], row["name"], row["place_name"], row["country"]) == (1, "siege", "Goma", "COD")
    out = alerts("ledger", "list").out
    assert f"{NOW + timedelta(days=59):%Y-%m-%d}" in out
    assert "(unless confirmed)" in out
    assert "(siege)" in out


def test_the_list_can_be_of_a_place_a_country_or_a_state(archive: World) -> None:
    assert len(alerts("ledger", "list", "--place", "Goma", "--json").rows) == 1
    assert len(alerts("ledger", "list", "--country", "COD", "--name", "siege", "--json").rows) == 1
    assert alerts("ledger", "list", "--country", "SYR").out == "nothing is known to hold\n"
    ran = alerts("ledger", "list", "--name", "seige")
    assert ran.code == 1
    assert "did you mean 'siege'" in ran.err


def test_what_a_person_says_is_marked_with_name_and_reason(archive: World) -> None:
    ran = alerts("ledger", "open", "siege", "Djibo", "--since", f"{NOW - timedelta(days=3):%Y-%m-%d}", "--why", "seen")
    assert ran.code == 0
    assert ran.out.startswith("entry 2: siege holds at Djibo from ")
    [row] = alerts("ledger", "list", "--place", "Djibo", "--json").rows
    assert row["opened_by"].startswith("by ")
    assert row["opened_by"].endswith(": seen")


def test_an_entry_is_closed_by_its_id_and_its_alert_is_named(archive: World) -> None:
    ran = alerts("ledger", "close", "1", "--why", "the road is open")
    assert ran.code == 0
    assert ran.out.startswith("entry 1: siege at Goma is over since ")
    assert "alert 1 of it is still open: alerts close 1" in ran.err
    assert alerts("ledger", "list").out == "nothing is known to hold\n"
    [row] = alerts("ledger", "list", "--all", "--json").rows
    assert row["closed_by"].endswith(": the road is open")


def test_an_entry_is_closed_by_state_and_place(archive: World) -> None:
    assert alerts("ledger", "close", "siege", "Goma", "--country", "COD", "--why", "seen").code == 0
    ran = alerts("ledger", "close", "siege", "Goma", "--country", "COD", "--why", "seen")
    assert ran.code == 1
    assert "no 'siege' is known to hold at Goma" in ran.err


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["open", "siege", "Goma"], "--why: say why"),
        (["open", "truce", "Goma", "--why", "x"], "no rule keeps the state 'truce'"),
        (["open", "siege", "Nowhereville", "--why", "x"], "no place 'Nowhereville' is known"),
        (["open", "siege", "Syria", "--why", "x"], "kept town by town"),
        (["open", "siege", "Goma", "--since", "soon", "--why", "x"], "--since: 'soon' is no date"),
        (["open", "siege", "Goma", "--since", "2999-01-01", "--why", "x"], "is yet to come"),
        (["open", "siege", "Goma", "--until", "2001-01-01", "--why", "x"], "it ends before it begins"),
        (["close", "99", "--why", "x"], "there is no entry 99 in the ledger"),
    ],
)
def test_what_cannot_be_is_said_and_nothing_changes(archive: World, given: list[str], said: str) -> None:
    before = alerts("ledger", "list", "--all", "--json").out
    ran = alerts("ledger", *given)
    assert ran.code == 1
    assert said in ran.err
    assert alerts("ledger", "list", "--all", "--json").out == before


def test_an_alert_names_the_state_it_rests_on(archive: World) -> None:
    assert "rests on: siege in Goma since " in alerts("show", "2").out
    assert "rests on" not in alerts("show", "1").out
