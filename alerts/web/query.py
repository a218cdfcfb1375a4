"""The query of the archive and its feed: what may be asked, and a clear sentence for what may not.

A parameter we do not know is ignored (links gather them on their way); a value that cannot be meant is
refused, because a page that quietly shows something else than was asked would mislead.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, cast
from urllib.parse import urlencode

from alerts.errors import InputError
from alerts.render.view import country_name
from alerts.store.archive import Cursor, Wanted
from alerts.types import OPEN_STATES, SEVERITIES, AlertState, Severity

STATES: Final[Mapping[str, tuple[AlertState, ...]]] = {
    "open": OPEN_STATES,
    "unconfirmed": ("unconfirmed",),
    "active": ("active",),
    "ended": ("ended",),
    "closed": ("closed",),
    "cancelled": ("cancelled",),
}
_EVENT: Final = re.compile(r"[a-z][a-z0-9_]{0,59}")
_CURSOR: Final = re.compile(r"([0-9]{1,17})-([0-9]{1,9})")  # up to the year 5138: no overflow
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """What was asked, in the words of the address; empty for "any"."""

    event: str = ""
    country: str = ""
    severity: str = ""
    state: str = ""
    before: Cursor | None = None

    @property
    def wanted(self) -> Wanted:
        return Wanted(
            event=self.event or None,
            country=self.country or None,
            min_severity=cast(Severity, self.severity or "minor"),
            states=STATES.get(self.state, ()),
        )

    @property
    def filtered(self) -> bool:
        return bool(self.event or self.country or self.severity or self.state)

    def address(self, before: Cursor | None = None) -> str:
        """The same question as the end of an address: "?event=siege&country=SYR", or nothing."""
        asked = {"event": self.event, "country": self.country, "severity": self.severity, "state": self.state}
        asked["before"] = cursor_text(before) if before else ""
        text = urlencode({name: value for name, value in asked.items() if value})
        return f"?{text}" if text else ""


def read_query(parameters: Sequence[tuple[str, str]]) -> Query:
    """The question in an address. Raises InputError with one sentence that names the parameter."""
    given: dict[str, str] = {}
    for name, value in parameters:
        if name in ("event", "country", "severity", "state", "before") and value.strip():
            if given.setdefault(name, value.strip()) != value.strip():
                raise InputError(f"“{name}” is given twice; give it once.")
    severity, state = given.get("severity", "").lower(), given.get("state", "").lower()
    if severity and severity not in SEVERITIES:
        raise InputError(f"There is no such severity; it is one of {', '.join(SEVERITIES)}.")
    if state and state not in STATES:
        raise InputError(f"There is no such state; it is one of {', '.join(STATES)}.")
    return Query(
        event=_event(given.get("event", "")),
        country=_country(given.get("country", "")),
        severity="" if severity == SEVERITIES[0] else severity,
        state=state,
        before=_cursor(given.get("before", "")),
    )


def _event(value: str) -> str:
    if value and not _EVENT.fullmatch(value):
        raise InputError("An event is one word of small letters, such as “siege” or “aid_obstruction”.")
    return value


def _country(value: str) -> str:
    code = value.upper()
    if code and (not code.isascii() or len(code) != 3 or country_name(code) == code):
        raise InputError("A country is given by its ISO 3166-1 code of three letters, such as “SYR” or “SDN”.")
    return code


def _cursor(value: str) -> Cursor | None:
    if not value:
        return None
    found = _CURSOR.fullmatch(value)
    if found is None:
        raise InputError("“before” is no place in the list; begin again with the first page.")
    return Cursor(updated=_EPOCH + timedelta(microseconds=int(found[1])), id=int(found[2]))


def cursor_text(cursor: Cursor) -> str:
    """A cursor as it stands in an address: microseconds since 1970, and the alert's number."""
    return f"{(cursor.updated - _EPOCH) // timedelta(microseconds=1)}-{cursor.id}"
