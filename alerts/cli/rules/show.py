"""`alerts rules show`: whatever expands is shown."""

from __future__ import annotations

from pathlib import Path

import click

from alerts.cli import common
from alerts.cli.rules.chosen import one_rule

_LINES = 8


@click.command(name="show")
@click.argument("rule", metavar="RULE")
@common.config_option
@click.option("--all", "everything", is_flag=True, help=f"Every line of the word lists, not only the first {_LINES}.")
def command(rule: str, config_path: Path, everything: bool) -> None:
    """Show one rule as the machine sees it: every phrase with the forms it finds, its word lists, and in plain
    sentences what its settings mean. RULE is its name or its file.
    """
    from alerts.match.showing import show

    config = common.config_or_defaults(config_path)
    found = one_rule(config, common.gazetteer(config, config_path), rule)
    click.echo(click.style(f"{found.rule.name}: {found.rule.title}", bold=True))
    click.echo(str(found.path))
    for note in found.notes:
        click.echo(note)
    for section in show(found.rule, most=None if everything else _LINES):
        click.echo()
        click.echo(click.style(section.title, bold=True))
        for line in section.lines:
            click.echo(f"  {line}")
