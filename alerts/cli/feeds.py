"""`alerts feeds`: what is read."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from alerts.cli import common

if TYPE_CHECKING:
    from sqlalchemy import Engine

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


@command.command(short_help="Add a feed.")
@click.argument("url")
@common.config_option
@click.option("--source", default="", help="The publisher's name, as readers know it. [default: the host]")
@click.option("--country", help="The country it reports on, if one: SYR or Syria.")
@click.option(
    "--language", callback=common.language_code, help="Its language (en). Only a hint: each article is looked at."
)
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
    from alerts.store import feeds
    from alerts.store.database import writing

    config = common.load_config(config_path)
    code = common.country_code(common.gazetteer(config, config_path), country) if country else None
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
    click.echo(f"added as feed {feed.id}, from '{feed.source}'")
    for obstacle in _obstacles(config, feed):
        click.echo(f"warning: {obstacle}", err=True)


def _obstacles(config: Config, feed: FeedRow) -> Iterator[str]:
    """What will keep the feed from being polled, as far as its address and the configuration show."""
    from yarl import URL

    from alerts.collect import guard

    url = URL(feed.url)
    own = guard.allowed(config.collect.allow_hosts, config.collect.allow_ports)
    if not own.port(url):
        yield f"port {url.port} is not allowed; add it to [collect] allow_ports, or the host to allow_hosts"
    if url.host and _is_address(url.host) and not guard.is_public(url.host) and not own.host(url):
        yield f"{url.host} is a private address, which no feed may have; add it to [collect] allow_hosts if it is yours"


def _is_address(host: str) -> bool:
    from ipaddress import ip_address

    try:
        ip_address(host)
    except ValueError:
        return False
    return True


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


@command.command(short_help="Poll feeds now, and say how it went.")
@click.argument("ids", nargs=-1, type=int, metavar="[ID...]")
@common.config_option
@common.json_option
def poll(ids: tuple[int, ...], config_path: Path, as_json: bool) -> None:
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
    from alerts.collect.fetch import Fetcher
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
    from alerts.errors import InputError
    from alerts.store import feeds
    from alerts.store.database import reading

    with reading(engine) as conn:
        known = {feed.id: feed for feed in feeds.list_feeds(conn, active_only=not ids)}
    hosts: dict[str, list[FeedRow]] = {}
    for number in dict.fromkeys(ids) or sorted(known):
        if number not in known:
            raise InputError(f"there is no feed {number}; see: alerts feeds list")
        hosts.setdefault(known[number].host, []).append(known[number])
    return list(hosts.values())


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
