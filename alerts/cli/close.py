"""`alerts close`: an event is over."""

from __future__ import annotations

from pathlib import Path

import click

from alerts.cli import acting, common


@click.command(short_help="Give the all-clear: the event is over.")
@acting.id_argument
@common.config_option
@click.option("--why", required=True, metavar="TEXT", help="Why; the readers are told.")
def command(alert_id: str, config_path: Path, why: str) -> None:
    """Give the all-clear for an event that is over, to those who were told of it. What happens there from now on is
    a new alert. An alert that was wrong is taken back instead: alerts cancel ID.
    """
    from alerts.engine import acts

    acting.finish(acts.close, alert_id, config_path, why)
