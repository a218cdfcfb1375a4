"""Every command explains itself, and a slip of the pen is met with what was probably meant."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from alerts.cli import cli
from tests.cli.conftest import World
from tests.cli.run import alerts


def commands(group: click.Group = cli, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Every command with its words."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        yield (*path, name), command
        if isinstance(command, click.Group):
            yield from commands(command, (*path, name))


COMMANDS = list(commands())
WORDS = [" ".join(path) for path, _ in COMMANDS]


def test_without_arguments_the_help_is_shown() -> None:
    ran = alerts()
    assert "Usage: alerts" in ran.err + ran.out
    assert "alerts demo" in ran.err + ran.out


@pytest.mark.parametrize(("path", "command"), COMMANDS, ids=WORDS)
def test_the_help_of_a_command_teaches(path: tuple[str, ...], command: click.Command) -> None:
    ran = alerts(*path, "--help")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith(f"Usage: alerts {' '.join(path)}")
    assert command.help
    assert len(command.help.split()) >= 5
    assert " ".join(command.help.split()[:5]) in " ".join(ran.out.split())
    for option in command.params:
        if isinstance(option, click.Option):
            assert option.opts[0] in ran.out
            assert option.help, option.name
    again = alerts(*path, "-h")
    assert (again.code, again.err, again.out) == (0, "", ran.out)


@pytest.mark.parametrize(("path", "command"), COMMANDS, ids=WORDS)
def test_the_line_of_a_command_in_a_list_is_whole(path: tuple[str, ...], command: click.Command) -> None:
    above = alerts(*path[:-1], "--help").out
    said = re.search(rf"^  {path[-1]} +(\S.*(?:\n {{6,}}\S.*)*)", above, re.MULTILINE)
    assert said is not None
    assert not said[1].endswith("...")


@pytest.mark.parametrize("words", [words for words in WORDS if words.split()[-1] == "list"])
def test_every_list_can_be_had_as_json(words: str, world: World) -> None:
    ran = alerts(*words.split(), "--json")
    assert ran.code == 0
    assert len(ran.rows) == (2 if words == "rules list" else 0)


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (["detct"], "there is no command 'detct'; did you mean 'detect'?"),
        (["xyzzy"], "there is no command 'xyzzy' (there are run, demo, "),
        (["feeds", "ad"], "there is no command 'ad'; did you mean 'add'?"),
        (["rules", "tset"], "there is no command 'tset'; did you mean 'test'?"),
        (["people", "lst"], "there is no command 'lst'; did you mean 'list'?"),
        (["db", "upgrad"], "there is no command 'upgrad'; did you mean 'upgrade'?"),
        (["list", "--jsn"], "Did you mean '--json'?"),
        (["detect", "--rules", "x", "y"], "Did you mean '--rule'?"),
        (["detect"], "Missing argument 'FILE...'"),
        (["show"], "Missing argument 'ID'"),
        (["list", "--min-severity", "bad"], "is not one of 'minor', 'moderate', 'severe', 'extreme'"),
        (["list", "--limit", "0"], "0 is not in the range"),
        (["demo", "--port", "70000"], "70000 is not in the range"),
    ],
)
def test_a_slip_of_the_pen_is_told_and_ends_with_status_2(args: list[str], says: str) -> None:
    ran = alerts(*args)
    assert (ran.code, ran.out) == (2, "")
    assert says in ran.err


def test_the_version_is_told() -> None:
    assert re.fullmatch(r"alerts, version \d+\.\d+\.\d+\n", alerts("--version").out)


@pytest.mark.parametrize(
    "args",
    [["check"], ["feeds", "list"], ["feeds", "add", "https://a.example/x"], ["people", "list"], ["list"], ["status"]],
)
def test_a_command_that_needs_an_installation_says_how_to_begin_one(
    args: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("ALERTS_CONFIG", raising=False)
    ran = alerts(*args)
    assert ran.code == 1
    assert "config.toml: error: there is no such file; begin with a copy: cp " in ran.out + ran.err
    assert not list(tmp_path.iterdir())


def test_the_configuration_can_be_named_in_the_environment(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALERTS_CONFIG", str(world.folder / "config.toml"))
    (world.folder / "elsewhere").mkdir()
    monkeypatch.chdir(world.folder / "elsewhere")
    assert alerts("people", "list").code == 0
    assert alerts("people", "list", "-c", "other.toml").code == 1
