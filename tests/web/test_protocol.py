"""What a client cannot do to the server: hold it by heads without end, by slowness, by many connections."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from alerts.web import protocol
from alerts.web.serve import WebServer

GET = b"GET / HTTP/1.1\r\nHost: a.example\r\n\r\n"
LARGE = 20_000_000


async def _hello(request: Request) -> Response:
    return PlainTextResponse(f"hello {len(await request.body())}")


async def _large(request: Request) -> Response:
    return Response(b"x" * LARGE)


class Slow:
    """A page that takes as long as a test wants."""

    def __init__(self) -> None:
        self.begun, self.goes_on = asyncio.Event(), asyncio.Event()

    async def page(self, request: Request) -> Response:
        self.begun.set()
        await self.goes_on.wait()
        return PlainTextResponse("slow")


@pytest.fixture
def slow() -> Slow:
    return Slow()


@pytest.fixture
async def port(slow: Slow) -> AsyncIterator[int]:
    routes = [Route("/", _hello, methods=["GET", "POST"]), Route("/large", _large), Route("/slow", slow.page)]
    server = WebServer(Starlette(routes=routes), host="127.0.0.1", port=0)
    yield await server.start()
    await server.stop()


async def _said(port: int, *parts: bytes, then: Callable[[], Awaitable[None]] | None = None) -> bytes:
    """What the server says to this until it hangs up."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    with suppress(ConnectionError):
        for part in parts:
            writer.write(part)
            await writer.drain()
    if then is not None:
        await then()
    said = b""
    with suppress(ConnectionError):
        said = await asyncio.wait_for(reader.read(), 30)
    writer.close()
    return said


@pytest.mark.parametrize(
    "head",
    [
        (b"GET /" + b"a" * 40_000 + b" HTTP/1.1\r\nHost: a.example\r\n\r\n",),
        (b"GET / HTTP/1.1\r\nHost: a.example\r\nX: " + b"a" * 40_000 + b"\r\n\r\n",),
        (b"GET / HTTP/1.1\r\n" + b"".join(b"X-%d: a\r\n" % number for number in range(101)) + b"\r\n",),
        (b"GET / HTTP/1.1\r\nX: ", *[b"a" * 1_000] * 2_000),  # a field that has no end
    ],
)
async def test_a_head_without_measure_is_refused(port: int, head: tuple[bytes, ...]) -> None:
    said = await _said(port, *head)
    assert said == b"" or said.startswith(b"HTTP/1.1 431 ")


async def test_what_is_not_http_is_refused_without_a_word_in_the_log(
    port: int, caplog: pytest.LogCaptureFixture
) -> None:
    for nonsense in (b"\x16\x03\x01\x02\x00\x01\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"CONNECT a:1 HTTP/1.1\r\n\r\n"):
        assert (await _said(port, nonsense)).startswith(b"HTTP/1.1 400 ")
    assert not [record for record in caplog.records if record.levelname != "INFO"]


async def test_who_wants_another_protocol_gets_an_answer_of_this_one(port: int) -> None:
    wanted = b"GET / HTTP/1.1\r\nHost: a.example\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"
    assert (await _said(port, wanted)).endswith(b"hello 0")


@pytest.mark.parametrize(
    "begun",
    [
        b"",
        b"\r\n",
        b"GET / HTTP/1.1\r\nHost:",
        b"POST / HTTP/1.1\r\nHost: a.example\r\nContent-Length: 9\r\n\r\n1234",
        GET + b"GET /",
    ],
)
async def test_a_request_that_does_not_end_is_given_up(
    port: int, begun: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(protocol, "HEAD_S", 0.5)
    monkeypatch.setattr(protocol, "BODY_S", 0.5)
    said = await _said(port, begun)
    assert b"HTTP/1.1 408 " in said
    assert said.startswith(b"HTTP/1.1 200 ") == begun.startswith(GET)


async def test_what_is_not_fetched_is_given_up(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "FETCH_S", 1.0)
    said = await _said(port, b"GET /large HTTP/1.1\r\nHost: a.example\r\n\r\n", then=lambda: asyncio.sleep(3))
    assert 0 < len(said) < LARGE


async def test_who_fetches_slowly_gets_it_all(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "FETCH_S", 20.0)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET /large HTTP/1.1\r\nHost: a.example\r\nConnection: close\r\n\r\n")
    await asyncio.sleep(1.5)  # the server looks after it meanwhile
    got = 0
    while some := await asyncio.wait_for(reader.read(LARGE // 8), 60):
        got += len(some)
    writer.close()
    assert got > LARGE


async def test_with_too_many_connections_the_longest_idle_gives_way_and_who_waits_for_an_answer_stays(
    port: int, slow: Slow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(protocol, "MOST_CONNECTIONS", 3)
    waiting = asyncio.create_task(_said(port, b"GET /slow HTTP/1.1\r\nHost: a.example\r\nConnection: close\r\n\r\n"))
    await asyncio.wait_for(slow.begun.wait(), 30)
    connections = []
    for _ in range(5):
        connections.append(await asyncio.open_connection("127.0.0.1", port))
        await asyncio.sleep(0.1)
    for reader, _ in connections[:3]:
        with suppress(ConnectionError):
            assert await asyncio.wait_for(reader.read(), 10) == b""
    for reader, writer in connections[3:]:
        writer.write(GET)
        assert await asyncio.wait_for(reader.readuntil(b"hello 0"), 10)
    slow.goes_on.set()
    assert (await waiting).endswith(b"slow")
    for _, writer in connections:
        writer.close()


async def test_several_requests_at_once_are_answered_in_order(port: int) -> None:
    post = b"POST / HTTP/1.1\r\nHost: a.example\r\nContent-Length: 3\r\n\r\nabc"
    said = await _said(port, GET + post + GET.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
    assert [said.index(word) for word in (b"hello 0", b"hello 3")] == sorted(
        said.index(word) for word in (b"hello 0", b"hello 3")
    )
    assert said.count(b"HTTP/1.1 200 ") == 3 and said.endswith(b"hello 0")


async def test_a_trailer_is_no_field_of_the_request(port: int) -> None:
    chunked = b"POST / HTTP/1.1\r\nHost: a.example\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
    assert (await _said(port, chunked + b"3\r\nabc\r\n0\r\nCookie: a=b\r\n\r\n")).endswith(b"hello 3")
