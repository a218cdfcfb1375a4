"""A site whose feed wants full text, and the stage that fetches its pages."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine, select

from alerts.collect.asking.fetch import Fetcher
from alerts.collect.links.extracted import Extracted, Kind, extract
from alerts.collect.settings import CollectSettings
from alerts.engine.linked import Linker
from alerts.store import articles
from alerts.store.articles import Waiting
from alerts.store.database import reading, writing
from alerts.store.feeds import FeedRow, Wishes
from alerts.store.schema import linked as table
from tests.fakes.feeds import FeedServer
from tests.fakes.linked import PARAGRAPHS
from tests.store import values
from tests.store.values import entry, outcome, poll

HTML = "text/html; charset=utf-8"
TITLE = "Shells kill eleven in Taiz"
GIVEN = PARAGRAPHS[0]
SUMMARY = f"<p>{GIVEN}</p>"
FULL = "\n".join(PARAGRAPHS)
NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


class Direct:
    """The extractor without a process of its own."""

    async def extract(
        self, kind: Kind, body: bytes, headers: Mapping[str, str], url: str = "", languages: Sequence[str] = ()
    ) -> Extracted:
        return extract(kind, body, headers, url, languages)


@dataclass(slots=True)
class Desk:
    """A site with a feed that wants full text, and what fetches its pages; `now` is its clock."""

    server: FeedServer
    engine: Engine
    linker: Linker
    feed: FeedRow
    now: datetime = NOW
    errors: list[str] = field(default_factory=list)

    def publish(self, path: str = "/1", *, html: str = SUMMARY, title: str = TITLE, message: bool = False) -> None:
        """The feed has an item that links to `path`."""
        url = self.server.url(path)
        item = entry(path, html, title=title, url=url, cap=url if message else "", published=self.now)
        with writing(self.engine) as conn:
            poll(conn, self.feed, outcome(item), self.now)

    def articles(self) -> list[Waiting]:
        with reading(self.engine) as conn:
            return articles.waiting(conn, 100)

    @property
    def article(self) -> Waiting:
        [found] = self.articles()
        return found

    @property
    def asked(self) -> list[str]:
        return [asked.path for asked in self.server.asked]

    def row(self) -> tuple[datetime | None, str | None]:
        """When the one document is tried again, and what went wrong."""
        with reading(self.engine) as conn:
            found = conn.execute(select(table.c.next_try, table.c.error)).one()
        return found.next_try, found.error


@asynccontextmanager
async def link_desk(engine: Engine) -> AsyncIterator[Desk]:
    """On an empty database."""
    with writing(engine) as conn:
        feed = values.add_feed(conn, own=Wishes(full_text=True), language="en")
    async with FeedServer() as server:
        settings = CollectSettings(
            allow_hosts=(server.address, f"localhost:{server.port}"), host_gap=0.0, read_timeout=1.0, total_timeout=2.0
        )
        async with Fetcher(settings) as fetcher:
            linker = Linker(engine, fetcher, Direct(), clock=lambda: made.now)
            made = Desk(server, engine, linker, feed)
            linker.on_error = lambda link, error: made.errors.append(str(error))
            yield made
            await linker.stop()
