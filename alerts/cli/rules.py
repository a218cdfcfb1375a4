"""`alerts rules`: what is flagged."""

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

_FILES = click.argument("files", nargs=-1, type=click.Path(path_type=Path), metavar="[RULE...]")


@click.group(name="rules", cls=common.Group, short_help="List, check and test rules.")
def command() -> None:
    """The rules: one file each, in the shipped folder and in your own ([rules] folders).

    rules/README.md teaches to write one. A file of yours replaces the shipped rule of the same name.
    """


@command.command(name="list")
@common.config_option
@common.json_option
def list_(config_path: Path, as_json: bool) -> None:
    """List all rules, in force or not."""
    from alerts.match import files
    from alerts.service import rule_sources

    config = common.config_or_defaults(config_path)
    places = common.gazetteer(config, config_path)
    sources = rule_sources(config)
    found = files.load(sources.folders, country=places.country_of, off=sources.off)
    paths = files.rule_paths(sources.folders, sources.off)
    rows = [
        {
            "rule": rule.name,
            "event": rule.event,
            "status": rule.status,
            "title": rule.title,
            "examples": len(rule.examples) + len(rule.stories),
            "file": str(paths[rule.name]),
        }
        for rule in found.rules
    ]
    broken = sorted(paths.keys() - {rule.name for rule in found.rules})
    for fault in found.errors:
        if Path(fault.file).stem not in broken:
            click.echo(str(fault), err=True)
    rows += [
        {"rule": name, "event": "", "status": "faulty", "title": "", "examples": 0, "file": str(paths[name])}
        for name in broken
    ]
    if as_json:
        common.print_json(rows)
        return
    columns = ("rule", "event", "status", "title", "examples", "file")
    common.print_table(columns, [[row[name] for name in columns] for row in rows], empty="there are no rules")
    if broken:
        click.echo(f"see what is wrong: alerts rules check {' '.join(str(paths[name]) for name in broken)}", err=True)


@command.command(short_help="Check rules and their examples.")
@_FILES
@common.config_option
@common.json_option
def check(files: tuple[Path, ...], config_path: Path, as_json: bool) -> None:
    """Check rules and their examples: these, or all of the configuration. RULE is a file, a folder, or the
    name of a rule.

    Every fault is told with file and line. Exit status 1 if there is an error, 0 with warnings only.
    """
    from alerts.engine import loading
    from alerts.service import households

    config = common.config_or_defaults(config_path)
    places = common.gazetteer(config, config_path)
    sources, extra = _sources(config, files)
    book = loading.load(sources, gazetteer=places, households=households(config), extra=extra)
    faults = _chosen(book.faults, extra)
    _report(common.placed(faults, sources, extra), as_json)
    if not any(fault.level == "error" for fault in faults):
        click.echo(f"{_count(len(extra) or len(book.ruleset.rules), 'rule')} in order", err=True)
        return
    raise SystemExit(1)


def _chosen(faults: Sequence[Fault], extra: tuple[Path, ...]) -> list[Fault]:
    """The faults of the chosen files and of the word lists they may use; all, if no files were chosen."""
    names = {path.name for path in extra}
    return [fault for fault in faults if not extra or fault.file in names or fault.file.startswith("lexicon/")]


@command.command(name="test", short_help="Run the examples and stories of rules, and show each.")
@_FILES
@common.config_option
def test(files: tuple[Path, ...], config_path: Path) -> None:
    """Run the examples and stories of rules, and show each: what fires, and why the quiet ones are quiet.
    RULE is a file, a folder, or the name of a rule; without one, all rules are tried.

    Exit status 1 if an example does not do what its file says.
    """
    from alerts.engine.rulebook import compiled
    from alerts.engine.stories import run_stories
    from alerts.match import files as rule_files
    from alerts.match.examples import try_example
    from alerts.service import households

    config = common.config_or_defaults(config_path)
    places = common.gazetteer(config, config_path)
    sources, extra = _sources(config, files)
    found = rule_files.load(
        sources.folders, country=places.country_of, off=sources.off, extra=extra, lists=sources.list_folders
    )
    faults = common.placed(_chosen(found.errors, extra), sources, extra)
    for fault in faults:
        click.echo(str(fault), err=True)
    names = {path.stem for path in extra}
    chosen = [rule for rule in found.rules if not extra or rule.name in names]
    # Drafts and retired rules are tried as if they were awake.
    trial = compiled([replace(rule, status="test") if rule in chosen else rule for rule in found.rules])
    failed = 0
    for rule in chosen:
        click.echo(click.style(rule.name, bold=True))
        for example in rule.examples:
            result = try_example(rule, trial.ruleset, places, households(config), example)
            failed += bool(result.problem and not example.known_problem)
            mark = click.style("FAILS", fg="red") if result.problem else click.style("ok   ", fg="green")
            click.echo(f"  {mark} line {example.line:3}: {result.said}")
        for fault in run_stories(rule, trial, places, households(config)):
            failed += 1
            click.echo(f"  {click.style('FAILS', fg='red')} line {fault.line:3}: {fault.message}")
        for story in rule.stories:
            click.echo(f"        line {story.line:3}: story '{story.name}', {len(story.articles)} articles")
    if chosen:
        click.echo(f"{_count(len(chosen), 'rule')}, {f'{failed} failed' if failed else 'all pass'}")
    if failed or faults:
        raise SystemExit(1)


def _sources(config: Config, files: tuple[Path, ...]) -> tuple[RuleSources, tuple[Path, ...]]:
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


def _report(faults: list[Fault], as_json: bool) -> None:
    if as_json:
        common.print_json(
            [{"file": one.file, "line": one.line, "level": one.level, "message": one.message} for one in faults]
        )
        return
    for fault in faults:
        click.echo(str(fault))


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
