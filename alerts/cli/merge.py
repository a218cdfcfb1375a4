"""`alerts merge`, and what it shares with `alerts split`: the change is shown, by making it and taking it back; then
it is made."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from alerts.cli import acting, common

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from alerts.engine.merging import Changed, Tools

    Change = Callable[[Connection, Tools], list[Changed]]

why_option = click.option("--why", required=True, metavar="TEXT", help="Why; kept with both alerts.")
yes_option = click.option("--yes", is_flag=True, help="Do not ask.")


@click.command(short_help="Two alerts are one event: they become one alert.")
@click.argument("into", metavar="INTO")
@click.argument("gone", metavar="GONE...", nargs=-1, required=True)
@common.config_option
@why_option
@yes_option
def command(into: str, gone: tuple[str, ...], config_path: Path, why: str, yes: bool) -> None:
    """The alerts GONE are the same event as the alert INTO. All that was reported of them goes there, their readers
    are told so, and they end without an all-clear; what is reported of them from now on is news of INTO.

    You see first what will be, and are asked.
    """
    from alerts.engine import merging

    def change(conn: Connection, tools: Tools) -> list[Changed]:
        return merging.merge(conn, tools, into, gone, acting.actor(), why=why, now=common.now())

    shown_and_done(config_path, into, change, yes=yes, question="Merge them?")


def shown_and_done(config_path: Path, alert_id: str, change: Change, *, yes: bool, question: str) -> list[Changed]:
    """Show what a change of alerts comes to, ask, and make it. Raises InputError for one that cannot be."""
    from alerts.engine.changed import lines
    from alerts.engine.merging import Tools
    from alerts.engine.rehearsal import undone
    from alerts.store.database import writing

    config = common.load_config(config_path)
    places = common.gazetteer(config, config_path)

    def changed(conn: Connection) -> list[Changed]:
        book = acting.rule_of(conn, alert_id, places)
        return change(conn, Tools(rulebook=book, lookup=places.by_id, outbox=acting.outbox(config)))

    with common.store(config) as engine:
        with undone(engine) as conn:
            seen = changed(conn)
        for line in lines(seen):
            click.echo(line)
        _ask(question, yes)
        with writing(engine) as conn:
            return changed(conn)


def _ask(question: str, yes: bool) -> None:
    if yes:
        return
    try:
        click.confirm(question, abort=True, err=True)
    except click.Abort:
        click.echo("nothing was changed; --yes does it without asking", err=True)
        raise SystemExit(1) from None
