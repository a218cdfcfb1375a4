"""The SMTP transport against a real server on loopback that fails on demand."""

from __future__ import annotations

import asyncio
import ssl
from pathlib import Path

import pytest
import trustme

from alerts.errors import MailError
from alerts.notify.ways.smtp import Smtp, SmtpSettings, classify, on_the_wire, read_password, scrubbed
from alerts.notify.ways.transport import OPERATOR, ROUTE, Envelope, Unanswered
from tests.fakes.smtp import FakeSmtp

MESSAGE = b"Subject: Djibo under siege\r\n\r\nText\r\n.\r\n..two\r\n"


def envelope(number: int = 1) -> Envelope:
    return Envelope(
        sender="desk@alerts.example",
        recipient=f"reader{number}@example.org",
        message_id=f"<abc{number}@alerts.example>",
        message=MESSAGE,
    )


def transport(server: FakeSmtp, *, timeout: float = 5, connections: int = 2) -> Smtp:
    return Smtp(
        SmtpSettings(host="127.0.0.1", port=server.port, timeout=timeout, patience=timeout, connections=connections)
    )


async def failure(smtp: Smtp) -> MailError:
    with pytest.raises(MailError) as caught:
        await smtp.send(envelope())
    assert "@" not in str(caught.value)
    await smtp.close()
    return caught.value


async def test_a_mail_arrives_as_it_was_handed_over() -> None:
    async with FakeSmtp() as server:
        smtp = transport(server)
        await smtp.send(envelope())
        await smtp.close()
    (got,) = server.received
    assert (got.sender, got.recipients) == ("desk@alerts.example", ("reader1@example.org",))
    assert got.message == MESSAGE


async def test_connections_are_kept_and_shared() -> None:
    async with FakeSmtp() as server:
        smtp = transport(server, connections=2)
        await asyncio.gather(*(smtp.send(envelope(number)) for number in range(10)))
        await smtp.send(envelope(10))
        await smtp.close()
    assert len(server.received) == 11
    assert server.connections == 2


async def test_a_connection_that_the_server_closed_is_replaced() -> None:
    async with FakeSmtp() as server:
        smtp = transport(server)
        await smtp.send(envelope(1))
        await server.stop()
        again = FakeSmtp(port=server.port)
        for client in smtp._idle:
            client.hang_up()
        async with again:
            await smtp.send(envelope(2))
            await smtp.close()
    assert len(again.received) == 1


async def test_no_server_is_a_fault_of_the_route() -> None:
    async with FakeSmtp() as server:
        port = server.port
    error = await failure(Smtp(SmtpSettings(host="127.0.0.1", port=port, timeout=2)))
    assert (error.reason, error.permanent) == ("connect", False)
    assert f"127.0.0.1:{port}" in str(error)


@pytest.mark.parametrize(
    ("step", "answer", "reason", "permanent"),
    [
        ("MAIL", "421 4.3.2 shutting down", "busy", False),
        ("MAIL", "550 5.7.1 sender rejected", "policy", False),
        ("MAIL", "drop", "connect", False),
        ("RCPT", "450 4.2.0 greylisted, come back", "greylisted", False),
        ("RCPT", "450 4.2.1 mailbox locked", "mailbox", False),
        ("RCPT", "452 4.2.2 over quota", "mailbox", False),
        ("RCPT", "452 4.5.3 too many recipients", "connection", False),
        ("RCPT", "550 5.1.1 <reader1@example.org> no such user", "address", True),
        ("RCPT", "550 no such user", "address", True),
        ("RCPT", "550 5.7.26 unauthenticated mail is not accepted", "policy", False),
        ("RCPT", "550 5.7.515 the domain does not meet the required level", "policy", False),
        ("RCPT", "554 5.7.1 relay access denied", "policy", False),
        ("RCPT", "550 5.7.1 you may not write to this reader", "forbidden", False),
        ("RCPT", "550 5.1.8 the sender's domain is unknown", "policy", False),
        ("RCPT", "552 5.2.2 mailbox full", "refused", True),
        ("RCPT", "drop", "connect", False),
        ("DATA", "451 4.3.0 try again", "busy", False),
        ("DATA", "552 5.3.4 message too big", "refused", True),
        ("DATA", "550 5.7.1 looks like spam", "forbidden", False),
        ("DATA", "554 looks like spam", "forbidden", False),
        ("DATA", "550 5.7.26 unauthenticated mail is not accepted", "policy", False),
    ],
)
async def test_each_refusal_has_its_reason(step: str, answer: str, reason: str, permanent: bool) -> None:
    async with FakeSmtp() as server:
        server.answers[step].append(answer)
        error = await failure(transport(server))
    assert (error.reason, error.permanent) == (reason, permanent)
    assert not isinstance(error, Unanswered)
    assert not server.received


