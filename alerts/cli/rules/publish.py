"""`alerts rules publish`."""

from __future__ import annotations

from pathlib import Path

import click

from alerts.cli import common


@click.command(name="publish", short_help="Put your own rules and templates in force on all machines.")
@click.option("--edition", type=int, metavar="NUMBER", help="Put this earlier edition in force again.")
@common.config_option
def command(config_path: Path, edition: int | None) -> None:
    """Put what stands in this machine's own folders ([rules] folders, [templates] folder) in force on all machines that
    share its database, over what is in force there.

    While the service runs it does so by itself, seconds after a file was changed. This is for folders that were changed
    on two machines at once (`alerts status` says so), or whose last file was deleted on purpose, and for a machine on
    which no service runs. A rule with a fault keeps its earlier version on every machine: try `alerts rules check`
    first. The folders of other machines follow.

    What was in force before is kept in the database (`alerts rules editions`): --edition puts an earlier edition in
    force again on all machines, rules and templates.
    """
    from alerts.cli.rules.shared import editions, listed

    with editions(config_path) as shared:
        by = f"{shared.machine} ({common.user()})"
        before, differs = shared.compare() if edition is None else (None, [])
        number, new = shared.publish(by) if edition is None else shared.publish_again(edition, by)
    if not new:
        click.echo(f"edition {number} is in force, and is the same: nothing had to be published", err=True)
        return
    for line in listed(differs):
        click.echo(line)
    over = f", over edition {before.number} by {before.by}" if before else ""
    click.echo(f"edition {number} is in force{over}; all machines take it within seconds: alerts status", err=True)
