"""`alerts rules check`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from alerts.cli import common
from alerts.cli.rules.chosen import count, faults_of, files_argument, sources_with

if TYPE_CHECKING:
    from alerts.engine.rulebook import Rulebook
    from alerts.errors import Fault
    from alerts.read.places import Gazetteer


@click.command(name="check")
@files_argument
@common.config_option
@common.json_option
@click.option("--phrases", is_flag=True, help="Name each phrase that stands in no example.")
def command(files: tuple[Path, ...], config_path: Path, as_json: bool, phrases: bool) -> None:
    """Check rules and their examples: these, or all of the configuration. RULE is a file, a folder, or the
    name of a rule.

    Every fault is told with file and line. Exit status 1 if there is an error, 0 with warnings and notes only.
    """
    from alerts.configured import households
    from alerts.engine import loading

    config = common.config_or_defaults(config_path)
    places = common.gazetteer(config, config_path)
    sources, extra = sources_with(config, files)
    book = loading.load(
        sources, gazetteer=places, households=households(config), extra=extra, today=common.now().date()
    )
    faults = faults_of(book.faults, extra)
    faults += _notes(book, places, extra, whole=phrases)
    _report(common.placed(faults, sources, extra), as_json)
    if not any(fault.level == "error" for fault in faults):
        click.echo(f"{count(len(extra) or len(book.ruleset.rules), 'rule')} in order", err=True)
        return
    raise SystemExit(1)


def _notes(book: Rulebook, places: Gazetteer, extra: tuple[Path, ...], *, whole: bool) -> list[Fault]:
    """Phrases that stand in no example, of the rules that are in order; if `whole`, of the word lists too."""
    from alerts.match import coverage, lint

    names = {path.stem for path in extra}
    rules = [rule for rule in (book.files.rules if book.files else ()) if not names or rule.name in names]
    faulty = {fault.file for fault in book.errors}
    rules = [rule for rule in rules if rule.file not in faulty]
    found = [note for rule in rules for note in (*lint.remarks(rule), *coverage.notes(rule, places, whole=whole))]
    return found + (coverage.list_notes(rules, places) if whole else [])


def _report(faults: list[Fault], as_json: bool) -> None:
    if as_json:
        common.print_json(
            [{"file": one.file, "line": one.line, "level": one.level, "message": one.message} for one in faults]
        )
        return
    for fault in faults:
        click.echo(str(fault))
