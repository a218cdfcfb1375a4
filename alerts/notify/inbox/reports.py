"""What a mail server says of a mail of ours that came back: delivery reports (RFC 3464), and the plain texts that some
servers write instead.

Read so that nobody loses their alerts by a misreading. Libraries for this take every 5.x.x for a dead address; but a
full mailbox is not one, nor is a server that refuses us for our own sake (5.7.x). Where a report says two things, the
one that does less is believed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final, Literal

from alerts.notify.inbox.wire import Fields, Part, fields, taken_apart, walk

Kind = Literal[
    "gone",  # there is no such address
    "later",  # there may be one again: a full mailbox, a server that did not answer for days
    "policy",  # the server refuses us, whoever the reader
    "ours",  # the mail itself was at fault: too long, broken
    "elsewhere",  # an address behind the reader's, such as one member of a team: the others may have got it
    "nothing",  # no bounce: a delay, a success, a vacation, or nothing that we can read
]

_GONE: Final = frozenset({"5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10"})
_OURS: Final = frozenset({"5.1.7", "5.1.8", "5.3.4", "5.2.3"})  # sender's address, or the mail is too long
_MILDEST_FIRST: Final[tuple[Kind, ...]] = ("nothing", "policy", "ours", "elsewhere", "later", "gone")
_CODE: Final = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.]*\d)")
_SAID: Final = re.compile(r"(?<![\d.])([45]\d\d)(?:[ -]|$)")
_OF_READER: Final = re.compile(r"user|account|mailbox|recipient", re.IGNORECASE)
# In a plain text a code counts only where a mail server speaks: after a reply's number, or behind "#".
_SPOKEN: Final = re.compile(r"(?:(?<![\d.])5\d\d[ -]{1,2}|#)\(?(5\.\d{1,3}\.\d{1,3})(?![\d.]*\d)")
_ORIGINAL: Final = re.compile(
    r"^(?:-{3,}.{0,40}(?:copy|original|returned message|message header|begin)|Below this line is a copy"
    r"|Return-Path:|Received:|>?\s*Message-ID:)",
    re.IGNORECASE | re.MULTILINE,
)
_LATE: Final = re.compile(r"delay|warning|still trying|will be retried|will keep trying|not yet", re.IGNORECASE)
_MOST_BLOCKS: Final = 50
_LONGEST_TEXT: Final = 16 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounce:
    """What became of a mail, as one report says it. `status` as in RFC 3463, such as "5.1.1"; "" where none is said."""

    kind: Kind
    status: str = ""


NOTHING: Final = Bounce(kind="nothing")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Recipient:
    """What a report says of one address."""

    action: str
    status: str
    diagnostic: str = field(repr=False)
    addresses: frozenset[str] = field(repr=False)


def bounce_of(content: bytes, address: str) -> Bounce:
    """What a mail with an empty sender says of the mail that went to `address`. Never raises."""
    parts = list(walk(taken_apart(content)))
    reported = [one for part in parts if part.type in _STATUS for one in _recipients(part)]
    if reported:
        return _mildest(_judged(one, address) for one in reported)
    automatic = parts[0].fields.get("auto-submitted").lower().startswith("auto-replied")
    if automatic and not _is_report(parts[0]):
        return NOTHING  # on holiday
    return _from_text(parts, address)


_STATUS: Final = ("message/delivery-status", "message/global-delivery-status")


def _is_report(mail: Part) -> bool:
    return mail.type == "multipart/report"


def _recipients(part: Part) -> Iterator[_Recipient]:
    """The blocks of fields about one recipient each; the first block is about the mail, unless it is missing."""
    for block in re.split(r"\n\s*\n", part.text(), maxsplit=_MOST_BLOCKS)[:_MOST_BLOCKS]:
        found = fields(block)
        if "action" in found or "status" in found:
            yield _recipient(found)


def _recipient(found: Fields) -> _Recipient:
    code = _CODE.search(found.get("status"))
    said = [found.get(name) for name in ("original-recipient", "final-recipient", "x-actual-recipient")]
    return _Recipient(
        action=found.get("action").partition(" ")[0].partition("(")[0].lower(),
        status=code[1] if code else "",
        diagnostic=found.get("diagnostic-code"),
        addresses=frozenset(_bare(one) for one in said if one),
    )


def _bare(value: str) -> str:
    """The address in a field such as "rfc822; <Reader@example.org>"."""
    return value.rpartition(";")[2].strip().strip("<>").casefold()


def _judged(one: _Recipient, address: str) -> Bounce:
    if one.action and one.action != "failed":
        return Bounce(kind="nothing", status=one.status)
    spoken = _CODE.search(one.diagnostic)
    general = not one.status or one.status.endswith(".0.0")
    status = spoken[1] if spoken and general else one.status
    if not status or status.startswith("2") or (not one.action and status.startswith("4")):
        return Bounce(kind="nothing", status=status)
    kinds = {_kind(status, one.diagnostic)}
    if spoken and not spoken[1].startswith("2"):
        kinds.add(_kind(spoken[1], one.diagnostic))
    bounce = _mildest(Bounce(kind=kind, status=status) for kind in kinds)
    if bounce.kind in ("gone", "later") and one.addresses and not _is_theirs(one.addresses, address):
        return Bounce(kind="elsewhere", status=status)
    return bounce


def _kind(status: str, diagnostic: str) -> Kind:
    subject = status.split(".")[1]
    reply = _SAID.search(diagnostic)
    if subject == "7":
        return "policy"
    if reply and reply[1] == "554" and status.endswith(".0.0") and not _OF_READER.search(diagnostic):
        return "policy"  # so large mail houses say that they do not like who sends
    if status in _GONE:
        return "gone"
    if status in _OURS or (subject in ("5", "6") and status.startswith("5")):
        return "ours"
    return "later"


def _is_theirs(said: Iterable[str], address: str) -> bool:
    """Whether one of the addresses is the reader's, or the reader's under another name of the same house."""
    address = address.casefold()
    local = address.rpartition("@")[0]
    return any(one == address or one.rpartition("@")[0] == local for one in said)


def _mildest(bounces: Iterable[Bounce]) -> Bounce:
    """The one that does least. A report of several recipients is about an address that stands for several."""
    return min(bounces, key=lambda one: _MILDEST_FIRST.index(one.kind), default=NOTHING)


def _from_text(parts: list[Part], address: str) -> Bounce:
    """What a text that is no report says; only where a server is quoted in it, and nothing says that it is early."""
    texts = [part.text() for part in parts if part.type in ("text/plain", "text/html")]
    if not texts:
        return NOTHING
    text = _ORIGINAL.split(texts[0][:_LONGEST_TEXT], maxsplit=1)[0]
    if _LATE.search(parts[0].fields.get("subject")) or _LATE.search(text):
        return NOTHING
    codes = dict.fromkeys(_SPOKEN.findall(text))
    bounce = _mildest(Bounce(kind=_kind(code, ""), status=code) for code in codes)
    if bounce.kind == "gone" and address.casefold() not in text.casefold():
        return Bounce(kind="later", status=bounce.status)  # whose address it was, it does not say
    return bounce
