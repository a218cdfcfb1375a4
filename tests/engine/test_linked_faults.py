"""Whatever goes wrong with a page or a message, the article is there as the feed gave it, and nothing is lost."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from aiohttp import web
from sqlalchemy import Engine, select

from alerts.collect.links.extracted import Extracted
from alerts.engine import linked as stage
from alerts.engine.linked import Linker
from alerts.errors import FetchError, ParseError, StoreError
from alerts.store import linked
from alerts.store.database import reading, writing
from alerts.store.linked import Link
from alerts.store.schema import linked as table
from tests.engine.linkdesk import FULL, HTML, MINUTE, NOW, TITLE, Desk, Direct, link_desk
from tests.fakes import waiting
from tests.fakes.linked import cap, story_page


@pytest.fixture
async def desk(sqlite_engine: Engine) -> AsyncIterator[Desk]:
    async with link_desk(sqlite_engine) as made:
        yield made


@pytest.mark.parametrize(
    ("status", "tries"), [(404, [MINUTE]), (403, []), (410, []), (500, [MINUTE, 4 * MINUTE, 16 * MINUTE, 64 * MINUTE])]
)
async def test_a_page_that_cannot_be_had_is_tried_a_few_times_ever_more_rarely(
    desk: Desk, status: int, tries: list[timedelta]
) -> None:
    desk.server.fail(status, "/1")
    desk.publish()
    waits = []
    for _ in range(4):
        await desk.linker.run_due()
        again, error = desk.row()
        assert str(status) in str(error)
        if again is None:
            break
        waits.append(again - desk.now)
        desk.now = again
    assert waits == tries
    assert len(desk.server.asked) == min(len(tries) + 1, 4)
    assert (desk.article.revision, desk.article.article.title) == (1, TITLE)


async def test_after_a_day_nobody_asks_any_more(desk: Desk) -> None:
    desk.server.fail(500, "/1")
    desk.publish()
    await desk.linker.run_due()
    desk.now += timedelta(days=1)
    await desk.linker.run_due()
    assert (desk.row()[0], desk.asked) == (None, ["/1"])


@pytest.mark.parametrize(("header", "wait"), [("1800", 30 * MINUTE), (None, 60 * MINUTE)])
async def test_a_host_that_wants_a_rest_gets_it_for_all_its_pages(
    desk: Desk, header: str | None, wait: timedelta
) -> None:
    desk.server.fail(429, "/1", headers={"Retry-After": header} if header else None)
    desk.server.serve(story_page(), "/2", kind=HTML)
    desk.publish("/1")
    desk.publish("/2")
    await desk.linker.run_due()
    desk.server.serve(story_page(), "/3", kind=HTML)
    desk.publish("/3")
    assert await desk.linker.run_due() == 0
    assert desk.asked == ["/1"]
    desk.now += wait - timedelta(seconds=1)
    assert await desk.linker.run_due() == 0
    desk.now += timedelta(seconds=1)
    await desk.linker.run_due()
    assert "/2" in desk.asked


async def test_a_page_where_a_message_should_be_leaves_the_article_as_it_is(desk: Desk) -> None:
    desk.server.serve(story_page(), "/1.cap", kind=HTML)
    desk.publish("/1.cap", message=True)
    await desk.linker.run_due()
    again, error = desk.row()
    assert again == desk.now + MINUTE  # a page of "back soon" may be over by then
    assert "not a CAP message" in str(error)
    desk.now = again
    await desk.linker.run_due()
    assert (desk.row()[0], desk.article.revision) == (None, 1)


async def test_a_bomb_is_cut_and_given_up(desk: Desk) -> None:
    desk.server.serve(b"<alert>" + b" " * 5_000_000, "/1.cap", kind="application/cap+xml", zipped=True)
    desk.publish("/1.cap", message=True)
    await desk.linker.run_due()
    assert "not a CAP message" in str(desk.row()[1])
    assert desk.article.revision == 1


async def test_a_redirect_to_a_private_address_is_refused(desk: Desk) -> None:
    desk.server.redirect("http://10.0.0.1/admin", "/1")
    desk.publish()
    await desk.linker.run_due()
    again, error = desk.row()
    assert again is None
    assert "not on the public internet" in str(error)


async def test_an_answer_that_breaks_off_is_asked_again(desk: Desk) -> None:
    desk.server.break_off(story_page(), "/1", after=300)
    desk.publish()
    await desk.linker.run_due()
    assert desk.row()[0] == desk.now + MINUTE


async def test_what_was_fetched_when_the_process_died_is_fetched_again(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    def die(*rest: object, **more: object) -> bool:
        raise Killed

    desk.server.serve(story_page(), "/1", kind=HTML)
    desk.publish()
    with monkeypatch.context() as patch:
        patch.setattr(linked, "settle", die)
        await desk.linker.run_due()
    later = Linker(desk.engine, desk.linker.fetcher, Direct(), clock=lambda: desk.now)
    assert await later.run_due() == 0  # for all it knows somebody is at it
    desk.now += 3 * MINUTE
    assert await later.run_due() == 1
    assert (desk.article.article.text, desk.asked) == (FULL, ["/1", "/1"])


async def test_a_document_that_ends_the_process_each_time_is_given_up(desk: Desk) -> None:
    desk.publish()
    with writing(desk.engine) as conn:
        for _ in range(8):
            linked.claim(conn, desk.now, hosts=1, lease=timedelta(0))
    desk.server.fail(500, "/1")
    await desk.linker.run_due()
    assert desk.row()[0] is None


async def test_while_the_database_is_locked_nothing_is_lost(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def locked(*rest: object, **more: object) -> bool:
        raise StoreError("the database is locked", reason="locked")

    desk.server.serve(story_page(), "/1", kind=HTML)
    desk.publish()
    with monkeypatch.context() as patch:
        patch.setattr(linked, "settle", locked)
        await desk.linker.run_due()
    desk.now += 3 * MINUTE
    await desk.linker.run_due()
    assert desk.article.article.text == FULL


async def test_at_a_stop_what_runs_is_broken_off_and_due_again(desk: Desk) -> None:
    async def never(request: web.Request) -> web.StreamResponse:
        await waiting.until(lambda: False, seconds=5)
        raise AssertionError

    desk.server.answer(never, "/1")
    desk.publish()
    await desk.linker.run()
    await waiting.until(lambda: desk.asked)
    await desk.linker.stop()
    with reading(desk.engine) as conn:
        assert linked.is_due(conn, desk.now)
        assert conn.execute(select(table.c.tries)).scalar_one() == 0


async def test_without_the_library_messages_are_fetched_and_the_log_says_once_what_to_install(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    desk.linker.pages = False
    desk.server.serve(cap(), "/1.cap", kind="application/cap+xml")
    desk.publish("/1.cap", message=True)
    desk.publish("/1")
    await desk.linker.run_due()
    await desk.linker.run_due()
    assert desk.asked == ["/1.cap"]
    assert [record.message for record in caplog.records if "alerts[fulltext]" in record.message] == [
        'feeds ask for full text; full text needs a library that is not installed: pip install "alerts[fulltext]"'
    ]


async def test_a_fault_of_ours_with_one_page_leaves_the_others_alone(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = stage.reading_of

    def faulty(link: Link, found: Extracted) -> stage.Reading:
        if link.url.endswith("/1"):
            raise ZeroDivisionError("by mistake")
        return real(link, found)

    monkeypatch.setattr(stage, "reading_of", faulty)
    for path in ("/1", "/2"):
        desk.server.serve(story_page(), path, kind=HTML)
        desk.publish(path)
    await desk.linker.run_due()
    assert desk.errors == ["by mistake"]
    assert sorted(item.revision for item in desk.articles()) == [1, 2]


def link(**more: object) -> Link:
    made = Link(
        article_id=1,
        kind="page",
        url="https://news.example/1",
        host="news.example",
        revision=1,
        tries=1,
        wanted=NOW,
        title=TITLE,
        text="",
        given="",
    )
    return replace(made, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("reason", "tries"),
    [("gone", 1), ("denied", 1), ("forbidden_address", 1), ("http_client", 2), ("timeout", 7), ("dns", 7)],
)
def test_how_often_it_is_tried_depends_on_why_it_failed(reason: str, tries: int) -> None:
    now, count = NOW, 0
    again: datetime | None = NOW
    while again is not None:
        now, count = again, count + 1
        again = stage.next_try(link(tries=count), FetchError("", reason, ""), now, timedelta(days=1))
    assert count == tries


def test_a_page_that_kills_its_reader_is_not_tried_again() -> None:
    assert stage.next_try(link(), ParseError("", "", reason="parser_killed"), NOW, timedelta(days=1)) is None


def test_a_server_cannot_ask_for_more_than_a_day() -> None:
    error = FetchError("", "http_server", "", retry_after="999999999")
    assert stage.resting(error, NOW, timedelta(days=1)) == NOW + timedelta(days=1)
