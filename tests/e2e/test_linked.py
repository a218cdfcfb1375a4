"""What articles link to reaches readers, or keeps from them what did not happen."""

from __future__ import annotations

import signal
import sys
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from alerts.render import health
from alerts.store import feeds, overview
from alerts.store.database import reading, writing
from tests.e2e.newsdesk import READERS, Newsdesk, report
from tests.e2e.test_kills import Daemons, daemons
from tests.fakes.feeds import Item
from tests.fakes.linked import cap, info, story_page

__all__ = ["daemons"]

HTML = "text/html; charset=utf-8"
TOLD = "Shelling in Taiz: 12 people killed"
PAGE = (
    "A market in the south of the country was hit this morning, and the hospital asks for blood.",
    "Government forces shelled Taiz, killing 12 people, a doctor there said by telephone on Monday.",
    "Rescue teams dug through the ruins of a bakery until the evening, and closed the road to the town.",
)


def teaser(desk: Newsdesk, path: str = "/story") -> Item:
    """An item that hides its news behind a link."""
    html = "<p>A market was hit this morning, and the hospital asks for blood.</p>"
    return Item(title="A market was hit", guid=path, link=desk.server.url(path), html=html)


def want_full_text(desk: Newsdesk) -> None:
    with writing(desk.store) as conn:
        for feed in feeds.list_feeds(conn):
            feeds.change_feed(conn, replace(feed, full_text=True), now=feed.added)


async def steps(desk: Newsdesk, count: int) -> None:
    """A service that polls all feeds so often, and mails what there is to tell."""
    service = desk.service()
    await service.open()
    try:
        for _ in range(count):
            with writing(service.engine) as conn:
                conn.exec_driver_sql("UPDATE feed SET next_due = added")
            await service.step()
    finally:
        await service.close()


async def test_what_only_a_page_or_a_message_says_is_told_once_and_an_exercise_to_nobody(desk: Newsdesk) -> None:
    desk.set_up()
    want_full_text(desk)
    desk.server.serve(story_page(PAGE, title="A market was hit"), "/story", kind=HTML)
    desk.publish("daily", teaser(desk))
    for town, status in (("Aden", "Actual"), ("Marib", "Exercise")):
        words = f"Government forces shelled {town}, killing 12 people."
        desk.server.serve(cap(info(words, words), status=status), f"/{town}.cap", kind="application/cap+xml")
        desk.publish(
            "daily", Item(title=words, guid=town, link=desk.server.url(f"/{town}.cap"), html="See the message.")
        )
    await steps(desk, 2)
    told = (TOLD, TOLD.replace("Taiz", "Aden"))
    assert desk.mails() == sorted((reader, subject) for reader in READERS for subject in told)
    assert [asked.path for asked in desk.server.asked].count("/story") == 1
    assert dict(about(desk))["links"] == "in the last 7 days 3 taken in"


def about(desk: Newsdesk) -> list[tuple[str, str]]:
    """What is said of the feed."""
    with reading(desk.store) as conn:
        found = overview.report(conn, 1, datetime.now(UTC))
    assert found is not None
    return health.about_feed(found)


@pytest.mark.soak
@pytest.mark.skipif(sys.platform != "linux", reason="kills by signals of Linux")
async def test_killed_between_fetching_and_storing_it_fetches_again_and_tells_once(
    desk: Newsdesk, daemons: Daemons
) -> None:
    desk.set_up()
    want_full_text(desk)
    desk.server.serve(story_page(PAGE, title="A market was hit"), "/story", kind=HTML)
    desk.publish("daily", teaser(desk), report("Aden"))
    daemon = await daemons.start(desk, "fetched")
    assert await daemons.ended(daemon) == signal.SIGKILL, "the daemon never came so far"
    await daemons.finish(desk, 2 * len(READERS))
    assert [subject for _, subject in desk.mails()].count(TOLD) == len(READERS)
    assert [asked.path for asked in desk.server.asked].count("/story") == 2
