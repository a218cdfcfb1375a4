"""`alerts feeds check`: what the service would see, told so that people can act on it; nothing is stored."""

from __future__ import annotations

import asyncio
import shlex
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
import pytest_asyncio

from tests.cli.conftest import World
from tests.cli.run import Ran, alerts
from tests.fakes.feeds import FeedServer, Item, rss

NOW = datetime.now(UTC).replace(microsecond=0)


@pytest_asyncio.fixture
async def server(world: World) -> AsyncIterator[FeedServer]:
    async with FeedServer() as made:
        world.configure(ports=str(made.port))
        yield made


async def _check(*args: str) -> Ran:
    return await asyncio.to_thread(alerts, "feeds", "check", *args)


def _feed() -> bytes:
    """Nine reports, a day apart, the newest first."""
    items = [
        Item(
            title=f"Report {number} \ue000",
            guid=f"tag:example.org,2026:{number}",
            link=f"https://example.org/{number}",
            html=f"<p>Families left the town. {'More of it. ' * 60}</p>",
            published=format_datetime(NOW - number * timedelta(days=1)),
        )
        for number in range(1, 10)
    ]
    return rss(items, title='Desk "of" the Town')


async def test_what_the_service_would_see_of_a_page_is_told_and_ends_with_the_line_that_adds_it(
    server: FeedServer, world: World
) -> None:
    url = server.serve(_feed(), "/rss", etag='"1"')
    page = b"<html><head><title>Home</title><link rel=alternate type=application/rss+xml href=/rss></head></html>"
    home = server.serve(page, "/", kind="text/html")
    ran = await _check(home)
    assert (ran.code, ran.err) == (0, "")
    assert f'{home} is a web page ("Home"), not a feed; it names a feed:' in ran.out
    assert "format   RSS 2.0, 'Desk \"of\" the Town', language en-gb" in ran.out
    assert "items    9, from " in ran.out
    assert "known    again by id\n" in ran.out
    assert "about 1.0 a day" in ran.out or "about 7 a week" in ran.out
    assert f"  {NOW - timedelta(days=1):%Y-%m-%d %H:%M}  Report 1\n    Families left the town." in ran.out
    assert all(char.isprintable() or char == "\n" for char in ran.out)
    assert "  and 4 more" in ran.out
    assert "warning" not in ran.out
    line = ran.out.splitlines()[-1].strip()
    assert shlex.split(line) == ["alerts", "feeds", "add", url, "--source", 'Desk "of" the Town', "--language", "en"]
    assert not (world.folder / "data").exists()
    assert (await asyncio.to_thread(alerts, *shlex.split(line)[1:])).code == 0


async def test_the_same_can_be_had_as_json(server: FeedServer) -> None:
    [row] = (await _check(server.redirect("/new", status=301), "--json", "--items", "2")).rows or [{}]
    assert (row["feed"], row["reason"]) == (False, "http_client")
    url = server.serve(_feed(), "/new")
    [row] = (await _check(server.url(), "--json", "--items", "2")).rows
    assert (row["feed"], row["url"], row["moved_to"], row["http"]) == (True, server.url(), url, 200)
    assert (row["entries"], len(row["items"]), row["items"][0]["known_by"]) == (9, 2, "id")
    assert [one["level"] for one in row["findings"]] == ["note", "note"]
    assert row["add"].startswith(f"alerts feeds add {url} ")


async def test_where_there_is_no_feed_it_is_told_why_and_what_to_do(server: FeedServer) -> None:
    ran = await _check(server.url("/none"))
    assert (ran.code, ran.out) == (1, "")
    home = f"alerts feeds check {server.url('/')}"
    assert ran.err == (
        f"{server.url('/none')}: answered 404 (Not Found)\n"
        f"  -> see that the address is right; what the site has: {home}\n"
    )


def test_a_saved_document_is_read_and_what_is_wrong_with_it_told(world: World) -> None:
    world.write("saved.xml", _feed()[:-60].replace(b"</pubDate>", b"x</pubDate>"))
    ran = alerts("feeds", "check", "saved.xml", "--items", "0")
    assert (ran.code, ran.err) == (0, "")
    assert "file     " in ran.out
    assert "warning: the document ends in the middle\n  -> " in ran.out
    assert "to add it" not in ran.out
    assert "Report 1" not in ran.out


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("nothere.xml", "nothere.xml: there is no such file"),
        ("saved/nothere.xml", "there is no such file"),
        ("rules", "rules: this is a folder"),
        ("htps://example.org/x", "did you mean https://example.org/x?"),
        ("http://10.1.2.3/x", "10.1.2.3 is not on the public internet"),
        ("http://example.org:8081/x", "port 8081 is not allowed"),
    ],
)
def test_what_cannot_be_asked_is_told(world: World, url: str, says: str) -> None:
    ran = alerts("feeds", "check", url)
    assert (ran.code, ran.out) == (1, "")
    assert says in ran.err
