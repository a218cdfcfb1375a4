"""A mail is what its reader asked for, says how it ends, and bounces to an address that names it."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

import pytest

from alerts.notify.message import passes
from alerts.notify.message.discreet import Discreet
from alerts.readers import Wishes
from tests.notify.message.mails import (
    ADDRESS,
    DOMAIN,
    NOW,
    SECRET,
    SENDER,
    all_mails,
    body,
    envelope_of,
    parsed,
    samples,
)

SAMPLES = samples()
NEW, LETTER = SAMPLES["new"], SAMPLES["letter confirm"]


def test_a_mail_comes_back_to_an_address_that_names_it() -> None:
    envelope = envelope_of(NEW)
    assert re.fullmatch(r"bounce\+[0-9a-f]{12}-[0-9a-f]{28}@alerts\.example", envelope.sender)
    assert envelope.sender.endswith("-" + envelope.message_id.strip("<>"))
    assert envelope_of(NEW, sender=replace(SENDER, inbox=False)).sender == SENDER.address


def test_the_header_names_a_page_and_an_address_that_end_the_mails_of_this_reader() -> None:
    message = parsed(envelope_of(NEW).message)
    found = re.fullmatch(rf"<https://{DOMAIN}/unsubscribe/(\S+)>, <mailto:unsubscribe\+(\S+)@{DOMAIN}>",
                         message["List-Unsubscribe"])  # fmt: skip
    assert found is not None and found[1] == found[2]
    assert passes.read(SECRET, "unsubscribe", found[1], NOW).person_id == 7
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


@pytest.mark.parametrize(
    ("base_url", "inbox", "ways", "one_click"),
    [
        ("https://alerts.example", False, ["https"], True),
        ("http://alerts.example", True, ["mailto"], False),
        ("http://alerts.example", False, [], False),
    ],
)
def test_only_what_works_is_named_and_one_press_needs_an_encrypted_page(
    base_url: str, inbox: bool, ways: list[str], one_click: bool
) -> None:
    message = parsed(envelope_of(NEW, sender=replace(SENDER, base_url=base_url, inbox=inbox)).message)
    assert re.findall(r"<(\w+):", message["List-Unsubscribe"] or "") == ways
    assert (message["List-Unsubscribe-Post"] is not None) == one_click


def test_a_letter_is_ended_by_nothing() -> None:
    message = parsed(envelope_of(LETTER).message)
    assert message["List-Unsubscribe"] is None and message["List-Unsubscribe-Post"] is None


def test_the_links_under_a_mail_are_the_readers_own() -> None:
    text = body(parsed(envelope_of(NEW).message), "plain")
    found = re.search(r"/preferences/(\S+)", text)
    assert found is not None
    assert passes.read(SECRET, "preferences", found[1], NOW + timedelta(days=29)).person_id == 7
    assert "/unsubscribe/" + passes.make(SECRET, "unsubscribe", 7) in text


def test_who_wants_text_alone_gets_no_html() -> None:
    for _, data in all_mails(Wishes(text_only=True)):
        assert parsed(data).get_content_type() == "text/plain"


def test_every_mail_has_no_open_slot_and_no_long_line_and_is_small() -> None:
    for name, data in all_mails():
        assert len(data) < 100_000, name
        head, _, rest = data.partition(b"\r\n\r\n")
        assert all(len(line) <= 76 for line in rest.split(b"\r\n")), name
        assert all(len(line) <= 200 for line in head.split(b"\r\n")), name
        message = parsed(data)
        for kind in ("plain", "html"):
            text = body(message, kind)
            assert text and "\ufdd0" not in text and not re.search(r"/\?|/$|//v", text, re.MULTILINE), name


def test_a_discreet_mail_shows_nothing_of_what_it_is_about() -> None:
    for name, data in all_mails(Wishes(discreet=True)):
        message = parsed(data)
        assert message["From"] == f"Updates <desk@{DOMAIN}>", name
        assert message["Subject"] == "Your update", name
        assert message["List-Id"] == f"<updates.{DOMAIN}>", name
        assert message.get_content_type() == "text/plain", name
        head = data.partition(b"\r\n\r\n")[0].decode().lower().replace(DOMAIN, "").replace(ADDRESS, "")
        for word in ("alert", "strike", "attack", "syria", "duty", "severe", "sample"):
            assert word not in head, (name, word)


def test_what_a_mail_program_shows_of_a_discreet_mail_before_it_is_opened_is_neutral() -> None:
    discreet = body(parsed(envelope_of(NEW, Wishes(discreet=True)).message), "plain")
    shown = " ".join(discreet.split())[:280].lower()
    for word in ("alert", "strike", "severe", "killed", "market"):
        assert word not in shown
    assert body(parsed(envelope_of(NEW).message), "plain").rstrip() in discreet


def test_the_neutral_words_can_be_chosen() -> None:
    sender = replace(SENDER, discreet=Discreet(name="Gartenfreunde", subject="Neues für Sie"))
    message = parsed(envelope_of(NEW, Wishes(discreet=True), sender=sender).message)
    assert message["From"].addresses[0].display_name == "Gartenfreunde"
    assert message["Subject"] == "Neues für Sie"


def test_a_mail_does_not_show_its_reader_in_its_repr() -> None:
    assert ADDRESS not in repr(envelope_of(NEW)) and "secret" not in repr(SENDER)
