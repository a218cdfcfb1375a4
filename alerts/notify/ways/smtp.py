"""Mails to an SMTP server, over connections that are kept.

The message goes out in two steps (its announcement, then the text), because what a silence means depends on the step:
before the text nothing was taken, after it nobody knows.
"""

from __future__ import annotations

import asyncio
import re
import ssl
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, Literal, Protocol

import aiosmtplib

from alerts import credentials
from alerts.errors import AlertsError, MailError
from alerts.notify.message.mime import ascii_address
from alerts.notify.ways.conversation import Conversation, Reply, taken_over
from alerts.notify.ways.transport import Crash, Envelope, Fate, Reason, Unanswered, no_crash

Security = Literal["none", "starttls", "tls"]
Step = Literal["sender", "recipient", "data", "text"]
_STEPS: Final[tuple[Step, ...]] = ("sender", "recipient", "data")
_ENHANCED = re.compile(r"\b([245])\.(\d{1,3})\.(\d{1,3})\b")
_ADDRESS = re.compile(r"[^\s<>\"'(),;:]+@[^\s<>\"'(),;:]+")
_LINE = re.compile(rb"\r\n|\r|\n")
_DOT = re.compile(rb"\A\.")
NEVER_ANSWERED = "everything was sent and no answer came"
_GOES_ON = frozenset(
    {"address", "mailbox", "greylisted", "refused", "forbidden", "temporary"}
)  # RSET, and the next mail


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


class Trail(Protocol):
    """What finds out what became of mails (`ways.postfix`). `greet` pays the server a short visit."""

    @property
    def settles(self) -> timedelta: ...

    async def fates(self, sought: Mapping[str, datetime], greet: Callable[[], Awaitable[None]]) -> dict[str, Fate]: ...


def read_password(path: Path) -> str:
    """The password in the first line of a file. Raises MailError that names the file."""
    try:
        return credentials.read_password(path, "the mail server's")
    except AlertsError as error:
        raise MailError(str(error), reason="auth", permanent=False) from error


