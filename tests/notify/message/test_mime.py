"""Mails as other programs read them back."""

from __future__ import annotations

import email
import email.policy
from datetime import UTC, datetime
from email.message import EmailMessage
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from alerts.errors import MailError
from alerts.notify.message.mime import (
    Mail,
    address_header,
    ascii_address,
    encode,
    list_id,
)
from alerts.notify.message.splice import quoted_printable


def mail(**changes: Any) -> Mail:
    fields: dict[str, Any] = {
        "sender": "Duty desk <desk@alerts.example>",
        "recipient": "reader@example.org",
        "subject": "Djibo reported under siege",
        "text": "Djibo reported under siege\n",
        "html": "<p>Djibo reported under siege</p>",
        "message_id": "<abc123@alerts.example>",
        "root": "<abc123@alerts.example>",
        "list_name": "Duty desk",
    } | changes
    return Mail(sent=datetime(2026, 3, 2, 6, 30, tzinfo=UTC), **fields)


def parsed(data: bytes) -> EmailMessage:
    message = email.message_from_bytes(data, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    assert not message.defects
    return message


def part(message: EmailMessage, kind: str) -> str:
    body = message.get_body((kind,))
    assert body is not None
    text = body.get_content()
    assert isinstance(text, str)
    return text.replace("\r\n", "\n")


@given(st.text(st.characters(codec="utf-8"), max_size=300))
@example("a\r\nBcc: everyone@example.org")
@example("=?utf-8?q?forged?=")
def test_no_text_breaks_out_of_its_header(text: str) -> None:
    message = parsed(encode(mail(subject=text)))
    assert message["Bcc"] is None
    assert message["To"] == "reader@example.org"
    assert message["List-Id"] is not None


@given(st.text(st.characters(codec="utf-8", exclude_characters="\r"), max_size=400))
@example("-- \nfooter")
@example(".\n..\nFrom here\n")
def test_the_text_comes_back_unchanged(text: str) -> None:
    data = encode(mail(text=text))
    assert data.isascii()
    assert all(len(line) <= 76 for line in data.partition(b"\r\n\r\n")[2].split(b"\r\n"))
    assert part(parsed(data), "plain") == text.removesuffix("\n") + "\n"


def test_line_ends_are_those_of_mail() -> None:
    data = encode(mail())
    assert b"\n" not in data.replace(b"\r\n", b"")
    assert quoted_printable("a\r\nb\rc\n") == b"a\r\nb\r\nc\r\n"


def test_the_plain_text_comes_before_the_html() -> None:
    message = parsed(encode(mail()))
    assert message.get_content_type() == "multipart/alternative"
    assert [one.get_content_type() for one in message.iter_parts()] == ["text/plain", "text/html"]
    assert part(message, "html") == "<p>Djibo reported under siege</p>\n"


def test_a_mail_without_html_is_plain_text_alone() -> None:
    message = parsed(encode(mail(html="")))
    assert message.get_content_type() == "text/plain"
    assert part(message, "plain") == "Djibo reported under siege\n"


def test_the_headers_say_that_a_machine_wrote_to_a_list() -> None:
    message = parsed(encode(mail()))
    assert message["From"] == "Duty desk <desk@alerts.example>"
    assert message["Date"] == "Mon, 02 Mar 2026 06:30:00 +0000"
    assert message["Message-ID"] == "<abc123@alerts.example>"
    assert message["List-Id"] == "<duty-desk.alerts.example>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["References"] is None


def test_an_update_threads_under_the_first_mail() -> None:
    message = parsed(encode(mail(message_id="<def@alerts.example>")))
    assert message["References"] == message["In-Reply-To"] == "<abc123@alerts.example>"


def test_the_same_mail_is_the_same_bytes() -> None:
    assert encode(mail()) == encode(mail())


def test_an_international_domain_goes_out_in_its_ascii_form() -> None:
    assert ascii_address("reader@bücher.example") == "reader@xn--bcher-kva.example"
    assert address_header("Bücher <b@bücher.example>") == "=?utf-8?q?B=C3=BCcher?= <b@xn--bcher-kva.example>"


@pytest.mark.parametrize("address", ["", "reader", "@example.org", "lesér@example.org", "a@b\r\nBcc: c@d", "a@b>,<c@d"])
def test_an_address_that_cannot_stand_in_a_header_is_refused(address: str) -> None:
    with pytest.raises(MailError) as caught:
        ascii_address(address)
    assert caught.value.permanent
    assert "@" not in str(caught.value)


def test_a_list_id_is_one_plain_label() -> None:
    assert list_id("Field Desk (Sahel)!") == "field-desk--sahel"
    assert list_id("Тревога") == "alerts"
