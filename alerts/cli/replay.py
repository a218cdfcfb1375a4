"""`alerts replay`: articles through the whole life of alerts."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path

import click

from alerts.cli import common
from alerts.cli.detect import country_option, published_option, reader, source_option


@click.command(short_help="Articles through the whole life of alerts, on their own clock.")
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@common.config_option
@click.option("--rule", "names", multiple=True, help="Only this rule (may be given more than once).")
@published_option
@source_option
@country_option
def command(
    files: tuple[str, ...],
    config_path: Path,
    names: tuple[str, ...],
    published: datetime | None,
    source: str,
    country: str | None,
) -> None:
    """Take articles through matching and tracking on their own clock, and write what readers would have been
    told: one JSON line for each new alert, update, cancellation and all-clear. No mail is sent and no
    database is touched; the same articles always give the same lines.

    Takes the same files as `alerts detect`; the articles are taken by date of publication. The same id from
    the same source again is a new version of that article.
    """
    from contextlib import closing

    from alerts.cli.output import told
    from alerts.configured import households
    from alerts.engine.replay import Replay
    from alerts.store.spool import Spool

    config = common.config_or_defaults(config_path)
    book, gazetteer = common.rulebook(config, config_path, only=names, with_leaders=True)
    given = reader(gazetteer, published=published, source=source, country=country)
    owners: dict[str, str] = {}
    with closing(Spool()) as spool:
        with common.counting(given.read(files), "reading") as counted:
            for article in counted:
                owners.setdefault(article.source, config.owner_of(article.source))
                spool.put(replace(article, tier=config.tier_of(article.source)))
        if given.undated:
            click.echo(
                f"{given.undated} without a date of publication count as published now; see --published", err=True
            )
        replay = Replay(book, gazetteer, households(config), owners=owners, scratch=spool.folder / "alerts.db")
        with closing(replay), common.counting(spool, "replaying") as in_order:
            for article in in_order:
                for item in replay.take(article):
                    if not names or item.rule.name in names:
                        click.echo(common.as_json(told(item)))
    common.tell(given.faults)
