"""An application that counts what it makes, for tests of what is made only once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from time import monotonic
from typing import Any

import aiohttp
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from alerts.web.app import WebSettings
from alerts.web.changes import Changes
from alerts.web.encodings import Encoded
from alerts.web.keeping import Keeping
from alerts.web.kept import Answers
from alerts.web.security import Secured
from alerts.web.serve import WebServer
from tests.web.client import ask

SETTINGS = WebSettings(name="Northern Desk", base_url="https://alerts.example/desk", keeps=60.0)
LONG = "An alert. " * 300


class World:
    """An application that counts what it makes; `gate` holds it up."""

    def __init__(
        self, settings: WebSettings = SETTINGS, headers: Mapping[str, str] = {}, *, now: list[float] | None = None
    ) -> None:
        self.asked: list[str] = []
        self.said, self.status, self.headers = LONG, 200, {"Cache-Control": "no-cache"} | dict(headers)
        self.gate: asyncio.Event | None = None
        self.seen: list[Request] = []
        self.answers = Answers()
        self.stamp, self.looks = "a", 0
        self.stamp_of: Callable[[], str] | None = None
        changes = Changes(self._stamp, every=settings.keeps, clock=monotonic if now is None else lambda: now[0])
        stack = [
            Middleware(Keeping, settings, self.answers, changes),
            Middleware(Secured, base_url=settings.base_url),
            Middleware(Encoded),
        ]
        self.app = Starlette(routes=[Route("/{path:path}", self._page, methods=["GET", "POST"])], middleware=stack)

    async def _page(self, request: Request) -> Response:
        self.asked.append(request.url.path)
        self.seen.append(request)
        if self.gate is not None:
            await self.gate.wait()
        headers = self.headers | ({"ETag": f'W/"{len(self.said)}"'} if self.status == 200 else {})
        return PlainTextResponse(f"{self.said}{request.url.query}", self.status, headers=headers)

    def _stamp(self) -> str:
        self.looks += 1
        return self.stamp if self.stamp_of is None else self.stamp_of()

    def get(self, path: str = "/alerts", method: str = "GET", **headers: str) -> dict[str, Any]:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        answer = ask(self.app, path, method=method, headers=named)
        return {"status": answer.status, "body": answer.body, **answer.headers}


class Served:
    """A server with the application, and a session to ask it by."""

    def __init__(self, app: Starlette) -> None:
        self._server = WebServer(app, host="127.0.0.1", port=0)

    async def __aenter__(self) -> aiohttp.ClientSession:
        base = f"http://127.0.0.1:{await self._server.start()}"
        self._session = aiohttp.ClientSession(base, connector=aiohttp.TCPConnector(limit=0))
        return self._session

    async def __aexit__(self, *_: object) -> None:
        await self._session.close()
        await self._server.stop()


async def until(so: Callable[[], bool]) -> None:
    for _ in range(2_000):
        if so():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it did not come to that")


async def text(session: aiohttp.ClientSession, path: str = "/alerts") -> str:
    async with session.get(path, headers={"Host": "alerts.example"}) as answer:
        assert answer.status == 200
        return await answer.text()
