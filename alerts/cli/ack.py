"""`alerts ack`: somebody has it."""

from __future__ import annotations

from pathlib import Path

import click

from alerts.cli import acting, common


@click.command(short_help="Acknowledge an alert: somebody has it.")
@acting.id_argument
@common.config_option
@click.option("--why", default="", metavar="TEXT", help="A word for those who look at it later.")
def command(alert_id: str, config_path: Path, why: str) -> None:
    """Acknowledge an alert in its present version: nobody is reminded of it, and it is not passed on to those who
    hear of what nobody has taken on. An update that is worse asks again.
    """
    from alerts.engine import acts
    from alerts.store.database import writing

    with common.store(common.load_config(config_path)) as engine, writing(engine) as conn:
        said = acts.acknowledge(conn, alert_id, acting.actor(), why=why, now=common.now())
    click.echo(said)
