"""`alerts operators link`."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import click

from alerts.cli import common
from alerts.cli.operators.choosing import chosen, doer, operator_argument


@click.command(short_help="Make a link to log in, without mail.")
@operator_argument
@common.config_option
def link(who: str, config_path: Path) -> None:
    """Make a link by which an operator logs in, and print it: for the first login, while no mail goes out, or for
    somebody whose mails do not arrive. It is good once, for 15 minutes, on the pages of [web] base_url.

    Whoever has the link gets in as this operator: open it yourself, or hand it over in a way that nobody else reads.
    That it was made stands in the audit log.
    """
    from alerts.notify.joining import entering
    from alerts.store import audit, sessions
    from alerts.store.database import writing

    config, now = common.load_config(config_path), common.now()
    with common.store(config) as engine, writing(engine) as conn:
        one = chosen(conn, who)
        token = entering.link(conn, one.person_id, "/operations", now)
        audit.note(conn, doer(), "login link made", f"operator {one.name}", now=now)
    minutes, until = sessions.LINK_LASTS // timedelta(minutes=1), now + sessions.LINK_LASTS
    click.echo(f"{config.web.base_url}/login/{token}")
    click.echo(f"good once, for {minutes} minutes (until {until:%H:%M} UTC); whoever opens it is {one.name}", err=True)
