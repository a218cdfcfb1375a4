"""`alerts rules judge`, and how a verdict is kept."""

from __future__ import annotations

import getpass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from alerts.cli import common

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from alerts.match.opinions import Verdict


@click.command(name="judge", short_help="Say of alerts that they were right or wrong.")
@click.argument("alert_ids", nargs=-1, required=True, metavar="ALERT...")
@common.config_option
@click.option("--right", "verdict", flag_value="right", help="What the alert says did happen.")
@click.option("--wrong", "verdict", flag_value="wrong", help="A false alarm: the rule should have been quiet.")
@click.option("--because", default="", metavar="TEXT", help="Why, in your words.")
def command(alert_ids: tuple[str, ...], config_path: Path, verdict: Verdict | None, because: str) -> None:
    """Say of alerts that they were right or wrong: `alerts rules stats` counts it. The last word counts. ALERT is an
    id of `alerts list`. Readers are told nothing; `alerts rules adopt` also makes an example of the alert's sentence.
    """
    from alerts.errors import InputError
    from alerts.store.alerts import get_alert
    from alerts.store.database import writing

    if verdict is None:
        raise click.UsageError("say --right or --wrong")
    with common.store(common.load_config(config_path)) as engine, writing(engine) as conn:
        for alert_id in alert_ids:
            if get_alert(conn, alert_id) is None:
                raise InputError(f"there is no alert {alert_id}; see: alerts list")
        for alert_id in dict.fromkeys(alert_ids):
            keep(conn, alert_id, verdict, because)
    click.echo(f"{verdict}: {', '.join(dict.fromkeys(alert_ids))}", err=True)


def keep(conn: Connection, alert_id: str, verdict: Verdict, why: str) -> None:
    """Keep the verdict of the person at the terminal."""
    from alerts.store.judgements import judge

    judge(conn, alert_id, verdict, who=_user(), why=" ".join(why.split()), now=common.now())


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a process without a user that has a name
        return ""
