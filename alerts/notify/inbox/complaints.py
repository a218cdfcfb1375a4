"""Complaints: what a mail house sends when a reader presses "this is spam" (RFC 5965). To the reader that button is one
more way to leave."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final

from alerts.notify.inbox.wire import Part, fields, taken_apart, walk

# "not-spam" is the reverse, "virus" an opinion of a program, "auth-failure" a report about our DNS.
_LEAVING: Final = frozenset({"abuse", "fraud", "opt-out", "opt-out-list", "miscategorized"})
_NAME: Final = re.compile(r"\bbounce\+([0-9a-f]{12}-[0-9a-f]{28})@", re.IGNORECASE)
_PASS: Final = re.compile(r"\bunsubscribe\+([0-9a-z-]{20,56})@", re.IGNORECASE)
_HEADS: Final = ("message/feedback-report", "text/rfc822-headers")
_MOST: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Complaint:
    """What a complaint says of the mail that it is about: names behind "bounce+" in the envelope's sender, and passes
    to leave. Both empty for what is no complaint."""

    names: tuple[str, ...] = field(default=(), repr=False)
    passes: tuple[str, ...] = field(default=(), repr=False)


def complained_of(content: bytes) -> Complaint:
    """What a mail complains of. Never raises."""
    parts = list(walk(taken_apart(content)))
    reports = [part for part in parts if _is_report(part)]
    kinds = {fields(part.text()).get("feedback-type").lower() for part in reports}
    if not kinds & _LEAVING:
        return Complaint()
    after = parts[parts.index(reports[0]) :]
    return Complaint(
        names=_found(_NAME, after, "original-mail-from", "return-path"),
        passes=_found(_PASS, after, "list-unsubscribe"),
    )


def _is_report(part: Part) -> bool:
    return part.type == "message/feedback-report"


def _found(pattern: re.Pattern[str], parts: list[Part], *names: str) -> tuple[str, ...]:
    """What fields of these names say: in the report, or in the head of the mail that it is about."""
    heads = [fields(part.text()) if part.type in _HEADS else part.fields for part in parts]
    values = [value for head in heads for name in names for value in head.all(name)]
    return tuple(dict.fromkeys(one.lower() for value in values for one in pattern.findall(value)))[:_MOST]
