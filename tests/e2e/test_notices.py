"""Nothing goes quiet unnoticed: the whole service, whose clock the test moves, with feeds that fall silent and fail."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

from sqlalchemy import update

from alerts.service import Service
from alerts.store import articles, notices
from alerts.store.articles import Draft
from alerts.store.database import reading, writing
from alerts.store.overview import report as report_of
from alerts.store.schema import feed
from tests.e2e.newsdesk import Newsdesk, report

OPERATOR = '[operator]\nto = ["ops@example.org"]\n'
HOUR = timedelta(hours=1)


class Clock:
    def __init__(self) -> None:
        self.now = datetime.now(UTC)

    def __call__(self) -> datetime:
        return self.now


@asynccontextmanager
async def opened(desk: Newsdesk, clock: Clock) -> AsyncIterator[Service]:
    service = Service(desk.config, clock=clock)
    service.prepare()
    await service.open()
    try:
        yield service
    finally:
        await service.close()


async def step(service: Service, clock: Clock, later: timedelta) -> None:
    """So much later: all feeds are due, everything is done, and looked through."""
    clock.now += later
    with writing(service.engine) as conn:
        conn.exec_driver_sql("UPDATE feed SET next_due = added, lease_until = NULL")
    await service.step()
    await service.look_around()
    await service.deliver()


def told(desk: Newsdesk) -> list[str]:
    """The subjects of the operator's mails, in order."""
    return [subject for reader, subject in desk.mails() if reader == "ops@example.org"]


def kinds(service: Service) -> list[str]:
    with reading(service.engine) as conn:
        return [one.kind for one in notices.open_notices(conn)]


def brought(service: Service, clock: Clock, *, days: int) -> None:
    """As if the first feed had brought an article every six hours."""
    with writing(service.engine) as conn:
        for number in range(days * 4):
            clock.now += 6 * HOUR
            draft = Draft(
                key=str(number), content_hash="", title="", text="It rained.", url="", language="en", published=None
            )
            articles.store(conn, 1, [draft], now=clock.now)
        conn.execute(update(feed).values(last_new=clock.now))


async def test_a_feed_that_goes_quiet_is_noticed_and_its_return_too(desk: Newsdesk) -> None:
    desk.set_up(readers=(), more=OPERATOR)
    clock = Clock()
    async with opened(desk, clock) as service:
        await service.step()
        brought(service, clock, days=15)
        await step(service, clock, HOUR)
        assert kinds(service) == []
        await step(service, clock, 6 * HOUR)
        assert kinds(service) == []
        await step(service, clock, 12 * HOUR)
        assert kinds(service) == ["feed silent"]
        assert told(desk) == ["Notice: a feed is silent"]
        await step(service, clock, HOUR)
        assert len(told(desk)) == 1
        desk.publish("daily", report("Nowhere", 1000, killed=0, dated=False))
        await step(service, clock, HOUR)
        assert kinds(service) == []
    assert "Daily (feed 1) answers, but has brought nothing new for 19 hours" in desk.mail_texts()[0]


async def test_a_feed_that_fails_is_noticed_and_told_to_be_over_with_the_next_notice(desk: Newsdesk) -> None:
    desk.set_up(papers=("daily", "post"), readers=(), more=OPERATOR)
    clock = Clock()
    async with opened(desk, clock) as service:
        await step(service, clock, HOUR)
        desk.server.serve(b"<html><title>Moved</title><p>We have moved.</p></html>", "/daily", kind="text/html")
        for _ in range(2):
            await step(service, clock, HOUR / 2)
        assert kinds(service) == []
        await step(service, clock, HOUR / 2)
        assert kinds(service) == ["feed failing"]
        with reading(service.engine) as conn:
            found = report_of(conn, 1, clock.now)
        assert found is not None
        assert (found.state.state, [row.status for row in found.polls]) == ("failing", ["html"] * 3 + ["ok"])
        desk.publish("daily")
        await step(service, clock, HOUR)
        assert kinds(service) == []
        desk.server.fail(500, "/post")
        for _ in range(3):
            await step(service, clock, HOUR)
    assert told(desk) == ["Notice: a feed cannot be read"] * 2
    first, second = desk.mail_texts() if "Daily" in desk.mail_texts()[0].split("Over")[0] else desk.mail_texts()[::-1]
    assert "Daily (feed 1) could not be read since" in first
    assert "3 polls failed in a row" in first
    assert "It gives a web page in place of a feed. Has it moved" in " ".join(first.split())
    assert "Over since" not in first
    assert "Post (feed 2) could not be read since" in second
    assert "UTC: Daily (feed 1) could not be read since" in " ".join(second.split())


async def test_the_canary_comes_out_each_hour_and_is_nowhere_to_be_seen(desk: Newsdesk) -> None:
    desk.set_up(more=OPERATOR)
    clock = Clock()
    async with opened(desk, clock) as service:
        seen = set()
        for _ in range(6):
            await step(service, clock, HOUR / 2)
            seen.add(service.canary.came_out)
        assert len(seen - {None}) >= 2
        assert kinds(service) == []
        for table in ("article", "alert", "outbox", "evidence", "story", "report"):
            assert desk.number(f"SELECT count(*) FROM {table}") == 0
        assert desk.number("SELECT count(*) FROM feed") == 1
        assert desk.number("SELECT count(*) FROM person") == 3
    assert desk.mails() == []


async def test_a_stage_that_is_stuck_is_noticed_by_the_canary(desk: Newsdesk) -> None:
    desk.set_up(readers=(), more=OPERATOR)
    clock = Clock()
    async with opened(desk, clock) as service:
        await step(service, clock, HOUR)
        clock.now += HOUR / 4
        await service.look_around()  # without a round of reading
        await service.deliver()
        assert kinds(service) == ["canary"]
        await step(service, clock, HOUR / 4)
        assert kinds(service) == []
    assert told(desk) == ["Notice: the canary did not come out"]
