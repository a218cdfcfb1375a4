"""`alerts rules`: what is flagged."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from alerts.cli import common

if TYPE_CHECKING:
    from alerts.config import Config
    from alerts.engine.loading import RuleSources
    from alerts.errors import Fault

_FILES = click.argument("files", nargs=-1, type=click.Path(path_type=Path), metavar="[FILE...]")


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


@command.command()
@_FILES
@common.config_option
@common.json_option
def check(files: tuple[Path, ...], config_path: Path, as_json: bool) -> None:
    """Check rule files and their examples: these, or all rules of the configuration.

    Every fault is told with file and line. Exit status 1 if there is an error, 0 with warnings only.
    """
    from alerts.engine import loading
    from alerts.service import households

    config = common.config_or_defaults(config_path)
    places = common.gazetteer(config, config_path)
    sources, extra = _sources(config, files)
    book = loading.load(sources, gazetteer=places, households=households(config), extra=extra)
    names = {path.name for path in files}
    faults = [fault for fault in book.faults if not files or fault.file in names or fault.file.startswith("lexicon/")]
    _report(faults, as_json)
    if not any(fault.level == "error" for fault in faults):
        click.echo(f"{_count(len(files) or len(book.ruleset.rules), 'rule')} in order", err=True)
        return
    raise SystemExit(1)


@command.command(name="test")
@_FILES
@common.config_option
def test(files: tuple[Path, ...], config_path: Path) -> None:
    """Run the examples and stories of rules, and show each: what fires, and why the quiet ones are quiet."""
    from alerts.engine.rulebook import compiled
    from alerts.engine.stories import run_stories
    from alerts.match import files as rule_files
    from alerts.match.examples import try_example
    from alerts.service import households

    config = common.config_or_defaults(config_path)
    places = common.gazetteer(config, config_path)
    sources, extra = _sources(config, files)
    found = rule_files.load(sources.folders, country=places.country_of, off=sources.off, extra=extra)
    common.tell(found.errors)
    names = {path.stem for path in files}
    chosen = [rule for rule in found.rules if not files or rule.name in names]
    trial = compiled(found.rules)
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
    click.echo(
        f"{_count(len(chosen), 'rule')}, {failed} failed" if failed else f"{_count(len(chosen), 'rule')}, all pass"
    )
    if failed:
        raise SystemExit(1)


def _sources(config: Config, files: tuple[Path, ...]) -> tuple[RuleSources, tuple[Path, ...]]:
    """The folders of the configuration, and given files beside them; a word list in a `lexicon` folder beside
    a given file is used too."""
    from dataclasses import replace

    from alerts.errors import InputError
    from alerts.service import rule_sources

    for path in files:
        if not path.is_file():
            raise InputError(f"{path}: there is no such file")
    sources = rule_sources(config)
    beside = tuple(dict.fromkeys(path.parent for path in files if (path.parent / "lexicon").is_dir()))
    lists = tuple(folder for folder in beside if folder.resolve() not in {one.resolve() for one in sources.folders})
    return replace(sources, list_folders=lists), files


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
