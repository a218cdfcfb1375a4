"""`alerts feeds list`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from alerts.cli import common

if TYPE_CHECKING:
    from alerts.store.feeds import FeedRow


@click.command(name="list", short_help="List the feeds and how they do.")
@common.config_option
@common.json_option
@click.option("--failing", is_flag=True, help="Only those that did not answer at their last poll.")
def command(config_path: Path, as_json: bool, failing: bool) -> None:
    """List the feeds and how they do."""
    from alerts.store import feeds
    from alerts.store.database import reading

    with common.store(common.load_config(config_path)) as engine, reading(engine) as conn:
        found = [feed for feed in feeds.list_feeds(conn) if not failing or feed.failures]
    if as_json:
        common.print_json([_row(feed) for feed in found])
        return
    at = common.now()
    rows = [
        (
            feed.id,
            feed.source,
            feed.url,
            _state(feed),
            common.ago(feed.last_poll, at),
            common.ago(feed.last_new, at),
            common.ago(feed.next_due, at) if feed.next_due > at else "now",
        )
        for feed in found
    ]
    common.print_table(
        ("id", "source", "url", "state", "polled", "last article", "next"),
        rows,
        empty="no failing feeds" if failing else "no feeds yet; add one: alerts feeds add URL --source NAME",
    )
    for feed in found if failing else ():
        click.echo(f"{feed.id}: {feed.last_error}")


def _state(feed: FeedRow) -> str:
    if not feed.active:
        return "off"
    if feed.last_poll is None:
        return "new"
    if not feed.failures:
        return "ok"
    return f"{feed.last_status}, {feed.failures} times" if feed.failures > 1 else str(feed.last_status)


def _row(feed: FeedRow) -> dict[str, object]:
    names = (
        "id url source owner tier language country tags active next_due failures last_poll last_ok last_new"
        " last_status last_error"
    )
    row: dict[str, object] = {name: getattr(feed, name) for name in names.split()}
    return row | {"interval_s": feed.interval.total_seconds()}
