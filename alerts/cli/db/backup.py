"""`alerts db backup`: all there is, as one file, while the service goes on."""

from __future__ import annotations

import re
from contextlib import nullcontext
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Final

import click

from alerts.cli import common
from alerts.cli.db import given
from alerts.errors import InputError
from alerts.sizes import about

if TYPE_CHECKING:
    from datetime import datetime

_NAMED: Final = re.compile(r"alerts-\d{8}T\d{6}Z\.backup")


@click.command(short_help="Write all that is stored into one file, while the service runs.")
@click.argument("file", type=click.Path(path_type=Path))
@common.config_option
@click.option("--force", is_flag=True, help="Replace FILE where it is there.")
@click.option("--keep", type=click.IntRange(1), metavar="N", help="In a folder: remove all backups but the last N.")
@click.option("--quiet", is_flag=True, help="Say nothing unless it fails: for cron.")
def backup(file: Path, config_path: Path, force: bool, keep: int | None, quiet: bool) -> None:
    """Write all that the database holds at this moment into FILE, or where FILE is a folder into a new file in it,
    named by the time. The service goes on meanwhile. What comes out is always one SQLite file, also of PostgreSQL; it
    is looked through before it gets its name, and nobody else may read it.

    \b
      alerts db backup /var/backups/alerts --keep 14 --quiet          each night, by cron
      alerts db backup before-upgrade.backup

    The installation's secret is not in it. Keep that apart, and keep it well: without it nobody can ever read a
    reader's address in a backup. alerts db restore brings a backup back.
    """
    from alerts.store import backups
    from alerts.store.database import open_database

    config, now = common.load_config(config_path), common.now()
    folder = file if file.is_dir() else None
    file = _wanted(file, now, force=force, keep=keep)
    source = given.file_of(config.database_url)
    if source and not source.exists():
        raise InputError(f"{source}: there is no database yet, and so nothing to back up")
    engine = open_database(config.database_url)
    begun = monotonic()
    try:
        with nullcontext(_nothing) if quiet else common.progress("backing up") as show:
            size = backups.back_up(engine, file, now, show)
    finally:
        engine.dispose()
    gone = _rotate(folder, keep) if folder and keep else []
    if not quiet:
        _say(file, size, monotonic() - begun, gone)
        secret = given.secret_path(config)
        click.echo(f"the secret {secret} is not in it: keep a copy of it apart from the backups", err=True)


def _nothing(stage: str, share: float) -> None:
    pass


def _wanted(file: Path, now: datetime, *, force: bool, keep: int | None) -> Path:
    """The file to be written."""
    if file.is_dir():
        return file / f"alerts-{now:%Y%m%dT%H%M%SZ}.backup"
    if keep:
        raise InputError(
            f"{file} is no folder: --keep is for a folder that has nothing but backups of one installation"
        )
    if file.exists() and not force:
        raise InputError(f"{file} is there already: name another file, or replace it with --force")
    if not file.parent.is_dir():
        raise InputError(f"{file.parent}: there is no such folder; make it first, for your eyes only (mkdir -m 700)")
    return file


def _rotate(folder: Path, keep: int) -> list[Path]:
    """Remove the oldest of the backups that were named here; which."""
    found = sorted(path for path in folder.iterdir() if _NAMED.fullmatch(path.name))
    for path in found[:-keep]:
        path.unlink(missing_ok=True)
    return found[:-keep]


def _say(file: Path, size: int, seconds: float, gone: list[Path]) -> None:
    click.echo(f"{file}: {about(size)} in {seconds:.1f} s, looked through and in order")
    for path in gone:
        click.echo(f"removed {path}")
