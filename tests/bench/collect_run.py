"""Our side of `collect.py`, as a process of its own: `add` (addresses a line on standard input), `update`, `stored`
(JSON: titles by address of feed). Collects as the service does, by the same parts, without what is no part of it.

Its second argument is the database; `update` takes besides which hosts may be asked, how many hours the clock is to be
ahead, so that all feeds are due again, and perhaps where to write a profile."""

from __future__ import annotations

import asyncio
import cProfile
import gc
import json
import sys
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine

from alerts.collect.asking.fetch import Fetcher
from alerts.collect.settings import CollectSettings
from alerts.collect.worker import ParserPool
from alerts.engine.collecting import Collector
from alerts.store import articles, feeds
from alerts.store.database import open_database, reading, writing

_INTERVAL = timedelta(minutes=15)


async def _update(engine: Engine, hosts: list[str], ahead: timedelta) -> None:
    settings = CollectSettings(allow_hosts=tuple(hosts), host_gap=0.0)
    async with Fetcher(settings) as fetcher, ParserPool(settings) as pool:
        collector = Collector(engine, fetcher, pool, clock=lambda: datetime.now(UTC) + ahead, at_once=settings.at_once)
        await collector.run_due()
        await collector.stop()


def _add(engine: Engine) -> None:
    from alerts.store.migrations import upgrade

    upgrade(engine)
    now = datetime.now(UTC)
    with writing(engine) as conn:
        for url in sys.stdin.read().split():
            feeds.add_feed(conn, url, now=now, interval=_INTERVAL)


def _stored(engine: Engine) -> None:
    titles: dict[str, list[str]] = {}
    with reading(engine) as conn:
        urls = {feed.id: feed.url for feed in feeds.list_feeds(conn)}
        for found in articles.published_since(conn, None, after=None, limit=sys.maxsize):
            titles.setdefault(urls[found.feed_id], []).append(found.article.title)
    json.dump(titles, sys.stdout)


def main() -> None:
    command, path, *more = sys.argv[1:]
    engine = open_database(f"sqlite:///{path}")
    if command == "add":
        _add(engine)
    elif command == "stored":
        _stored(engine)
    else:
        hosts, hours, *kept = more
        gc.collect()
        gc.freeze()  # as `alerts run` does
        with cProfile.Profile() if kept else nullcontext() as profile:
            asyncio.run(_update(engine, json.loads(hosts), timedelta(hours=float(hours))))
        if profile is not None:
            profile.dump_stats(kept[0])
    engine.dispose()


if __name__ == "__main__":
    main()
