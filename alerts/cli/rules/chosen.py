"""Which rules a command line means: a file, a folder, or the name of a rule."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from alerts.cli import common

if TYPE_CHECKING:
    from alerts.config import Config
    from alerts.engine.loading import RuleSources
    from alerts.errors import Fault
    from alerts.match.rule import Rule
    from alerts.read.places import Gazetteer

files_argument = click.argument("files", nargs=-1, type=click.Path(path_type=Path), metavar="[RULE...]")


def sources_with(config: Config, files: tuple[Path, ...]) -> tuple[RuleSources, tuple[Path, ...]]:
    """The folders of the configuration, and the files of the given rules beside them; a word list in a `lexicon`
    folder beside a given file is used too."""
    from alerts.configured import rule_sources
    from alerts.match.files import rule_paths

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """One rule that was asked for by name or file, with all rules that were read beside it (drafts and rules out of
    force, too), and what should be known of its being in force."""

    rule: Rule
    path: Path
    rules: tuple[Rule, ...]
    notes: tuple[str, ...]


def one_rule(config: Config, places: Gazetteer, given: str) -> Chosen:
    """The rule of a name or file. Raises InputError when there is none, Faults when it has faults."""
    from alerts.errors import Faults, InputError
    from alerts.match import files as rule_files

    sources, extra = sources_with(config, (Path(given),))
    if len(extra) > 1:
        raise InputError(f"{given}: this is a folder; name one rule")
    (path,) = extra
    found = rule_files.load(sources.folders, country=places.country_of, extra=extra, lists=sources.list_folders)
    rule = next((rule for rule in found.rules if rule.name == path.stem), None)
    if rule is None:
        raise Faults(common.placed(faults_of(found.errors, extra), sources, extra))
    return Chosen(rule=rule, path=path, rules=found.rules, notes=tuple(_notes(rule, path, sources)))


def _notes(rule: Rule, path: Path, sources: RuleSources) -> Iterator[str]:
    """Why the rule may do nothing although it is sound."""
    from alerts.match.files import rule_paths

    in_force = rule_paths(sources.folders).get(rule.name)
    if in_force is None or in_force.resolve() != path.resolve():
        yield "not in force: its file lies in none of the [rules] folders"
    if rule.name in sources.off:
        yield "not in force: the configuration switches it off ([rules] off)"
    if rule.status in ("draft", "retired"):
        yield f"not in force: its status is '{rule.status}'"
