"""`alerts notices`: what does not go on as it should."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from alerts.cli import common


@click.command(short_help="What does not go on as it should: silent feeds, stuck mails, faults.")
@common.config_option
@common.json_option
@click.option("--all", "every", is_flag=True, help="Also those that are over, the latest first.")
@click.option("--limit", type=click.IntRange(1, 100_000), default=50, show_default=True, help="At most so many.")
def command(config_path: Path, as_json: bool, every: bool, limit: int) -> None:
    """What does not go on as it should, as the service has noticed it, and what to do. It looks every few minutes, and
    mails each notice once to those of [operator]."""
    from alerts.store import notices
    from alerts.store.database import reading

    with common.store(common.load_config(config_path)) as engine, reading(engine) as conn:
        found = notices.latest(conn, limit + 1) if every else notices.open_notices(conn)
        looked = notices.last_look(conn)
    more, found = found[limit:], found[:limit]
    if as_json:
        common.print_json([asdict(one) for one in found])
        return
    at = common.now()
    rows = [
        (
            one.kind,
            common.ago(one.since, at),
            common.ago(one.opened, at),
            "nobody yet" if one.told is None else common.ago(one.told, at),
            *([common.ago(one.ended, at) if one.ended else ""] if every else []),
            one.text,
        )
        for one in found
    ]
    columns = ("kind", "since", "noticed", "told", *(["over"] if every else []), "what")
    common.print_table(columns, rows, empty="nothing" if looked else "nothing: the service has not looked yet")
    if more:
        click.echo(f"there are more than these {limit}; see --limit", err=True)
