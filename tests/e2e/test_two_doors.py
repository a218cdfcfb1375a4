"""Two machines behind one address, and a balancer that sends each request to the next: who has logged in at one is
known at the other, forms work, and what belongs to one machine says so."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import ClientSession, CookieJar, web

from alerts.notify.joining import entering
from alerts.service import Service
from alerts.store import operators
from alerts.store.database import writing
from alerts.web.running import pages_of
from alerts.web.serve import WebServer
from tests.e2e.newsdesk import Newsdesk
from tests.e2e.test_moving import machines_of
from tests.fakes.ports import free_port

pytestmark = [pytest.mark.slow, pytest.mark.engines("cluster")]
STRANGER = "203.0.113.9"
_OF_ONE_LINE = {"transfer-encoding", "connection", "keep-alive", "content-length"}


class Balancer:
    """`address` leads to the machines at `ports` in turn, a request each."""

    def __init__(self) -> None:
        self._port = free_port()
        self.address, self.ports, self.turn = f"http://127.0.0.1:{self._port}", list[int](), 0
        self._runner = web.ServerRunner(web.Server(self._pass_on), shutdown_timeout=0.1)

    async def start(self) -> None:
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self._port).start()

    async def stop(self) -> None:
        await self._runner.cleanup()

    async def _pass_on(self, request: web.BaseRequest) -> web.StreamResponse:
        port = self.ports[self.turn % len(self.ports)]
        self.turn += 1
        headers = {**request.headers, "X-Forwarded-For": STRANGER}
        url, body = f"http://127.0.0.1:{port}{request.raw_path}", await request.read()
        async with (
            ClientSession(auto_decompress=False) as own,
            own.request(request.method, url, headers=headers, data=body, allow_redirects=False) as answer,
        ):
            found = web.Response(status=answer.status, body=await answer.read())
            found.headers.extend(
                (name, one) for name, one in answer.headers.items() if name.lower() not in _OF_ONE_LINE
            )
            return found


class Browser:
    """Somebody who looks at the pages at one address."""

    def __init__(self, session: ClientSession, address: str) -> None:
        self._session, self._address = session, address

    async def see(self, path: str) -> tuple[int, str, str]:
        """Status, text, and after how many seconds it asks anew."""
        async with self._session.get(f"{self._address}{path}", allow_redirects=False) as answer:
            return answer.status, await answer.text(), answer.headers.get("Refresh", "")

    async def send(self, path: str, page: str, **fields: str) -> tuple[int, str]:
        """A form of this page; status, and where it leads."""
        if found := re.search(r'name="csrf" value="([0-9a-f]+)"', page):
            fields = {"csrf": found[1], **fields}
        headers = {"Sec-Fetch-Site": "same-origin"}
        url = f"{self._address}{path}"
        async with self._session.post(url, data=fields, headers=headers, allow_redirects=False) as answer:
            return answer.status, answer.headers.get("Location", "")


@asynccontextmanager
async def serving(desks: list[Newsdesk], balancer: Balancer) -> AsyncIterator[list[Service]]:
    services: list[Service] = []
    servers: list[WebServer] = []
    for desk in desks:
        services.append(desk.service())
        await services[-1].open()
        servers.append(WebServer(pages_of(services[-1]), host="127.0.0.1", port=0))
        balancer.ports.append(await servers[-1].start())
    await balancer.start()
    try:
        yield services
    finally:
        await balancer.stop()
        for server in servers:
            await server.stop()
        for service in services:
            await service.close()
        for desk in desks:
            desk.close()


async def test_whoever_is_sent_from_one_machine_to_the_other_stays_logged_in_and_forms_work(
    desk: Newsdesk, tmp_path: Path
) -> None:
    balancer = Balancer()
    desk.set_up(more=f'base_url = "{balancer.address}"\ntrusted_proxies = ["127.0.0.1"]')
    desks = machines_of(desk, desk.config.database_url, tmp_path / "both")
    async with serving(desks, balancer) as services, ClientSession(cookie_jar=CookieJar(unsafe=True)) as session:
        ana = Browser(session, balancer.address)
        status, _, _ = await ana.see("/operations")
        assert status == 303  # a stranger, though the balancer is on this machine
        with writing(services[0].engine) as conn:
            who = operators.add(conn, "ana@example.org", "admin", "Ana", services[0].clock())
            token = entering.link(conn, who.person_id, "/operations", services[0].clock())
        _, page, _ = await ana.see(f"/login/{token}")
        assert await ana.send(f"/login/{token}", page) == (303, "/operations")
        assert [(await ana.see("/operations"))[0] for _ in desks] == [200, 200]
        _, page, _ = await ana.see("/operations/sessions")  # made by one,
        assert (await ana.send("/operations/sessions/key", page, label="her map"))[0] == 200  # heard by the other
        for _ in desks:
            assert "her map" in (await ana.see("/operations/sessions"))[1]
        await _one_backtest(ana, balancer)


async def _one_backtest(ana: Browser, balancer: Balancer) -> None:
    """It is begun on one machine; the other says whose it is, and the page finds its way by asking anew."""
    _, page, _ = await ana.see("/operations/lab/backtests")
    begun, place = balancer.turn, ""
    status, place = await ana.send("/operations/lab/backtests", page, rule="shelling", days="")
    assert status == 303
    status, page, again = await ana.see(place)
    assert (status, again) == (404, "4"), page
    name = ("desk", "second")[begun % 2]
    assert f"This backtest belongs to the machine “{name}”" in page
    status, page, _ = await ana.see(place)
    assert status == 200 and "shelling" in page
    assert (await ana.send(f"{place}/stop", page))[0] == 404  # by the other machine
    status, page, _ = await ana.see("/operations/lab/backtests/0123456789-0123456789")
    assert status == 404 and "not kept any more" in page
