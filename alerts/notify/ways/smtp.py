"""Mails to an SMTP server, over connections that are kept.

The message goes out in two steps of its own (`DATA`, then the text) and not by aiosmtplib's `sendmail`,
because what a silence means depends on the step: before the text nothing was taken, after it nobody knows.
"""

from __future__ import annotations

import asyncio
import re
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import aiosmtplib

from alerts.errors import MailError
from alerts.notify.message.mime import ascii_address
from alerts.notify.ways.transport import Crash, Envelope, Reason, Unanswered, no_crash

Security = Literal["none", "starttls", "tls"]
_ENHANCED = re.compile(r"\b([245])\.(\d{1,3})\.(\d{1,3})\b")
_ADDRESS = re.compile(r"[^\s<>\"'(),;:]+@[^\s<>\"'(),;:]+")
_LINE = re.compile(rb"\r\n|\r|\n")
NEVER_ANSWERED = "everything was sent and no answer came"
_GOES_ON = frozenset({"address", "mailbox", "greylisted", "refused", "temporary"})  # RSET, and the next mail
_DOTS = re.compile(rb"(?m)^\.")


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpSettings:
    """Where and how to connect. `timeout` (seconds) bounds each step up to the text, `patience` the wait for the
    answer to the text: long (RFC 5321 asks for ten minutes), since giving up leaves a mail of unknown fate.
    `helo` is the name we give."""

    host: str
    port: int = 25
    security: Security = "none"
    username: str = ""
    password: str = field(default="", repr=False)
    timeout: float = 30.0
    patience: float = 300.0
    connections: int = 4
    helo: str = "localhost"
    tls: ssl.SSLContext | None = None


def read_password(path: Path) -> str:
    """The password in the first line of a file. Raises MailError that names the file."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise MailError(
            f"{path}: the mail server's password cannot be read: {why}", reason="auth", permanent=False
        ) from error
    if not lines or not lines[0].strip():
        raise MailError(
            f"{path}: the first line should hold the mail server's password", reason="auth", permanent=False
        )
    return lines[0].strip()


class Smtp:
    """A Transport to one SMTP server, with up to `settings.connections` connections kept."""

    def __init__(self, settings: SmtpSettings, *, crash: Crash = no_crash) -> None:
        self._settings, self._crash = settings, crash
        self._idle: list[aiosmtplib.SMTP] = []
        self._room = asyncio.Semaphore(settings.connections)

    @property
    def at_once(self) -> int:
        return self._settings.connections

    @property
    def _server(self) -> str:
        return f"{self._settings.host}:{self._settings.port}"

    async def send(self, envelope: Envelope) -> None:
        """Return when the server has answered 250 to the whole message."""
        sender, recipient = ascii_address(envelope.sender), ascii_address(envelope.recipient)
        async with self._room:
            client = await self._connection()
            try:
                await self._announce(client, sender, recipient)
                await self._hand_over(client, envelope.message)
            except MailError as error:
                if error.reason in _GOES_ON and client.is_connected:
                    self._idle.append(client)
                else:
                    client.close()
                raise
            except BaseException:
                client.close()  # cancelled half-way: the connection is in no known state
                raise
            self._idle.append(client)

    async def find(self, message_id: str) -> bool | None:
        """A foreign server cannot be asked."""
        return None

    async def close(self) -> None:
        """Take leave of the server."""
        while self._idle:
            client = self._idle.pop()
            try:
                await client.quit(timeout=2)
            except (aiosmtplib.SMTPException, OSError):
                client.close()

    async def check(self) -> None:
        """Connect, log in and go again. Raises MailError saying what is wrong."""
        client = await self._connect()
        self._idle.append(client)
        await self.close()

    async def _connection(self) -> aiosmtplib.SMTP:
        while self._idle:
            client = self._idle.pop()
            if client.is_connected:
                try:
                    await client.rset(timeout=self._settings.timeout)
                except (aiosmtplib.SMTPException, OSError):
                    client.close()  # the server hung up while the connection was idle
                    continue
                return client
        return await self._connect()

    async def _connect(self) -> aiosmtplib.SMTP:
        settings = self._settings
        client = aiosmtplib.SMTP(
            hostname=settings.host,
            port=settings.port,
            use_tls=settings.security == "tls",
            start_tls=settings.security == "starttls",
            username=settings.username or None,
            password=settings.password or None,
            timeout=settings.timeout,
            local_hostname=settings.helo,
            tls_context=settings.tls,
        )
        try:
            with _explained(self._server):
                await client.connect()
        except BaseException:
            client.close()
            raise
        return client

    async def _announce(self, client: aiosmtplib.SMTP, sender: str, recipient: str) -> None:
        timeout = self._settings.timeout
        with _explained(self._server):
            await client.mail(sender, encoding="ascii", timeout=timeout)
            self._crash("after-mail-from")
            await client.rcpt(recipient, encoding="ascii", timeout=timeout)
            code, text = await client.execute_command(b"DATA", timeout=timeout)
            if code != 354:
                raise aiosmtplib.SMTPDataError(code, text)
        self._crash("after-data")

    async def _hand_over(self, client: aiosmtplib.SMTP, message: bytes) -> None:
        protocol = client.protocol
        if protocol is None:
            raise _failure("connect", f"{self._server} hung up")
        try:
            protocol.write(on_the_wire(message))
            self._crash("after-final-dot")
            code, text = await protocol.read_response(timeout=self._settings.patience)
        except (aiosmtplib.SMTPException, OSError) as error:
            raise Unanswered(f"{self._server}: {NEVER_ANSWERED} ({scrubbed(error)})") from error
        if code // 100 != 2:
            raise classify(code, text, step="text")


def on_the_wire(message: bytes) -> bytes:
    """The message with CRLF line ends, leading dots doubled, and the final dot."""
    text = _LINE.sub(b"\r\n", message)
    if not text.endswith(b"\r\n"):
        text += b"\r\n"
    return _DOTS.sub(b"..", text) + b".\r\n"


@contextmanager
def _explained(server: str) -> Iterator[None]:
    """aiosmtplib's errors before the text is sent, as MailError with a reason."""
    try:
        yield
    except aiosmtplib.SMTPRecipientRefused as error:
        raise classify(error.code, error.message, step="recipient") from error
    except aiosmtplib.SMTPAuthenticationError as error:
        raise _failure("auth", f"{server} refused the login: {error.code} {error.message}") from error
    except aiosmtplib.SMTPConnectResponseError as error:
        raise _failure("busy", f"{server} greeted with {error.code} {error.message}") from error
    except aiosmtplib.SMTPResponseException as error:
        raise classify(error.code, error.message, step="sender") from error
    except ssl.SSLError as error:
        raise _failure("tls", f"{server}: no encrypted connection: {error.reason or error}") from error
    except (aiosmtplib.SMTPException, OSError) as error:
        raise _failure(_lacking(error), f"{server}: {error}") from error


