"""Asking the application as a server would, without a socket."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_to_bytes, urlencode

from starlette.types import ASGIApp, Message


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """Header names are in small letters. `raised`: what the application raised after it had answered."""

    status: int
    headers: dict[str, str]
    body: bytes
    raised: Exception | None

    @property
    def text(self) -> str:
        return self.body.decode()


FORM = "application/x-www-form-urlencoded"


def ask(
    app: ASGIApp,
    address: str,
    *,
    method: str = "GET",
    headers: dict[str, str] | None = None,
    body: bytes = b"",
    host: str = "127.0.0.1",
) -> Answer:
    """`host`: who asks."""
    return asyncio.run(asked(app, address, method, headers or {}, body, host))


def press(app: ASGIApp, address: str, **fields: str) -> Answer:
    """As a browser sends a form."""
    return ask(app, address, method="POST", headers={"Content-Type": FORM}, body=urlencode(fields).encode())


async def asked(app: ASGIApp, address: str, method: str, headers: dict[str, str], body: bytes, host: str) -> Answer:
    """As `ask`, for who asks much in one event loop."""
    path, _, query = address.partition("?")
    sent: list[Message] = []
    asked = False

    async def receive() -> Message:
        nonlocal asked
        if asked:
            await asyncio.Event().wait()  # nobody hangs up: who asks again waits, as with a server
        asked = True
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    headers = {"host": "a.example", **headers}
    scope: dict[str, Any] = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": unquote_to_bytes(path).decode("utf-8", "replace"),
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": [
            (name.lower().encode(), value.encode()) for name, value in {"host": "a.example", **headers}.items()
        ],
        "client": (host, 40000),
        "server": ("127.0.0.1", 80),
    }
    raised: Exception | None = None
    try:
        async with asyncio.timeout(20):
            await app(scope, receive, send)
    except Exception as error:
        if not sent:
            raise
        raised = error
    start = sent[0]
    return Answer(
        status=start["status"],
        headers={name.decode(): value.decode() for name, value in start["headers"]},
        body=b"".join(message.get("body", b"") for message in sent[1:]),
        raised=raised,
    )
