"""An SMTP server on loopback that records what it takes and fails on demand."""

from __future__ import annotations

import asyncio
import ssl
import warnings
from collections import defaultdict, deque
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """One message the server answered for, or took before it hung up (`answered` is False)."""

    sender: str
    recipients: tuple[str, ...]
    message: bytes
    answered: bool


@dataclass(slots=True, kw_only=True)
class FakeSmtp:
    """`answers["RCPT"]` holds the next answers to RCPT (also "MAIL", "DATA"); when it is empty all is well.

    An answer "drop" hangs up instead of answering; at DATA the message has been taken by then. "silence"
    never answers.
    """

    tls: ssl.SSLContext | None = None
    starttls: bool = False
    login: tuple[str, str] | None = None
    answers: dict[str, deque[str]] = field(default_factory=lambda: defaultdict(deque))
    received: list[Received] = field(default_factory=list)
    connections: int = 0
    port: int = 0
    _server: asyncio.Server | None = None

    async def __aenter__(self) -> FakeSmtp:
        implicit = self.tls if not self.starttls else None
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._protocol, "127.0.0.1", self.port, ssl=implicit)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.stop()

    async def stop(self) -> None:
        """Refuse connections from now on."""
        if self._server is not None:
            self._server.close()
            self._server = None

    def _protocol(self) -> SMTP:
        self.connections += 1
        options: dict[str, Any] = {}
        if self.starttls:
            options |= {"tls_context": self.tls, "require_starttls": True}
        if self.login is not None:
            options |= {"authenticator": self._authenticate, "auth_required": True, "auth_require_tls": False}
        with warnings.catch_warnings(
            action="ignore", category=UserWarning
        ):  # aiosmtpd frowns on a login without STARTTLS
            return SMTP(self, hostname="fake.example", enable_SMTPUTF8=False, **options)

    def _authenticate(self, server: SMTP, session: Session, envelope: Envelope, method: str, data: Any) -> AuthResult:
        given = data if isinstance(data, LoginPassword) else LoginPassword(b"", b"")
        right = self.login is not None and (given.login.decode(), given.password.decode()) == self.login
        return AuthResult(success=right, handled=False)

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        answer = await self._answer("MAIL", server)
        if answer.startswith("2"):
            envelope.mail_from = address
        return answer

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        answer = await self._answer("RCPT", server)
        if answer.startswith("2"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        planned = self.answers["DATA"][0] if self.answers["DATA"] else "250"
        if planned.startswith(("2", "drop", "silence")):
            content = envelope.content if isinstance(envelope.content, bytes) else b""
            self.received.append(
                Received(
                    sender=envelope.mail_from or "",
                    recipients=tuple(envelope.rcpt_tos),
                    message=content,
                    answered=planned.startswith("2"),
                )
            )
        return await self._answer("DATA", server)

    async def _answer(self, step: str, server: SMTP) -> str:
        answer = self.answers[step].popleft() if self.answers[step] else "250 OK"
        if answer == "drop":
            assert isinstance(server.transport, asyncio.Transport)
            server.transport.abort()
        if answer in ("drop", "silence"):
            await asyncio.sleep(3600)  # cancelled when the connection ends
        return answer
