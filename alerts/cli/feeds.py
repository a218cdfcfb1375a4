"""`alerts feeds`: what is read."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from alerts.cli import common

if TYPE_CHECKING:
    from alerts.config import Config
    from alerts.engine.collecting import Polled
    from alerts.store.feeds import FeedRow


@click.group(name="feeds", cls=common.Group, short_help="Add, list and poll feeds.")
def command() -> None:
    """The feeds that are read: RSS, Atom, RDF and JSON Feed."""


def _length(ctx: click.Context, parameter: click.Parameter, value: str | None) -> timedelta | None:
    from alerts.durations import duration

    try:
        return duration(value) if value else None
    except ValueError as error:
        raise click.BadParameter(str(error)) from None


@command.command()
@click.argument("url")
@common.config_option
@click.option("--source", default="", help="The publisher's name, as readers know it. [default: the host]")
@click.option("--country", help="The country it reports on, if one: SYR or Syria.")
@click.option("--language", help="Its language (en). Only a hint: each article is looked at.")
@click.option(
    "--every", metavar="TIME", callback=_length, help='How often to poll: "10 minutes". [default: the configuration\'s]'
)
@click.option("--tag", "tags", multiple=True, help="A word of your own to find it by (repeatable).")
def add(
    url: str,
    config_path: Path,
    source: str,
    country: str | None,
    language: str | None,
    every: timedelta | None,
    tags: tuple[str, ...],
) -> None:
    """Add the feed at URL. It is polled as soon as the service runs; see how it does with: alerts feeds poll.

    What it holds at its first poll is stored, but only its news of the last day is told.
    """
    from alerts.errors import InputError
    from alerts.store import feeds
    from alerts.store.database import writing

    config = common.load_config(config_path)
    code = None
    if country:
        code = common.gazetteer(config, config_path).country_of(country)
        if code is None:
            raise InputError(f"'{country}' is no country: write its English name or its ISO code (SYR)")
    with common.store(config) as engine, writing(engine) as conn:
        feed = feeds.add_feed(
            conn,
            url,
            now=common.now(),
            interval=every or config.collect.interval,
            source=source,
            owner=config.owner_of(source) if source else "",
            tier=config.tier_of(source) if source else 2,
            language=language,
            country=code,
            tags=tags,
        )
    click.echo(f"added as feed {feed.id}, read as '{feed.source}'")


@command.command(name="list")
@common.config_option
@common.json_option
@click.option("--failing", is_flag=True, help="Only those that did not answer at their last poll.")
def list_(config_path: Path, as_json: bool, failing: bool) -> None:
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


def _state(feed: FeedRow) -> str:
    if not feed.active:
        return "off"
    if feed.last_poll is None:
        return "new"
    return f"{feed.last_status} ({feed.failures} times)" if feed.failures else "ok"


def _row(feed: FeedRow) -> dict[str, object]:
    names = (
        "id url source owner tier language country tags active next_due failures last_poll last_ok last_new"
        " last_status last_error"
    )
    row: dict[str, object] = {name: getattr(feed, name) for name in names.split()}
    return row | {"interval_s": feed.interval.total_seconds()}


@command.command()
@click.argument("ids", nargs=-1, type=int, metavar="[ID...]")
@common.config_option
@common.json_option
def poll(ids: tuple[int, ...], config_path: Path, as_json: bool) -> None:
    """Poll the feeds with these ids now (all, if none is given), store what is new, and say how it went.

    The articles are read and matched by the running service.
    """
    config = common.load_config(config_path)
    found = asyncio.run(_poll(config, ids))
    if as_json:
        common.print_json([_polled(one) for one in found])
    else:
        for one in found:
            click.echo(f"{one.feed.source}: {_said(one)}")
    if any(not one.outcome.ok for one in found):
        raise SystemExit(1)


async def _poll(config: Config, ids: tuple[int, ...]) -> list[Polled]:
    from alerts.collect.fetch import Fetcher
    from alerts.collect.worker import ParserPool
    from alerts.engine.collecting import Collector
    from alerts.errors import InputError
    from alerts.service import collect_settings
    from alerts.store import feeds
    from alerts.store.database import reading

    with common.store(config) as engine:
        with reading(engine) as conn:
            known = {feed.id: feed for feed in feeds.list_feeds(conn, active_only=not ids)}
        for number in ids:
            if number not in known:
                raise InputError(f"there is no feed {number}; see: alerts feeds list")
        settings = collect_settings(config)
        pool, fetcher = ParserPool(settings), Fetcher(settings)
        collector = Collector(engine, fetcher, pool, clock=common.now)
        try:
            return [await collector.poll(known[number]) for number in ids or sorted(known)]
        finally:
            await pool.close()
            await fetcher.close()


def _said(one: Polled) -> str:
    outcome, result = one.outcome, one.result
    if not outcome.ok:
        return f"{outcome.status}: {outcome.error}"
    if outcome.status == "not_modified":
        return "nothing new (not modified)"
    warnings = "".join(f"; {warning}" for warning in outcome.warnings)
    return f"{result.new} new, {result.revised} revised, {result.same} known{warnings}"


def _polled(one: Polled) -> dict[str, object]:
    return {
        "feed": one.feed.id,
        "url": one.feed.url,
        "status": one.outcome.status,
        "http": one.outcome.http,
        "bytes": one.outcome.size,
        "ms": one.outcome.ms,
        "new": one.result.new,
        "revised": one.result.revised,
        "known": one.result.same,
        "warnings": one.outcome.warnings,
        "error": one.outcome.error,
        "next_due": _iso(one.outcome.next_due),
    }


def _iso(moment: datetime) -> str:
    return moment.isoformat()
