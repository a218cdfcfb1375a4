"""`alerts cancel`: an alert was wrong."""

from __future__ import annotations

from pathlib import Path

import click

from alerts.cli import acting, common


@click.command(short_help="Take an alert back: it was wrong.")
@acting.id_argument
@common.config_option
@click.option("--why", required=True, metavar="TEXT", help="Why; the readers are told.")
def command(alert_id: str, config_path: Path, why: str) -> None:
    """Take an alert back that was wrong. Exactly those who were told of it are told so, with the reason; there is no
    way back. What is true but over is closed instead: alerts close ID. So that the mistake does not come back:
    alerts rules adopt ID --quiet.
    """
    from alerts.engine import acts

    acting.finish(acts.take_back, alert_id, config_path, why)
