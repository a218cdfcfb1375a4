"""`alerts feeds add`."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from alerts.cli import common

if TYPE_CHECKING:
    from alerts.config import Config
    from alerts.store.feeds import FeedRow


def _length(ctx: click.Context, parameter: click.Parameter, value: str | None) -> timedelta | None:
    from alerts.durations import duration

    try:
        return duration(value) if value else None
    except ValueError as error:
        raise click.BadParameter(str(error)) from None


@click.command(name="add", short_help="Add a feed.")
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
def command(
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
