"""A world in which the daemon lives months in hours: the shipped story and the news of sixty made-up papers around it,
served as of a clock that goes faster than time; a mail server; people who look at the pages."""

from __future__ import annotations

import asyncio
import heapq
import itertools
import json
import time
from collections import Counter, defaultdict, deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import format_datetime
from hashlib import sha256
from html import escape
from pathlib import Path
from typing import Final

import aiohttp

from alerts.config import Config, load
from alerts.configured import open_store
from alerts.demo.server import DemoServer
from alerts.demo.story import load as load_story
from alerts.readers import Wishes
from alerts.store import feeds, people
from alerts.store.database import writing
from alerts.types import Article
from tests.bench.made_news import OUTLETS, START, Mix, stream
from tests.e2e.speeding import FastClock
from tests.fakes.feeds import FeedServer, Item, rss
from tests.fakes.smtp import FakeSmtp

A_YEAR: Final = 200_000  # articles of the made-up papers
_WINDOW: Final = 30  # articles that a feed lists
_EVERY_S: Final = 0.2
# Alerts: the pages of more would fill what the service keeps of answers (`web.kept`) for an hour.
_LOOKED_AT: Final = 20
_HOSTS: Final = tuple(f"127.3.0.{number}" for number in range(1, 65))
_PAGES: Final = (
    "/ /alerts /alerts.atom /alerts.json /alerts.csv /alerts.png /places /data /feeds /rules /subscribe /healthz"
    " /readyz /operations /operations/feeds /operations/mails /operations/triage"
).split()
_CONFIG: Final = """\
[service]
data = "data"
[collect]
interval = "30 minutes"
host_gap = "0 seconds"
allow_hosts = {hosts}
[read]
gazetteer = {gazetteer}
[smtp]
host = "127.0.0.1"
port = {smtp}
[web]
port = {web}
base_url = "http://127.0.0.1:{web}"
[keep]
articles = "30 days"
mails = "30 days"
[cap]
exercise = true
"""


def _wishes() -> Iterator[Wishes]:
    """Readers of all rhythms."""
    yield Wishes()
    yield Wishes(min_severity="severe")
    yield Wishes(rhythm="daily")
    yield Wishes(rhythm="weekly", min_severity="moderate")


@dataclass(slots=True)
class Papers:
    """The made-up papers' feeds as they stand at a moment."""

    server: FeedServer
    begins: datetime
    days: float
    published: int = 0
    _items: defaultdict[str, deque[Item]] = field(default_factory=lambda: defaultdict(lambda: deque(maxlen=_WINDOW)))
    _ahead: list[tuple[datetime, str, Article]] = field(default_factory=list)
    _news: Iterator[Article] = field(init=False)
    _made: int = 0

    def __post_init__(self) -> None:
        self._news = stream(self._all, 8, timedelta(days=self.days), Mix())
        for name in OUTLETS:
            self.server.serve(rss([], title=name), _path(name))

    @property
    def _all(self) -> int:
        return int(A_YEAR * self.days / 365)

    def advance(self, to: datetime) -> None:
        """Publish what there is by now."""
        until, changed = START + (to - self.begins), set()
        due = min(self._all, 1 + int(self._all * ((to - self.begins) / timedelta(days=self.days))))
        for article in itertools.islice(self._news, due - self._made):  # some are a few days ahead of those that follow
            heapq.heappush(self._ahead, (article.published, article.id, article))
        self._made = max(due, self._made)
        while self._ahead and self._ahead[0][0] <= until:
            article = heapq.heappop(self._ahead)[2]
            self._items[article.source].appendleft(_item(article, self.begins + (article.published - START)))
            changed.add(article.source)
            self.published += 1
        for name in changed:
            body = rss(self._items[name], title=name)
            self.server.serve(body, _path(name), etag=f'"{sha256(body).hexdigest()[:16]}"')
        self.server.asked.clear()


def _path(name: str) -> str:
    return f"/{name.replace(' ', '-').lower()}"


def _item(article: Article, at: datetime) -> Item:
    return Item(
        title=article.title,
        guid=f"urn:news:{article.id}",
        link=f"https://news.example/{article.id}",
        html=f"<p>{escape(article.text)}</p>",
        published=format_datetime(at, usegmt=True),
    )


