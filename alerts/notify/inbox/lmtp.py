"""The door for mail: an LMTP server (RFC 2033) for the mail server of this machine, which has the queue, the spam
filter and the door to the world. It says yes to a mail when what the mail asks is committed; trouble of ours is 451,
and the mail server tries again, but not for ever (`stumbling`).
"""

from __future__ import annotations

import asyncio
import errno
import logging
import os
import socket
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Final

from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import Envelope, Session

from alerts.errors import AlertsError, InputError
from alerts.listening import Listen
from alerts.notify.inbox.saying import said
from alerts.notify.inbox.sorting import House, Request, request_of
from alerts.notify.inbox.taking import Mail

_log = logging.getLogger(__name__)
SIZE: Final = 10 * 1024 * 1024
"""The longest mail that is taken, in bytes; a report may hold the whole mail that it is about."""
_LINE: Final = 64 * 1024
_MOST_RECIPIENTS: Final = 50
_MOST_CONNECTIONS: Final = 50
_IDLE_S: Final = 120.0
_TAKING_S: Final = 30.0
_TAKEN: Final = "250 2.0.0 taken"
_LATER: Final = "451 4.3.0 not now, try again"
_NONE_OF_OURS: Final = "550 5.1.1 no such address here"

Take = Callable[[Request, Mail], Awaitable[None]]
"""Does what a mail asks, to the end. Raises whatever stands in the way."""


class _Server(LMTP):
    """One connection. After the final dot a client waits for an answer for each recipient, also when there is only one
    thing to say."""

    line_length_limit = _LINE
    _waiting = 0

    async def smtp_DATA(self, arg: str) -> None:
        envelope = self.envelope
        self._waiting = 0 if envelope is None else len(envelope.rcpt_tos)
        try:
            await super().smtp_DATA(arg)
        except Exception as error:
            await self.push(await self.handle_exception(error))
        finally:
            self._waiting = 0

    async def push(self, status: Any) -> None:
        text = status if isinstance(status, str) else status.decode("ascii", "replace")
        if self._waiting and not text.startswith(("354", "503", "501")):
            lines = text.split("\r\n")
            text = "\r\n".join(lines if len(lines) == self._waiting else lines[:1] * self._waiting)
            self._waiting = 0
        await super().push(text)


class _Handler:
    """What the library calls for each step."""

    def __init__(self, house: House, take: Take) -> None:
        self._house, self._take = house, take

    async def handle_RCPT(
        self, server: LMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if len(envelope.rcpt_tos) >= _MOST_RECIPIENTS:
            return "452 4.5.3 too many recipients"
        try:
            found = request_of(address, self._house)
        except InputError as error:
            return f"550 5.1.1 {error}"
        if found is None:
            return _NONE_OF_OURS
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 one of ours"

    async def handle_DATA(self, server: LMTP, session: Session, envelope: Envelope) -> str:
        content = envelope.original_content or b""
        mail = Mail(sender=(envelope.mail_from or "").strip("<>"), content=content)
        return "\r\n".join([await self._answer(address, mail) for address in envelope.rcpt_tos])

    async def _answer(self, address: str, mail: Mail) -> str:
        try:
            request = request_of(address, self._house)
            if request is None:
                return _NONE_OF_OURS
            await asyncio.wait_for(self._take(request, mail), _TAKING_S)
        except Exception as error:
            _log.error("a mail that came in cannot be taken now: %s", said(error))
            return _LATER
        return _TAKEN

    async def handle_exception(self, error: Exception) -> str:
        _log.error("a mail that came in broke off: %s", said(error))
        return _LATER


class Door:
    """The server: opened, closed."""

    def __init__(self, listen: Listen, house: House, take: Take) -> None:
        self._listen, self._house, self._take = listen, house, take
        self._server: asyncio.Server | None = None
        self._open: set[_Server] = set()

    @property
    def port(self) -> int:
        """The port in use (the configured one may be 0)."""
        assert self._server is not None
        found: int = self._server.sockets[0].getsockname()[1]
        return found

    async def open(self) -> None:
        """Listen from now on. Raises AlertsError where that cannot be."""
        # The library's log holds the addresses of who writes to us.
        logging.getLogger("mail.log").setLevel(logging.CRITICAL)
        loop, where = asyncio.get_running_loop(), self._listen
        try:
            if where.path is None:
                self._server = await loop.create_server(self._protocol, where.host, where.port)
            else:
                self._server = await loop.create_unix_server(self._protocol, _free(where.path))
                os.chmod(where.path, 0o666)  # as open as a port: who may reach it, its folder says
        except OSError as error:
            place = where.path or f"{where.host}:{where.port}"
            raise AlertsError(
                f"[inbox] listen: {place} cannot be used: {error.strerror or type(error).__name__}"
            ) from None

    async def close(self) -> None:
        """Take no more; what is not committed by now is sent again."""
        if self._server is None:
            return
        self._server.close()
        for one in list(self._open):
            if one.transport is not None:
                one.transport.close()
        await asyncio.wait_for(self._server.wait_closed(), 5)
        self._server = None
        if self._listen.path is not None:
            self._listen.path.unlink(missing_ok=True)

    def _protocol(self) -> asyncio.Protocol:
        made = _Server(
            _Handler(self._house, self._take),
            data_size_limit=SIZE,
            enable_SMTPUTF8=True,
            hostname="localhost",
            ident="alerts",
            timeout=_IDLE_S,
            loop=asyncio.get_running_loop(),
        )
        self._open = {one for one in self._open if one.transport is not None}
        if len(self._open) >= _MOST_CONNECTIONS:
            return _Full()
        self._open.add(made)
        return made


class _Full(asyncio.Protocol):
    """The answer to one connection too many."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        transport.write(b"421 4.3.2 too many connections\r\n")
        transport.close()


def _free(path: Path) -> str:
    """A socket's path whose socket is used by nobody (a live one is left alone, and binding it fails)."""
    path.parent.mkdir(parents=True, exist_ok=True)
    probe = socket.socket(socket.AF_UNIX)
    try:
        probe.connect(str(path))
    except OSError:
        return str(path)  # asyncio removes what nobody listens to
    finally:
        probe.close()
    raise OSError(errno.EADDRINUSE, "another process listens there")
