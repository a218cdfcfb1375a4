"""`alerts rules publish`."""

from __future__ import annotations

from pathlib import Path

import click

from alerts.cli import common


@click.command(name="publish", short_help="Put your own rules and templates in force on all machines.")
@common.config_option
def command(config_path: Path) -> None:
    """Put what stands in this machine's own folders ([rules] folders, [templates] folder) in force on all machines that
    share its database, over what is in force there.

    While the service runs it does so by itself, seconds after a file was changed. This is for folders that were changed
    on two machines at once (`alerts status` says so), or whose last file was deleted on purpose, and for a machine on
    which no service runs. A rule with a fault keeps its earlier version on every machine: try `alerts rules check`
    first. What was in force before is kept in the database; the folders of other machines follow.
    """
    from alerts.cli.rules.shared import editions, listed

    with editions(config_path) as shared:
        before, differs = shared.compare()
        number, new = shared.publish(f"{shared.machine} ({common.user()})")
    if not new:
        click.echo(f"edition {number} is in force, and is the same: nothing had to be published", err=True)
        return
    for line in listed(differs):
        click.echo(line)
    over = f", over edition {before.number} by {before.by}" if before else ""
    click.echo(f"edition {number} is in force{over}; all machines take it within seconds: alerts status", err=True)
