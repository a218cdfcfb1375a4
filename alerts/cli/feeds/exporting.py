"""`alerts feeds export`."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from alerts.cli import common
from alerts.cli.feeds import choosing, wishes

if TYPE_CHECKING:
    from alerts.collect.lists.opml import Listed
    from alerts.store.feeds import FeedRow

_KEY = re.compile(r"[?&][a-z_-]*(?:key|token|auth|secret|passw|sig(?:nature)?)[a-z_-]*=[^&]", re.IGNORECASE)


@click.command(name="export", short_help="Write the feeds as OPML, for other readers or for later.")
@common.config_option
@wishes.tags_option("--tag", "tags", says="Only feeds with this tag")
@click.option(
    "-o", "--output", type=click.Path(path_type=Path, dir_okay=False), help="The file. [default: standard output]"
)
@click.option("--with-passwords", is_flag=True, help="Leave names and passwords in the addresses.")
def command(config_path: Path, tags: tuple[str, ...], output: Path | None, with_passwords: bool) -> None:
    """Write the feeds as OPML 2.0, which every feed reader takes, with all that was said of them here, so that alerts
    feeds import makes the same feeds of it. What they brought is not in it. Passwords in addresses are left out unless
    you ask for them.

    \b
      alerts feeds export -o feeds.opml
      alerts feeds export --tag syria | ssh other.example.org alerts feeds import -
    """
    from alerts.collect.lists import opml
    from alerts.store import feeds
    from alerts.store.database import reading
    from alerts.urls import without_password

    config = common.load_config(config_path)
    with common.store(config) as engine, reading(engine) as conn:
        found = feeds.list_feeds(conn)
    if tags:
        found = choosing.with_tags(found, tags)
    text = opml.write([_listed(feed, with_passwords) for feed in found], f"Feeds of {config.service.name}")
    if output is None:
        sys.stdout.buffer.write(text.encode())
    else:
        common.write_private(output, text.encode(), what="the list of feeds")
        click.echo(f"wrote {len(found)} feeds to {output}" if len(found) != 1 else f"wrote 1 feed to {output}")
    _warn(
        sum(without_password(feed.url) != feed.url for feed in found),
        sum(bool(_KEY.search(feed.url)) for feed in found),
        with_passwords,
    )


def _listed(feed: FeedRow, with_passwords: bool) -> Listed:
    from alerts.collect.lists.opml import Listed
    from alerts.urls import without_password

    return Listed(
        url=feed.url if with_passwords else without_password(feed.url),
        source=feed.source,
        language=feed.language,
        country=feed.country,
        tags=feed.tags or None,
        owner=feed.own_owner,
        tier=feed.own_tier,
        critical=feed.critical,
        full_text=feed.full_text,
        every=feed.own_interval,
        max_staleness=feed.max_staleness,
        max_body=feed.max_body,
        active=feed.active,
    )


def _warn(passwords: int, keys: int, with_passwords: bool) -> None:
    if passwords and with_passwords:
        click.echo(f"warning: the list holds {_many(passwords, 'password')}: keep it to yourself", err=True)
    elif passwords:
        click.echo(
            f"{_many(passwords, 'password')} left out; --with-passwords writes them",
            err=True,
        )
    if keys:
        click.echo(
            f"warning: {_many(keys, 'address', 'es')} seem to hold a key of yours: mind whom you give the list",
            err=True,
        )


def _many(count: int, what: str, more: str = "s") -> str:
    return f"{count} {what}{'' if count == 1 else more}"
