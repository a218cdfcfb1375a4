"""The web server inside the service's own event loop: it starts when told, says its port, and stops.

uvicorn is made to run alone: it would bind late, end the process when a port is taken, and take SIGTERM
for itself. Here the socket is bound first, and signals stay with the service.
"""

from __future__ import annotations

import asyncio
import errno
import socket
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Final

import uvicorn
from starlette.types import ASGIApp

from alerts.errors import WebError
from alerts.web.protocol import KEEP_ALIVE_S, GuardedProtocol

_BACKLOG: Final = 1_024
_TICKS: Final = 10  # uvicorn ticks ten times a second
_START_S: Final = 10.0
_STOP_S: Final = 5


class _Server(uvicorn.Server):
    """uvicorn without its signal handlers, saying when it listens, and looking after its connections."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listens = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.listens.set()

    async def on_tick(self, counter: int) -> bool:
        if counter % _TICKS == 0:
            now = asyncio.get_running_loop().time()
            for connection in tuple(self.server_state.connections):
                if isinstance(connection, GuardedProtocol):
                    connection.look(now)
        return await super().on_tick(counter)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class WebServer:
    """One server on one port: `start`, then `stop`. `beside` runs as long as it serves."""

    def __init__(
        self, app: ASGIApp, *, host: str, port: int, beside: Callable[[], Coroutine[None, None, None]] | None = None
    ) -> None:
        self._app, self._host, self._port, self._beside = app, host, port, beside
        self._server: _Server | None = None
        self._task: asyncio.Task[None] | None = None
        self._runs_beside: asyncio.Task[None] | None = None

    async def start(self) -> int:
        """Serve from now on; returns the real port, which for port 0 the system has chosen.

        Raises WebError when the address cannot be had.
        """
        bound = await asyncio.to_thread(bind, self._host, self._port)
        port = int(bound.getsockname()[1])
        self._server = _Server(_settings(self._app))
        self._task = asyncio.create_task(self._server.serve(sockets=[bound]), name="web")
        listening = asyncio.create_task(self._server.listens.wait())
        await asyncio.wait((listening, self._task), timeout=_START_S, return_when=asyncio.FIRST_COMPLETED)
        if not listening.done():
            listening.cancel()
            await self.stop()
            raise WebError("web: the server did not start")
        if self._beside is not None:
            self._runs_beside = asyncio.create_task(self._beside(), name="beside web")
        return port

    async def stop(self) -> None:
        """Take no more requests, give those under way a few seconds, and free the port."""
        if self._runs_beside is not None:
            self._runs_beside.cancel()
            self._runs_beside = None
        if self._server is None or self._task is None:
            return
        server, task = self._server, self._task
        self._server = self._task = None
        server.should_exit = True
        await task


def _settings(app: ASGIApp) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        log_config=None,  # the service has set up its own log
        access_log=False,  # who reads what is nobody's business
        lifespan="off",
        http=GuardedProtocol,
        ws="none",
        proxy_headers=False,
        server_header=False,
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=_STOP_S,
        backlog=_BACKLOG,
    )


def bind(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 takes any free one. Raises WebError that says what to change."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, _, _, _, address = found[0]
        listening = socket.create_server(address[:2], family=family, backlog=_BACKLOG)
        # asyncio does this only for sockets whose protocol is named. Without it head and body, two writes, are 40 ms
        # apart for a client that acknowledges late.
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return listening
    except socket.gaierror:
        raise WebError(f"web: there is no host '{host}'; set [web] host") from None
    except OSError as error:
        raise WebError(f"web: {_trouble(error, host, port)}") from None


def _trouble(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"port {port} on {host} is in use; set [web] port"
    if error.errno == errno.EACCES:
        return f"port {port} may only be opened by root; set [web] port to 1024 or more"
    if error.errno == errno.EADDRNOTAVAIL:
        return f"this machine does not have the address {host}; set [web] host"
    return f"port {port} on {host} cannot be opened: {error.strerror}"
