"""One mail on trial: every step is told, and every refusal with what it means."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
import trustme
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from alerts.notify.message.dkim import Signer
from alerts.notify.preview import Preview
from alerts.notify.reputation import remarks
from alerts.notify.trial import ADVICE, Step, steps
from alerts.notify.ways.smtp import SmtpSettings, classify
from alerts.readers import Person
from tests.fakes.smtp import FakeSmtp
from tests.notify.world import SENDER, START, renderer

READER = "me@example.net"
MAIL = Preview(renderer=renderer, sender=SENDER).notice("A test", "It works.", Person(id=0), address=READER, at=START)


async def tried(server: FakeSmtp, **more: Any) -> list[Step]:
    usual: dict[str, Any] = {"host": "127.0.0.1", "port": server.port, "timeout": 3.0, "patience": 1.0}
    settings = SmtpSettings(**usual | more)
    return [step async for step in steps(settings, MAIL)]


async def test_a_mail_that_is_taken_is_followed_from_the_name_to_the_answer() -> None:
    async with FakeSmtp() as server:
        found = await tried(server)
    assert [step.name for step in found] == ["find", "connect", "hello", "encrypted", "sender", "reader", "mail"]
    assert all(step.ok and not step.advice for step in found)
    assert found[0].said == "127.0.0.1 is at 127.0.0.1"
    assert found[1].said.startswith(f"port {server.port} answers: 220 fake.example")
    assert "SIZE" in found[2].said
    assert found[-1].said == "the server has it: 250 OK"
    [received] = server.received
    assert (received.recipients, received.message) == ((READER,), MAIL.message)


async def test_encryption_and_login_are_told() -> None:
    authority = trustme.CA()
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(tls)
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    for starttls in (True, False):
        async with FakeSmtp(tls=tls, starttls=starttls, login=("me", "secret")) as server:
            more = {"security": "starttls" if starttls else "tls", "username": "me", "tls": trusting}
            found = await tried(server, password="secret", **more)
            refused = await tried(server, password="wrong", **more)
        names = ["find", "connect", "hello", "starttls", "encrypted", "log in", "sender", "reader", "mail"]
        assert [step.name for step in found] == [name for name in names if starttls or name != "starttls"]
        said = {step.name: step.said for step in found}
        assert said["encrypted"].startswith("TLSv1.3, ") and "certificate is valid until" in said["encrypted"]
        assert said["log in"].startswith("taken: 235")
        assert (refused[-1].name, refused[-1].ok, refused[-1].advice) == ("log in", False, ADVICE["auth"])
        assert refused[-1].said.startswith("refused: 535") and "wrong" not in refused[-1].said


async def test_a_certificate_that_does_not_hold_and_a_server_without_encryption_are_told() -> None:
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(tls)
    async with FakeSmtp(tls=tls) as server:
        strange = (await tried(server, security="tls"))[-1]
    async with FakeSmtp() as server:
        bare = (await tried(server, security="starttls"))[-1]
    assert (strange.name, strange.ok, strange.advice) == ("connect", False, ADVICE["tls"])
    assert (bare.name, bare.ok, bare.advice) == ("encrypt", False, ADVICE["tls"])


@pytest.mark.parametrize(
    ("step", "answer", "ends", "reason"),
    [
        ("MAIL", "421 4.3.2 going down", "sender", "busy"),
        ("MAIL", "550 5.7.1 not from you", "sender", "policy"),
        ("RCPT", "550 5.1.1 no such user", "reader", "address"),
        ("RCPT", "450 4.2.0 greylisted", "reader", "greylisted"),
        ("RCPT", "452 4.2.2 mailbox full", "reader", "mailbox"),
        ("DATA", "550 5.7.26 unauthenticated", "mail", "policy"),
        ("DATA", "552 5.3.4 too big", "mail", "refused"),
        ("DATA", "451 4.5.0 not now", "mail", "temporary"),
        ("DATA", "drop", "mail", "unanswered"),
        ("DATA", "silence", "mail", "unanswered"),
    ],
)
async def test_a_refusal_is_told_with_what_it_means(step: str, answer: str, ends: str, reason: str) -> None:
    async with FakeSmtp() as server:
        server.answers[step].append(answer)
        last = (await tried(server))[-1]
    assert (last.name, last.ok, last.advice) == (ends, False, ADVICE[reason])
    if answer[0] in "45":
        assert last.said == f"refused: {answer}"


async def test_a_server_that_names_the_reader_does_not_bring_the_address_into_the_words() -> None:
    async with FakeSmtp() as server:
        server.answers["RCPT"].append(f"550 5.1.1 <{READER}> unknown")
        assert READER not in (await tried(server))[-1].said


async def test_a_closed_port_and_a_name_that_nobody_has_are_told() -> None:
    async with FakeSmtp() as server:
        pass
    closed = (await tried(server))[-1]
    assert (closed.name, closed.ok, closed.advice) == ("connect", False, ADVICE["connect"])
    nobody = (await tried(server, host="mail.invalid"))[-1]
    assert (nobody.name, nobody.ok) == ("find", False)
    assert nobody.said.startswith("no address is known of mail.invalid")


@given(
    st.integers(100, 599),
    st.sampled_from(["", "4.7.1", "5.1.1", "5.7.26", "5.2.2", "4.5.3", "4.3.2"]),
    st.sampled_from(["sender", "recipient", "data", "text"]),
)
def test_every_answer_that_a_server_can_give_has_its_advice(code: int, status: str, step: Any) -> None:
    assert ADVICE[classify(code, f"{status} no", step=step).reason]


def said(host: str = "mail.example.org", **more: Any) -> Iterator[str]:
    usual = replace(SENDER, address="alerts@example.org", base_url="https://example.org", inbox=True)
    return (f"{one.level}: {one.text}" for one in remarks(replace(usual, **more), host=host))


@pytest.mark.parametrize(
    ("sender", "says"),
    [
        ({}, "warning: mails are not signed"),
        ({}, "note: SPF: the TXT record of example.org must name"),
        ({"address": "alerts@localhost"}, "warning: [notify] from is of localhost, which nobody outside knows"),
        ({"base_url": "https://alerts.example.net"}, "note: the links lead to alerts.example.net, the mails come from"),
        ({"base_url": "http://127.0.0.1"}, "warning: [web] base_url is this machine's own"),
        ({"base_url": "http://a.example.org", "inbox": False}, "warning: mail programs offer no button"),
        ({"base_url": "http://a.example.org"}, "note: mail programs offer no button"),
        ({"inbox": False}, "note: mail that comes back is not seen"),
    ],
)
def test_what_makes_servers_doubt_a_sender_is_told(sender: dict[str, Any], says: str) -> None:
    assert any(one.startswith(says) for one in said(**sender))


def test_of_a_sender_that_is_in_order_there_is_no_warning() -> None:
    key = Ed25519PrivateKey.generate()
    found = list(said(signer=Signer(domain="example.org", selector="mail", key=key)))
    assert not [one for one in found if one.startswith("warning")]
    assert any("mail._domainkey.example.org. IN TXT" in one for one in found)
    other = list(said(signer=Signer(domain="example.net", selector="mail", key=key)))
    assert any("DMARC takes them for unsigned" in one for one in other)
