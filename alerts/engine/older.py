"""The older documents of a feed (RFC 5005), read when items may have come and gone between two polls."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import Engine

from alerts.collect.asking.fetch import Fetcher
from alerts.collect.outcome import Parsed
from alerts.collect.poll import Parser
from alerts.errors import FetchError, ParseError
from alerts.store import articles
from alerts.store.database import writing
from alerts.store.feeds import FeedRow
from alerts.types import Entry

_MOST: Final = 5


async def pages(url: str, fetcher: Fetcher, parser: Parser) -> AsyncIterator[Parsed]:
    """The document at `url`, the one it calls older, and so on; ends at the first that cannot be read."""
    seen: set[str] = set()
    while url and url not in seen and len(seen) < _MOST:
        seen.add(url)
        try:
            response = await fetcher.get(url)
            page = await parser.parse(response.body, response.headers, response.url, cut=response.truncated)
        except (FetchError, ParseError):
            return
        yield page
        url = page.older


def store(engine: Engine, feed: FeedRow, entries: Sequence[Entry], *, language: str | None, now: datetime) -> bool:
    """Store the articles of an older document; whether one of them was known, so that nothing is missing any more. What
    it says of known ones is older than what the feed says now, and is left. Raises StoreError."""
    found = articles.drafts(entries, seen=now, language=language)
    with writing(engine) as conn:
        known = articles.known(conn, feed.id, [draft.key for draft in found])
        stored = articles.store(conn, feed.id, [draft for draft in found if draft.key not in known], now=now)
    return len(found) > stored.new
