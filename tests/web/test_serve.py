"""The server in a running event loop: start, port, stop, and clear words when the address cannot be had."""

from __future__ import annotations

import asyncio
import signal
import socket

import aiohttp
import pytest
from sqlalchemy import Engine
from starlette.applications import Starlette

from alerts.errors import WebError
from alerts.store.database import writing
from alerts.web.serve import WebServer, bind
from tests.web.archive import tell


async def test_it_serves_on_a_port_of_the_systems_choice_and_frees_it_on_stop(app: Starlette, engine: Engine) -> None:
    with writing(engine) as conn:
        tell(conn)
    server = WebServer(app, host="127.0.0.1", port=0)
    port = await server.start()
    async with aiohttp.ClientSession(f"http://127.0.0.1:{port}") as session:
        async with session.get("/") as answer:
            assert answer.status == 200
            assert "Attack in Djibo" in await answer.text()
            assert "server" not in answer.headers
        async with session.head("/") as answer:
            assert answer.status == 200
            assert await answer.read() == b""
        found = await asyncio.gather(*(session.get("/alerts.atom") for _ in range(20)))
        assert [answer.status for answer in found] == [200] * 20
    await server.stop()
    await server.stop()
    with pytest.raises(OSError):
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    with socket.create_server(("127.0.0.1", port)):
        pass


def test_head_and_body_go_out_without_waiting_for_each_other() -> None:
    with bind("127.0.0.1", 0) as listening, socket.create_connection(listening.getsockname()):
        accepted, _ = listening.accept()
        with accepted:
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) == 1


async def test_signals_stay_with_the_service(app: Starlette) -> None:
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    server = WebServer(app, host="127.0.0.1", port=0)
    await server.start()
    try:
        assert {number: signal.getsignal(number) for number in before} == before
    finally:
        await server.stop()


async def test_it_can_be_started_again_after_a_stop(app: Starlette) -> None:
    server = WebServer(app, host="localhost", port=0)
    for _ in range(2):
        assert await server.start() > 0
        await server.stop()


async def test_a_port_in_use_is_named_with_the_setting_to_change(app: Starlette) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(WebError) as error:
            await WebServer(app, host="127.0.0.1", port=port).start()
    assert str(error.value) == f"web: port {port} on 127.0.0.1 is in use; set [web] port"


@pytest.mark.parametrize(
    ("host", "words"),
    [("192.0.2.1", "does not have the address 192.0.2.1; set [web] host"), ("no such host", "no host 'no such host'")],
)
async def test_an_address_that_is_not_ours_is_named(app: Starlette, host: str, words: str) -> None:
    with pytest.raises(WebError) as error:
        await WebServer(app, host=host, port=0).start()
    assert words in str(error.value)


async def test_what_runs_beside_the_server_ends_with_it(app: Starlette) -> None:
    begun, ended = asyncio.Event(), asyncio.Event()

    async def beside() -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    server = WebServer(app, host="127.0.0.1", port=0, beside=beside)
    await server.start()
    await asyncio.wait_for(begun.wait(), 30)
    assert not ended.is_set()
    await server.stop()
    await asyncio.wait_for(ended.wait(), 30)
