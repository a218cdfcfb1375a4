"""Servers made to hurt: each poll ends soon, costs little memory, is told by its status, and harms no other feed."""

from __future__ import annotations

import asyncio
import gzip
import socket
import sys
import time
import zlib
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import brotli
import pytest
from aiohttp import web

from alerts.collect.asking.fetch import Fetcher
from alerts.collect.outcome import Outcome, PollTarget
from alerts.collect.poll import poll_feed
from alerts.collect.settings import MIB, CollectSettings
from alerts.errors import FetchError, ForbiddenAddress
from tests.collect.conftest import DirectParser
from tests.fakes.feeds import FeedServer, rss, story

NOW = datetime(2020, 1, 7, 12, tzinfo=UTC)
FEED = rss(story(3))
HEAD = FEED[: FEED.index(b"</channel>")]
MOST_MEMORY = 40_000_000  # bytes more than before: a body of 5 MiB, and what it was made of


@pytest.fixture
async def fetcher(server: FeedServer) -> AsyncIterator[Fetcher]:
    """As the service has it, but in a hurry."""
    allowed = (server.address,)
    settings = CollectSettings(allow_hosts=allowed, max_body=MIB, read_timeout=0.3, total_timeout=0.6, host_gap=0)
    async with Fetcher(settings) as fetcher:
        yield fetcher


async def poll(fetcher: Fetcher, url: str) -> Outcome:
    return await poll_feed(PollTarget(id=1, url=url, interval=timedelta(minutes=15)), fetcher, DirectParser(), now=NOW)


