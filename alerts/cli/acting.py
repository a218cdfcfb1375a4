"""What the commands share by which a person acts on an alert: the database, the rules in force, who acts."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from alerts.cli import common

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from alerts.config import Config
    from alerts.engine.acts import Actor
    from alerts.engine.keeping import Outbox
    from alerts.engine.rulebook import Rulebook
    from alerts.read.places import Gazetteer

    Finish = Callable[..., str]

id_argument = click.argument("alert_id", metavar="ID")


def actor() -> Actor:
    """The person at the terminal."""
    from alerts.engine.acts import Actor

    return Actor(who=common.user())


def outbox(config: Config) -> Outbox:
    """Who writes the mails."""
    from alerts.configured import post_of, secret_of

    return post_of(config, secret_of(config))


def rule_of(conn: Connection, alert_id: str, places: Gazetteer) -> Rulebook:
    """The rule of an alert as the service has it in force; none if it is not. Reading all rules anew, with their
    examples, would take longer than an analyst in a hurry wants to wait."""
    from alerts.engine.loading import remembered
    from alerts.engine.rulebook import compiled
    from alerts.store import alerts, meta

    alert = alerts.alert_of(conn, alert_id)
    texts = [
        (one.rule, one.text, one.lists)
        for one in meta.rules_in_force(conn)
        if alert is not None and one.rule == alert.rule
    ]
    return compiled(remembered(texts, places.country_of)[0])


def finish(act: Finish, alert_id: str, config_path: Path, why: str) -> None:
    """Cancel or close an alert, and say what came of it."""
    from alerts.store.database import writing

    config = common.load_config(config_path)
    places = common.gazetteer(config, config_path)
    with common.store(config) as engine, writing(engine) as conn:
        book = rule_of(conn, alert_id, places)
        said = act(conn, book, outbox(config), alert_id, actor(), why=why, now=common.now())
    click.echo(said)
