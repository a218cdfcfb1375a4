"""Answers in fewer bytes for who can read them (RFC 9110 8.4.1, 12.5.3): readers are on bad lines.

Brotli where it is known, else gzip. What is kept is compressed once (`keeping`), everything else as it goes by.
"""

from __future__ import annotations

import zlib
from functools import lru_cache
from typing import Any, Final, Literal, Protocol

import brotli
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

Encoding = Literal["br", "gzip", ""]

VARY: Final = "Accept-Encoding"
WORTH: Final = 1_000  # below so many bytes it does not pay
_LARGE: Final = 100_000  # from here on it takes so long that others would wait
_KINDS: Final = ("text/", "application/json", "application/geo+json", "application/feed+json", "image/svg+xml")
_QUICK: Final = {"br": 5, "gzip": 6}
_THOROUGH: Final = {"br": 11, "gzip": 9}


@lru_cache(maxsize=256)
def chosen(accepted: str) -> Encoding:
    """What an answer to this Accept-Encoding comes in; "" for as it is. The client's liking decides, then ours."""
    weights = {name: weight for name, weight in map(_part, accepted.lower().split(",")) if name}
    others = weights.get("*", 0.0)
    offers: tuple[tuple[float, Encoding], ...] = (
        (weights.get("br", others), "br"),
        (max(weights.get("gzip", others), weights.get("x-gzip", 0.0)), "gzip"),
    )
    weight, best = max(offers, key=lambda offer: offer[0])
    return best if weight > 0 and weight >= weights.get("identity", 0.0) else ""


def _part(text: str) -> tuple[str, float]:
    """One word of the list with its weight; what cannot be read is not wanted."""
    name, *parameters = (word.strip() for word in text.split(";"))
    weight = 1.0
    for parameter in parameters:
        if parameter.startswith("q="):
            try:
                weight = float(parameter[2:])
            except ValueError:
                weight = 0.0
    return name, weight if 0.0 <= weight <= 1.0 else 0.0


def pays(media_type: str, size: int) -> bool:
    """Whether an answer of this type and size in bytes is worth compressing."""
    media_type = media_type.lower()
    return size >= WORTH and (media_type.startswith(_KINDS) or media_type.partition(";")[0].endswith("xml"))


async def compressed(body: bytes, encoding: Encoding, *, thorough: bool = False) -> bytes:
    """The whole body. `thorough` takes up to a second for what is asked for ever after."""
    if thorough or len(body) > _LARGE:
        return await run_in_threadpool(_compressed, body, encoding, thorough)
    return _compressed(body, encoding, thorough)


def _compressed(body: bytes, encoding: Encoding, thorough: bool) -> bytes:
    machine = _machine(encoding, _THOROUGH if thorough else _QUICK)
    return machine.process(body) + machine.finish()


class _Machine(Protocol):
    def process(self, data: bytes, /) -> bytes: ...
    def flush(self) -> bytes: ...
    def finish(self) -> bytes: ...


class _Gzip:
    """zlib with the names that brotli has."""

    def __init__(self, level: int) -> None:
        self._inner = zlib.compressobj(level, zlib.DEFLATED, 31)
        self.process = self._inner.compress

    def flush(self) -> bytes:
        return self._inner.flush(zlib.Z_SYNC_FLUSH)

    def finish(self) -> bytes:
        return self._inner.flush()


def _machine(encoding: Encoding, levels: dict[str, int]) -> _Machine:
    made: Any = brotli.Compressor(quality=levels["br"]) if encoding == "br" else _Gzip(levels["gzip"])
    return made  # type: ignore[no-any-return]


class Encoded:
    """ASGI middleware: compresses answers that are not compressed yet."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        encoding = chosen(Headers(scope=scope).get("accept-encoding", ""))
        await self._app(scope, receive, _Encoder(send, encoding))


class _Encoder:
    """One answer on its way. Its head waits for the first piece of its body, which says how long it is."""

    def __init__(self, send: Send, encoding: Encoding) -> None:
        self._send, self._encoding = send, encoding
        self._start: Message | None = None
        self._machine: _Machine | None = None

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._start = message
        elif message["type"] != "http.response.body":
            await self._send(message)
        elif self._start is not None:
            await self._begin(self._start, message)
        else:
            await self._send(self._go_on(message))

    async def _begin(self, start: Message, first: Message) -> None:
        self._start = None
        headers = MutableHeaders(scope=start)
        body, more = first.get("body", b""), first.get("more_body", False)
        size = max(WORTH, len(body)) if more else len(body)
        if start["status"] == 304:
            headers.add_vary_header(VARY)
        elif "content-encoding" not in headers and pays(headers.get("content-type", ""), size):
            headers.add_vary_header(VARY)
            if self._encoding:
                headers["content-encoding"] = self._encoding
                first = await self._first(headers, first)
        await self._send(start)
        await self._send(first)

    async def _first(self, headers: MutableHeaders, message: Message) -> Message:
        if message.get("more_body", False):
            del headers["content-length"]
            self._machine = _machine(self._encoding, _QUICK)
            return self._go_on(message)
        body = await compressed(message.get("body", b""), self._encoding)
        headers["content-length"] = str(len(body))
        return {**message, "body": body}

    def _go_on(self, message: Message) -> Message:
        """The next piece: what was given so far reaches the client, or a large table would seem to stand still."""
        if self._machine is None:
            return message
        body = self._machine.process(message.get("body", b""))
        end = not message.get("more_body", False)
        return {**message, "body": body + (self._machine.finish() if end else self._machine.flush())}
