"""`alerts db upgrade`."""

from __future__ import annotations

from pathlib import Path

import click

from alerts.cli import common


@click.command(short_help="Bring the database to the form that this version needs.")
@common.config_option
def upgrade(config_path: Path) -> None:
    """Bring the database to the form that this version needs. `alerts run` does it too; this is for doing it
    at a time of your choice. Back it up before: there is no way back."""
    from alerts.store.database import open_database
    from alerts.store.migrations import current
    from alerts.store.migrations import upgrade as bring_up

    engine = open_database(common.load_config(config_path).database_url)
    try:
        before = current(engine)
        bring_up(engine)
        after = current(engine)
    finally:
        engine.dispose()
    click.echo(
        f"the database is at version {after}" + (" already" if before == after else f" (was {before or 'empty'})")
    )