async def test_greylisted_first_and_taken_later() -> None:
    async with FakeSmtp() as server:
        server.answers["RCPT"].append("450 4.7.1 greylisted")
        smtp = transport(server)
        with pytest.raises(MailError):
            await smtp.send(envelope())
        await smtp.send(envelope())
        await smtp.close()
    assert len(server.received) == 1
    assert server.connections == 1


@pytest.mark.parametrize("answer", ["drop", "silence"])
async def test_no_answer_after_the_final_dot_is_neither_yes_nor_no(answer: str) -> None:
    async with FakeSmtp() as server:
        server.answers["DATA"].append(answer)
        error = await failure(transport(server, timeout=0.3))
    assert isinstance(error, Unanswered)
    assert [got.answered for got in server.received] == [False]


async def test_silence_before_the_text_is_a_plain_failure() -> None:
    async with FakeSmtp() as server:
        server.answers["RCPT"].append("silence")
        error = await failure(transport(server, timeout=0.3))
    assert (error.reason, isinstance(error, Unanswered)) == ("connect", False)


async def test_a_mail_given_up_half_way_gives_its_connection_up_too() -> None:
    async with FakeSmtp() as server:
        server.answers["RCPT"].append("silence")
        smtp = transport(server, connections=1)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2):
                await smtp.send(envelope(1))
        await smtp.send(envelope(2))
        await smtp.close()
    assert [got.recipients for got in server.received] == [("reader2@example.org",)]


def contexts() -> tuple[ssl.SSLContext, ssl.SSLContext]:
    authority = trustme.CA()
    server, client = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context()
    authority.issue_cert("127.0.0.1").configure_cert(server)
    authority.configure_trust(client)
    return server, client


@pytest.mark.parametrize("starttls", [True, False])
async def test_an_encrypted_connection_and_a_login(starttls: bool) -> None:
    served, trusted = contexts()
    async with FakeSmtp(tls=served, starttls=starttls, login=("desk", "s3cret")) as server:
        settings = SmtpSettings(
            host="127.0.0.1",
            port=server.port,
            security="starttls" if starttls else "tls",
            username="desk",
            password="s3cret",
            tls=trusted,
            timeout=5,
        )
        smtp = Smtp(settings)
        await smtp.check()
        await smtp.send(envelope())
        await smtp.close()
    assert len(server.received) == 1
    assert "s3cret" not in repr(settings)


async def test_a_certificate_nobody_vouches_for_is_refused() -> None:
    served, _ = contexts()
    async with FakeSmtp(tls=served, starttls=True) as server:
        smtp = Smtp(SmtpSettings(host="127.0.0.1", port=server.port, security="starttls", timeout=5))
        error = await failure(smtp)
    assert (error.reason, error.permanent) == ("tls", False)


async def test_a_server_without_starttls_gets_no_mail_in_clear() -> None:
    async with FakeSmtp() as server:
        smtp = Smtp(SmtpSettings(host="127.0.0.1", port=server.port, security="starttls", timeout=5))
        error = await failure(smtp)
    assert error.reason == "tls"
    assert not server.received


async def test_a_wrong_password_is_the_operators_affair() -> None:
    served, trusted = contexts()
    async with FakeSmtp(tls=served, starttls=True, login=("desk", "right")) as server:
        settings = SmtpSettings(
            host="127.0.0.1", port=server.port, security="starttls", username="desk", password="wrong", tls=trusted
        )
        error = await failure(Smtp(settings))
    assert (error.reason, error.permanent) == ("auth", False)


def test_reasons_that_need_a_person_stop_the_whole_route() -> None:
    assert OPERATOR <= ROUTE


def test_a_refused_sender_is_never_the_readers_fault() -> None:
    assert classify(550, "5.1.8 sender's domain does not exist", step="sender").reason == "policy"


def test_addresses_are_scrubbed_from_what_servers_say() -> None:
    assert scrubbed("550 <a.b@c.example>: rejected") == "550 <(address)>: rejected"


@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_dots_at_the_beginning_of_lines_are_doubled_on_the_wire(end: bytes) -> None:
    assert on_the_wire(end.join((b"a", b".", b".b", b"c."))) == b"a\r\n..\r\n..b\r\nc.\r\n.\r\n"
    assert on_the_wire(b".a" + end) == b"..a\r\n.\r\n"


def test_the_password_is_the_first_line_of_its_file(tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text("s3cret \nsecond line\n")
    assert read_password(file) == "s3cret"


@pytest.mark.parametrize("content", [None, b"", b"\n", b"\xff\xfe"])
def test_a_password_file_that_holds_none_is_named(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "password"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(MailError, match="password") as caught:
        read_password(file)
    assert str(file) in str(caught.value)
