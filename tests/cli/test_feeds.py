"""`alerts feeds`: adding, listing and polling, against a real server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.cli.conftest import World
from tests.cli.run import Ran, alerts
from tests.fakes.feeds import FeedServer, rss, story

pytestmark = pytest.mark.usefixtures("ready")


@pytest_asyncio.fixture
async def server(world: World) -> AsyncIterator[FeedServer]:
    async with FeedServer() as made:
        world.configure(ports=str(made.port))
        yield made


async def _alerts(*args: str) -> Ran:
    """In a thread of its own: the server answers in this one."""
    return await asyncio.to_thread(alerts, *args)


def test_a_feed_is_added_with_what_is_known_of_it(world: World) -> None:
    world.configure('[owners]\nState = ["Example News"]\n[tiers]\n1 = ["Example News"]\n')
    ran = alerts(
        "feeds", "add", "https://example.org/feed.xml", "--source", "Example News", "--country", "Syria",
        "--language", "en", "--every", "10 minutes", "--tag", "wire", "--tag", "syria",
    )  # fmt: skip
    assert (ran.code, ran.out, ran.err) == (0, "added as feed 1, from 'Example News'\n", "")
    [row] = alerts("feeds", "list", "--json").rows
    known = {
        "id": 1, "url": "https://example.org/feed.xml", "source": "Example News", "owner": "State", "tier": 1,
        "language": "en", "country": "SYR", "tags": ["wire", "syria"], "active": True, "interval_s": 600.0,
        "failures": 0, "last_status": None, "last_poll": None,
    }  # fmt: skip
    assert {name: row[name] for name in known} == known


def test_without_a_name_a_feed_is_called_by_its_host(world: World) -> None:
    assert alerts("feeds", "add", "https://example.org/feed.xml").out == "added as feed 1, from 'example.org'\n"


def test_the_list_of_no_feeds_says_how_to_add_one(world: World) -> None:
    assert "alerts feeds add URL" in alerts("feeds", "list").out
    assert alerts("feeds", "list", "--json").out == ""
    assert "alerts feeds add URL" in alerts("feeds", "poll").out


@pytest.mark.parametrize(
    ("args", "code", "says"),
    [
        (["ftp://example.org/x"], 1, "it begins with http:// or https://"),
        (["example.org"], 1, "this is no address of a feed"),
        (["https://example.org/x", "--country", "Syra"], 1, "'Syra' is no country: write its English name or its ISO"),
        (["https://example.org/x", "--every", "10 minuts"], 2, "did you mean 'minutes'?"),
        (["https://example.org/x", "--language", "english"], 2, "write two small letters (ISO 639-1), such as en"),
        ([], 2, "Missing argument 'URL'"),
    ],
)
def test_what_cannot_be_added_is_told(world: World, args: list[str], code: int, says: str) -> None:
    ran = alerts("feeds", "add", *args)
    assert (ran.code, ran.out) == (code, "")
    assert says in ran.err
    assert alerts("feeds", "list", "--json").rows == []


def test_a_feed_is_added_once(world: World) -> None:
    alerts("feeds", "add", "https://example.org/feed.xml")
    ran = alerts("feeds", "add", "https://example.org/feed.xml")
    said = "alerts: https://example.org/feed.xml: this feed is there already; change it: alerts feeds set 1\n"
    assert (ran.code, ran.err) == (1, said)


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (["http://example.org:8081/x"], "port 8081 is not allowed; add it to [collect] allow_ports"),
        (
            ["http://10.1.2.3/x"],
            "10.1.2.3 is a private address, which no feed may have; add it to [collect] allow_hosts",
        ),
        (
            ["https://example.org/x", "--every", "10 seconds"],
            "more often than every 1 minute: see [collect] min_interval",
        ),
    ],
)
def test_a_feed_that_cannot_be_polled_as_wished_gets_a_warning(world: World, args: list[str], says: str) -> None:
    ran = alerts("feeds", "add", *args)
    assert ran.code == 0
    assert ran.err.startswith("warning: ")
    assert says in ran.err


async def test_a_poll_stores_what_is_new_and_says_so(server: FeedServer) -> None:
    url = server.serve(rss(story(3)), etag='"1"')
    await _alerts("feeds", "add", url, "--source", "Example")
    first = await _alerts("feeds", "poll")
    assert (first.code, first.out) == (0, "1 Example: 3 new, 0 revised, 0 known\n")
    again = await _alerts("feeds", "poll", "1")
    assert (again.code, again.out) == (0, "1 Example: nothing new (not modified)\n")
    [row] = (await _alerts("feeds", "list", "--json")).rows
    assert (row["last_status"], row["failures"]) == ("not_modified", 0)
    assert row["last_poll"]
    assert (await _alerts("status", "--json")).rows[0]["articles"] == 3


async def test_a_poll_can_be_had_as_json(server: FeedServer) -> None:
    await _alerts("feeds", "add", server.serve(rss(story(2))))
    [row] = (await _alerts("feeds", "poll", "--json")).rows
    assert list(row) == [
        "feed", "url", "status", "http", "bytes", "ms", "new", "revised", "known", "warnings", "error", "next_due",
    ]  # fmt: skip
    assert (row["feed"], row["status"], row["http"], row["new"], row["error"]) == (1, "ok", 200, 2, None)


async def test_a_failing_feed_is_told_with_its_address_and_the_others_are_polled(server: FeedServer) -> None:
    await _alerts("feeds", "add", server.fail(503, "/down"), "--source", "Down")
    await _alerts("feeds", "add", server.serve(b"<html>no</html>", "/page"), "--source", "Page")
    await _alerts("feeds", "add", server.serve(rss(story(1)), "/good"), "--source", "Good")
    ran = await _alerts("feeds", "poll")
    assert ran.code == 1
    said = dict(line.split(": ", 1) for line in ran.out.splitlines())
    assert said["1 Down"] == f"http_server: {server.url('/down')}: answered 503 (Service Unavailable)"
    assert said["2 Page"].startswith("html: ")
    assert said["2 Page"].endswith(f"; look for the feed there: alerts feeds check {server.url('/page')}")
    assert said["3 Good"] == "1 new, 0 revised, 0 known"
    failing = await _alerts("feeds", "list", "--failing")
    assert {line.split()[0] for line in failing.out.splitlines()} == {"id", "1", "2", "1:", "2:"}
    assert f"1: {server.url('/down')}: answered 503" in failing.out
    assert (await _alerts("feeds", "poll", "3")).code == 0


async def test_a_server_is_never_asked_twice_at_once(server: FeedServer) -> None:
    for number in range(3):
        await _alerts("feeds", "add", server.drip(rss(story(1)), f"/{number}", first=300, pause=0.001))
    assert (await _alerts("feeds", "poll")).code == 0
    assert [asked.path for asked in server.asked] == ["/0", "/1", "/2"]


@pytest.mark.parametrize("args", [["7"], ["x"]])
def test_a_feed_that_is_not_there_is_told(world: World, args: list[str]) -> None:
    ran = alerts("feeds", "poll", *args)
    assert ran.code in (1, 2)
    assert "there is no feed 7; see: alerts feeds list" in ran.err or "'x' is not a valid integer" in ran.err
