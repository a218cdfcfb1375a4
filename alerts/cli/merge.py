"""`alerts merge`, and what it shares with `alerts split`: the change is shown, by making it and taking it back; then
it is made."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from alerts.cli import acting, common

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from alerts.engine.merging import Changed, Tools
    from alerts.types import Alert

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
        for line in _lines(seen):
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


def _lines(changes: Sequence[Changed]) -> list[str]:
    lines = []
    for one in changes:
        alert = one.after.alert
        if alert.state == "merged":
            lines.append(f"alert {alert.id} ends in alert {alert.merged_into}: {one.after.title}")
            continue
        lines.append(f"alert {alert.id}{'' if one.before else ' (new)'}: {one.after.title}")
        before = one.before.alert if one.before else None
        if one.before and one.before.title != one.after.title:
            lines.append(f"  before: {one.before.title}")
        lines += [f"  {line}" for line in _facts(before, alert)]
        lines += [f"  {message.kind} to {_readers(one.readers)}: {message.why}" for message in one.messages]
        lines += ["  nobody is told"] if not one.messages else []
    return lines


def _facts(before: Alert | None, after: Alert) -> list[str]:
    """What an alert says now, its numbers too, with what it said before where that was something else."""
    from alerts.template_filters import people

    found = [("", _said(before) if before else None, _said(after))]
    for name in sorted({*after.numbers, *(before.numbers if before else ())}):
        was, now = before.numbers.get(name) if before else None, after.numbers.get(name)
        label = f"{name.replace('_', ' ')}: "
        found.append(
            (label, people(was) if was else "not said" if before else None, people(now) if now else "not said")
        )
    return [
        f"{label}{now}" if was is None or was == now else f"{label}{now} (before: {was})" for label, was, now in found
    ]


def _said(alert: Alert) -> str:
    sources = "1 source" if alert.origins == 1 else f"{alert.origins} independent sources"
    articles = "1 article" if alert.articles == 1 else f"{alert.articles} articles"
    return f"{alert.severity}, {alert.certainty}, {alert.state}; {sources}, {articles}"


def _readers(count: int) -> str:
    return "1 reader" if count == 1 else f"{count or 'no'} readers"
