"""Which rules a command line means: a file, a folder, or the name of a rule."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from alerts.cli import common

if TYPE_CHECKING:
    from alerts.config import Config
    from alerts.engine.loading import RuleSources
    from alerts.errors import Fault

files_argument = click.argument("files", nargs=-1, type=click.Path(path_type=Path), metavar="[RULE...]")


def sources_with(config: Config, files: tuple[Path, ...]) -> tuple[RuleSources, tuple[Path, ...]]:
    """The folders of the configuration, and the files of the given rules beside them; a word list in a `lexicon`
    folder beside a given file is used too."""
    from alerts.match.files import rule_paths
    from alerts.service import rule_sources

    sources = rule_sources(config)
    known = rule_paths(sources.folders)
    found = tuple(dict.fromkeys(path for given in files for path in _paths(given, known)))
    beside = tuple(dict.fromkeys(path.parent for path in found if (path.parent / "lexicon").is_dir()))
    lists = tuple(folder for folder in beside if folder.resolve() not in {one.resolve() for one in sources.folders})
    return replace(sources, list_folders=lists), found


def _paths(given: Path, known: dict[str, Path]) -> Sequence[Path]:
    """The rule files that a word of the command line means. Raises InputError."""
    from alerts.errors import InputError

    if given.is_dir():
        found = sorted(given.glob("*.toml"))
        if not found:
            raise InputError(f"{given}: there is no rule file (*.toml) in this folder")
        return found
    if given.is_file():
        return [given]
    if given.suffix or len(given.parts) > 1:
        raise InputError(f"{given}: there is no such file")
    if given.name not in known:
        raise InputError(f"there is no file and no rule '{given}'{common.meant(given.name, known)}")
    return [known[given.name]]


def faults_of(faults: Sequence[Fault], extra: tuple[Path, ...]) -> list[Fault]:
    """The faults of the chosen files and of the word lists they may use; all, if no files were chosen."""
    names = {path.name for path in extra}
    return [fault for fault in faults if not extra or fault.file in names or fault.file.startswith("lexicon/")]


def count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
