"""Reports of mail servers, as several kinds of them are made; put together here."""

from __future__ import annotations

import base64

from tests.notify.inbox.world import comes_back_to

ORIGINAL = f"""\
Return-Path: <{comes_back_to()}>
Message-ID: <0123456789abcdef0123456789ab@alerts.example>
Subject: Siege: Djibo
Content-Type: text/plain

About 1,200 families. Said in 550 5.1.1 and #5.1.1 words.
"""


def fields_of(
    status: str,
    *,
    action: str = "failed",
    diagnostic: str = "",
    final: str = "rfc822; reader@example.org",
    original: str = "",
) -> str:
    """The fields about one recipient."""
    lines = [
        f"Final-Recipient: {final}" if final else "",
        f"Original-Recipient: {original}" if original else "",
        f"Action: {action}" if action else "",
        f"Status: {status}" if status else "",
        f"Diagnostic-Code: {diagnostic}" if diagnostic else "",
    ]
    return "".join(f"{line}\n" for line in lines if line)


def report(*recipients: str, words: str = "Your mail could not be delivered.", encoding: str = "") -> str:
    """A report in three parts, as Postfix makes them."""
    status = "\n".join(("Reporting-MTA: dns; mail.example.org\nX-Queue-ID: 4F1\n", *recipients))
    how = f"Content-Transfer-Encoding: {encoding}\n" if encoding else ""
    if encoding == "base64":
        status = base64.encodebytes(status.encode()).decode()
    return f"""\
From: MAILER-DAEMON@mail.example.org (Mail Delivery System)
Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status;
\tboundary="4F1.177/mail.example.org"

This is a MIME-encapsulated message.

--4F1.177/mail.example.org
Content-Description: Notification
Content-Type: text/plain; charset=us-ascii

{words}

--4F1.177/mail.example.org
Content-Description: Delivery report
Content-Type: message/delivery-status
{how}
{status}
--4F1.177/mail.example.org
Content-Description: Undelivered Message
Content-Type: message/rfc822

{ORIGINAL}
--4F1.177/mail.example.org--
"""


def within(inner: str) -> str:
    """A mail that holds another, as one that was passed on."""
    return f"""\
Subject: Fwd
Content-Type: multipart/mixed; boundary=outer

--outer
Content-Type: text/plain

See below.
--outer
Content-Type: message/rfc822

{inner}
--outer--
"""


def plain(text: str, *, subject: str = "failure notice", auto: str = "") -> str:
    """A text and no report."""
    return f"Subject: {subject}\n{f'Auto-Submitted: {auto}' + chr(10) if auto else ''}\n{text}\n"


QMAIL = plain(
    """Hi. This is the qmail-send program at example.org.
I'm afraid I wasn't able to deliver your message to the following addresses.

<reader@example.org>:
Sorry, no mailbox here by that name. (#5.1.1)

--- Below this line is a copy of the message.

"""
    + ORIGINAL
)
EXCHANGE = plain(
    """Delivery has failed to these recipients or groups:

reader@example.org
The recipient's mailbox is full.

Diagnostic information for administrators:
Remote Server returned '554-5.2.2 mailbox full; STOREDRV.Deliver.Exception:QuotaExceededException'

Original message headers:

""".replace("554-5.2.2", "554 5.2.2")
    + ORIGINAL,
    subject="Undeliverable: Siege: Djibo",
)


def complaint(
    kind: str = "abuse", *, report_fields: str = "", third: str = "message/rfc822", original: str = ORIGINAL
) -> str:
    """What a mail house sends when a reader presses the button."""
    return f"""\
From: <feedback@house.example>
Subject: FW: Siege: Djibo
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report; boundary="part"

--part
Content-Type: text/plain

This is an email abuse report.

--part
Content-Type: message/feedback-report

Feedback-Type: {kind}
User-Agent: SomeGenerator/1.0
Version: 1
{report_fields}
--part
Content-Type: {third}

{original}
--part--
"""