@dataclass(slots=True)
class Year:
    """`async with Year(folder, gazetteer, ...)`: the installation in `folder` (`config_path`), and all it talks to.
    `days` are as many as the made-up papers publish. Its clock stands until `go_on`, which is to be cancelled."""

    folder: Path
    gazetteer: Path
    web: int
    days: float
    speed: float
    begins: datetime = field(init=False)
    story: DemoServer = field(init=False)
    server: FeedServer = field(default_factory=lambda: FeedServer(also=_HOSTS))
    smtp: FakeSmtp = field(default_factory=FakeSmtp)
    papers: Papers = field(init=False)
    ends: bool = False  # nothing more is published
    seen: int = 0  # pages
    missed: Counter[str] = field(default_factory=Counter)
    counts: dict[str, float] = field(default_factory=dict)  # as /metrics said last

    async def __aenter__(self) -> Year:
        told = load_story()
        self.begins = told.begins - timedelta(hours=1)
        self.story = DemoServer(told, at=self.begins)
        for one in (self.server, self.story, self.smtp):
            await one.__aenter__()
        self.papers = Papers(self.server, self.begins, self.days)
        self._set_up()
        return self

    async def __aexit__(self, *told: object) -> None:
        for one in (self.server, self.story, self.smtp):
            await one.__aexit__(None, None, None)

    @property
    def config_path(self) -> Path:
        return self.folder / "config.toml"

    @property
    def config(self) -> Config:
        return load(self.config_path)

    def _set_up(self) -> None:
        hosts = [f"127.0.0.1:{self.story.port}", *(f"{host}:{self.server.port}" for host in _HOSTS)]
        text = _CONFIG.format(
            hosts=json.dumps(hosts), gazetteer=json.dumps(str(self.gazetteer)), smtp=self.smtp.port, web=self.web
        )
        self.folder.mkdir(parents=True, exist_ok=True)
        self.config_path.write_text(text, encoding="utf-8")
        addresses = {self.story.story.outlets[name].name: url for name, url in self.story.feeds().items()}
        at = zip(OUTLETS, itertools.cycle(_HOSTS), strict=False)
        addresses |= {name: self.server.url(_path(name), host=host) for name, host in at}
        engine = open_store(self.config)
        with writing(engine) as conn:
            for name, url in addresses.items():
                feeds.add_feed(conn, url, now=self.begins, interval=timedelta(minutes=30), source=name)
            for number, wishes in enumerate(_wishes()):
                people.add_person(conn, f"reader{number}@example.org", now=self.begins, wishes=wishes)
        engine.dispose()

    @property
    def published(self) -> int:
        """How many articles there have been so far, in all feeds."""
        told = self.story.story.items
        return self.papers.published + len({item.key for item in told if item.published <= self.story.at})

    def clock(self) -> FastClock:
        """A clock that starts now."""
        return FastClock(self.begins, time.time(), self.speed)

    async def go_on(self, clock: FastClock) -> None:
        """Let papers publish and people look."""
        async with asyncio.TaskGroup() as both:
            both.create_task(self._publish(clock))
            both.create_task(self._look())

    async def _publish(self, clock: FastClock) -> None:
        while True:
            if not self.ends:
                at = clock()
                self.story.advance(at)
                self.papers.advance(at)
            await asyncio.sleep(_EVERY_S)

    async def _look(self) -> None:
        """A browser that comes anew each time."""
        number = 0
        while True:
            async with aiohttp.ClientSession(f"http://127.0.0.1:{self.web}") as browser:
                for path in (*_PAGES, f"/alerts/{number % _LOOKED_AT + 1}"):
                    await self._see(browser, path)
                self.counts = dict(_counts(await self._see(browser, "/metrics"))) or self.counts
            number += 1
            await asyncio.sleep(1)

    async def _see(self, browser: aiohttp.ClientSession, path: str) -> str:
        try:
            async with browser.get(path, timeout=aiohttp.ClientTimeout(60)) as answer:
                if answer.status != 200 and (answer.status, path[:8]) != (404, "/alerts/"):  # not yet there
                    self.missed[f"{path} {answer.status}"] += 1
                self.seen += 1
                return await answer.text(errors="replace")
        except (aiohttp.ClientError, TimeoutError) as error:
            self.missed[f"{path} {error!r:.80}"] += 1
            return ""


def _counts(metrics: str) -> Iterator[tuple[str, float]]:
    for line in metrics.splitlines():
        name, _, value = line.rpartition(" ")
        if name and not line.startswith("#"):
            yield name, float(value)
