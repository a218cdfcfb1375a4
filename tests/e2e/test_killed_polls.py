"""Many polls of changing feeds, while the daemon and its parsers are killed and somebody else locks the database: no
article is lost, none is stored twice, and each is as its feed said last."""

from __future__ import annotations

import asyncio
import hashlib
import os
import random
import signal
import sys

import pytest
from sqlalchemy import text

from alerts.store.database import writing
from tests.e2e.daemon import children
from tests.e2e.newsdesk import Newsdesk
from tests.e2e.test_kills import Daemons, daemons
from tests.fakes import waiting
from tests.fakes.feeds import Item, rss

__all__ = ["daemons"]

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]  # see test_kills
PAPERS = tuple(f"paper{number}" for number in range(12))
KEPT = 12  # items a document, besides those that no daemon has lived long enough to ask for


class Press:
    """Feeds that go on: each keeps its last items, and now and then rewrites one of them. What is older goes once it is
    stored as it was said last."""

    def __init__(self, desk: Newsdesk, chance: random.Random) -> None:
        self.desk, self.chance = desk, chance
        self.items: dict[str, list[Item]] = {paper: [] for paper in PAPERS}
        self.said: dict[tuple[str, str], str] = {}

    def print(self, paper: str) -> None:
        items = self.items[paper]
        for _ in range(self.chance.randint(0, 2)):
            self._put(
                paper, Item(title=f"Item {len(self.said)}", guid=f"{paper}-{len(self.said)}", html="<p>Rain.</p>")
            )
        if items and self.chance.random() < 0.3:
            old = self.chance.choice(items)
            items.remove(old)
            self._put(paper, Item(title=old.title, guid=old.guid, html=f"<p>Sun, for {self.chance.random()}.</p>"))
        stored = {(name, title): text for name, title, text in seen(self.desk)}
        items[KEPT:] = [one for one in items[KEPT:] if stored.get((paper, one.title)) != self.said[paper, one.title]]
        body = rss(items, title=paper)
        self.desk.server.serve(body, f"/{paper}", etag=f'"{hashlib.sha256(body).hexdigest()}"')

    def _put(self, paper: str, item: Item) -> None:
        self.items[paper].insert(0, item)
        self.said[paper, item.title] = item.html.removeprefix("<p>").removesuffix("</p>")


async def locked(desk: Newsdesk, seconds: float) -> None:
    """Somebody else holds the database's one write lock, or what all need to write to."""
    with writing(desk.store) as conn:
        if desk.shares:
            conn.execute(text("LOCK TABLE feed, article IN EXCLUSIVE MODE"))
        await asyncio.sleep(seconds)


def seen(desk: Newsdesk) -> list[tuple[object, ...]]:
    return desk.ask(
        "SELECT lower(feed.source), article.title, article.text FROM article JOIN feed ON feed.id = feed_id"
    )


def polled(desk: Newsdesk) -> int:
    return desk.number("SELECT count(*) FROM poll")


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
@pytest.mark.parametrize("polls", [30, pytest.param(1000, marks=[pytest.mark.soak, pytest.mark.timeout(1200)])])
async def test_no_article_is_lost_and_none_doubled(polls: int, desk: Newsdesk, daemons: Daemons) -> None:
    desk.set_up(papers=PAPERS, readers=())
    chance = random.Random(polls)
    press = Press(desk, chance)
    kills, before = 0, -1
    enough = polls // 3 if desk.shares else polls  # what one that was killed had in hand, the next has to wait for
    while kills < 2 or polled(desk) < enough:
        stuck, before = polled(desk) == before, polled(desk)
        daemon = await daemons.start(desk)
        for _ in range(chance.randint(3, 8)):
            for paper in chance.sample(PAPERS, 4):
                press.print(paper)
            await asyncio.sleep(chance.uniform(0.05, 0.5))
            if chance.random() < 0.3:
                for parser in children(daemon):
                    os.kill(parser, signal.SIGKILL)
            if chance.random() < 0.05:
                await locked(desk, chance.uniform(0.1, 2.0))
        if stuck:  # on a busy machine: the one before did not live until its first poll, and this one shall
            await waiting.until(lambda before=before: polled(desk) > before, seconds=90)  # type: ignore[misc]
        os.kill(daemon, signal.SIGKILL)
        kills += 1
        assert await daemons.ended(daemon) == signal.SIGKILL
    wanted = sorted((paper, title, text) for (paper, title), text in press.said.items())
    daemon = await daemons.start(desk)
    try:
        await waiting.until(lambda: sorted(seen(desk)) == wanted, seconds=90, what="every article as it was said last")
        before = polled(desk)
        await waiting.until(lambda: polled(desk) >= before + len(PAPERS), what="another poll of each")
    finally:
        os.kill(daemon, signal.SIGTERM)
        assert await daemons.ended(daemon) == 0
    assert sorted(seen(desk)) == wanted
    assert desk.left_half() == []
    assert desk.ask("SELECT feed_id, key FROM article GROUP BY feed_id, key HAVING count(*) > 1") == []
