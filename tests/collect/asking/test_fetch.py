from __future__ import annotations

import gzip
import socket
import time
from collections.abc import Callable

import pytest
from aiohttp import web

from alerts.collect.asking.fetch import Fetcher
from alerts.collect.outcome import FETCH_REASONS
from alerts.collect.settings import CollectSettings, user_agent
from alerts.errors import FetchError
from alerts.urls import without_password
from tests.fakes.feeds import FeedServer, rss, story

FEED = rss(story())


async def fault(fetcher: Fetcher, url: str) -> FetchError:
    """The error of fetching `url`; its text must begin with the URL and its reason be a known one."""
    with pytest.raises(FetchError) as caught:
        await fetcher.get(url)
    assert str(caught.value).startswith(f"{url}: ")
    assert caught.value.reason in FETCH_REASONS
    return caught.value


async def test_a_feed_is_fetched_with_an_honest_name(server: FeedServer, fetcher: Fetcher) -> None:
    response = await fetcher.get(server.serve(FEED))
    assert response.body == FEED
    assert response.status == 200
    assert not response.truncated
    asked = server.asked[0].headers
    assert asked["User-Agent"] == "alerts/0 (+mailto:desk@example.org)"
    assert "application/feed+json" in asked["Accept"]
    assert "If-None-Match" not in asked
    assert "Cookie" not in asked


def test_the_user_agent_names_a_contact() -> None:
    assert user_agent("0.1", "desk@example.org") == "alerts/0.1 (+mailto:desk@example.org)"
    assert user_agent("0.1", "https://example.org/\r\nX: y") == "alerts/0.1 (+https://example.org/X: y)"
    assert user_agent("0.1", "") == "alerts/0.1"


@pytest.mark.parametrize("etag", ['"abc"', 'W/"abc"', "unquoted", '"with ""quotes"" --gzip"', '"a;b, c"'])
async def test_validators_are_sent_back_byte_for_byte(server: FeedServer, fetcher: Fetcher, etag: str) -> None:
    date = "Mon, 6 Jan 2020 9:00:00 +0000"
    url = server.serve(FEED, etag=etag, last_modified=date)
    first = await fetcher.get(url)
    assert (first.etag, first.last_modified) == (etag, date)
    second = await fetcher.get(url, etag=first.etag, last_modified=first.last_modified)
    assert second.not_modified
    assert second.body == b""
    assert server.asked[1].headers["If-None-Match"] == etag
    assert server.asked[1].headers["If-Modified-Since"] == date


async def test_validators_survive_a_304_that_has_none(server: FeedServer, fetcher: Fetcher) -> None:
    response = await fetcher.get(server.fail(304), etag='"1"', last_modified="yesterday")
    assert response.not_modified
    assert (response.etag, response.last_modified) == ('"1"', "yesterday")


async def test_a_304_replaces_the_validators_it_carries(server: FeedServer, fetcher: Fetcher) -> None:
    response = await fetcher.get(server.fail(304, headers={"ETag": '"2"'}), etag='"1"')
    assert response.etag == '"2"'


async def test_a_200_without_validators_drops_the_old_ones(server: FeedServer, fetcher: Fetcher) -> None:
    response = await fetcher.get(server.serve(FEED), etag='"1"', last_modified="yesterday")
    assert (response.etag, response.last_modified) == (None, None)


async def test_a_304_that_nobody_asked_for_is_a_fault(server: FeedServer, fetcher: Fetcher) -> None:
    error = await fault(fetcher, server.fail(304))
    assert error.reason == "protocol"


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (204, "http_client"),
        (206, "http_client"),
        (400, "http_client"),
        (401, "denied"),
        (403, "denied"),
        (404, "http_client"),
        (410, "gone"),
        (418, "http_client"),
        (429, "throttled"),
        (451, "denied"),
        (500, "http_server"),
        (503, "http_server"),
        (599, "http_server"),
    ],
)
async def test_every_status_has_its_reason(server: FeedServer, fetcher: Fetcher, status: int, reason: str) -> None:
    error = await fault(fetcher, server.fail(status))
    assert error.reason == reason
    assert error.http == status
    assert f"answered {status}" in str(error)


