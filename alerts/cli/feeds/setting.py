"""`alerts feeds set`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from alerts.cli import common
from alerts.cli.feeds import choosing, wishes

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from alerts.config import Config
    from alerts.store.feeds import FeedRow


@click.command(name="set", short_help="Change what you want of feeds.")
@click.argument("ids", nargs=-1, type=int, metavar="[ID...]")
@common.config_option
@wishes.tags_option("--tag", "tags", says="The feeds with this tag")
@click.option("--all", "everything", is_flag=True, help="All feeds.")
@wishes.options(usual=True)
@wishes.tags_option("--add-tag", "more_tags", says="Tag them so")
@wishes.tags_option("--drop-tag", "less_tags", says="Take this tag from them")
@click.option("--on/--off", "active", default=None, help="Poll them again, or no more; their articles stay.")
@click.option("--url", metavar="URL", help="The new address of one feed that has moved.")
def command(
    ids: tuple[int, ...],
    config_path: Path,
    tags: tuple[str, ...],
    everything: bool,
    more_tags: tuple[str, ...],
    less_tags: tuple[str, ...],
    active: bool | None,
    url: str | None,
    **given: Any,
) -> None:
    """Change what you want of the feeds with these ids, of those with a tag, or of all. What you do not name stays; the
    word usual takes a wish back, so that the configuration holds again.

    \b
      alerts feeds set 3 --critical --every "5 minutes"
      alerts feeds set --tag wire --tier 1 --max-staleness usual
      alerts feeds set 7 --url https://example.org/new.xml
      alerts feeds set 4 5 --off
    """
    from alerts.store import feeds
    from alerts.store.database import writing

    if sum((bool(ids), bool(tags), everything)) != 1:
        raise click.UsageError("name the feeds: by their ids, by --tag TAG, or --all")
    config = common.load_config(config_path)
    change = wishes.fields(given, config, config_path)
    if active is not None:
        change["active"] = active
    if url is not None:
        change["url"] = wishes.address(url)
    if not (change or more_tags or less_tags):
        raise click.UsageError("name what to change, such as --every TIME; see: alerts feeds set --help")
    with common.store(config) as engine, writing(engine) as conn:
        chosen = _chosen(feeds.list_feeds(conn), ids, tags, change.get("url"))
        changed = _changed(conn, chosen, change, more_tags, less_tags, config)
    for feed in changed:
        for obstacle in wishes.obstacles(config, feed.url, full_text=feed.full_text, every=feed.own_interval):
            click.echo(f"warning: feed {feed.id}: {obstacle}", err=True)
    click.echo(_said(chosen, changed))


def _chosen(there: Sequence[FeedRow], ids: Sequence[int], tags: Sequence[str], url: str | None) -> Sequence[FeedRow]:
    from alerts.errors import InputError

    chosen = choosing.by_ids(there, ids) if ids else choosing.with_tags(there, tags) if tags else there
    if url is not None and len(chosen) != 1:
        raise InputError("--url moves one feed: name its id")
    taken = [feed.id for feed in there if feed.url == url and feed not in chosen]
    if taken:
        raise InputError(f"feed {taken[0]} has this address already; see: alerts feeds list")
    return chosen


def _changed(
    conn: Connection,
    chosen: Sequence[FeedRow],
    change: dict[str, Any],
    more: Sequence[str],
    less: Sequence[str],
    config: Config,
) -> list[FeedRow]:
    """Store the changes; the feeds that they changed, as they are now."""
    from alerts.store import feeds

    dropped, changed = {tag.casefold() for tag in less}, []
    for feed in chosen:
        kept = tuple(dict.fromkeys((*(tag for tag in feed.tags if tag.casefold() not in dropped), *more)))
        wanted = replace(feed, **change | {"tags": kept})
        if wanted != feed:
            changed.append(feeds.change_feed(conn, wanted, now=common.now()).id)
    if changed:
        feeds.assign_owners(conn, config.owner_of, config.tier_of)
    now = {feed.id: feed for feed in feeds.list_feeds(conn)} if changed else {}
    return [now[number] for number in changed]


def _said(chosen: Sequence[FeedRow], changed: Sequence[FeedRow]) -> str:
    if not chosen:
        return "no feeds yet; add one: alerts feeds add URL --source NAME"
    if not changed:
        return "nothing to change: so it is already"
    if len(changed) == 1:
        return f"changed feed {changed[0].id}, from '{changed[0].source}'"
    same = len(chosen) - len(changed)
    return f"changed {len(changed)} feeds{f'; {same} were so already' if same else ''}"