def deflated(size: int, wbits: int) -> bytes:
    """A feed that goes on with `size` bytes of blanks, packed: after a full flush a block may be repeated."""
    packer = zlib.compressobj(9, zlib.DEFLATED, wbits)
    head = packer.compress(HEAD) + packer.flush(zlib.Z_FULL_FLUSH)
    first, block = (packer.compress(b" " * MIB) + packer.flush(zlib.Z_FULL_FLUSH) for _ in range(2))
    return head + first + block * (size // MIB - 1)


def brotlied(size: int) -> bytes:
    packer = brotli.Compressor(quality=1)
    parts = [packer.process(HEAD), *(packer.process(b" " * 16 * MIB) for _ in range(size // MIB // 16))]
    return b"".join((*parts, packer.finish()))


BOMBS: dict[str, Callable[[], bytes]] = {
    "gzip": lambda: deflated(4096 * MIB, 31),
    "deflate": lambda: deflated(1024 * MIB, 15),
    "br": lambda: brotlied(128 * MIB),
}


@contextmanager
def bounded(seconds: float, memory: int) -> Iterator[None]:
    """Hold what runs within to processor time and memory beyond what is in use already."""
    status, clear = Path("/proc/self/status"), Path("/proc/self/clear_refs")
    measured = sys.platform == "linux"
    if measured:
        clear.write_text("5")  # the peak is counted anew
    before, started = _peak(status) if measured else 0, time.process_time()
    yield
    assert time.process_time() - started < seconds
    assert not measured or _peak(status) - before < memory


def _peak(status: Path) -> int:
    line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) * 1024


@pytest.mark.parametrize("kind", BOMBS)
async def test_a_bomb_is_cut_at_the_cap_and_its_items_are_read(server: FeedServer, fetcher: Fetcher, kind: str) -> None:
    url = server.serve(BOMBS[kind](), headers={"Content-Encoding": kind})
    async with Fetcher(CollectSettings(allow_hosts=(server.address,))) as patient:
        with bounded(3, MOST_MEMORY):
            response = await patient.get(url)
    assert len(response.body) == 5 * MIB
    outcome = await poll(fetcher, url)
    assert (outcome.status, len(outcome.entries), outcome.truncated) == ("ok", 3, True)
    assert outcome.warnings[0] == f"longer than {fetcher.settings.max_body} bytes: cut"


async def test_what_is_packed_twice_is_no_feed(server: FeedServer, fetcher: Fetcher) -> None:
    packed = gzip.compress(deflated(1024 * MIB, 31))
    outcome = await poll(fetcher, server.serve(packed, headers={"Content-Encoding": "gzip, gzip"}))
    assert outcome.status == "not_a_feed"


def _sending(server: FeedServer, *parts: bytes, then: bytes = b"") -> str:
    """Answer with these very bytes, and with `then` for as long as anybody listens."""

    async def handler(request: web.Request) -> web.StreamResponse:
        transport = request.transport
        assert transport is not None
        transport.writelines(parts)
        while then and not transport.is_closing():
            transport.write(then)
            await asyncio.sleep(0)
        if not then:
            transport.close()
        return web.Response()

    return server.answer(handler)


CONTENT = b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\n"
CHUNKED = CONTENT + b"Transfer-Encoding: chunked\r\n\r\n"
# What the server does, and the status that tells of it ("ok": the items that came are kept).
SERVERS: dict[str, tuple[Callable[[FeedServer], str], str]] = {
    "one byte a time": (lambda s: s.drip(FEED), "timeout"),
    "one byte a time after an item": (lambda s: s.drip(FEED, first=FEED.index(b"</item>") + 9), "ok"),
    "silence": (lambda s: s.drip(FEED, first=0, pause=30), "timeout"),
    "an endless body": (lambda s: s.endless(HEAD, b"<item><title>x</title></item>" * 1000), "ok"),
    "an endless body of nothing": (lambda s: s.endless(b"", b" " * 100_000), "empty"),
    "a circle of redirects": (lambda s: s.redirect("/feed"), "redirects"),
    "redirects without end": (lambda s: max(s.redirect(f"/{n}", f"/{n + 1}") for n in range(9)), "redirects"),
    "a redirect to a private address": (lambda s: s.redirect("http://10.1.2.3/"), "forbidden_address"),
    "a redirect to the metadata of a cloud": (
        lambda s: s.redirect("http://169.254.169.254/latest"),
        "forbidden_address",
    ),
    "a redirect to a mapped address": (lambda s: s.redirect("http://[::ffff:192.168.0.1]/"), "forbidden_address"),
    "a redirect to a file": (lambda s: s.redirect("file:///etc/passwd"), "bad_url"),
    "a web page": (lambda s: s.serve(b"<!DOCTYPE html><html><head><title>Log in</title></head></html>"), "html"),
    "nothing": (lambda s: s.serve(b""), "empty"),
    "a packed body that is none": (lambda s: s.serve(FEED, headers={"Content-Encoding": "br"}), "protocol"),
    "no HTTP": (lambda s: _sending(s, b"SSH-2.0-OpenSSH_9.9\r\n"), "protocol"),
    "headers without end": (lambda s: _sending(s, CONTENT, then=b"X-A: b\r\n" * 100), "protocol"),
    "a header without end": (lambda s: _sending(s, CONTENT, b"X-A: ", then=b"b" * 1000), "protocol"),
    "a chunk that is none": (lambda s: _sending(s, CHUNKED, b"-5\r\n", FEED), "protocol"),
    "a chunk without end": (lambda s: _sending(s, CHUNKED, b"FFFFFFFFFFFFFFF\r\n", FEED), "ok"),
    "the length of no body": (lambda s: _sending(s, CONTENT, b"Content-Length: -1\r\n\r\n", FEED), "protocol"),
}


@pytest.mark.parametrize("name", SERVERS)
async def test_a_hostile_server_is_told_by_its_status_and_harms_no_other_feed(
    server: FeedServer, fetcher: Fetcher, name: str
) -> None:
    make, status = SERVERS[name]
    url = make(server)
    good = server.serve(FEED, "/good")
    with bounded(3, MOST_MEMORY):  # with the parser, which is in this process here
        outcome, other = await asyncio.gather(poll(fetcher, url), poll(fetcher, good))
    assert outcome.status == status, outcome.error
    assert outcome.ok == (status == "ok") == bool(outcome.entries)
    assert outcome.ok or str(outcome.error).startswith(url)
    assert (other.status, len(other.entries)) == ("ok", 3)


def _answering(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> None:
    """Let every name have these addresses."""
    real = socket.getaddrinfo

    def found(host: str, port: int, *args: Any, **others: Any) -> list[Any]:
        if not host.endswith(".example"):
            return real(host, port, *args, **others)
        return [info for address in addresses for info in real(address, port, type=socket.SOCK_STREAM)]

    monkeypatch.setattr(socket, "getaddrinfo", found)


@pytest.mark.parametrize(
    "address",
    "127.0.0.1 10.0.0.7 192.168.1.1 169.254.169.254 100.100.100.200 0.0.0.0 "
    ":: ::1 fd00::1 fe80::1 ::ffff:127.0.0.1 64:ff9b::7f00:1 2002:7f00:1::".split(),
)
async def test_a_name_that_answers_a_private_address_is_refused(
    server: FeedServer, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    _answering(monkeypatch, address)
    server.serve(FEED)
    async with Fetcher(CollectSettings(allow_ports=(server.port,), total_timeout=2)) as fetcher:
        with pytest.raises(ForbiddenAddress, match=r"feeds\.example is not on the public internet"):
            await fetcher.get(f"http://feeds.example:{server.port}/feed")
    assert server.asked == []


async def test_a_name_that_answers_a_private_address_beside_a_public_one_is_not_led_there(
    server: FeedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody listens at the public one, and the client would try the next."""
    _answering(monkeypatch, "127.0.0.3", "127.0.0.1")
    monkeypatch.setattr("alerts.collect.asking.guard.is_public", lambda address: address == "127.0.0.3")
    server.serve(FEED)
    settings = CollectSettings(allow_ports=(server.port,), total_timeout=2)
    async with Fetcher(settings) as fetcher:
        with pytest.raises(FetchError) as caught:
            await fetcher.get(f"http://feeds.example:{server.port}/feed")
    assert caught.value.reason == "connect"
    assert server.asked == []


async def test_a_redirect_to_a_name_that_answers_a_private_address_is_refused(
    server: FeedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    _answering(monkeypatch, "127.0.0.1")
    url = server.redirect(f"http://inside.example:{server.port}/secret")
    settings = CollectSettings(allow_hosts=(server.address,), allow_ports=(server.port,), host_gap=0)
    async with Fetcher(settings) as fetcher:
        outcome = await poll(fetcher, url)
    assert outcome.status == "forbidden_address"
    assert [asked.path for asked in server.asked] == ["/feed"]


async def test_a_broken_feed_is_told_by_the_rung_it_was_read_on(server: FeedServer, fetcher: Fetcher) -> None:
    outcome = await poll(fetcher, server.serve(FEED.replace(b"</title><link>", b"<link>")))
    assert (outcome.status, outcome.rung, len(outcome.entries)) == ("ok", "recovered", 3)
    assert outcome.warnings != ()


async def test_a_feed_that_cannot_be_read_is_flagged_and_its_body_kept(server: FeedServer, fetcher: Fetcher) -> None:
    body = FEED.replace(b"<item>", b"< item>")
    outcome = await poll(fetcher, server.serve(body))
    assert (outcome.status, outcome.entries) == ("unreadable", ())
    assert outcome.document is not None and outcome.document.body == body