def _lacking(error: Exception) -> Reason:
    """aiosmtplib tells a server that lacks STARTTLS or AUTH from one that is away by its words only."""
    if isinstance(error.__cause__, ssl.SSLError) or "STARTTLS" in str(error):
        return "tls"
    return "auth" if "AUTH" in str(error) else "connect"


def classify(code: int, text: str, *, step: Literal["sender", "recipient", "text"]) -> MailError:
    """What a server's refusal means (RFC 5321, RFC 3463), as a MailError; `step` is what was refused."""
    found = _ENHANCED.search(text)
    subject, detail = (int(found[2]), int(found[3])) if found else (0, 0)
    reason = _temporary(code, subject, detail, text) if code < 500 else _permanent(code, subject, detail, step)
    return _failure(reason, f"{code} {text}")


def _temporary(code: int, subject: int, detail: int, text: str) -> Reason:
    if code < 400:
        return "connect"  # an answer that is none
    if code == 421 or subject == 3 or (subject == 4 and detail != 7):
        return "busy"
    if (subject, detail) == (5, 3):
        return "connection"
    if (subject, detail) == (4, 7) or "greylist" in text.lower() or "graylist" in text.lower():
        return "greylisted"
    if code in (450, 451) and subject in (0, 7):
        return "greylisted"
    return "mailbox" if subject in (1, 2) or code == 452 else "temporary"


def _permanent(code: int, subject: int, detail: int, step: str) -> Reason:
    if code in (530, 534, 535, 538):
        return "auth"
    if subject == 7 or code == 554 or step == "sender":
        return "policy"
    if step == "recipient" and (subject == 1 or (subject == 0 and code in (550, 551, 553))):
        return "address"
    return "refused"


def _failure(reason: Reason, message: str) -> MailError:
    return MailError(scrubbed(message), reason=reason, permanent=reason in ("address", "refused"))


def scrubbed(message: object) -> str:
    """A server's words without addresses: they go to the log and the database, where no reader's address may."""
    return " ".join(_ADDRESS.sub("(address)", str(message)).split())[:300]
