"""What every answer carries, whatever made it: no script but our own files, no other host, no framing, no referrer.

Article text is a stranger's: escaping is the first wall, this policy the second.
"""

from __future__ import annotations

from typing import Final

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'; img-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


_TLS: Final = {"Strict-Transport-Security": "max-age=31536000"}
"""For a year browsers ask this host by TLS alone, even where somebody types its address without it."""


def headers_of(base_url: str) -> dict[str, str]:
    """What every answer of a site at this address carries."""
    return HEADERS | (_TLS if base_url.lower().startswith("https:") else {})


class Secured:
    """ASGI middleware: sets the headers of a site at `base_url`, and answers HEAD without a body."""

    def __init__(self, app: ASGIApp, base_url: str) -> None:
        self._app, self._headers = app, headers_of(base_url)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def secured(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)  # a page may have a policy of its own (`operations.mailbox`)
            elif message["type"] == "http.response.body" and scope["method"] == "HEAD":
                message = {**message, "body": b""}
            await send(message)

        await self._app(scope, receive, secured)
