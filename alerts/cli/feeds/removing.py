"""`alerts feeds remove`."""

from __future__ import annotations

from pathlib import Path

import click

from alerts.cli import common
from alerts.cli.feeds import choosing


@click.command(name="remove", short_help="Take feeds off the list; their articles stay.")
@click.argument("ids", nargs=-1, type=int, required=True, metavar="ID...")
@common.config_option
@click.option("--yes", is_flag=True, help="Do not ask.")
def command(ids: tuple[int, ...], config_path: Path, yes: bool) -> None:
    """Take feeds off the list: they are polled no more and shown nowhere. Their articles stay, for alerts were made of
    them; added again, such a feed knows what it had. To pause a feed: alerts feeds set ID --off.
    """
    from alerts.store import feeds
    from alerts.store.database import reading, writing
    from alerts.urls import without_password

    with common.store(common.load_config(config_path)) as engine:
        with reading(engine) as conn:
            chosen = choosing.by_ids(feeds.list_feeds(conn), ids)
        for feed in chosen:
            click.echo(f"{feed.id}  {feed.source}  {without_password(feed.url)}", err=True)
        _ask(yes, len(chosen))
        with writing(engine) as conn:
            gone = [feeds.remove_feed(conn, feed.id, now=common.now()) for feed in chosen]
    what = f"feed {chosen[0].id}" if len(chosen) == 1 else f"{len(chosen)} feeds"
    articles = "" if all(gone) else "; the articles stay" if len(chosen) > 1 else "; its articles stay"
    click.echo(f"removed {what}{articles}")


def _ask(yes: bool, count: int) -> None:
    if yes:
        return
    try:
        click.confirm("Remove it?" if count == 1 else f"Remove these {count}?", abort=True, err=True)
    except click.Abort:
        click.echo("nothing was removed; --yes removes without asking", err=True)
        raise SystemExit(1) from None
