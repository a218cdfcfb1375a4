"""`alerts feeds add`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from alerts.cli import common
from alerts.cli.feeds import wishes


@click.command(name="add", short_help="Add a feed.")
@click.argument("url")
@common.config_option
@wishes.options(usual=False)
@wishes.tags_option("--tag", "tags", says="A word of your own to find it by")
def command(url: str, config_path: Path, tags: tuple[str, ...], **given: Any) -> None:
    """Add the feed at URL. It is polled as soon as the service runs; see how it does with: alerts feeds poll.

    What it holds at its first poll is stored, but only its news of the last day is told. See first what is there, and
    which options suit it, with: alerts feeds check URL.

    \b
      alerts feeds add https://example.org/rss.xml --source "Example News" --country Syria
      alerts feeds add https://example.org/alerts.xml --critical --tier 1 --every "5 minutes"
    """
    from alerts.errors import InputError
    from alerts.store import feeds
    from alerts.store.database import writing
    from alerts.urls import without_password

    config = common.load_config(config_path)
    url = wishes.address(url)
    said = wishes.fields(given, config, config_path)
    with common.store(config) as engine, writing(engine) as conn:
        there = feeds.list_feeds(conn)
        if taken := [feed.id for feed in there if feed.url == url]:
            raise InputError(
                f"{without_password(url)}: this feed is there already; change it: alerts feeds set {taken[0]}"
            )
        feed = wishes.add(conn, url, {**said, "tags": tags}, config)
    click.echo(f"added as feed {feed.id}, from '{feed.source}'")
    for obstacle in wishes.obstacles(config, feed.url, full_text=feed.full_text, every=feed.own_interval):
        click.echo(f"warning: {obstacle}", err=True)
    for twin in wishes.twins(feed.url, there):
        same = f"feed {twin.id} seems to be the same under another address"
        click.echo(f"warning: {same}; if so: alerts feeds remove {feed.id}", err=True)
