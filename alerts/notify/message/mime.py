"""The bytes of one mail.

Built here and not by the standard library's EmailMessage because that one loses blanks in long subjects
in Arabic, Ukrainian and French on Python 3.11 and takes twenty times as long.

    text/plain                                  multipart/alternative
                                                ├── text/plain, first and complete
                                                └── multipart/related, or the HTML alone without pictures
                                                    ├── text/html
                                                    └── image/png ...
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import format_datetime, parseaddr
from functools import lru_cache
from html import escape

from alerts.errors import MailError
from alerts.notify.message.splice import stencil
from alerts.notify.message.words import LONGEST_LINE, encode_words
from alerts.render.mail import Inline

_FOLD = "\r\n"
_NO_ADDRESS = re.compile(r"[\s<>,;:\x00]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """One mail to one reader, ready to be encoded. `root` is the Message-ID of the thread's first mail;
    `sent` is frozen with the alert's version, so that every attempt gives the same bytes. The texts' slots
    (`render.slots`) are filled with `values`. Of `list_unsubscribe` each is an address to end the mails by, the first
    of them by one press where `one_click`."""

    sender: str
    sender_name: str = ""
    recipient: str = field(repr=False)
    subject: str
    text: str
    html: str
    pictures: Sequence[Inline] = ()
    values: Mapping[str, str] = field(default_factory=dict, repr=False)
    sent: datetime
    message_id: str
    root: str
    list_name: str
    language: str = "en"
    list_unsubscribe: tuple[str, ...] = field(default=(), repr=False)
    one_click: bool = False


def encode(mail: Mail) -> bytes:
    """The message in 7 bits with CRLF line ends: multipart/alternative, plain text first, or the text alone
    when there is no HTML. Deterministic. Raises MailError for an address that cannot stand in a header."""
    return headers(mail) + body(mail)


def headers(mail: Mail) -> bytes:
    """All but those that say how the body is made."""
    lines = [
        f"From: {_from(mail.sender, mail.sender_name)}",
        f"To: {address_header(mail.recipient)}",
        f"Subject: {encode_words('Subject', mail.subject)}",
        f"Date: {_date(mail.sent)}",
        f"Message-ID: {mail.message_id}",
    ]
    if mail.root != mail.message_id:
        lines += [f"In-Reply-To: {mail.root}", f"References: {mail.root}"]
    domain = mail.message_id.strip("<>").partition("@")[2]
    lines.append(f"List-Id: <{list_id(mail.list_name)}.{domain}>")
    if mail.list_unsubscribe:
        lines.append("List-Unsubscribe: " + ",\r\n ".join(f"<{one}>" for one in mail.list_unsubscribe))
    if mail.one_click:
        lines.append("List-Unsubscribe-Post: List-Unsubscribe=One-Click")
    lines += [
        "Auto-Submitted: auto-generated",
        "X-Auto-Response-Suppress: All",
        f"Content-Language: {mail.language}",
        "MIME-Version: 1.0",
        "",
    ]
    return "\r\n".join(lines).encode("ascii")


def body(mail: Mail) -> bytes:
    """The body, with the header that says how it is made."""
    text = _part("plain", mail.text, mail.values)
    if not mail.html:
        return text
    mark = mail.message_id.strip("<>").partition("@")[0]
    html = _part("html", mail.html, {name: escape(value) for name, value in mail.values.items()})
    if mail.pictures:
        pictures = [_picture(one.cid, one.png) for one in mail.pictures]
        html = _multipart('related; type="text/html"', f"=_r{mark}", [html, *pictures])
    return _multipart("alternative", f"=_{mark}", [text, html])


def _multipart(kind: str, boundary: str, parts: Sequence[bytes]) -> bytes:
    mark = boundary.encode("ascii")
    pieces = [f'Content-Type: multipart/{kind};\r\n boundary="{boundary}"\r\n'.encode("ascii")]
    for part in parts:
        pieces += (b"\r\n--", mark, b"\r\n", part)
    return b"".join((*pieces, b"\r\n--", mark, b"--\r\n"))


def _part(kind: str, text: str, values: Mapping[str, str]) -> bytes:
    head = f"Content-Type: text/{kind}; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
    return head.encode("ascii") + stencil(text).filled(values)


@lru_cache(maxsize=64)
def _date(sent: datetime) -> str:
    return format_datetime(sent)


@lru_cache(maxsize=64)
def _picture(cid: str, png: bytes) -> bytes:
    head = (
        "Content-Type: image/png\r\nContent-Transfer-Encoding: base64\r\n"
        f"Content-ID: <{cid}>\r\nContent-Disposition: inline\r\n\r\n"
    )
    encoded = binascii.b2a_base64(png, newline=False)
    lines = [encoded[at : at + LONGEST_LINE] for at in range(0, len(encoded), LONGEST_LINE)]
    return head.encode("ascii") + b"\r\n".join(lines) + b"\r\n"


@lru_cache(maxsize=16)
def _from(address: str, name: str) -> str:
    """The same in every mail; kept, as no reader's address is."""
    return address_header(address, name)


def address_header(address: str, name: str = "") -> str:
    """`Name <local@domain>` or the bare address; the name encoded, an international domain in its ASCII form."""
    bare = ascii_address(address)
    name = " ".join(name.split())
    if not name:
        return bare
    if name.isascii() and name.isprintable() and "=?" not in name:
        quoted = name.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{quoted}" <{bare}>'
    words = encode_words("From", name)
    fits = len(words.rpartition("\n")[2]) + len(bare) + 3 <= LONGEST_LINE - len("From: ")
    return f"{words}{'' if fits else _FOLD} <{bare}>"


def ascii_address(address: str) -> str:
    """The address as it goes over the wire. Raises MailError when it has no such form."""
    local, _, domain = address.rpartition("@")
    try:
        if not domain.isascii():
            domain = domain.encode("idna").decode("ascii")
    except UnicodeError:
        domain = ""
    plain = f"{local}@{domain}"
    if not (local and domain and plain.isascii()) or _NO_ADDRESS.search(plain):
        raise MailError("the address cannot be written in a mail's header", reason="address", permanent=True)
    return plain


def list_id(name: str) -> str:
    """The service's name as the first label of a List-Id: letters, digits and hyphens. Of a name in
    another script a word that says nothing: it may be that of discreet mails."""
    label = "".join(char if char.isascii() and char.isalnum() else "-" for char in name.lower()).strip("-")
    return label or "list"


@lru_cache(maxsize=16)
def domain_of(address: str) -> str:
    """The domain of the sender's address, for Message-IDs."""
    return ascii_address(parseaddr(address)[1]).rpartition("@")[2]
