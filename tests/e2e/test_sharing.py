"""What a machine does of the work that several share, job by job: a job is a wake-up, and may come twice, or never."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from alerts.engine.analysis import FOR_GOOD
from alerts.service import Service
from alerts.sharing import SharedWork, on_news, to_be_read
from alerts.store import articles, feeds, leases, meta, outbox
from alerts.store.articles import Draft
from alerts.store.database import reading, writing
from alerts.store.machines import DEAD_AFTER
from alerts.store.status import status
from tests.e2e.newsdesk import READERS, Newsdesk, report
from tests.engine.hearts import Hearts, grown_silent
from tests.fakes import waiting
from tests.store.pollrows import set_feed

pytestmark = pytest.mark.engines("cluster")
SECOND = timedelta(seconds=1)


@pytest.fixture
async def service(desk: Newsdesk) -> AsyncIterator[Service]:
    """A machine that lives, and does nothing by itself."""
    desk.set_up()
    made = desk.service()
    await made.open()
    heart = made.heart
    assert heart is not None
    await waiting.until(lambda: not heart.is_cut)
    yield made
    await made.close()


@pytest.fixture
def work(service: Service) -> SharedWork:
    return service.work()


def ask(service: Service, query: str) -> list[Any]:
    with reading(service.engine) as conn:
        return list(conn.execute(text(query)))


def number(service: Service, query: str) -> int:
    [[found]] = ask(service, query)
    return int(found)


def to_read(service: Service) -> list[tuple[list[int], int]]:
    """The articles of each job that waits to read some, and how many died over it."""
    query = "SELECT args, attempts FROM procrastinate_jobs WHERE queue_name = 'analyse' AND status = 'todo' ORDER BY id"
    return [(args["ids"], attempts) for args, attempts in ask(service, query)]


def change(service: Service, query: str) -> None:
    with writing(service.engine) as conn:
        conn.execute(text(query))


def stored(service: Service, *towns: str) -> list[int]:
    """Reports from these towns are stored as the poller does it; their articles."""
    with writing(service.engine) as conn:
        [feed] = feeds.list_feeds(conn)
        drafts = [
            Draft(key=town, content_hash=town, title=town, text=f"Government forces shelled {town}, killing 12 people.",
                  url=f"https://example.org/{town}", language="en", published=service.clock())
            for town in towns
        ]  # fmt: skip
        articles.store(conn, feed.id, drafts, now=service.clock())
        on_news(conn, {feed.id: towns})
        return articles.ids_of(conn, feed.id, towns)


async def test_a_job_that_comes_twice_does_nothing_the_second_time(
    desk: Newsdesk, service: Service, work: SharedWork
) -> None:
    desk.publish("daily", report("Taiz"), report("Homs"))
    await work.poll_host("127.0.0.1")
    [(ids, _)] = to_read(service)
    for _ in range(2):
        await work.analyse(ids, 0)
        await work.deliver()
    assert number(service, "SELECT count(*) FROM alert") == 2
    assert len(desk.mails()) == len(set(desk.mails())) == 2 * len(READERS)
    assert (service.watch.counts.articles, service.watch.counts.mails) == (2, 4)


async def test_articles_whose_job_is_lost_are_found_again_and_given_one_job(service: Service, work: SharedWork) -> None:
    ids = stored(service, "Taiz", "Homs")
    change(service, "DELETE FROM procrastinate_jobs")
    await work.plan()
    assert to_read(service) == []  # they have only just come: their job may be on its way
    change(service, "UPDATE article SET first_seen = first_seen - interval '11 s'")
    await work.plan()
    await work.plan()
    assert to_read(service) == [(ids, 0)]
    await work.analyse(ids, 0)
    change(service, "DELETE FROM procrastinate_jobs")
    await work.plan()
    assert to_read(service) == []


async def test_an_outage_that_is_over_is_so_though_who_noted_it_is_gone(service: Service, work: SharedWork) -> None:
    begun = service.clock() - timedelta(hours=1)
    with writing(service.engine) as conn:
        [feed] = feeds.list_feeds(conn)
        meta.put_outage(conn, begun)
        set_feed(conn, feed.id, last_ok=begun + timedelta(minutes=1))
    await work.upkeep()
    with reading(service.engine) as conn:
        assert meta.outage_since(conn) == begun  # that answer may have been on its way then
    with writing(service.engine) as conn:
        set_feed(conn, feed.id, last_ok=begun + timedelta(minutes=10))
    await work.upkeep()
    with reading(service.engine) as conn:
        assert meta.outage_since(conn) is None


async def test_an_article_that_ends_processes_is_read_alone_then_set_aside_and_said_and_not_tried_at_each_start(
    service: Service, work: SharedWork, caplog: pytest.LogCaptureFixture
) -> None:
    well, fatal = stored(service, "Taiz", "Homs")
    change(service, "DELETE FROM procrastinate_jobs")
    await work.analyse([well, fatal], 2)
    assert to_read(service) == [([well], 2), ([fatal], 2)]
    assert number(service, "SELECT count(*) FROM article WHERE analysed IS NOT NULL") == 0
    await work.analyse([well], 5)
    await work.analyse([fatal], 6)
    [(aside, fault)] = ask(service, "SELECT id, fault FROM article WHERE fault IS NOT NULL")
    assert aside == fatal and "ended the process" in fault
    assert f"article {fatal} cannot be read, and is set aside" in caplog.text
    with writing(service.engine) as conn:
        assert status(conn, service.clock()).faulty == 1
        assert articles.retry_faulty(conn, but=FOR_GOOD) == 0
    await work.plan()
    assert len(to_read(service)) == 2  # no more than there were


async def test_what_a_dead_machine_had_in_hand_is_free_and_what_a_living_one_has_is_not(
    desk: Newsdesk, service: Service, work: SharedWork
) -> None:
    await work.analyse(stored(service, "Taiz"), 0)
    others = Hearts(service.engine)
    two = others.join("two")
    with writing(service.engine) as conn:
        token = leases.new_token(two.me.life)
        assert len(outbox.lease(conn, service.clock() + SECOND, token, 10, 600)) == len(READERS)
    held = "SELECT count(*) FROM outbox WHERE lease_token IS NOT NULL"
    work.free()
    assert number(service, held) == len(READERS)
    grown_silent(service.engine, "two", DEAD_AFTER)
    work.free()
    assert number(service, held) == 0
    await work.deliver()
    assert len(desk.mails()) == len(READERS)
    others.close()


async def test_who_is_cut_off_asks_no_feed_and_begins_no_mail(
    desk: Newsdesk, service: Service, work: SharedWork
) -> None:
    await work.analyse(stored(service, "Taiz"), 0)
    assert service.heart is not None
    change(service, "UPDATE feed SET next_due = now() - interval '1 s'")
    before = len(desk.server.asked)
    service.heart._tasks[1].cancel()  # nobody says that it is back
    service.heart._cut = True
    await work.poll_host("127.0.0.1")
    await work.deliver()
    assert (len(desk.server.asked), desk.mails()) == (before, [])
    service.heart._cut = False
    await work.deliver()
    assert len(desk.mails()) == len(READERS)


async def test_news_that_could_not_be_stored_leave_no_job(service: Service) -> None:
    with pytest.raises(ZeroDivisionError), writing(service.engine) as conn:
        to_be_read(conn, [1, 2, 3])
        raise ZeroDivisionError
    assert to_read(service) == []


async def test_as_many_couriers_are_woken_as_there_are_readers_for_and_each_once(
    service: Service, work: SharedWork
) -> None:
    waiting_ones = "SELECT queueing_lock FROM procrastinate_jobs WHERE queue_name = 'notify' ORDER BY 1"
    await work.plan()
    assert ask(service, waiting_ones) == []
    await work.analyse(stored(service, "Taiz"), 0)
    await work.plan()
    await work.plan()
    assert ask(service, waiting_ones) == [("deliver 0",)]
