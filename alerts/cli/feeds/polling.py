"""`alerts feeds poll`."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from alerts.cli import common
from alerts.cli.feeds import choosing

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from alerts.config import Config
    from alerts.engine.collecting import Polled
    from alerts.store.feeds import FeedRow


@click.command(name="poll", short_help="Poll feeds now, and say how it went.")
@click.argument("ids", nargs=-1, type=int, metavar="[ID...]")
@common.config_option
@common.json_option
def command(ids: tuple[int, ...], config_path: Path, as_json: bool) -> None:
    """Poll the feeds with these ids now (all, if none is given), store what is new, and say how it went.

    The articles are read and matched by the running service. Exit status 1 if a feed did not answer.
    """

    def show(one: Polled) -> None:
        click.echo(common.as_json(_polled(one)) if as_json else f"{one.feed.id} {one.feed.source}: {_said(one)}")

    found = asyncio.run(_poll(common.load_config(config_path), ids, show))
    if not found and not as_json:
        click.echo("no feeds yet; add one: alerts feeds add URL --source NAME")
    if any(not one.outcome.ok for one in found):
        raise SystemExit(1)


async def _poll(config: Config, ids: tuple[int, ...], show: Callable[[Polled], None]) -> list[Polled]:
    from alerts.collect.asking.fetch import Fetcher
    from alerts.collect.worker import ParserPool
    from alerts.configured import collect_settings
    from alerts.engine.collecting import Collector

    with common.store(config) as engine:
        hosts = _by_host(engine, ids)
        settings = collect_settings(config)
        pool, fetcher = ParserPool(settings), Fetcher(settings)
        collector = Collector(engine, fetcher, pool, clock=common.now, on_poll=show)
        free = asyncio.Semaphore(settings.at_once)

        async def one_host(feeds: Sequence[FeedRow]) -> list[Polled]:
            async with free:
                return [await collector.poll(feed) for feed in feeds]

        try:
            found = await asyncio.gather(*map(one_host, hosts))
        finally:
            await pool.close()
            await fetcher.close()
    return [polled for some in found for polled in some]


def _by_host(engine: Engine, ids: tuple[int, ...]) -> list[list[FeedRow]]:
    """The feeds to poll, those of one host together: no server is asked twice at once. Raises InputError."""
    from alerts.store import feeds
    from alerts.store.database import reading

    with reading(engine) as conn:
        known = sorted(feeds.list_feeds(conn, active_only=not ids), key=lambda feed: feed.id)
    hosts: dict[str, list[FeedRow]] = {}
    for feed in choosing.by_ids(known, ids) if ids else known:
        hosts.setdefault(feed.host, []).append(feed)
    return list(hosts.values())


def _said(one: Polled) -> str:
    from alerts.urls import without_password

    outcome, result = one.outcome, one.result
    if not outcome.ok:
        look = f"; look for the feed there: alerts feeds check {without_password(one.feed.url)}"
        return f"{outcome.status}: {outcome.error}{look if outcome.status in ('html', 'not_a_feed') else ''}"
    if outcome.status == "not_modified":
        return "nothing new (not modified)"
    warnings = "".join(f"; {warning}" for warning in outcome.warnings)
    if result.gap:
        warnings += "; nothing in it was known: articles may have been missed since the last poll"
    return f"{result.new} new, {result.revised} revised, {result.same} known{warnings}"


def _polled(one: Polled) -> dict[str, object]:
    from alerts.urls import without_password

    return {
        "feed": one.feed.id,
        "url": without_password(one.feed.url),
        "status": one.outcome.status,
        "http": one.outcome.http,
        "bytes": one.outcome.size,
        "ms": one.outcome.ms,
        "new": one.result.new,
        "revised": one.result.revised,
        "known": one.result.same,
        "warnings": one.outcome.warnings,
        "error": one.outcome.error,
        "next_due": _iso(one.result.next_due),
    }


def _iso(moment: datetime) -> str:
    return moment.isoformat()
