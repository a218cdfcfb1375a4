"""`alerts db upgrade`."""

from __future__ import annotations

from pathlib import Path

import click

from alerts.cli import common


@click.command(short_help="Bring the database to the form that this version needs.")
@common.config_option
def upgrade(config_path: Path) -> None:
    """Bring the database to the form that this version needs. `alerts run` does it too; this is for doing it
    at a time of your choice, while the service stands still. Back it up before (alerts db backup): there is no way
    back. It is done whole or not at all: when it is killed, the database is as it was."""
    from alerts.configured import bring_up
    from alerts.store.database import open_database
    from alerts.store.migrations import current

    config = common.load_config(config_path)
    engine = open_database(config.database_url)
    try:
        with common.progress("bringing the database up to date") as show:
            before = bring_up(engine, config, show)
        after = current(engine)
    finally:
        engine.dispose()
    click.echo(
        f"the database is at version {after}" + (" already" if before == after else f" (was {before or 'empty'})")
    )
