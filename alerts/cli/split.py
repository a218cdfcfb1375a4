"""`alerts split`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from alerts.cli import acting, common
from alerts.cli.merge import shown_and_done, why_option, yes_option

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from alerts.engine.merging import Changed, Tools


@click.command(short_help="An alert is two events: a part becomes an alert of its own.")
@click.argument("alert_id", metavar="ID")
@click.argument("articles", metavar="ARTICLE...", nargs=-1, required=True)
@common.config_option
@why_option
@yes_option
def command(alert_id: str, articles: tuple[str, ...], config_path: Path, why: str, yes: bool) -> None:
    """The articles ARTICLE tell of another event than the rest of the alert ID: they make an alert of their own. The
    ids of articles are those that `alerts show ID` lists. What is reported of that place from now on goes to the alert
    whose story it is, or whose numbers it gives, or that happened nearer to it.

    You see first what will be, and are asked.
    """
    from alerts.engine import merging

    chosen = tuple(dict.fromkeys(articles))

    def change(conn: Connection, tools: Tools) -> list[Changed]:
        return merging.split(conn, tools, alert_id, chosen, acting.actor(), why=why, now=common.now())

    shown_and_done(config_path, alert_id, change, yes=yes, question="Split it?")
