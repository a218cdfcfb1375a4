"""`alerts rules pull`."""

from __future__ import annotations

from pathlib import Path

import click

from alerts.cli import common


@click.command(name="pull", short_help="Bring your own folders to what is in force on all machines.")
@common.config_option
def command(config_path: Path) -> None:
    """Bring this machine's own folders ([rules] folders, [templates] folder) to the rules and templates that are in
    force on all machines that share its database.

    While the service runs it does so by itself. This is for folders that were changed while another change came
    (`alerts status` says so), and for a machine on which no service runs. What stands here and was never in force is
    kept beside, with .before at the end of its name.
    """
    from alerts.cli.rules.shared import editions, listed

    with editions(config_path) as shared:
        _, differs = shared.compare()
        edition, kept = shared.pull()
    for line in listed(differs):
        click.echo(line)
    for path in kept:
        click.echo(f"kept: {path}")
    said = "are as" if differs else "were already as"
    click.echo(f"the folders on this machine {said} edition {edition.number} by {edition.by}", err=True)
