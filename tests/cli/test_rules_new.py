"""`alerts rules new`: from a few questions to a draft that passes its own examples."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import World
from tests.cli.run import Ran, alerts

FIRES = "Shells damaged the pumping station in Djibo on Sunday."
QUIET = "Shells could damage the pumping station in Goma, engineers warned."
PARTS = ("--part", "damage=~damage, shut down", "--part", "water=pumping station*")


def new(*args: str | Path, name: str = "water_cut", fires: str = FIRES, quiet: str = QUIET) -> Ran:
    """The command as a script gives it."""
    return alerts("rules", "new", name, "--fires", fires, "--quiet", quiet, *args)


def test_a_draft_is_written_into_the_own_folder_and_passes(world: World) -> None:
    ran = new(*PARTS, "--event", "water", "--level", "severe")
    path = world.folder / "rules" / "water_cut.toml"
    assert (ran.code, ran.out.splitlines()[0]) == (0, f"wrote {path}: a draft that passes its two examples")
    assert "alerts rules test water_cut" in ran.out
    assert 'damage = ["~damage", "shut down"]' in path.read_text()
    assert alerts("rules", "check", "water_cut").err == "1 rule in order\n"
    assert alerts("rules", "test", "water_cut").code == 0
    [row] = [row for row in alerts("rules", "list", "--json").rows if row["rule"] == "water_cut"]
    assert (row["event"], row["status"], row["title"]) == ("water", "draft", "Water cut")


def test_a_draft_is_not_in_force(world: World) -> None:
    assert new(*PARTS).code == 0
    assert "water_cut" not in alerts("rules", "explain", FIRES).out
    assert "FIRES water_cut" in alerts("rules", "explain", "water_cut", FIRES).out


def test_a_folder_can_be_given_and_how_to_name_it_is_told(world: World) -> None:
    ran = new(*PARTS, "--folder", "mine")
    assert ran.code == 0
    assert (world.folder / "mine" / "water_cut.toml").exists()
    assert "alerts rules test mine/water_cut.toml" in ran.out
    assert '[rules] folders = ["mine"]' in ran.out


def test_what_is_not_given_is_asked_with_a_proposal(world: World) -> None:
    answers = ["Water supply cut", "water", FIRES, QUIET, "", "", "y", "severe"]
    ran = alerts("rules", "new", "water_cut", stdin="\n".join(answers) + "\n")
    assert ran.code == 0, ran.err
    text = (world.folder / "rules" / "water_cut.toml").read_text()
    assert 'title  = "Water supply cut"' in text
    assert 'act = ["damag*"]' in text
    assert '"pumping station*"' in text
    assert "required  = true" in text
    assert 'default = "severe"' in text


def test_an_answer_that_cannot_be_used_is_asked_again(world: World) -> None:
    answers = ["", "Water!", "water", FIRES, QUIET, "~damage / hit", "~damage", "-", "maybe", "n", "bad", "minor"]
    ran = alerts("rules", "new", "water_cut", stdin="\n".join(answers) + "\n")
    assert ran.code == 0, ran.err
    for said in (
        "'Water!' is no word for an event",
        "the sign '/' means nothing here",
        "write y or n",
        "'bad' is no level; write minor, moderate, severe, extreme",
    ):
        assert said in ran.err


def test_sentences_that_do_not_go_together_are_asked_again(world: World) -> None:
    frost = "Frost damaged the pumping station in Djibo."
    answers = ["", "", FIRES, "A bakery opened.", "~damage", "pumping station*", "", "", frost, "frost"]
    ran = alerts("rules", "new", "water_cut", stdin="\n".join(answers) + "\n")
    assert ran.code == 0, ran.err
    assert "proves nothing: nothing like '~damage' or 'pumping station*' is in it" in ran.err
    assert "fires, too, on 'damaged the pumping station'" in ran.err
    assert 'sentences = ["frost"]' in (world.folder / "rules" / "water_cut.toml").read_text()


def test_at_the_end_of_the_input_nothing_is_written(world: World) -> None:
    ran = alerts("rules", "new", "water_cut", stdin="Water\n")
    assert ran.code == 1
    assert not (world.folder / "rules" / "water_cut.toml").exists()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (
            {"fires": "Shells could damage the pumping station."},
            "the sentence that must fire does not: possible: 'could'",
        ),
        ({"quiet": "A bakery opened."}, "the sentence that must stay quiet proves nothing"),
        ({"quiet": FIRES.replace("Shells", "Frost")}, "the sentence that must stay quiet fires, too"),
        ({"fires": " "}, "write a few words"),
        ({"name": "Water"}, "'Water' is no name of a rule: write small letters, digits and _, such as water_cut"),
        ({"name": "siege"}, "there is a rule 'siege' already: "),
    ],
)
def test_what_makes_a_draft_impossible_is_told_and_nothing_is_written(
    world: World, change: dict[str, str], says: str
) -> None:
    before = sorted((world.folder / "rules").iterdir())
    ran = new(*PARTS, **change)
    assert (ran.code, ran.out) == (1, "")
    assert says in ran.err
    assert sorted((world.folder / "rules").iterdir()) == before


@pytest.mark.parametrize(
    ("args", "code", "says"),
    [
        (["--part", "~damage"], 2, "'~damage' is no part; write it as damage="),
        (["--part", "act=~damage / hit"], 1, "the sign '/' means nothing here"),
        (["--part", "act=@nothing"], 1, "there is no word list '@nothing'"),
        (["--part", "act=~damage", "--event", "Water!"], 1, "'Water!' is no word for an event"),
        (["--part", "act=~damage", "--level", "sever"], 2, "'sever' is not one of 'minor'"),
        (["--part", "act=~damage", "--ignore", "a + b"], 1, "the sign '+' means nothing here"),
    ],
)
def test_an_option_that_cannot_be_used_is_told(world: World, args: list[str], code: int, says: str) -> None:
    ran = new(*args)
    assert (ran.code, ran.out) == (code, "")
    assert says in ran.err


def test_a_file_is_never_written_over(world: World) -> None:
    path = world.write("mine/water_cut.toml", "mine")
    ran = new(*PARTS, "--folder", "mine")
    assert (ran.code, ran.err) == (1, "alerts: mine/water_cut.toml is there already; take another name\n")
    assert path.read_text() == "mine"


def test_without_a_folder_of_ones_own_one_must_be_given(world: World) -> None:
    (world.folder / "config.toml").unlink()
    assert "there is no folder for rules of your own: give --folder" in new(*PARTS).err
    assert new(*PARTS, "--folder", "mine").code == 0


def test_a_folder_that_cannot_be_made_is_told(world: World) -> None:
    world.write("mine", "a file")
    ran = new(*PARTS, "--folder", "mine/rules")
    assert ran.code == 1
    assert "mine/rules/water_cut.toml cannot be written: " in ran.err
