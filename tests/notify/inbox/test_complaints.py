"""Who presses "this is spam" leaves; what else comes in such a form means nothing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.notify.inbox.complaints import complained_of
from tests.notify.inbox.dsns import ORIGINAL, complaint, fields_of, report, within
from tests.notify.inbox.world import TOKEN, comes_back_to

NAME = comes_back_to().partition("+")[2].partition("@")[0]


def _of(text: str) -> tuple[str, ...]:
    return complained_of(text.encode()).names


@pytest.mark.parametrize("kind", ["abuse", "ABUSE", "fraud", "opt-out"])
def test_a_complaint_names_the_mail_that_it_is_about(kind: str) -> None:
    assert _of(complaint(kind)) == (NAME,)


@pytest.mark.parametrize("kind", ["not-spam", "virus", "auth-failure", "other", ""])
def test_what_is_no_wish_to_leave_names_none(kind: str) -> None:
    assert _of(complaint(kind)) == ()


def test_the_mail_is_known_by_its_sender_too() -> None:
    said = f"Original-Mail-From: <bounce+{NAME}@alerts.example>"
    assert _of(complaint(report_fields=said, original="Subject: x\n\n")) == (NAME,)


def test_its_fields_alone_are_enough() -> None:
    head = ORIGINAL.partition("\n\n")[0]
    assert _of(complaint(third="text/rfc822-headers", original=head + "\n")) == (NAME,)


def test_a_complaint_that_was_passed_on_is_one() -> None:
    assert _of(within(complaint())) == (NAME,)


def test_a_mail_that_is_quoted_before_the_report_is_not_what_it_is_about() -> None:
    assert _of(complaint(original="Subject: x\n\n")) == ()
    assert _of(f"Message-ID: <{TOKEN}@alerts.example>\n" + complaint(original="Subject: x\n\n")) == ()


def test_other_mails_are_no_complaints() -> None:
    assert _of(report(fields_of("5.1.1"))) == ()
    assert _of("Feedback-Type: abuse\n\n" + ORIGINAL) == ()


@given(st.binary(max_size=300), st.integers(0, 600))
def test_no_complaint_is_a_surprise(junk: bytes, at: int) -> None:
    whole = complaint().encode()
    complained_of(whole[:at] + junk + whole[at:])
