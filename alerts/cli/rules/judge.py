"""`alerts rules judge`, and how a verdict is kept."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from alerts.cli import acting, common

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from alerts.config import Config
    from alerts.match.opinions import Verdict


@click.command(name="judge", short_help="Say of alerts that they were right or wrong.")
@click.argument("alert_ids", nargs=-1, required=True, metavar="ALERT...")
@common.config_option
@click.option("--right", "verdict", flag_value="right", help="What the alert says did happen.")
@click.option("--wrong", "verdict", flag_value="wrong", help="A false alarm: the rule should have been quiet.")
@click.option("--wrong-place", "verdict", flag_value="wrong_place", help="It happened, but somewhere else.")
@click.option("--wrong-number", "verdict", flag_value="wrong_number", help="It happened, but the numbers are wrong.")
@click.option("--duplicate-of", metavar="ID", help="Alert ID had told of the same event.")
@click.option("--because", default="", metavar="TEXT", help="Why, in your words; with --cancel the readers read it.")
@click.option("--cancel", is_flag=True, help="With --wrong: take the alert back, and tell all who were told.")
def command(
    alert_ids: tuple[str, ...],
    config_path: Path,
    verdict: Verdict | None,
    duplicate_of: str | None,
    because: str,
    cancel: bool,
) -> None:
    """Say of alerts that they were right or wrong: `alerts rules stats` counts it. What is said here weighs more than
    what readers say by the links of their mails; the last word counts. ALERT is an id of `alerts list`. Readers are
    told nothing, unless you --cancel; `alerts rules adopt` also makes an example of the alert's sentence.
    """
    if duplicate_of is not None and verdict is None:
        verdict = "duplicate"
    elif verdict is None or duplicate_of is not None:
        raise click.UsageError("say one of --right, --wrong, --wrong-place, --wrong-number, --duplicate-of")
    if cancel and verdict != "wrong":
        raise click.UsageError("--cancel takes back what was --wrong")
    from alerts.store.database import writing

    config, every = common.load_config(config_path), tuple(dict.fromkeys(alert_ids))
    with common.store(config) as engine, writing(engine) as conn:
        _check(conn, (*every, *((duplicate_of,) if duplicate_of else ())))
        for alert_id in every:
            keep(conn, alert_id, verdict, because, duplicate_of)
            if cancel:
                click.echo(_take_back(conn, config, config_path, alert_id, because), err=True)
    click.echo(f"{verdict.replace('_', ' ')}: {', '.join(every)}", err=True)


def _check(conn: Connection, alert_ids: tuple[str, ...]) -> None:
    """Raise InputError for an alert that is not there, or is to be a duplicate of itself."""
    from alerts.errors import InputError
    from alerts.store.alerts import alert_of

    for alert_id in alert_ids:
        if alert_of(conn, alert_id) is None:
            raise InputError(f"there is no alert {alert_id}; see: alerts list")
    if len(set(alert_ids)) < len(alert_ids):
        raise InputError(f"alert {alert_ids[-1]} is no duplicate of itself")


def _take_back(conn: Connection, config: Config, config_path: Path, alert_id: str, because: str) -> str:
    from alerts.engine import acts

    book = acting.rule_of(conn, alert_id, common.gazetteer(config, config_path))
    why = because or "it was a false alarm"
    return acts.cancel(conn, book, acting.outbox(config), alert_id, acting.actor(), why=why, now=common.now())


def keep(conn: Connection, alert_id: str, verdict: Verdict, why: str, duplicate_of: str | None = None) -> None:
    """Keep the verdict of the person at the terminal."""
    from alerts.store.judgements import judge

    why = " ".join(why.split())
    judge(conn, alert_id, verdict, who=common.user(), why=why, now=common.now(), duplicate_of=duplicate_of)