async def test_retry_after_is_handed_on(server: FeedServer, fetcher: Fetcher) -> None:
    error = await fault(fetcher, server.fail(429, headers={"Retry-After": "120"}))
    assert error.retry_after == "120"


async def test_nobody_listening_is_a_fault_of_connecting(settings: CollectSettings) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    async with Fetcher(CollectSettings(allow_hosts=(f"127.0.0.1:{port}",))) as fetcher:
        error = await fault(fetcher, f"http://127.0.0.1:{port}/feed")
    assert error.reason == "connect"
    assert f"cannot connect to 127.0.0.1:{port}" in str(error)


async def test_an_unknown_name_is_a_fault_of_dns(fetcher: Fetcher) -> None:
    error = await fault(fetcher, "http://no-such-host.invalid/feed")
    assert error.reason == "dns"
    assert "no-such-host.invalid cannot be resolved" in str(error)


async def test_speaking_tls_to_a_plain_server_is_a_fault_of_tls(server: FeedServer, fetcher: Fetcher) -> None:
    error = await fault(fetcher, server.url().replace("http:", "https:"))
    assert error.reason == "tls"


async def test_a_server_that_hangs_up_is_a_fault(server: FeedServer, fetcher: Fetcher) -> None:
    error = await fault(fetcher, server.hang_up())
    assert error.reason == "protocol"


@pytest.mark.parametrize(
    "url", ["ftp://example.org/feed", "example.org/feed", "http://", "http://[::1", "file:///etc/x"]
)
async def test_what_is_no_web_address_is_refused(fetcher: Fetcher, url: str) -> None:
    error = await fault(fetcher, url)
    assert error.reason == "bad_url"


async def test_a_server_that_says_nothing_times_out(server: FeedServer, hasty: Fetcher) -> None:
    error = await fault(hasty, server.drip(FEED, first=0, pause=30))
    assert error.reason == "timeout"


async def test_one_byte_a_time_is_ended_by_the_total_time(server: FeedServer, hasty: Fetcher) -> None:
    started = time.monotonic()
    error = await fault(hasty, server.drip(FEED))
    assert error.reason == "timeout"
    assert time.monotonic() - started < 5


async def test_whole_items_of_a_slow_answer_are_kept(server: FeedServer, hasty: Fetcher) -> None:
    first = FEED.index(b"</item>") + 20
    response = await hasty.get(server.drip(FEED, first=first))
    assert response.truncated
    assert response.broken
    assert response.body[:first] == FEED[:first]
    assert "took too long" in response.warnings[0]


async def test_whole_items_of_a_lost_connection_are_kept(server: FeedServer, fetcher: Fetcher) -> None:
    response = await fetcher.get(server.break_off(FEED, after=FEED.index(b"</item>") + 7))
    assert response.truncated
    assert response.broken
    assert b"</item>" in response.body


async def test_a_connection_lost_before_any_item_is_a_fault(server: FeedServer, fetcher: Fetcher) -> None:
    error = await fault(fetcher, server.break_off(FEED, after=50))
    assert error.reason == "protocol"


async def test_an_endless_body_is_cut_at_the_cap(server: FeedServer, fetcher: Fetcher) -> None:
    item = b"<item><title>x</title></item>"
    response = await fetcher.get(server.endless(FEED[: FEED.index(b"<item>")], item * 100))
    assert len(response.body) == fetcher.settings.max_body
    assert response.truncated
    assert not response.broken


async def test_a_zipped_body_is_unzipped(server: FeedServer, fetcher: Fetcher) -> None:
    assert (await fetcher.get(server.serve(FEED, zipped=True))).body == FEED


async def test_a_zip_bomb_is_cut_at_the_cap(server: FeedServer, fetcher: Fetcher) -> None:
    response = await fetcher.get(server.serve(FEED[:-30] + b" " * 50_000_000, zipped=True))
    assert len(response.body) == fetcher.settings.max_body
    assert response.truncated


async def test_a_body_that_is_not_zipped_as_declared_is_a_fault(server: FeedServer, fetcher: Fetcher) -> None:
    error = await fault(fetcher, server.serve(FEED, headers={"Content-Encoding": "gzip"}))
    assert error.reason == "protocol"