class Smtp:
    """A Transport to one SMTP server, with up to `settings.connections` connections kept. `trail` finds out what became
    of mails, where the server is a Postfix whose log we can read."""

    def __init__(self, settings: SmtpSettings, *, trail: Trail | None = None, crash: Crash = no_crash) -> None:
        self._settings, self._trail, self._crash = settings, trail, crash
        self._idle: list[Conversation] = []
        self._open: set[Conversation] = set()
        self._connecting: set[asyncio.Task[Conversation]] = set()
        self._room = asyncio.Semaphore(settings.connections)

    @property
    def at_once(self) -> int:
        return self._settings.connections

    @property
    def settles(self) -> timedelta:
        return timedelta(0) if self._trail is None else self._trail.settles

    @property
    def _server(self) -> str:
        return f"{self._settings.host}:{self._settings.port}"

    async def send(self, envelope: Envelope) -> None:
        """Return when the server has answered 250 to the whole message."""
        sender, recipient = ascii_address(envelope.sender), ascii_address(envelope.recipient)
        message = on_the_wire(envelope.message)
        async with self._room:
            line = self._kept() or await self._connection()
            try:
                replies = await self._announce(line, sender, recipient)
                if line.used and (not replies or replies[0].code == 421):
                    self._drop(line)  # it had ended while it was idle: nothing but commands was lost
                    line = await self._connection()
                    replies = await self._announce(line, sender, recipient)
                self._check(line, replies)
                self._crash("after-data")
                await self._hand_over(line, message)
            except MailError as error:
                if error.reason in _GOES_ON and line.usable:
                    line.used = line.spoiled = True
                    self._idle.append(line)
                else:
                    self._drop(line)
                raise
            except BaseException:
                self._drop(line)  # cancelled half-way: the connection is in no known state
                raise
            line.used = True
            self._idle.append(line)

    async def find(self, sought: Mapping[str, datetime]) -> Mapping[str, Fate]:
        """A foreign server cannot be asked; the log of our own tells."""
        if self._trail is None:
            return dict.fromkeys(sought, "unknown")
        return await self._trail.fates(sought, self._greet)

    def hang_up(self) -> None:
        for task in self._connecting:
            task.cancel()
        for line in list(self._open):
            self._drop(line)

    async def close(self) -> None:
        """Take leave of the server."""
        while self._idle:
            line = self._idle.pop()
            await line.leave()
            self._drop(line)

    async def check(self) -> None:
        """Connect, log in and go again. Raises MailError saying what is wrong."""
        await self._greet()
        await self.close()

    async def _greet(self) -> None:
        """A short visit that leaves a trace in the server's log."""
        line = await self._connection()
        await line.leave()
        self._drop(line)

    def _kept(self) -> Conversation | None:
        while self._idle:
            line = self._idle.pop()
            if line.usable:
                return line
            self._drop(line)  # the server hung up while the connection was idle
        return None

    def _drop(self, line: Conversation) -> None:
        self._open.discard(line)
        line.hang_up()

    async def _connection(self) -> Conversation:
        """A new connection; `hang_up` ends the attempt."""
        task = asyncio.create_task(self._connect())
        self._connecting.add(task)
        try:
            await asyncio.wait({task})
            if task.cancelled():
                raise _failure("connect", f"{self._server}: broken off")
            line = task.result()
        finally:
            self._connecting.discard(task)
            task.cancel()
        self._open.add(line)
        return line

    async def _connect(self) -> Conversation:
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
                if client.is_ehlo_or_helo_needed:
                    await client.ehlo()
            if client.transport is None:
                raise _failure("connect", f"{self._server} hung up")
        except BaseException:
            client.close()
            raise
        return taken_over(client.transport, pipelining=client.supports_extension("pipelining"))

    async def _announce(self, line: Conversation, sender: str, recipient: str) -> list[Reply]:
        """Say who writes to whom, and that the text comes: the replies to the three, as far as they came."""
        commands = (f"MAIL FROM:<{sender}>\r\n", f"RCPT TO:<{recipient}>\r\n", "DATA\r\n")
        if line.spoiled:
            line.say(b"RSET\r\n")
            line.spoiled = False
            if not (await line.replies(1, self._settings.timeout)):
                return []
        if line.pipelining:
            line.say("".join(commands).encode("ascii"))
            self._crash("after-mail-from")
            return await line.replies(3, self._settings.timeout)
        replies: list[Reply] = []
        for command in commands:
            line.say(command.encode("ascii"))
            if not replies:
                self._crash("after-mail-from")
            replies += await line.replies(1, self._settings.timeout)
            if not replies or line.trouble or not replies[-1].yes:
                break
        return replies

    def _check(self, line: Conversation, replies: Sequence[Reply]) -> None:
        """Whether the server waits for the text. Raises MailError."""
        for step, reply in zip(_STEPS, replies, strict=False):
            if (reply.code != 354) if step == "data" else not reply.yes:
                if replies[-1].code == 354:  # it waits for a text that must not come
                    line.hang_up()
                raise classify(reply.code, reply.text, step=step)
        if len(replies) < len(_STEPS):
            raise _failure("connect", f"{self._server}: {line.trouble}")

    async def _hand_over(self, line: Conversation, message: bytes) -> None:
        line.say(message)
        self._crash("after-final-dot")
        replies = await line.replies(1, self._settings.patience)
        if not replies or replies[0].code not in range(200, 600) or replies[0].code // 100 == 3:
            raise Unanswered(scrubbed(f"{self._server}: {NEVER_ANSWERED} ({line.trouble or replies[0].text})"))
        if not replies[0].yes:
            raise classify(replies[0].code, replies[0].text, step="text")


def on_the_wire(message: bytes) -> bytes:
    """A message with its CRLF line ends, leading dots doubled, and the final dot. Where a dot stands after an LF alone
    all line ends are mended: a server might take it for the end of the mail. (A CR alone stands in none of ours: to
    look for it would cost as much again.)"""
    if b"\n." in message or message.startswith(b"."):
        message = b"\r\n".join(_DOT.sub(b"..", line) for line in _LINE.split(message))
    return message + (b".\r\n" if message.endswith(b"\r\n") else b"\r\n.\r\n")


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


def classify(code: int, text: str, *, step: Step) -> MailError:
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


def _permanent(code: int, subject: int, detail: int, step: Step) -> Reason:
    if code in (530, 534, 535, 538):
        return "auth"
    if step in ("sender", "data") or (subject, detail) in ((1, 7), (1, 8)):
        return "policy" if code == 554 or subject in (0, 1, 7) else "refused"
    if subject == 7 or (code == 554 and subject in (0, 5)):
        # 554 to a recipient is how servers say that they do not talk to this client; of a text they mean this one.
        return "policy" if _about_us(detail) or (code == 554 and step == "recipient") else "forbidden"
    if step == "recipient" and (subject == 1 or (subject == 0 and code in (550, 551, 553))):
        return "address"
    return "refused"


def _about_us(detail: int) -> bool:
    """Details of 5.7 that are about the sender, whoever the reader: SPF, DKIM and DMARC (RFC 7372, 5.7.20 to 29), and
    what large providers number for themselves (5.7.509, 5.7.515, 5.7.606)."""
    return 20 <= detail <= 29 or detail >= 500


def _failure(reason: Reason, message: str) -> MailError:
    return MailError(scrubbed(message), reason=reason, permanent=reason in ("address", "refused"))


def scrubbed(message: object) -> str:
    """A server's words without addresses: they go to the log and the database, where no reader's address may."""
    return " ".join(_ADDRESS.sub("(address)", str(message)).split())[:300]
