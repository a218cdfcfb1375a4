"""HTTP as the service speaks it: uvicorn's protocol, and a bound for all that a client could hold on to.

uvicorn is made to stand behind a web server that turns such clients away. A small organisation may have none: so
whoever sends a head without end, or byte by byte, or opens a thousand connections, or never fetches what was asked for,
is let go here before others notice.
"""

from __future__ import annotations

from asyncio import BaseTransport, Transport
from collections.abc import Iterable
from typing import Any, Final, cast

from httptools import HttpParserError, HttpParserUpgrade
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

LARGEST_HEAD: Final = 32 * 1024
MOST_FIELDS: Final = 100
MOST_CONNECTIONS: Final = 500  # at the same time; a process may have 1,024 files, and feeds want some of them
KEEP_ALIVE_S: Final = 30
HEAD_S: Final = 15.0  # from the first byte of a request to the end of its head
BODY_S: Final = 60.0  # and from there to its end
FETCH_S: Final = 120.0  # in which a client takes some of what waits for it: slower is no line any more

_Refusal = tuple[int, str]
_BAD: Final[_Refusal] = (400, "This is no request of HTTP/1.1.")
_TOO_LARGE: Final[_Refusal] = (431, "The head of this request is too large.")
_TOO_SLOW: Final[_Refusal] = (408, "The request took too long.")


class GuardedProtocol(HttpToolsProtocol):
    """One connection. `look` is to be called about once a second."""

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self._refusal = _BAD
        self._in_head, self._received, self._size = True, 0, 0
        self._began: float | None = None  # when we began to wait for the rest of a request
        self._stuck, self._unsent = 0.0, 0  # since when nothing was fetched, and how much is to be

    @property
    def busy(self) -> bool:
        """Whether an answer is being made or fetched."""
        return self.cycle is not None and not self.cycle.response_complete

    def connection_made(self, transport: BaseTransport) -> None:
        super().connection_made(cast(Transport, transport))
        self.asked = self._began = self._stuck = self.loop.time()
        if len(self.connections) > MOST_CONNECTIONS:
            (longest_idle(cast(Iterable[GuardedProtocol], self.connections)) or self).transport.abort()

    def data_received(self, data: bytes) -> None:
        self._unset_keepalive_if_required()
        if self._in_head:
            self._received += len(data)
            if self._began is None:
                self._began = self.loop.time()
        try:
            self.parser.feed_data(data)
        except HttpParserUpgrade:  # we speak nothing else: it is answered as if it had not asked for it
            if self.cycle is not None:
                self.cycle.keep_alive = False
        except HttpParserError:
            self._refuse(self._refusal)
        else:
            # The parser tells of no field before its end.
            if self._in_head and self._received > LARGEST_HEAD:
                self._refuse(_TOO_LARGE)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._size = 0
        self.asked = self.loop.time()
        if self._began is None:
            self._began = self.asked

    def on_url(self, url: bytes) -> None:
        super().on_url(url)
        self._count(len(url))

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._in_head:  # else a trailer: the request is with the application already
            super().on_header(name, value)
            self._count(len(name) + len(value))

    def _count(self, size: int) -> None:
        self._size += size
        if self._size > LARGEST_HEAD or len(self.headers) > MOST_FIELDS:
            self._refusal = _TOO_LARGE
            raise HttpParserError

    def on_headers_complete(self) -> None:
        self._in_head = False
        self._began = self.loop.time()
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        super().on_message_complete()
        self._in_head, self._received, self._began = True, 0, None

    def resume_writing(self) -> None:
        super().resume_writing()
        self._stuck = self.loop.time()

    def look(self, now: float) -> None:
        """Let the client go that keeps us waiting. `now` is the loop's time."""
        unsent = self.transport.get_write_buffer_size()
        if unsent == 0 or unsent < self._unsent:
            self._stuck = now
        self._unsent = unsent
        if now - self._stuck > FETCH_S:
            self.transport.abort()
        elif self._began is not None and not self.transport.is_closing():
            too_long = HEAD_S if self._in_head else BODY_S
            if now - self._began > too_long and not (self._in_head and self.busy):
                self._refuse(_TOO_SLOW)

    def _refuse(self, refusal: _Refusal) -> None:
        """The last word on this connection; none in the midst of an answer."""
        status, words = refusal
        if not (self.busy and self.cycle.response_started):
            head = (
                b"content-type: text/plain; charset=utf-8\r\ncontent-length: %d\r\n" % len(words)
                + b"connection: close\r\ncache-control: no-store\r\nx-content-type-options: nosniff\r\n\r\n"
            )
            self.transport.write(STATUS_LINE[status] + head + words.encode())
        self.transport.close()


def longest_idle(connections: Iterable[GuardedProtocol]) -> GuardedProtocol | None:
    """The connection on which nothing was asked for the longest time; None where all are at work."""
    return min((one for one in connections if not one.busy), key=lambda one: one.asked, default=None)
