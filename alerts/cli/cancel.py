"""`alerts cancel`: an alert was wrong."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from alerts.cli import acting, common

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from alerts.engine.acts import Actor
    from alerts.engine.keeping import Outbox
    from alerts.engine.rulebook import Rulebook


@click.command(short_help="Take an alert back: it was wrong.")
@acting.id_argument
@common.config_option
@click.option("--why", required=True, metavar="TEXT", help="Why; the readers are told.")
def command(alert_id: str, config_path: Path, why: str) -> None:
    """Take an alert back that was wrong. Exactly those who were told of it are told so, with the reason; there is no
    way back. What is true but over is closed instead: alerts close ID. So that the mistake does not come back:
    alerts rules adopt ID --quiet.
    """
    acting.finish(_cancelled, alert_id, config_path, why)


def _cancelled(
    conn: Connection, book: Rulebook, outbox: Outbox, alert_id: str, actor: Actor, *, why: str, now: datetime
) -> str:
    """What is taken back was wrong: that counts against its rule."""
    from alerts.engine import acts
    from alerts.store.judgements import judge

    said = acts.cancel(conn, book, outbox, alert_id, actor, why=why, now=now)
    judge(conn, alert_id, "wrong", who=actor.who, why=why, now=now)
    return said
