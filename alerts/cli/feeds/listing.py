"""`alerts feeds list`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from alerts.cli import common
from alerts.cli.feeds import choosing, wishes

if TYPE_CHECKING:
    from alerts.store.feeds import FeedRow


@click.command(name="list", short_help="List the feeds and how they do.")
@common.config_option
@common.json_option
@wishes.tags_option("--tag", "tags", says="Only those with this tag")
@click.option("--host", metavar="HOST", help="Only those of this host, such as example.org.")
@click.option("--failing", is_flag=True, help="Only those that did not answer at their last poll.")
@click.option("--critical", is_flag=True, help="Only those that must not be missed.")
def command(
    config_path: Path, as_json: bool, tags: tuple[str, ...], host: str | None, failing: bool, critical: bool
) -> None:
    """List the feeds and how they do. Passwords in addresses are not shown.

    \b
      alerts feeds list --failing
      alerts feeds list --tag wire --json
    """
    from alerts.store import feeds
    from alerts.store.database import reading

    with common.store(common.load_config(config_path)) as engine, reading(engine) as conn:
        found = feeds.list_feeds(conn)
    if tags:
        found = choosing.with_tags(found, tags)
    if host:
        found = choosing.of_host(found, host)
    found = [feed for feed in found if (feed.failures or not failing) and (feed.critical or not critical)]
    if as_json:
        common.print_json([row(feed) for feed in found])
        return
    some = "failing " if failing else "critical " if critical else ""
    empty = f"no {some}feeds" if some or tags or host else "no feeds yet; add one: alerts feeds add URL --source NAME"
    _table(found, empty)
    for feed in found if failing else ():
        click.echo(f"{feed.id}: {feed.last_error}")


def _table(found: list[FeedRow], empty: str) -> None:
    from alerts.urls import without_password

    at = common.now()
    rows = [
        (
            feed.id,
            feed.source,
            without_password(feed.url),
            ", ".join(feed.tags),
            _state(feed),
            common.ago(feed.last_poll, at),
            common.ago(feed.last_new, at),
            "" if not feed.active else common.ago(feed.next_due, at) if feed.next_due > at else "now",
        )
        for feed in found
    ]
    common.print_table(("id", "source", "url", "tags", "state", "polled", "last article", "next"), rows, empty=empty)


def _state(feed: FeedRow) -> str:
    if not feed.active:
        return "off"
    state = "new" if feed.last_poll is None else "ok"
    if feed.failures:
        state = f"{feed.last_status}, {feed.failures} times" if feed.failures > 1 else str(feed.last_status)
    return f"{state}, critical" if feed.critical else state


_NAMES = (
    "id url source owner tier language country tags active critical full_text max_body own_owner own_tier added"
    " next_due failures last_poll last_ok last_new last_status last_error rate gap_at lies_since whole_at moved_to"
)


def row(feed: FeedRow) -> dict[str, object]:
    """A feed as JSON has it."""
    from alerts.urls import without_password

    def seconds(name: str) -> float | None:
        value = getattr(feed, name)
        return None if value is None else value.total_seconds()

    lengths = {f"{name}_s": seconds(name) for name in ("interval", "own_interval", "max_staleness")}
    addresses = {
        "url": without_password(feed.url),
        "moved_to": without_password(feed.moved_to) if feed.moved_to else None,
    }
    return {name: getattr(feed, name) for name in _NAMES.split()} | addresses | lengths
