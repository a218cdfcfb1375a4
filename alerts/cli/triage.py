"""`alerts triage`: a person looks at alerts before readers are told."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from alerts.cli import acting, common

if TYPE_CHECKING:
    from datetime import timedelta

    from alerts.types import Alert


@click.group(name="triage", cls=common.Group, short_help="Look at alerts before readers are told.")
def command() -> None:
    """The alerts that wait for a person before readers are told: where a rule asks for it ([alert] triage), or the
    configuration ([triage] from). What nobody looks at is told after a while, marked as not reviewed.
    """


@command.command(name="list")
@common.config_option
@common.json_option
def list_(config_path: Path, as_json: bool) -> None:
    """What waits for a person, longest first. See what made one: alerts show ID."""
    from alerts.store import acts, codec
    from alerts.store.database import reading

    config = common.load_config(config_path)
    with common.store(config) as engine, reading(engine) as conn:
        found = acts.waiting(conn)
    if as_json:
        common.print_json([codec.to_json(one.alert) | {"title": one.title, "summary": one.summary} for one in found])
        return
    at = common.now()
    rows = [
        (
            one.alert.id,
            one.alert.severity,
            one.title,
            one.alert.place.country if one.alert.place else "",
            f"{one.alert.origins}/{one.alert.articles}",
            _what(one.alert),
            common.ago(one.alert.waits_since, at),
            _told_by_itself(one.alert, config.triage.let_go, at),
        )
        for one in found
    ]
    columns = ("id", "severity", "title", "in", "sources/articles", "what", "waits since", "told by itself")
    common.print_table(columns, rows, empty="nothing waits")


def _what(alert: Alert) -> str:
    return "new" if alert.version == 0 else f"update, readers know it as {alert.told.get('severity')}"


def _told_by_itself(alert: Alert, let_go: timedelta | None, at: datetime) -> str:
    if let_go is None or alert.waits_since is None:
        return "never"
    return common.ago(max(alert.waits_since + let_go, at), at).replace("0 s ago", "now")


@command.command()
@acting.id_argument
@common.config_option
@click.option("--title", default=None, metavar="TEXT", help="Another title than the rule's, from now on.")
@click.option("--why", default="", metavar="TEXT", help="Why; kept with the alert.")
def approve(alert_id: str, config_path: Path, title: str | None, why: str) -> None:
    """Let an alert go out to its readers. Updates follow by themselves, unless it gets worse than it is now. What was
    dropped, or is held until a second source confirms it, can be approved too.
    """
    from alerts.engine import acts
    from alerts.store.database import writing

    config = common.load_config(config_path)
    places = common.gazetteer(config, config_path)
    with common.store(config) as engine, writing(engine) as conn:
        said = acts.approve(
            *(conn, acting.rule_of(conn, alert_id, places), acting.outbox(config), alert_id, acting.actor()),
            now=common.now(),
            why=why,
            title=title,
            lookup=places.by_id,
        )
    click.echo(said)


@command.command()
@acting.id_argument
@common.config_option
@click.option("--why", required=True, metavar="TEXT", help="Why; kept with the alert.")
def drop(alert_id: str, config_path: Path, why: str) -> None:
    """Keep what waits from all readers. Of an alert that readers know that is the update: the alert stays as it was
    told. Should it get worse than it is now (an update also by much higher numbers), it waits again. What readers were
    told of is taken back (alerts cancel) or closed (alerts close) instead.
    """
    from alerts.engine import acts
    from alerts.store.database import writing

    with common.store(common.load_config(config_path)) as engine, writing(engine) as conn:
        said = acts.drop(conn, alert_id, acting.actor(), why=why, now=common.now())
    click.echo(said)


@command.command()
@acting.id_argument
@click.argument("title", metavar="[TITLE]", required=False)
@common.config_option
@click.option("--why", default="", metavar="TEXT", help="Why; kept with the alert.")
def retitle(alert_id: str, title: str | None, config_path: Path, why: str) -> None:
    """Give an alert another title; without TITLE that of its rule again. Readers see it with the next mail."""
    from alerts.engine import acts
    from alerts.store.database import writing

    config = common.load_config(config_path)
    places = common.gazetteer(config, config_path)
    with common.store(config) as engine, writing(engine) as conn:
        book = acting.rule_of(conn, alert_id, places)
        said = acts.retitle(conn, book, alert_id, acting.actor(), title=title, why=why, now=common.now())
    click.echo(said)
