"""The database of `herd.py` as it is after the first day: every feed has been polled, its articles are stored and read,
its validators known, and it is due at some moment of the next 15 minutes."""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, text

from alerts.collect.formats import identity
from alerts.collect.outcome import Outcome, Settled
from alerts.config import Config, load
from alerts.configured import open_store
from alerts.store import articles, feeds, polling
from alerts.store.database import writing
from alerts.store.feeds import FeedRow
from alerts.store.polling import Finished
from alerts.types import Entry
from tests.bench.feed_server import Plan, etag_of
from tests.bench.made_feeds import Item, Maker

_TOGETHER: Final = 100
_AS_STORED: Final = "%Y-%m-%d %H:%M:%S.%f"
_ROUND: Final = timedelta(minutes=15)
_BEGINS: Final = timedelta(seconds=15)  # after this is done, the service has to start


def _entries(items: Sequence[Item]) -> tuple[Entry, ...]:
    """As the parser gives them: what comes again must be known."""
    keys = identity.keys(
        [
            identity.Fields(guid=item.guid, link=item.link, title=item.title, html=item.html, published=item.at)
            for item in items
        ]
    )
    return tuple(
        Entry(key=key, title=item.title, html=item.html, url=item.link, published=item.at, language="en")
        for key, item in zip(keys, items, strict=True)
        if key is not None
    )


def _fill(conn: Connection, config: Config, plan: Plan, maker: Maker, port: int, numbers: Sequence[int]) -> None:
    """Two polls of each of these feeds: one that read the whole, within the last day, and one that found it
    unchanged."""
    now = datetime.now(UTC)
    rng = random.Random(numbers[0])
    day_ago = now - timedelta(days=1) * rng.random()
    rows: list[FeedRow] = []
    first, last = [], []
    for number in numbers:
        url = f"http://{plan.address(number)}:{port}/feed/{number}"
        row = feeds.add_feed(conn, url, now=day_ago, interval=config.collect.interval)
        items = plan.made(maker, number).items
        etag, entries = etag_of(number, len(items)), _entries(items)
        drafts = articles.drafts(entries, seen=day_ago)
        whole = Outcome(status="ok", http=200, size=plan.size, entries=entries, etag=etag, rung="full", whole=True)
        rows.append(row)
        first.append(Finished(feed=row, outcome=whole, drafts=drafts))
    polling.finish_polls(conn, first, day_ago, lambda *_: _settled(day_ago))
    for row, one in zip(rows, first, strict=True):
        again = feeds.get_feed(conn, row.id)
        assert again is not None
        last.append(Finished(feed=again, outcome=Outcome(status="not_modified", http=304, etag=one.outcome.etag)))
    polling.finish_polls(conn, last, now, lambda *_: _settled(now + _ROUND))


def _settled(due: datetime) -> Settled:
    return Settled(interval=_ROUND, rate=0.1, failures=0, next_due=due, due_reason="interval")


def main() -> None:
    config = load(Path(sys.argv[1]))
    asked = json.loads(sys.argv[2])
    plan = Plan(**asked["plan"])
    engine, maker = open_store(config), plan.maker
    for start in range(0, plan.feeds, _TOGETHER):
        with writing(engine) as conn:
            _fill(conn, config, plan, maker, asked["port"], range(start, min(start + _TOGETHER, plan.feeds)))
    begins = datetime.now(UTC) + _BEGINS
    with writing(engine) as conn:
        conn.execute(text("UPDATE article SET analysed = first_seen"))
        order = random.Random(plan.seed).sample(range(1, plan.feeds + 1), plan.feeds)
        polling_times = [
            {"id": feed_id, "due": (begins + _ROUND * (at / plan.feeds)).strftime(_AS_STORED)}
            for at, feed_id in enumerate(order)
        ]
        conn.execute(text("UPDATE feed SET next_due = :due WHERE id = :id"), polling_times)
    engine.dispose()


if __name__ == "__main__":
    main()
