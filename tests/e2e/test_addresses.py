"""Who reads is the secret: one busy day, with everything that may go wrong in it, and then a look for addresses in all
that a stranger might get to see."""

from __future__ import annotations

import asyncio
import logging
import re
import smtplib
from collections.abc import Awaitable, Callable
from email.message import EmailMessage
from email.utils import make_msgid
from pathlib import Path

import aiohttp
import pytest

from alerts.service import Service
from alerts.web.running import pages_of
from alerts.web.serve import WebServer
from tests.e2e.newsdesk import AT_ONCE, Newsdesk, report
from tests.fakes import waiting
from tests.fakes.ports import free_port
from tests.fakes.smtp import FakeSmtp

Start = Callable[[], Awaitable[Service]]
OLD = ("zebra.gone@readers.example", "zebra.full@readers.example", "zebra.later@readers.example")
NEW, BY_MAIL, NOBODY = "zebra.new@readers.example", "zebra.post@readers.example", "zebra never @readers.example"


def _by_lmtp(port: int, sender: str, to: str, mail: EmailMessage) -> None:
    with smtplib.LMTP("127.0.0.1", port) as lmtp:
        lmtp.sendmail(sender, [to], mail.as_bytes())


def _mail(sender: str, to: str, text: str = "") -> EmailMessage:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = sender, to, "subscribe"
    mail["Message-ID"] = make_msgid(domain="readers.example")
    mail.set_content(text)
    return mail


def _report(to: str, reader: str) -> EmailMessage:
    """What a mail server says of an address that is not there, in its own words."""
    mail = _mail("mailer-daemon@mx.readers.example", to)
    mail.set_content(
        f"Reporting-MTA: dns; mx.readers.example\n\nFinal-Recipient: rfc822; {reader}\nAction: failed\n"
        f"Status: 5.1.1\nDiagnostic-Code: smtp; 550 5.1.1 <{reader}>: unknown\n"
    )
    mail.replace_header("Content-Type", "message/delivery-status")
    whole = EmailMessage()
    for name, value in mail.items():
        if name not in ("Content-Type", "Content-Transfer-Encoding", "MIME-Version"):
            whole[name] = value
    whole["Content-Type"] = 'multipart/report; report-type="delivery-status"; boundary="=_b"'
    body = mail.get_payload()
    whole.set_payload(
        f"--=_b\r\nContent-Type: text/plain\r\n\r\nNo {reader} here.\r\n"
        f"--=_b\r\nContent-Type: message/delivery-status\r\n\r\n{body}\r\n--=_b--\r\n"
    )
    return whole


def _path(server: FakeSmtp, to: str, kind: str) -> str:
    """The path of a link in the last mail to somebody."""
    text = next(one.message for one in reversed(server.received) if one.recipients == (to,)).decode()
    found = re.search(rf"https?://[^/\s]+(/{kind}/[a-z0-9-]+)", text.replace("=\r\n", ""))
    assert found is not None
    return found[1]


async def _join(session: aiohttp.ClientSession, server: FakeSmtp) -> None:
    for address in (NEW, NEW.upper(), OLD[0], NOBODY):
        async with session.post("/subscribe", data={"address": address, "min_severity": "minor"}) as answer:
            assert answer.status in (200, 202, 400, 422)
    await waiting.until(lambda: any(one.recipients == (NEW,) for one in server.received), what="a letter")
    path = _path(server, NEW, "confirm")
    for _ in range(2):
        async with session.post(path, headers={"Content-Type": "application/x-www-form-urlencoded"}) as answer:
            assert answer.status in (200, 403)


def _seen(folder: Path) -> bytes:
    """Everything on the disk but the secret's own file: names and contents."""
    return b"".join(path.name.encode() + path.read_bytes() for path in folder.rglob("*") if path.is_file())


async def test_no_log_line_no_row_no_file_and_no_metric_holds_an_address(
    desk: Newsdesk, start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    lmtp, port = free_port(), free_port()
    async with FakeSmtp() as server:
        more = f'[smtp]\nhost = "127.0.0.1"\nport = {server.port}\n[inbox]\nlisten = "127.0.0.1:{lmtp}"\n'
        desk.set_up(readers=OLD, port=port, notify='from = "desk@alerts.example"\n' + AT_ONCE, more=more)
        server.answers["RCPT"].extend([f"550 5.1.1 <{OLD[0]}>: no such user", f"452 4.2.2 <{OLD[1]}> is over quota"])
        server.answers["DATA"].append(f"451 4.3.0 {OLD[2]} not now")
        service = await start()
        web = WebServer(pages_of(service), host="127.0.0.1", port=port)
        await web.start()
        try:
            desk.publish("daily", report("Taiz"))
            await waiting.until(lambda: bool(server.received), what="a mail")
            async with aiohttp.ClientSession(f"http://127.0.0.1:{port}") as session:
                await _join(session, server)
                async with session.get("/metrics") as answer:
                    metrics = await answer.text()
            await asyncio.to_thread(
                _by_lmtp, lmtp, BY_MAIL, "subscribe@alerts.example", _mail(BY_MAIL, "subscribe@alerts.example")
            )
            bounce = server.received[0].sender
            assert bounce.startswith("bounce+")
            reader = server.received[0].recipients[0]
            await asyncio.to_thread(_by_lmtp, lmtp, "", bounce, _report(bounce, reader))
            await waiting.until(lambda: any(BY_MAIL in one.recipients for one in server.received), what="an answer")
        finally:
            await web.stop()
            await service.stop()
    assert desk.number("SELECT count(*) FROM suppressed") >= 1
    assert desk.number("SELECT count(*) FROM person WHERE confirmed IS NOT NULL") == 1
    disk = await asyncio.to_thread(_seen, desk.folder / "data")
    for what, text in (("log", caplog.text), ("metrics", metrics), ("disk", disk.decode("latin-1"))):
        found = re.search(r".{0,60}(zebra|readers\.example).{0,60}", text, re.IGNORECASE)
        assert found is None, f"{what}: {found[0]}"