async def test_half_a_zipped_body_gives_the_items_in_it(server: FeedServer, fetcher: Fetcher) -> None:
    """The HTTP client does not notice; that the document ends in the middle is seen when it is parsed."""
    zipped = gzip.compress(rss(story(200)))
    response = await fetcher.get(server.serve(zipped[: len(zipped) // 2], headers={"Content-Encoding": "gzip"}))
    assert b"</item>" in response.body
    assert b"</rss>" not in response.body


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_redirects_are_followed_and_only_permanent_ones_move_a_feed(
    server: FeedServer, fetcher: Fetcher, status: int
) -> None:
    target = server.serve(FEED, "/new")
    response = await fetcher.get(server.redirect("/new", status=status))
    assert response.body == FEED
    assert response.url == target
    assert response.moved_to == (target if status in (301, 308) else None)


async def test_one_temporary_redirect_among_permanent_ones_moves_nothing(server: FeedServer, fetcher: Fetcher) -> None:
    server.serve(FEED, "/c")
    server.redirect("/c", "/b", status=302)
    assert (await fetcher.get(server.redirect("/b", status=301))).moved_to is None


async def test_a_circle_of_redirects_is_a_fault(server: FeedServer, fetcher: Fetcher) -> None:
    server.redirect("/feed", "/other")
    error = await fault(fetcher, server.redirect("/other"))
    assert error.reason == "redirects"
    assert "in a circle" in str(error)


async def test_too_many_redirects_are_a_fault(server: FeedServer, fetcher: Fetcher) -> None:
    for n in range(10):
        server.redirect(f"/{n + 1}", f"/{n}")
    error = await fault(fetcher, server.url("/0"))
    assert error.reason == "redirects"
    assert len(server.asked) == 6


@pytest.mark.parametrize("location", ["", "http://[::1", "ftp://example.org/"])
async def test_a_redirect_to_nowhere_is_a_fault(server: FeedServer, fetcher: Fetcher, location: str) -> None:
    error = await fault(fetcher, server.redirect(location))
    assert error.reason in ("redirects", "bad_url")


async def test_credentials_go_to_their_own_host_only(server: FeedServer) -> None:
    async with FeedServer() as other:
        other.serve(FEED, "/end")
        server.redirect(other.url("/end"), "/second")
        url = server.redirect("/second").replace("http://", "http://reader:secret@")
        async with Fetcher(CollectSettings(allow_hosts=(server.address, other.address))) as fetcher:
            response = await fetcher.get(url)
    assert all("Authorization" in asked.headers for asked in server.asked)
    assert len(server.asked) == 2
    assert "Authorization" not in other.asked[0].headers
    assert "secret" not in response.url


async def test_a_password_is_not_shown_in_a_message(server: FeedServer, fetcher: Fetcher) -> None:
    url = server.fail(500).replace("http://", "http://reader:secret@")
    with pytest.raises(FetchError) as caught:
        await fetcher.get(url)
    assert "secret" not in str(caught.value)
    assert without_password("https://a:b@example.org/x?y=z@w") == "https://example.org/x?y=z@w"


async def test_cookies_are_not_kept(server: FeedServer, fetcher: Fetcher) -> None:
    url = server.serve(FEED, headers={"Set-Cookie": "track=me"})
    await fetcher.get(url)
    await fetcher.get(url)
    assert "Cookie" not in server.asked[1].headers


async def test_one_connection_serves_two_polls_in_turn(server: FeedServer, fetcher: Fetcher) -> None:
    peers = []

    async def handler(request: web.Request) -> web.StreamResponse:
        assert request.transport is not None
        peers.append(request.transport.get_extra_info("peername"))
        return web.Response(body=FEED)

    url = server.answer(handler)
    await fetcher.get(url)
    await fetcher.get(url)
    assert len(set(peers)) == 1


@pytest.mark.parametrize("make", [lambda s: s.hang_up(), lambda s: s.fail(500), lambda s: s.redirect("/feed")])
async def test_after_a_fault_the_next_poll_works(
    server: FeedServer, fetcher: Fetcher, make: Callable[[FeedServer], str]
) -> None:
    await fault(fetcher, make(server))
    assert (await fetcher.get(server.serve(FEED))).body == FEED
