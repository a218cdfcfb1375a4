"""README.md names every command and option there is; its examples, and those of docs/running.md, can be given."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import pytest

from alerts.cli import cli
from tests.cli.test_help import COMMANDS, WORDS

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
RUNNING = (ROOT / "docs" / "running.md").read_text(encoding="utf-8")
LEAVES = [(path, command) for path, command in COMMANDS if not isinstance(command, click.Group)]
# Said once for all commands above the table.
SHARED = {"--config", "--help"}


def _rows() -> dict[str, str]:
    """The rows of the table of commands, by the words of the command."""
    found = {}
    for line in README.splitlines():
        row = re.match(r"\| `alerts ([a-z ]+?)(?: \[?[A-Z].*?)?` \|", line)
        if row:
            found[row[1]] = line
    return found


def _options(command: click.Command) -> set[str]:
    return {max(one.opts, key=len) for one in command.params if isinstance(one, click.Option)} - SHARED


@pytest.mark.parametrize(("path", "command"), LEAVES, ids=[" ".join(path) for path, _ in LEAVES])
def test_the_table_has_the_command_with_its_arguments_and_options(
    path: tuple[str, ...], command: click.Command
) -> None:
    row = _rows()[" ".join(path)]
    assert set(re.findall(r"--[a-z-]+", row)) == _options(command)
    for argument in command.params:
        if isinstance(argument, click.Argument):
            assert argument.make_metavar(click.Context(command)) in row


def test_the_table_has_no_command_that_is_not_there() -> None:
    assert set(_rows()) == {" ".join(path) for path, _ in LEAVES}


def _examples() -> list[str]:
    """The commands in the blocks of shell code, without what is before and after them."""
    blocks = re.findall(r"```sh\n(.*?)```", README + RUNNING, re.DOTALL)
    lines = [line.split("  #")[0].strip() for block in blocks for line in block.splitlines()]
    return [
        found[1] for line in lines if (found := re.search(r"(?:^|\| |bin/)alerts (.+)", line)) and "install" not in line
    ]


@pytest.mark.parametrize("line", _examples())
def test_an_example_can_be_given_as_it_stands(line: str) -> None:
    words = shlex.split(line)
    command: click.Command = cli
    context = click.Context(cli, info_name="alerts", **cli.context_settings)
    while isinstance(command, click.Group):
        name = words.pop(0)
        found = command.get_command(context, name)
        assert found is not None, name
        command = found
    command.make_context(line, words, parent=context)


def test_the_examples_are_found() -> None:
    assert len(_examples()) >= 10
    assert {line.split()[0] for line in _examples()} <= {words.split()[0] for words in WORDS}
