"""`alerts db`: the database, as a whole."""

from __future__ import annotations

import click

from alerts.cli import common
from alerts.cli.db.backup import backup
from alerts.cli.db.copying import copy
from alerts.cli.db.restore import restore
from alerts.cli.db.size import compact, size
from alerts.cli.db.upgrading import upgrade


@click.group(
    name="db", cls=common.Group, short_help="Bring the database up to date, move it, back it up and restore it."
)
def command() -> None:
    """The database: SQLite in the data folder, or PostgreSQL."""


for one in (upgrade, copy, backup, restore, size, compact):
    command.add_command(one)
