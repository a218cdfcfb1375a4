"""Complaints: what a mail house sends when a reader presses "this is spam" (RFC 5965). To the reader that button is one
more way to leave."""

from __future__ import annotations

import re
from typing import Final

from alerts.notify.inbox.wire import Part, fields, taken_apart, walk

# "not-spam" is the reverse, "virus" an opinion of a program, "auth-failure" a report about our DNS.
_LEAVING: Final = frozenset({"abuse", "fraud", "opt-out", "opt-out-list", "miscategorized"})
_TOKEN: Final = re.compile(r"(?<![0-9a-f])[0-9a-f]{28}(?=@)", re.IGNORECASE)
_MOST: Final = 5


def complained_of(content: bytes) -> tuple[str, ...]:
    """What a complaint says of the mail that it is about: the tokens that may be its Message-ID's or its sender's.
    Empty for what is no complaint. Never raises."""
    parts = list(walk(taken_apart(content)))
    reports = [part for part in parts if _is_report(part)]
    kinds = {fields(part.text()).get("feedback-type").lower() for part in reports}
    if not kinds & _LEAVING:
        return ()
    after = parts[parts.index(reports[0]) :]
    said = [value for part in after for value in _names(part)]
    tokens = dict.fromkeys(token.lower() for value in said for token in _TOKEN.findall(value))
    return tuple(tokens)[:_MOST]


def _is_report(part: Part) -> bool:
    return part.type == "message/feedback-report"


def _names(part: Part) -> list[str]:
    """Where a mail's own names stand: in the report, and in the fields of the mail that it is about."""
    if _is_report(part):
        return fields(part.text()).all("original-mail-from")
    found = fields(part.text()) if part.type == "text/rfc822-headers" else part.fields
    return [value for name in ("message-id", "return-path") for value in found.all(name)]
