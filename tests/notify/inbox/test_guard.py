"""Programs, lists and ourselves get no answer; a person gets it at the address that asks."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.notify.inbox.guard import Reason, asking, not_answered
from alerts.notify.inbox.wire import Fields, fields


def _ours(address: str) -> bool:
    return address.casefold() == "help@alerts.example"


def _why(sender: str = "reader@example.org", head: str = "") -> Reason | None:
    return not_answered(sender, fields(head), ours=_ours)


@pytest.mark.parametrize(
    ("head", "why"),
    [
        ("Auto-Submitted: auto-replied (vacation)", "automatic"),
        ("auto-submitted: Auto-Generated; owner-email=x", "automatic"),
        ("X-Autoreply: yes", "automatic"),
        ("X-Loop: someone", "automatic"),
        ("X-Auto-Response-Suppress: DR, OOF, AutoReply", "automatic"),
        ("X-Auto-Response-Suppress: All", "automatic"),
        ("Precedence: Bulk", "bulk"),
        ("Precedence: list", "bulk"),
        ("Precedence: junk", "bulk"),
        ("List-Id: <friends.example.org>", "list"),
        ("List-Id: <desk.alerts.example>", "list"),
        ("List-Unsubscribe: <mailto:x>", "list"),
        ("Content-Type: multipart/report; report-type=disposition-notification", "report"),
        ("Auto-Submitted: no", None),
        ("Precedence: normal", None),
        ("X-Auto-Response-Suppress: DR", None),
        ("Subject: subscribe me to your list-of alerts", None),
        ("Auto-Submitted:", None),
    ],
)
def test_what_a_program_wrote_says_so_in_its_fields(head: str, why: Reason | None) -> None:
    assert _why(head=head) == why


@pytest.mark.parametrize(
    ("sender", "why"),
    [
        ("", "empty sender"),
        ("<>", "empty sender"),
        ("MAILER-DAEMON@example.org", "role"),
        ("postmaster@example.org", "role"),
        ("no-reply@example.org", "role"),
        ("noreply+abc@example.org", "role"),
        ("do_not_reply@example.org", "role"),
        ("bounces+123=x@example.org", "role"),
        ("owner-friends@example.org", "role"),
        ("friends-request@example.org", "role"),
        ("help@Alerts.Example", "ourselves"),
        ("reader@example.org", None),
        ("norepl@example.org", None),
        ("bouncer@example.org", None),
        ("rootes@example.org", None),
    ],
)
def test_senders_that_are_no_people_are_known_by_their_names(sender: str, why: Reason | None) -> None:
    assert _why(sender) == why


@pytest.mark.parametrize(
    ("sender", "head", "who"),
    [
        ("reader@example.org", "From: reader@example.org", "reader@example.org"),
        ("reader@example.org", "From: A Reader <Reader@Example.org>", "Reader@Example.org"),
        ("r.eader@example.org", 'From: "Reader, A" <desk@example.org>', "desk@example.org"),
        ("reader@example.org", 'From: "boss@elsewhere.org" <reader@example.org>', "reader@example.org"),
        ("reader@example.org", "From: =?utf-8?q?L=C3=A9a?=\n <reader@example.org>", "reader@example.org"),
        ("thief@elsewhere.org", "From: reader@example.org", None),
        ("reader@example.org", "From: reader@example.org, other@example.org", None),
        ("reader@example.org", "From: reader@example.org\nFrom: other@example.org", None),
        ("reader@example.org", "From: nobody", None),
        ("reader@example.org", "Subject: x", None),
        ("", "From: reader@example.org", None),
    ],
)
def test_who_asks_stands_in_the_mail_and_on_the_envelope(sender: str, head: str, who: str | None) -> None:
    assert asking(sender, fields(head)) == who


@given(st.text(max_size=80), st.lists(st.tuples(st.text(max_size=30), st.text(max_size=80)), max_size=5))
def test_no_mail_is_a_surprise(sender: str, items: list[tuple[str, str]]) -> None:
    head = Fields(tuple((name.lower(), value) for name, value in [*items, ("from", sender)]))
    found = asking(sender, head)
    assert found is None or "@" in found
    not_answered(sender, head, ours=_ours)
