"""`alerts db copy`: an installation moves to another database."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

import click

from alerts.cli import common
from alerts.cli.db import given
from alerts.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from alerts.config import Config
    from alerts.store.copying import Copied

_STOP = "stop it first, so that nothing is left behind; --rehearse copies all the same, to try"


@click.command(short_help="Move an installation with all its history to another database.")
@click.argument("from_", metavar="FROM")
@click.argument("to", metavar="TO")
@common.config_option
@click.option("--rehearse", is_flag=True, help="Copy while the service runs, to try: what comes later is not in it.")
def copy(from_: str, to: str, config_path: Path, rehearse: bool) -> None:
    """Copy everything from the database FROM into the empty database TO, and compare both, table by table. FROM is not
    changed. Each is an address, as [service] database in the configuration has it ("sqlite" is the file in the data
    folder), or the path of a SQLite file. Stop the service before.

    \b
      alerts db copy sqlite postgresql+psycopg://alerts@db.example.org/alerts
      alerts db copy postgresql+psycopg://alerts@db.example.org/alerts /srv/alerts/alerts.db

    All of it or nothing: a copy that fails or is interrupted leaves TO empty, and can be begun again. Readers'
    addresses stay sealed; they belong to the installation's secret, whatever the database. A password does not belong
    into the command, but into ~/.pgpass or the database_password_file of a configuration that names the database.
    """
    from alerts.store import copying
    from alerts.store.database import open_database

    config = common.config_or_defaults(config_path)
    source, target = given.address(from_, config), given.address(to, config)
    _want_two(source, target)
    with nullcontext() if rehearse else given.at_rest(source, config, advice=_STOP):
        old = open_database(source)
        new = open_database(target)
        begun = monotonic()
        try:
            with common.progress("copying the database") as show:
                copied = copying.copy(old, new, show)
        finally:
            old.dispose()
            new.dispose()
    _say(copied, monotonic() - begun)
    _say_next(source, target, config, rehearse=rehearse)


def _want_two(source: str, target: str) -> None:
    if source == target:
        raise InputError("FROM and TO are the same database")
    file = given.file_of(source)
    if file and not file.exists():
        raise InputError(f"{file}: there is no such file to copy from")


def _say(copied: Sequence[Copied], seconds: float) -> None:
    filled = [one for one in copied if one.fingerprint.rows]
    lines = [(one.table, f"{one.fingerprint.rows:,}", str(one.fingerprint)[:16]) for one in filled]
    common.print_table(("table", "rows", "hash"), lines, empty="")
    number = sum(one.fingerprint.rows for one in copied)
    click.echo(f"{number:,} rows copied in {seconds:.0f} s; every table is the same in both databases")


def _say_next(source: str, target: str, config: Config, *, rehearse: bool) -> None:
    if rehearse:
        click.echo("this was a rehearsal: empty it again, stop the service, and copy once more", err=True)
        return
    file = given.file_of(target)
    if file is None:
        first = f'set [service] database = "{given.shown(target)}"'
    else:
        first = f'set [service] database = "sqlite", and data to a folder that has {file} as alerts.db'
    for line in (
        f"next: {first}",
        f"keep the secret {given.secret_path(config)}: without it no reader's address can be read",
        "then: alerts check, and start the service",
        f"{given.shown(source)} is as it was; do not run a service on it again, which would send the same mails",
    ):
        click.echo(line, err=True)
