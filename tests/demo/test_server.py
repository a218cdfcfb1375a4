"""The loopback server that plays the outlets: validators, the story's clock, and mishaps on demand."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import aiohttp
import pytest

from alerts.collect.formats.parse import parse_document
from alerts.demo.server import DemoServer, Mishap
from alerts.demo.story import load, standing

CHRISTMAS = datetime(2019, 12, 25, tzinfo=UTC)


@pytest.fixture
async def server() -> AsyncIterator[DemoServer]:
    async with DemoServer(load(), at=CHRISTMAS) as running:
        yield running


@pytest.fixture
async def client() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


async def get(client: aiohttp.ClientSession, url: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
    async with client.get(url, headers=headers) as answer:
        return answer.status, {name.lower(): value for name, value in answer.headers.items()}, await answer.read()


async def test_a_feed_not_changed_is_answered_304_to_either_validator(
    server: DemoServer, client: aiohttp.ClientSession
) -> None:
    for url in server.feeds().values():
        status, headers, body = await get(client, url)
        assert status == 200 and body
        by_tag = await get(client, url, **{"If-None-Match": headers["etag"]})
        by_weak_tag = await get(client, url, **{"If-None-Match": f'"other", W/{headers["etag"]}'})
        by_date = await get(client, url, **{"If-Modified-Since": headers["last-modified"]})
        assert [one[0] for one in (by_tag, by_weak_tag, by_date)] == [304, 304, 304]
        assert by_tag[2] == b""
        assert by_tag[1]["etag"] == headers["etag"]
    assert server.answers == {"200": 6, "304": 18}


async def test_the_tag_counts_before_the_date(server: DemoServer, client: aiohttp.ClientSession) -> None:
    url = server.feeds()["levant-wire"]
    _, headers, _ = await get(client, url)
    told = {"If-None-Match": '"stale"', "If-Modified-Since": headers["last-modified"]}
    assert (await get(client, url, **told))[0] == 200


async def test_a_date_that_is_none_is_passed_over(server: DemoServer, client: aiohttp.ClientSession) -> None:
    assert (await get(client, server.feeds()["levant-wire"], **{"If-Modified-Since": "yesterday"}))[0] == 200


async def test_a_feed_changes_when_the_story_goes_on(server: DemoServer, client: aiohttp.ClientSession) -> None:
    url = server.feeds()["relief-bulletin"]
    _, headers, before = await get(client, url)
    server.advance(CHRISTMAS + timedelta(days=3))
    status, _, after = await get(client, url, **{"If-None-Match": headers["etag"]})
    assert status == 200
    assert b"235,000" in after and b"235,000" not in before


async def test_a_revision_changes_the_feed_and_its_date(server: DemoServer, client: aiohttp.ClientSession) -> None:
    server.advance(datetime(2020, 1, 15, 18, tzinfo=UTC))
    url = server.feeds()["levant-wire"]
    _, headers, _ = await get(client, url)
    server.advance(datetime(2020, 1, 15, 20, tzinfo=UTC))
    status, _, body = await get(client, url, **{"If-Modified-Since": headers["last-modified"]})
    assert status == 200 and b"At least 19 killed" in body and b"At least 12 killed" not in body


async def test_every_link_of_every_feed_leads_to_its_article(server: DemoServer, client: aiohttp.ClientSession) -> None:
    for name, url in server.feeds().items():
        _, headers, body = await get(client, url)
        for entry in parse_document(body, headers, url).entries:
            status, _, page = await get(client, entry.url)
            assert status == 200, (name, entry.url)
            assert b"The outlet and the article are invented" in page


async def test_a_page_carries_more_than_a_summary_feed(server: DemoServer, client: aiohttp.ClientSession) -> None:
    _, _, page = await get(client, f"{server.base}/damascene-courier/dc-aleppo-shells")
    assert b"university hospital" in page
    assert b"university hospital" not in (await get(client, server.feeds()["damascene-courier"]))[2]


async def test_the_front_page_leads_to_the_outlets(server: DemoServer, client: aiohttp.ClientSession) -> None:
    assert b"Levant Wire" in (await get(client, server.base))[2]
    assert b"lw-surman-post" in (await get(client, f"{server.base}/levant-wire"))[2]


@pytest.mark.parametrize("path", ["/levant-wire/lw-m5", "/levant-wire/no", "/nobody", "/nobody/feed", "/nobody/one"])
async def test_what_is_not_published_is_not_found(server: DemoServer, client: aiohttp.ClientSession, path: str) -> None:
    assert (await get(client, server.base + path))[0] == 404


async def test_story_time_does_not_run_backwards(server: DemoServer) -> None:
    with pytest.raises(ValueError, match="cannot go back"):
        server.advance(CHRISTMAS - timedelta(hours=1))


async def test_an_outlet_fails_once_and_then_has_lost_nothing(client: aiohttp.ClientSession) -> None:
    mishap = Mishap(outlet="orontes-post", kind="error", after=CHRISTMAS + timedelta(days=1))
    async with DemoServer(load(), at=CHRISTMAS, mishaps=[mishap]) as server:
        url = server.feeds()["orontes-post"]
        assert (await get(client, url))[0] == 200
        server.advance(CHRISTMAS + timedelta(days=3))
        assert [(await get(client, url))[0] for _ in range(3)] == [500, 200, 200]
        assert b"op-235000" in (await get(client, url))[2]


async def test_half_a_document_is_sent_once_and_its_tag_does_not_stand_for_the_whole(
    client: aiohttp.ClientSession,
) -> None:
    mishap = Mishap(outlet="anatolian-ledger", kind="truncated", after=CHRISTMAS)
    async with DemoServer(load(), at=CHRISTMAS, mishaps=[mishap]) as server:
        url = server.feeds()["anatolian-ledger"]
        status, headers, half = await get(client, url)
        assert status == 200 and b"</rss>" not in half
        status, whole_headers, whole = await get(client, url, **{"If-None-Match": headers["etag"]})
        assert status == 200 and whole.startswith(half)
        held = standing(server.story, "anatolian-ledger", CHRISTMAS)
        assert len(parse_document(whole, whole_headers, url).entries) == len(held)
        assert server.answers == {"truncated": 1, "200": 1}


async def test_a_port_in_use_is_an_error_and_leaves_nothing_running(server: DemoServer) -> None:
    second = DemoServer(load(), at=CHRISTMAS, port=server.port)
    with pytest.raises(OSError, match="address already in use"):
        await second.start()
    await second.stop()
