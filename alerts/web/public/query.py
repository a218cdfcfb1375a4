"""The query of the archive and its feed: what may be asked, and a clear sentence for what may not.

A parameter we do not know is ignored (links gather them on their way); a value that cannot be meant is
refused, because a page that quietly shows something else than was asked would mislead.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final, cast
from urllib.parse import urlencode

from alerts.errors import InputError
from alerts.render.view import country_name, event_name
from alerts.store.codec import clean
from alerts.store.search import Cursor, Wanted
from alerts.store.words import asked
from alerts.template_filters import day
from alerts.types import CERTAINTIES, OPEN_STATES, SEVERITIES, AlertState, Certainty, Place, Severity
from alerts.web.site import Web

STATES: Final[Mapping[str, tuple[AlertState, ...]]] = {
    "open": OPEN_STATES,
    "unconfirmed": ("unconfirmed",),
    "active": ("active",),
    "ended": ("ended",),
    "closed": ("closed",),
    "cancelled": ("cancelled",),
    "merged": ("merged",),
}
_EVENT: Final = re.compile(r"[a-z][a-z0-9_]{0,59}")
_RULE: Final = re.compile(r"[a-z][a-z0-9_]{0,119}")
_PLACE: Final = re.compile(r"[A-Za-z0-9]+(?:[:.-][A-Za-z0-9]+)*")  # "gn:172057", "SY-ID", "x:SDN-darfur"
LONGEST: Final = 80
_NAMES: Final = (
    *("q", "event", "country", "region", "place", "rule", "severity", "certainty", "state", "since", "until"),
)
ASKED: Final = frozenset((*_NAMES, "where", "before"))
_MOST_WORDS: Final = 12
_CURSOR: Final = re.compile(r"([0-9]{1,17})-([0-9]{1,9})")  # up to the year 5138: no overflow
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """What was asked, in the words of the address; empty for "any". `q` are words of the text, `region` and `place` ids
    of places, `since` and `until` days of UTC: what changed on the one or later, and began on the other or before.
    `provinces`: those of a region that is made of several, which no address says."""

    q: str = ""
    event: str = ""
    country: str = ""
    region: str = ""
    place: str = ""
    rule: str = ""
    severity: str = ""
    certainty: str = ""
    state: str = ""
    since: str = ""
    until: str = ""
    before: Cursor | None = None
    provinces: tuple[str, ...] = ()

    @property
    def wanted(self) -> Wanted:
        return Wanted(
            event=self.event or None,
            country=self.country or None,
            regions=(self.region, *self.provinces) if self.region else (),
            place=self.place or None,
            rule=self.rule or None,
            min_severity=cast(Severity, self.severity or "minor"),
            min_certainty=cast(Certainty, self.certainty or "possible"),
            states=STATES.get(self.state, ()),
            since=_midnight(self.since) if self.since else None,
            until=_midnight(self.until) + timedelta(days=1) if self.until else None,
            words=asked(self.q),
        )

    @property
    def filtered(self) -> bool:
        return any(getattr(self, name) for name in _NAMES)

    def without(self, name: str) -> Query:
        """The same question without one of its parts, from the first page on."""
        changes: dict[str, Any] = {name: "", "before": None, "provinces": ()}
        return replace(self, **changes)

    def at(self, place: Place) -> Query:
        """The same question of another place, from the first page on."""
        name = {"country": "country", "admin1": "region"}.get(place.precision, "place")
        changes: dict[str, Any] = {"country": "", "region": "", "place": "", "before": None, "provinces": ()}
        return replace(self, **changes | {name: place.id})

    def parts(self, names: Mapping[str, str] | None = None) -> list[tuple[str, str]]:
        """What was asked, each part by its name and in words; `names` of places by their ids."""
        names = names or {}
        said = {
            "q": f"“{self.q}”",
            "event": event_name(self.event),
            "country": country_name(self.country),
            "region": f"in {names.get(self.region, self.region)}",
            "place": f"at {names.get(self.place, self.place)}",
            "rule": f"by the rule {self.rule}",
            "severity": f"{self.severity} or worse",
            "certainty": "observed" if self.certainty == CERTAINTIES[-1] else f"{self.certainty} or surer",
            "state": self.state,
            "since": f"changed since {day(self.since)}" if self.since else "",
            "until": f"begun by {day(self.until)}" if self.until else "",
        }
        return [(name, said[name]) for name in _NAMES if getattr(self, name)]

    def words(self) -> str:
        """What was asked in words, for titles; empty where all is shown."""
        return ", ".join(words for _, words in self.parts())

    def address(self, before: Cursor | None = None) -> str:
        """The same question as the end of an address: "?event=siege&country=SYR", or nothing."""
        pairs = [*self.pairs(), *([("before", cursor_text(before))] if before else [])]
        return f"?{urlencode(pairs)}" if pairs else ""

    def pairs(self) -> list[tuple[str, str]]:
        """The same question as parameters, from the first page on."""
        return [(name, value) for name in _NAMES if (value := str(getattr(self, name)))]


def query_of(web: Web, parameters: Sequence[tuple[str, str]]) -> Query:
    """The question in an address, as pages, data and what a hub is told of understand it. Raises InputError with one
    sentence that names the parameter."""
    query = read_query(parameters)
    if not query.region or web.places is None:
        return query
    return replace(query, provinces=tuple(one.id for one in web.places.provinces(query.region)))


def read_query(parameters: Sequence[tuple[str, str]]) -> Query:
    """The question in an address, as far as it can be read without knowing the world. Raises InputError."""
    given: dict[str, str] = {}
    for name, value in parameters:
        if name == "where" and value.strip():
            raise InputError("“where” is a name: the page /alerts finds the place it means, and its id, for “place”.")
        if name in (*_NAMES, "before") and value.strip():
            if given.setdefault(name, value.strip()) != value.strip():
                raise InputError(f"“{name}” is given twice; give it once.")
    severity, certainty, state = (given.get(name, "").lower() for name in ("severity", "certainty", "state"))
    if severity and severity not in SEVERITIES:
        raise InputError(f"There is no such severity; it is one of {', '.join(SEVERITIES)}.")
    if certainty and certainty not in CERTAINTIES:
        raise InputError(f"There is no such certainty; it is one of {', '.join(CERTAINTIES)}.")
    if state and state not in STATES:
        raise InputError(f"There is no such state; it is one of {', '.join(STATES)}.")
    return Query(
        q=_text(given.get("q", "")),
        event=_event(given.get("event", "")),
        country=_country(given.get("country", "")),
        region=_place("region", given.get("region", "")),
        place=_place("place", given.get("place", "")),
        rule=_rule(given.get("rule", "")),
        severity="" if severity == SEVERITIES[0] else severity,
        certainty="" if certainty == CERTAINTIES[0] else certainty,
        state=state,
        since=_day("since", given.get("since", "")),
        until=_day("until", given.get("until", "")),
        before=_cursor(given.get("before", "")),
    )


def _text(value: str) -> str:
    text = " ".join(clean(value).split())
    if text and len(text) > LONGEST:
        raise InputError(f"“q” is too long: give at most {LONGEST} letters.")
    if text and not 0 < len(asked(text)) <= _MOST_WORDS:
        raise InputError(f"“q” is words to look for in the texts of alerts, at most {_MOST_WORDS}.")
    return text


def _event(value: str) -> str:
    if value and not _EVENT.fullmatch(value):
        raise InputError("An event is one word of small letters, such as “siege” or “aid_obstruction”.")
    return value


def _country(value: str) -> str:
    code = value.upper()
    if code and (not code.isascii() or len(code) != 3 or country_name(code) == code):
        raise InputError("A country is given by its ISO 3166-1 code of three letters, such as “SYR” or “SDN”.")
    return code


def _place(name: str, value: str) -> str:
    if value and (len(value) > LONGEST or not _PLACE.fullmatch(value)):
        raise InputError(
            f"“{name}” is the id of a place, such as “SY-ID” or “gn:172057”; the page of a place shows it."
        )
    return value


def _rule(value: str) -> str:
    if value and not _RULE.fullmatch(value):
        raise InputError("A rule is given by its name, one word of small letters.")
    return value


def _day(name: str, value: str) -> str:
    if not value:
        return ""
    try:
        return _midnight(value).date().isoformat()
    except (ValueError, OverflowError):
        raise InputError(f"“{name}” is a day, written as in 2026-03-31.") from None


def _midnight(text: str) -> datetime:
    found = date.fromisoformat(text)
    if not 1970 <= found.year < 9999:
        raise ValueError("not a day of this archive")
    return datetime.combine(found, time(), tzinfo=UTC)


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
