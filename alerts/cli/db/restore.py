"""`alerts db restore`: an installation comes back from a backup."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

import click

from alerts.cli import common
from alerts.cli.db import given
from alerts.errors import InputError
from alerts.notify.saying import mails as mails_said

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from alerts.config import Config
    from alerts.store.restoring import Contents, Mails
    from alerts.vault import Vault

_STOP = "stop it first"


@click.command(short_help="Bring an installation back from a backup.")
@click.argument("file", type=click.Path(path_type=Path))
@common.config_option
@click.option("--check", is_flag=True, help="Only look whether FILE can be restored, and say what is in it.")
@click.option("--replace", is_flag=True, help="Put a SQLite database that is in use aside, under another name.")
@click.option(
    "--mails",
    type=click.Choice(("hold", "send", "drop")),
    default="hold",
    show_default=True,
    help="What becomes of mails that waited when the backup was made.",
)
def restore(file: Path, config_path: Path, check: bool, replace: bool, mails: Mails) -> None:
    """Make the backup FILE the database that the configuration names, whichever it is, and bring it to this version.
    FILE is only read. Stop the service before, and put the installation's secret in its place.

    Mails that waited when the backup was made may have been sent since. They are held until you have looked (alerts
    mail queue, alerts mail release), or else sent, or dropped (--mails). Alerts, articles and readers get numbers that
    were never used, and who was logged in to the pages logs in again.

    \b
      alerts db restore /var/backups/alerts/alerts-20261123T030000Z.backup --check
      alerts db restore /var/backups/alerts/alerts-20261123T030000Z.backup --replace
    """
    from alerts.store import restoring

    if not file.is_file():
        raise InputError(f"{file}: there is no such file")
    config, now = common.load_config(config_path), common.now()
    target = config.database_url
    resting = nullcontext() if check else given.at_rest(target, config, advice=_STOP)
    with resting, common.progress("restoring") as show:
        if not check:
            _want_room(target, replace=replace)
        config.service.data.mkdir(mode=0o700, parents=True, exist_ok=True)
        show("looking through the backup", 0.0)
        with restoring.opened(file, config.service.data / "alerts.db.restoring", _vault(config)) as (engine, held):
            _want_secret(engine, config)
            if not check:
                show("putting it in place", 0.5)
                restoring.settle(engine, now, held, mails)
                kept = restoring.put_in_place(engine, target, f"{now:%Y%m%dT%H%M%SZ}", show)
    _say(file, held, check=check)
    if not check:
        _say_next(held, mails, kept)


def _want_room(target: str, *, replace: bool) -> None:
    from alerts.store import restoring

    if not restoring.in_use(target):
        return
    where = given.shown(target)
    if given.file_of(target) is None:
        raise InputError(f"{where} is in use: make a new database, and name it in the configuration")
    if not replace:
        raise InputError(f"{where} is in use: --replace puts it aside, under another name, and restores the backup")


def _vault(config: Config) -> Vault | None:
    """What opens the addresses; None where there is no secret yet, of which none is made here: it would be another."""
    from alerts.configured import secret_of
    from alerts.vault import Vault

    return Vault(secret_of(config)) if given.secret_path(config).exists() else None


def _want_secret(engine: Engine, config: Config) -> None:
    """Raise AlertsError unless the secret is there with which the addresses in the backup were sealed."""
    from alerts.store import people
    from alerts.store.database import writing

    secret = given.secret_path(config)
    with writing(engine) as conn:
        if secret.exists():
            people.take_secret(conn)
        elif people.sealed(conn):
            raise InputError(
                f"{secret}: the secret of the installation is not there: put the copy that was kept apart in its place "
                "(without it no reader's address in the backup can be read)"
            )


def _say(file: Path, held: Contents, *, check: bool) -> None:
    taken = f" of {held.taken:%Y-%m-%d %H:%M} UTC" if held.taken else ""
    what = f"{held.articles:,} articles, {held.alerts:,} alerts, {held.people:,} readers"
    waited = f"{mails_said(held.mails)} that waited"
    click.echo(f"{file} {'is a backup' if check else 'is restored: a backup'}{taken} with {what}, {waited}")


def _say_next(held: Contents, mails: Mails, kept: Path | None) -> None:
    said = []
    if kept:
        said.append(f"the database that was there is kept: {kept}")
    if held.mails and mails == "hold":
        said.append("mails that waited then are held: see alerts mail queue, then alerts mail release --state held")
    said += [
        "readers who left since then, and operators, keys and silences ended since, are there again",
        "what feeds still have of the time since is told again; to look at it before anybody gets a mail, give:",
        '  alerts mail hold --all --why "restored"      and later: alerts mail release --all',
        "next: alerts check, and start the service",
    ]
    for line in said:
        click.echo(line, err=True)
