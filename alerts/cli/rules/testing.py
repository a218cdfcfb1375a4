"""`alerts rules test`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from alerts.cli import common
from alerts.cli.rules.chosen import count, faults_of, files_argument, sources_with


@click.command(name="test")
@files_argument
@common.config_option
def command(files: tuple[Path, ...], config_path: Path) -> None:
    """Run the examples and stories of rules, and show each: what fires, and why the quiet ones are quiet.
    RULE is a file, a folder, or the name of a rule; without one, all rules are tried.

    Exit status 1 if an example does not do what its file says.
    """
    from alerts.configured import households
    from alerts.engine.rulebook import compiled
    from alerts.engine.stories import run_stories
    from alerts.match import files as rule_files
    from alerts.match.examples import try_example

    config = common.config_or_defaults(config_path)
    places = common.gazetteer(config, config_path)
    sources, extra = sources_with(config, files)
    found = rule_files.load(
        sources.folders, country=places.country_of, off=sources.off, extra=extra, lists=sources.list_folders
    )
    faults = common.placed(faults_of(found.errors, extra), sources, extra)
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
        click.echo(f"{count(len(chosen), 'rule')}, {f'{failed} failed' if failed else 'all pass'}")
    if failed or faults:
        raise SystemExit(1)
