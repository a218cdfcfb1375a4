"""One mail on trial: every step of the way out, with what the server said and what it means.

For an operator who wonders whether mails get out. Nothing of it is stored, and the commands go one by one, so that each
answer can be told; the service itself sends them together (`ways.smtp`).
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, Final

import aiosmtplib

from alerts.errors import MailError
from alerts.notify.message.mime import ascii_address
from alerts.notify.ways.smtp import SmtpSettings, classify, scrubbed
from alerts.notify.ways.transport import Envelope

ADVICE: Final[Mapping[str, str]] = MappingProxyType(
    {
        "connect": "Are [smtp] host and port right, and does a firewall let this machine out to them? Many networks"
        " close port 25; mail providers take mails at 587 (starttls) or 465 (tls).",
        "tls": '[smtp] security must fit the port: "starttls" for 587, "tls" for 465. The certificate must be valid and'
        " for the very name that stands in [smtp] host.",
        "auth": "Are [smtp] username and the first line of password_file right? Some providers want an application"
        " password, and some allow a login only after security is set.",
        "busy": "The server wants to be left alone for a while. The service tries again by itself.",
        "policy": "The server refuses mails from this sender, whoever reads them. May [notify] from be used there? Is"
        " this machine on a list of blocked ones, are SPF and DKIM of the domain in order? Until that is mended the"
        " service holds all mails.",
        "forbidden": "The server refuses this one mail by its rules: perhaps it takes it for spam, perhaps its reader"
        " wants none like it. Try another address; if that is refused as well, see [notify] from, SPF and DKIM.",
        "greylisted": "The server asks everybody new to come back later. The service does, after 5 and 15 minutes.",
        "mailbox": "The mailbox is full or cannot be reached now. The service tries again.",
        "connection": "This connection has had its share of mails. The service makes a new one.",
        "temporary": "Refused for now. The service tries again, ever more rarely.",
        "address": "There is no such reader at that server. The service gives such an address up at once.",
        "refused": "Refused for good, for a reason we do not know. The server's administrator can say what it means.",
        "unanswered": "Everything was sent and no answer came: the mail may arrive or not. The service sends what is"
        " urgent again, and keeps the rest: alerts mail queue --state ambiguous.",
    }
)
"""What each reason means for who runs the service, and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step: what it was, what the server said, and what to do where it was the last."""

    name: str
    said: str
    ok: bool = True
    advice: str = ""


class _Ends(Exception):
    """The way ends here."""

    def __init__(self, step: Step) -> None:
        super().__init__(step.name)
        self.step = step


async def steps(settings: SmtpSettings, envelope: Envelope) -> AsyncIterator[Step]:
    """Bring one mail to the server, telling each step when it is done. The last is not `ok` where it failed."""
    client = aiosmtplib.SMTP(
        hostname=settings.host,
        port=settings.port,
        use_tls=settings.security == "tls",
        start_tls=False,
        timeout=settings.timeout,
        local_hostname=settings.helo,
        tls_context=settings.tls,
    )
    try:
        async for step in _all(client, settings, envelope):
            yield step
    except _Ends as end:
        yield end.step
    finally:
        client.close()


async def _all(client: aiosmtplib.SMTP, settings: SmtpSettings, envelope: Envelope) -> AsyncIterator[Step]:
    yield await _find(settings)
    yield await _connect(client, settings)
    yield await _greet(client, len(envelope.message))
    if settings.security == "starttls":
        yield await _encrypt(client, settings)
    yield _encrypted(client) if settings.security != "none" else _bare(client)
    if settings.username:
        yield await _log_in(client, settings)
    async for step in _hand_over(client, settings, envelope):
        yield step
    try:
        await client.quit(timeout=2)
    except (aiosmtplib.SMTPException, OSError):
        pass  # it has the mail; how it takes its leave is its own business


async def _find(settings: SmtpSettings) -> Step:
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(settings.host, settings.port, type=socket.SOCK_STREAM)
    except OSError as error:
        said = f"no address is known of {settings.host}: {error.strerror or error}"
        raise _Ends(Step(name="find", said=said, ok=False, advice=ADVICE["connect"])) from None
    addresses = dict.fromkeys(str(one[4][0]) for one in found)
    return Step(name="find", said=f"{settings.host} is at {', '.join(addresses)}")


async def _connect(client: aiosmtplib.SMTP, settings: SmtpSettings) -> Step:
    try:
        hello = await client.connect()
    except (aiosmtplib.SMTPException, OSError) as error:
        raise _ends("connect", error, "tls" if _is_tls(error) else "connect") from None
    return Step(name="connect", said=f"port {settings.port} answers: {hello.code} {scrubbed(hello.message)}")


def _is_tls(error: BaseException) -> bool:
    return isinstance(error, ssl.SSLError) or isinstance(error.__cause__, ssl.SSLError) or "TLS" in str(error)


async def _greet(client: aiosmtplib.SMTP, size: int) -> Step:
    try:
        await client.ehlo()
    except (aiosmtplib.SMTPException, OSError) as error:
        raise _ends("hello", error, "connect") from None
    able = sorted(name.upper() for name in client.esmtp_extensions)
    limit = client.esmtp_extensions.get("size", "").strip()
    if limit.isdigit() and 0 < int(limit) < size:
        said = f"it takes mails of at most {int(limit):,} bytes, and this one has {size:,}"
        raise _Ends(Step(name="hello", said=said, ok=False, advice="Its administrator can allow more."))
    return Step(name="hello", said=f"it can do {', '.join(able) or 'nothing but the least'}")


async def _encrypt(client: aiosmtplib.SMTP, settings: SmtpSettings) -> Step:
    try:
        await client.starttls(tls_context=settings.tls)
        await client.ehlo()
    except (aiosmtplib.SMTPException, OSError) as error:
        raise _ends("encrypt", error, "tls") from None
    return Step(name="starttls", said="it agrees to encrypt")


def _encrypted(client: aiosmtplib.SMTP) -> Step:
    line: Any = client.get_transport_info("ssl_object")
    certificate: Mapping[str, Any] = line.getpeercert() or {} if line is not None else {}
    ends = certificate.get("notAfter")
    until = datetime.fromtimestamp(ssl.cert_time_to_seconds(ends), UTC) if ends else None
    good = f"; its certificate is valid until {until:%Y-%m-%d}" if until else ""
    return Step(name="encrypted", said=f"{line.version()}, {line.cipher()[0]}{good}" if line is not None else "yes")


def _bare(client: aiosmtplib.SMTP) -> Step:
    offers = " though the server offers it: [smtp] security" if client.supports_extension("starttls") else ""
    return Step(name="encrypted", said=f"no{offers}")


async def _log_in(client: aiosmtplib.SMTP, settings: SmtpSettings) -> Step:
    try:
        answer = await client.login(settings.username, settings.password, timeout=settings.timeout)
    except (aiosmtplib.SMTPException, OSError) as error:
        raise _ends("log in", error, "auth") from None
    return Step(name="log in", said=f"taken: {answer.code} {scrubbed(answer.message)}")


async def _hand_over(client: aiosmtplib.SMTP, settings: SmtpSettings, envelope: Envelope) -> AsyncIterator[Step]:
    sender, recipient = ascii_address(envelope.sender), ascii_address(envelope.recipient)
    timeout = settings.timeout
    try:
        answer = await client.mail(sender, encoding="ascii", timeout=timeout)
        yield Step(name="sender", said=f"{sender} may send: {answer.code} {scrubbed(answer.message)}")
    except (aiosmtplib.SMTPException, OSError) as error:
        raise _ends("sender", error, _reason(error, "sender")) from None
    try:
        answer = await client.rcpt(recipient, encoding="ascii", timeout=timeout)
        yield Step(name="reader", said=f"taken: {answer.code} {scrubbed(answer.message)}")
    except (aiosmtplib.SMTPException, OSError) as error:
        raise _ends("reader", error, _reason(error, "recipient")) from None
    try:
        answer = await client.data(envelope.message, timeout=settings.patience)
        yield Step(name="mail", said=f"the server has it: {answer.code} {scrubbed(answer.message)}")
    except (aiosmtplib.SMTPException, OSError) as error:
        answered = isinstance(error, aiosmtplib.SMTPResponseException)
        raise _ends("mail", error, _reason(error, "text") if answered else "unanswered") from None


def _reason(error: BaseException, step: Any) -> str:
    if isinstance(error, aiosmtplib.SMTPResponseException):
        refused: MailError = classify(error.code, str(error.message), step=step)
        return refused.reason
    return "connect"


def _ends(name: str, error: BaseException, reason: str) -> _Ends:
    if isinstance(error, aiosmtplib.SMTPResponseException):
        said = f"refused: {error.code} {error.message}"
    else:
        said = str(error) or type(error).__name__
    return _Ends(Step(name=name, said=scrubbed(said), ok=False, advice=ADVICE[reason]))
