"""The bytes of one mail.

Built here and not by the standard library's EmailMessage because that one loses blanks in long subjects
in Arabic, Ukrainian and French on Python 3.11 and takes twenty times as long. `email.header.Header` and
`binascii` do the encoding.
"""

from __future__ import annotations

import binascii
import re
from dataclasses import dataclass
from datetime import datetime
from email.header import Header
from email.utils import format_datetime, parseaddr

from alerts.errors import MailError

LONGEST_LINE = 76
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """One mail to one reader, ready to be encoded. `root` is the Message-ID of the thread's first mail;
    `sent` is frozen with the alert's version, so that every attempt gives the same bytes."""

    sender: str
    recipient: str
    subject: str
    text: str
    html: str
    sent: datetime
    message_id: str
    root: str
    list_name: str
    language: str = "en"


def encode(mail: Mail) -> bytes:
    """The message in 7 bits with CRLF line ends: multipart/alternative, plain text first, or the text alone
    when there is no HTML. Deterministic. Raises MailError for an address that cannot stand in a header."""
    boundary = f"=_{mail.message_id.strip('<>').partition('@')[0]}"
    lines = [
        _header("From", address_header(mail.sender)),
        _header("To", address_header(mail.recipient)),
        _header("Subject", encode_words("Subject", mail.subject)),
        f"Date: {format_datetime(mail.sent)}",
        f"Message-ID: {mail.message_id}",
    ]
    if mail.root != mail.message_id:
        lines += [f"In-Reply-To: {mail.root}", f"References: {mail.root}"]
    domain = mail.message_id.strip("<>").partition("@")[2]
    lines += [
        _header("List-Id", f"<{list_id(mail.list_name)}.{domain}>"),
        "Auto-Submitted: auto-generated",
        "X-Auto-Response-Suppress: All",
        f"Content-Language: {mail.language}",
        "MIME-Version: 1.0",
    ]
    head = "\r\n".join(lines).encode("ascii")
    text = _part("plain", mail.text)
    if not mail.html:
        return head + b"\r\n" + text
    mark = boundary.encode("ascii")
    return b"".join(
        (
            head,
            b'\r\nContent-Type: multipart/alternative; boundary="',
            mark,
            b'"\r\n\r\n--',
            mark,
            b"\r\n",
            text,
            b"\r\n--",
            mark,
            b"\r\n",
            _part("html", mail.html),
            b"\r\n--",
            mark,
            b"--\r\n",
        )
    )


def _part(kind: str, body: str) -> bytes:
    head = f"Content-Type: text/{kind}; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
    return head.encode("ascii") + quoted_printable(body)


def quoted_printable(text: str) -> bytes:
    """`text` as quoted-printable with CRLF line ends and a line end at its end."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").removesuffix("\n")
    # Only with "\n" alone does b2a_qp keep our line ends as line ends and encode blanks before them.
    encoded = binascii.b2a_qp(lines.encode("utf-8", "replace"), quotetabs=False, istext=True, header=False)
    return encoded.replace(b"\n", b"\r\n") + b"\r\n"


def encode_words(name: str, text: str) -> str:
    """A header's text, as RFC 2047 encoded words where it is not plain ASCII; folded at 76 characters."""
    line = " ".join(_CONTROLS.sub(" ", text).split())
    charset = "us-ascii" if line.isascii() and "=?" not in line else "utf-8"
    return Header(line, charset=charset, maxlinelen=LONGEST_LINE, header_name=name).encode(linesep="\r\n")


def _header(name: str, value: str) -> str:
    return f"{name}: {value}"


def address_header(address: str) -> str:
    """`Name <local@domain>` or a bare address, the name encoded, an international domain in its ASCII form."""
    name, bare = parseaddr(address)
    bare = ascii_address(bare)
    if not name:
        return bare
    if name.isascii():
        quoted = name.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{quoted}" <{bare}>'
    return f"{encode_words('From', name)} <{bare}>"


def ascii_address(address: str) -> str:
    """The address as it goes over the wire. Raises MailError when it has no such form."""
    local, at, domain = address.rpartition("@")
    try:
        plain = f"{local}@{domain.encode('idna').decode('ascii')}"
    except UnicodeError:
        plain = ""
    if not (at and local and domain and plain.isascii()) or any(
        char.isspace() or char in "<>,;:\x00" for char in plain
    ):
        raise MailError("the address cannot be written in a mail's header", reason="address", permanent=True)
    return plain


def list_id(name: str) -> str:
    """The service's name as the first label of a List-Id: letters, digits and hyphens."""
    label = "".join(char if char.isascii() and char.isalnum() else "-" for char in name.lower()).strip("-")
    return label or "alerts"


def domain_of(address: str) -> str:
    """The domain of the sender's address, for Message-IDs."""
    return ascii_address(parseaddr(address)[1]).rpartition("@")[2]
