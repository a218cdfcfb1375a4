"""What mail servers say of a mail that came back is read so that nobody is given up by a misreading."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.notify.inbox.reports import Bounce, Kind, bounce_of
from tests.notify.inbox.dsns import EXCHANGE, QMAIL, fields_of, plain, report, within

ADDRESS = "Reader@example.org"


def _read(text: str, address: str = ADDRESS) -> Bounce:
    return bounce_of(text.encode(), address)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        ("5.1.1", "gone"),
        ("5.1.2", "gone"),
        ("5.1.3", "gone"),
        ("5.1.6", "gone"),
        ("5.1.10", "gone"),
        ("5.1.0", "later"),
        ("5.1.8", "ours"),
        ("5.2.1", "later"),
        ("5.2.2", "later"),
        ("5.3.0", "later"),
        ("5.3.4", "ours"),
        ("5.4.4", "later"),
        ("4.4.1", "later"),
        ("4.2.2", "later"),
        ("5.6.0", "ours"),
        ("5.5.2", "ours"),
        ("5.7.1", "policy"),
        ("5.7.26", "policy"),
        ("4.7.0", "policy"),
        ("5.0.0", "later"),
        ("2.1.5", "nothing"),
        ("", "nothing"),
        ("five", "nothing"),
    ],
)
def test_each_status_has_its_meaning(status: str, kind: Kind) -> None:
    assert _read(report(fields_of(status))).kind == kind


@pytest.mark.parametrize("action", ["delayed", "delivered", "relayed", "expanded", "Delayed (once more)"])
def test_what_has_not_failed_means_nothing(action: str) -> None:
    assert _read(report(fields_of("5.1.1", action=action))).kind == "nothing"
    assert _read(report(fields_of("4.4.1", action=action))).kind == "nothing"


@pytest.mark.parametrize("action", ["failed", "Failed", "failed (bounced)"])
def test_what_failed_is_a_bounce(action: str) -> None:
    assert _read(report(fields_of("5.1.1 (no such user)", action=action))) == Bounce(kind="gone", status="5.1.1")


@pytest.mark.parametrize(
    ("status", "diagnostic", "kind"),
    [
        ("5.0.0", "smtp; 550 5.1.1 <reader@example.org>: no such user", "gone"),
        ("5.0.0", "smtp; 550-5.1.1 The account does not exist", "gone"),
        ("5.0.0", "smtp; 550 no such user", "later"),
        ("5.0.0", "smtp; 554 go away", "policy"),
        ("5.0.0", "smtp; 554 delivery error: this user has no account here", "later"),
        ("5.1.1", "smtp; 550 5.7.1 rejected by policy", "policy"),
        ("5.1.1", "smtp; 552 5.2.2 over quota", "later"),
        ("5.1.1", "smtp;550 5.1.10 RESOLVER.ADR.RecipientNotFound", "gone"),
        ("5.7.1", "smtp; 550 5.1.1 who knows", "policy"),
        ("4.4.7", "smtp; 450 4.2.0 greylisted", "later"),
        ("5.1.1", "smtp; 550 10.5.7.1 is fine, 5.7.1.9 too", "gone"),
        ("5.1.1", "X-Postfix; unknown user", "gone"),
    ],
)
def test_of_two_meanings_the_one_that_does_less_is_taken(status: str, diagnostic: str, kind: Kind) -> None:
    assert _read(report(fields_of(status, diagnostic=diagnostic))).kind == kind


@pytest.mark.parametrize(
    ("final", "original", "kind"),
    [
        ("rfc822; reader@example.org", "", "gone"),
        ("RFC822;<READER@Example.org>", "", "gone"),
        ("rfc822; reader@store7.inside.example.org", "", "gone"),
        ("rfc822; x500-7781@inside.example.org", "rfc822; reader@example.org", "gone"),
        ("rfc822; colleague@example.org", "", "elsewhere"),
        ("rfc822; colleague@example.org", "rfc822; team@example.org", "elsewhere"),
        ("", "", "gone"),
    ],
)
def test_an_address_behind_the_readers_says_nothing_of_the_reader(final: str, original: str, kind: Kind) -> None:
    assert _read(report(fields_of("5.1.1", final=final, original=original))).kind == kind


def test_one_of_several_who_got_it_is_enough() -> None:
    other = fields_of("2.0.0", action="relayed", final="rfc822; second@example.org")
    assert _read(report(fields_of("5.1.1"), other)).kind == "nothing"


def test_a_refusal_of_our_mail_does_not_count_for_the_other_recipient() -> None:
    assert _read(report(fields_of("5.1.1"), fields_of("5.7.1"))).kind == "policy"


@pytest.mark.parametrize(
    "changed",
    [
        within,
        lambda text: within(within(text)),
        lambda text: text.replace("\n", "\r\n"),
        lambda text: text.replace("\n", "\r"),
        lambda text: text.replace("\n", "\r\r\n"),
        lambda text: text.replace("\n\nThis is a MIME", "\n \nThis is a MIME"),
        lambda text: text.partition("--4F1.177/mail.example.org--")[0],
        lambda text: text.partition("Content-Description: Undelivered")[0],
        lambda text: text.replace(
            "Content-Description: Notification\nContent-Type: text/plain; charset=us-ascii\n", ""
        ),
        lambda text: text.replace("Reporting-MTA: dns; mail.example.org\nX-Queue-ID: 4F1\n\n", ""),
        lambda text: text.replace("report-type=delivery-status;", ""),
        lambda text: text.replace("message/delivery-status", "Message/Delivery-Status; charset=utf-8"),
        lambda text: text.replace("message/delivery-status", "message/global-delivery-status"),
        lambda text: text.replace("Action: failed\n", ""),
        lambda text: text.replace("Status: 5.1.1", "Status:5.1.1"),
        lambda text: text.replace("Status: 5.1.1", "STATUS :\t5.1.1"),
        lambda text: text.replace("Status: 5.1.1", "Status:\n 5.1.1"),
        lambda text: "An odd line without meaning\n" + text,
    ],
)
def test_reports_in_disorder_are_read(changed: Callable[[str], str]) -> None:
    assert _read(changed(report(fields_of("5.1.1")))) == Bounce(kind="gone", status="5.1.1")


def test_a_report_in_base64_is_read() -> None:
    assert _read(report(fields_of("5.2.2"), encoding="base64")).kind == "later"
    assert _read(report(fields_of("5.2.2"), encoding="quoted-printable")).kind == "later"


def test_texts_of_servers_that_write_no_reports_are_read() -> None:
    assert _read(QMAIL) == Bounce(kind="gone", status="5.1.1")
    assert _read(EXCHANGE) == Bounce(kind="later", status="5.2.2")


def test_a_text_that_does_not_name_the_address_gives_nobody_up_at_once() -> None:
    assert _read(QMAIL, "another@example.org") == Bounce(kind="later", status="5.1.1")


@pytest.mark.parametrize(
    "text",
    [
        plain("I am on holiday until 5.1.1, see 5.2.2 and reader@example.org."),
        plain("I moved. reader@example.org: 550 5.1.1 unknown", auto="auto-replied (vacation)"),
        plain("reader@example.org: 450 4.4.1 no answer"),
        plain("reader@example.org: 550 5.1.1 unknown", subject="Warning: could not send for 4 hours"),
        plain("Your mail is delayed, and will be retried.\nreader@example.org: 550 5.1.1"),
        plain("To reach reader@example.org prove that you are a person: https://challenge.example/5.1.1"),
        plain("reader@example.org\n\nReturn-Path: <x>\n550 5.1.1 unknown"),
        plain("The host 5.1.1.1 said hello. reader@example.org"),
        plain(""),
        "",
        "Content-Type: image/png\n\n550 5.1.1",
    ],
)
def test_texts_that_are_no_bounce_mean_nothing(text: str) -> None:
    assert _read(text).kind == "nothing"


_PIECES = st.sampled_from(
    [
        "\n",
        "\r\n",
        "\n\n",
        "Content-Type: multipart/report; boundary=b\n",
        "Content-Type: multipart/mixed; boundary=b\n\n",
        "Content-Type: message/rfc822\n\n",
        "Content-Type: message/delivery-status\n",
        "Content-Transfer-Encoding: base64\n",
        "--b\n",
        "--b--\n",
        "Status: 5.1.1\n",
        "Action: failed\n",
        "Final-Recipient: rfc822;",
        "Diagnostic-Code: smtp; 550 5.7.1\n",
        "#5.1.1",
        "550 5.1.1 ",
        "QUJD=\n",
    ]
)


@given(st.lists(st.one_of(_PIECES, st.text(max_size=20)), max_size=60))
def test_no_report_is_a_surprise(pieces: list[str]) -> None:
    assert _read("".join(pieces)).kind in ("gone", "later", "policy", "ours", "elsewhere", "nothing")


@given(st.binary(max_size=500))
def test_no_bytes_are_a_surprise(content: bytes) -> None:
    bounce_of(content, ADDRESS)
    bounce_of(report(fields_of("5.1.1")).encode() + content, ADDRESS)


def _deep(levels: int) -> bytes:
    return b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(levels))


@pytest.mark.parametrize(
    "content",
    [
        _deep(8_000),
        b"Content-Type: multipart/report; boundary=b\n\n" + b"--b\n\n" * 100_000,
        b"Content-Type: message/rfc822\n\n" * 20_000,
        b"Status: " + b"5.1." * 100_000,
        b"\n" + b"550 5.1.1" * 50_000,
        b"\n" + b"-" * 300_000,
        b"A: b\n " * 100_000,
        b"Content-Type: " + b'x; boundary="' * 30_000,
        b"Content-Type: message/delivery-status\n\n" + b"Status: 5.1.1\n\n" * 30_000,
        b"Content-Type: message/delivery-status\n\n" + b"\n \t" * 80_000,
        b"Content-Type: text/html\n\n" + b"<" * 300_000,
    ],
    ids=range(11),
)
def test_a_mail_made_to_keep_us_busy_does_not(content: bytes) -> None:
    before = time.process_time()
    bounce_of(content, ADDRESS)
    assert time.process_time() - before < 1.0
