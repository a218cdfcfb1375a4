"""Pages and messages are fetched politely, and take the place of the feed's words where they say more."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from sqlalchemy import Engine

from alerts.collect.asking.allowance import Allowance
from alerts.store.database import writing
from alerts.store.feeds import Wishes
from tests.engine.linkdesk import FULL, GIVEN, HTML, SUMMARY, TITLE, Desk, link_desk
from tests.fakes import waiting
from tests.fakes.linked import COOKIES, PARAGRAPHS, cap, page, story_page
from tests.store import values
from tests.store.values import entry, outcome, poll


@pytest.fixture
async def desk(sqlite_engine: Engine) -> AsyncIterator[Desk]:
    async with link_desk(sqlite_engine) as made:
        yield made


async def test_the_text_of_the_page_takes_the_place_of_the_summary(desk: Desk) -> None:
    desk.server.serve(story_page(), "/1", kind=HTML)
    desk.publish()
    assert await desk.linker.run_due() == 1
    assert (desk.article.revision, desk.article.article.title, desk.article.article.text) == (2, TITLE, FULL)


async def test_full_text_stays_until_the_feed_says_something_else_and_then_the_page_is_asked_again(desk: Desk) -> None:
    desk.server.serve(story_page(), "/1", kind=HTML)
    desk.publish()
    await desk.linker.run_due()
    desk.publish()
    assert await desk.linker.run_due() == 0
    assert (desk.article.revision, desk.article.article.text) == (2, FULL)
    rewritten = [GIVEN.replace("eleven", "200"), *PARAGRAPHS[1:]]
    desk.publish(html=rewritten[0])
    assert desk.article.article.text == f"{rewritten[0]}\n\n{FULL}"
    desk.server.serve(story_page(rewritten), "/1", kind=HTML)
    await desk.linker.run_due()
    assert (desk.article.revision, desk.article.article.text) == (4, "\n".join(rewritten))
    assert desk.asked == ["/1", "/1"]


async def test_a_page_that_is_gone_after_a_revision_leaves_the_feeds_new_words_alone(desk: Desk) -> None:
    desk.server.serve(story_page(), "/1", kind=HTML)
    desk.publish()
    await desk.linker.run_due()
    desk.server.fail(410, "/1")
    desk.publish(html="<p>Nobody died in Taiz, the paper says now.</p>")
    await desk.linker.run_due()
    assert desk.article.article.text == "Nobody died in Taiz, the paper says now."


@pytest.mark.parametrize("wall", [page(COOKIES), b"", b"<html><body>Enable JavaScript.</body></html>"])
async def test_behind_a_wall_the_feeds_words_stay(desk: Desk, wall: bytes) -> None:
    desk.server.serve(wall, "/1", kind=HTML)
    desk.publish()
    await desk.linker.run_due()
    assert (desk.article.revision, desk.article.article.text) == (1, GIVEN)
    assert desk.row() == (None, None)


async def test_a_redirect_to_the_front_page_is_no_article(desk: Desk) -> None:
    desk.server.serve(story_page(), "/", kind=HTML)
    desk.server.redirect("/", "/1")
    desk.publish()
    await desk.linker.run_due()
    assert desk.article.revision == 1
    assert desk.row()[0] is None


async def test_a_message_takes_the_place_of_its_line_in_the_feed(desk: Desk) -> None:
    desk.server.serve(cap(), "/1.cap", kind="application/cap+xml")
    desk.publish("/1.cap", html="Flood", title="Flood warning for Mocuba", message=True)
    await desk.linker.run_due()
    assert desk.article.article.title == "Flood warning for Mocuba"
    assert "Eight people were killed and 3,000 families left their homes." in desk.article.article.text
    assert desk.server.asked[0].headers["Accept"].startswith("application/cap+xml")


@pytest.mark.parametrize("wishes", [{"status": "Exercise"}, {"status": "Test"}, {"kind": "Cancel"}])
async def test_no_word_of_a_warning_is_left_where_the_message_says_that_it_is_none(
    desk: Desk, wishes: dict[str, str]
) -> None:
    desk.server.serve(cap(**wishes), "/1.cap", kind="application/cap+xml")
    desk.publish("/1.cap", html="Flood in Mocuba", title="Flood warning for Mocuba", message=True)
    await desk.linker.run_due()
    assert desk.article.article.title.startswith("No event: ")
    assert "lood" not in desk.article.article.text


async def test_a_message_that_becomes_real_is_told_under_its_own_headline(desk: Desk) -> None:
    desk.server.serve(cap(status="Test"), "/1.cap", kind="application/cap+xml")
    desk.publish("/1.cap", html="Flood", title="Flood warning", message=True)
    await desk.linker.run_due()
    desk.server.serve(cap(), "/1.cap", kind="application/cap+xml")
    desk.publish("/1.cap", html="Flood!", title="Flood warning", message=True)
    await desk.linker.run_due()
    assert desk.article.article.title == "Flood warning for Mocuba"


async def test_a_page_that_two_sections_carry_is_asked_for_once(desk: Desk) -> None:
    desk.server.serve(story_page(), "/1", kind=HTML)
    desk.publish()
    with writing(desk.engine) as conn:
        other = values.add_feed(conn, "https://news.example/africa", own=Wishes(full_text=True))
        poll(conn, other, outcome(entry("x", SUMMARY, title=TITLE, url=desk.server.url("/1"))))
    await desk.linker.run_due()
    assert [item.article.text for item in desk.articles()] == [FULL, FULL]
    assert desk.asked == ["/1"]


async def test_no_more_pages_of_a_host_are_asked_for_than_its_allowance(desk: Desk) -> None:
    desk.linker.allowance = Allowance(at_once=3, every=3600)
    for number in range(5):
        desk.server.serve(story_page(), f"/{number}", kind=HTML)
        desk.publish(f"/{number}")
    desk.server.serve(cap(), "/1.cap", kind="application/cap+xml")
    desk.publish("/1.cap", message=True)
    await desk.linker.run_due()
    assert len([path for path in desk.asked if path != "/1.cap"]) == 3
    assert desk.asked[0] == "/1.cap"  # messages come first, and are as many as there are


async def test_hosts_are_asked_side_by_side_and_each_for_one_document_at_a_time(desk: Desk) -> None:
    running: dict[str, int] = {}
    most: dict[str, int] = {}

    async def answer(request: web.Request) -> web.StreamResponse:
        host = request.headers["Host"].partition(":")[0]
        running[host] = running.get(host, 0) + 1
        most[host] = max(most.get(host, 0), running[host])
        await waiting.until(lambda: len(running) == 2, seconds=5)
        running[host] -= 1
        return web.Response(body=story_page(), headers={"Content-Type": HTML})

    with writing(desk.engine) as conn:
        for host in ("127.0.0.1", "localhost"):
            for number in range(3):
                desk.server.answer(answer, f"/{host}/{number}")
                url = f"http://{host}:{desk.server.port}/{host}/{number}"
                poll(conn, desk.feed, outcome(entry(url, SUMMARY, title=TITLE, url=url)))
    assert await desk.linker.run() == 2
    await desk.linker.run_due()
    assert most == {"127.0.0.1": 1, "localhost": 1}
    assert {item.article.text for item in desk.articles()} == {FULL}


@pytest.mark.parametrize("change", ["full_text = false", "active = false"])
async def test_of_a_feed_that_wants_none_any_more_no_page_is_fetched(desk: Desk, change: str) -> None:
    desk.publish()
    with writing(desk.engine) as conn:
        conn.exec_driver_sql(f"UPDATE feed SET {change}")
    await desk.linker.run_due()
    assert (desk.asked, desk.row()[0]) == ([], None)
