"""Mails as other programs read them back."""

from __future__ import annotations

import email
import email.policy
from dataclasses import dataclass
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.utils import parseaddr

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from alerts.errors import MailError
from alerts.notify.message.mime import (
    address_header,
    ascii_address,
    encode,
    list_id,
)
from alerts.notify.message.splice import stencil
from alerts.render import slots
from tests.notify.message.mails import mail, parsed


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


@given(text=st.text("a.\r\n \x85\u2028=é", max_size=60), value=st.text("a.\r\n ", max_size=20))
def test_line_ends_are_those_of_mail_whatever_it_says(text: str, value: str) -> None:
    own = slots.slot("reason")
    data = encode(mail(subject=text, text=f"{text}{own}{text}", html=f"<p>{own}</p>{text}", values={"reason": value}))
    rest = data.replace(b"\r\n", b"")
    assert b"\n" not in rest
    assert b"\r" not in rest


def test_every_line_end_of_a_text_becomes_that_of_mail() -> None:
    assert stencil("a\r\nb\rc\n").filled({}) == b"a\r\nb\r\nc\r\n"


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
    assert address_header("b@bücher.example", "Bücher") == "=?utf-8?q?B=C3=BCcher?= <b@xn--bcher-kva.example>"


@pytest.mark.parametrize(
    "name",
    ["Desk, Sahel", 'The "desk"', "a\\b", "Тревога, дежурный " * 4, "=?utf-8?q?x?=", "<a@b.example>", "a\r\nBcc: b"],
)
def test_a_senders_name_may_hold_anything(name: str) -> None:
    data = encode(mail(sender_name=name))
    head = data.partition(b"\r\n\r\n")[0]
    # Not the newer parser of the standard library: it puts blanks between the words of a long name.
    said, address = parseaddr(email.message_from_bytes(head)["From"])
    assert address == "desk@alerts.example"
    assert str(make_header(decode_header(said))) == " ".join(name.split())
    assert all(len(line) <= 78 for line in head.split(b"\r\n"))
    assert parsed(data)["Bcc"] is None


@pytest.mark.parametrize("address", ["", "reader", "@example.org", "lesér@example.org", "a@b\r\nBcc: c@d", "a@b>,<c@d"])
def test_an_address_that_cannot_stand_in_a_header_is_refused(address: str) -> None:
    with pytest.raises(MailError) as caught:
        ascii_address(address)
    assert caught.value.permanent
    assert "@" not in str(caught.value)


def test_a_list_id_is_one_plain_label() -> None:
    assert list_id("Field Desk (Sahel)!") == "field-desk--sahel"
    assert list_id("Тревога") == "list"


@dataclass(frozen=True)
class Inline:
    cid: str
    png: bytes


def test_pictures_stand_beside_the_html_that_shows_them() -> None:
    pictures = (Inline("chart@alerts", bytes(range(256))), Inline("map@alerts", b"png"))
    message = parsed(encode(mail(pictures=pictures)))
    text, related = message.iter_parts()
    html, chart, world = related.iter_parts()
    assert [one.get_content_type() for one in (message, text, related, html, chart, world)] == [
        "multipart/alternative", "text/plain", "multipart/related", "text/html", "image/png", "image/png",
    ]  # fmt: skip
    assert chart["Content-ID"] == "<chart@alerts>" and chart.get_content_disposition() == "inline"
    assert chart.get_content() == bytes(range(256)) and world.get_content() == b"png"
    assert parsed(encode(mail(pictures=pictures, html=""))).get_content_type() == "text/plain"


def test_one_press_ends_the_mails() -> None:
    ways = ("https://alerts.example/unsubscribe/abc", "mailto:unsubscribe+abc@alerts.example")
    message = parsed(encode(mail(list_unsubscribe=ways, one_click=True)))
    assert message["List-Unsubscribe"] == f"<{ways[0]}>, <{ways[1]}>"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert parsed(encode(mail()))["List-Unsubscribe-Post"] is None


def test_a_readers_own_parts_are_in_both_texts() -> None:
    own = slots.slot("reason")
    message = parsed(encode(mail(text=f"Why: {own}\n", html=f"<p>Why: {own}</p>", values={"reason": "A & B"})))
    assert part(message, "plain") == "Why: A & B\n"
    assert part(message, "html") == "<p>Why: A &amp; B</p>\n"
