"""The form in which a reader says what they want: from wishes to what stands in its fields, and back. What was typed is
kept as it was typed, so that a slip in one field loses nothing of the others."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from difflib import get_close_matches
from functools import lru_cache
from typing import Any, Final
from zoneinfo import available_timezones

from alerts.errors import InputError
from alerts.notify.joining import whereabouts
from alerts.notify.joining.whereabouts import Choice, Row, Unclear
from alerts.read.places import Gazetteer
from alerts.readers import RHYTHMS, WEEKDAYS, Near, Quiet, Wishes
from alerts.render.wishes import pause_ends, zone_of
from alerts.types import CERTAINTIES, SEVERITIES

MOST_PLACES: Final = 40
EMPTY_ROWS: Final = 3
LONGEST_PAUSE: Final = timedelta(days=366)
_CLOCK: Final = re.compile(r"([01]?\d|2[0-3])(?:[:.h]([0-5]\d))?(?::[0-5]\d)?")
_ROW: Final = re.compile(r"(name|km|pick|held)-(\d{1,3})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What a form is read against: names of places, the events that rules flag, languages in which mails can be made,
    and what checks an OpenPGP key (None: mails cannot be encrypted here): it raises InputError or ValueError, or gives
    the key in its usual form."""

    places: Gazetteer
    events: tuple[str, ...] = ()
    languages: tuple[str, ...] = ("en",)
    check_key: Callable[[str], str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """What stands in the fields. `values` by the fields' names; of a box that is ticked "yes"."""

    events: tuple[str, ...] = ()
    rows: tuple[Row, ...] = ()
    values: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Understood:
    """What a form means. With `faults`, by the names of fields ("place 2" for a line of places), `wishes` are to be
    used for nothing. `choices`, by line: the places of which one has to be picked."""

    wishes: Wishes
    faults: Mapping[str, str]
    choices: Mapping[int, Sequence[Choice]]


def typed_from(wishes: Wishes, known: Known) -> Typed:
    """The form as it is shown first."""
    quiet, until = wishes.quiet, pause_ends(wishes)
    return Typed(
        events=wishes.events,
        rows=tuple(whereabouts.rows_of(wishes, known.places)),
        values={
            "severity": wishes.min_severity,
            "certainty": wishes.min_certainty,
            "language": wishes.language,
            "text_only": "yes" if wishes.text_only else "",
            "rhythm": wishes.rhythm,
            "hour": str(wishes.hour),
            "weekday": str(wishes.weekday),
            "zone": wishes.time_zone,
            "quiet_from": f"{quiet.begin:%H:%M}" if quiet else "",
            "quiet_to": f"{quiet.end:%H:%M}" if quiet else "",
            "wake": wishes.wake_from or "",
            "pause": until.isoformat() if until else "",
            "discreet": "yes" if wishes.discreet else "",
            "key": wishes.key,
        },
    )


def typed(pairs: Sequence[tuple[str, str]]) -> Typed:
    """What a browser sent."""
    rows: dict[int, dict[str, str]] = {}
    values: dict[str, str] = {}
    for name, value in pairs:
        if found := _ROW.fullmatch(name):
            rows.setdefault(int(found[2]), {})[found[1]] = value
        else:
            values[name] = value.strip()
    lines = [Row(**rows[number]) for number in sorted(rows)]
    return Typed(
        events=tuple(dict.fromkeys(value for name, value in pairs if name == "event")),
        rows=tuple(row for row in lines if row.name.strip() or row.km.strip()),
        values=values,
    )


def understood(what: Typed, before: Wishes, known: Known, now: datetime) -> Understood:
    """What the form asks for. A field that it does not have stays as it was `before`; but boxes that are not ticked are
    not sent, so of a form with the field "whole" they and places that are not there are not wanted."""
    reading = _Reading(values=what.values, before=before, known=known, now=now)
    changes = {name: value for name, value in reading.fields() if value is not None}
    changes |= _quiet(reading)
    if reading.whole or what.rows:
        changes |= _places(what.rows, reading)
    if reading.whole or what.events:
        changes["events"] = reading.events(what.events)
    if "wake" in what.values:
        changes["wake_from"] = reading.read("wake", lambda text: _one_of(SEVERITIES)(text) if text else None)
    zoned = replace(before, **changes)
    if "pause" in what.values:
        zoned = replace(zoned, paused_until=reading.read("pause", lambda text: _pause(text, zoned, now)))
    return Understood(wishes=zoned, faults=reading.faults, choices=reading.choices)


@dataclass(slots=True, kw_only=True)
class _Reading:
    """One form as it is read: what is wrong is gathered, so that all is said at once."""

    values: Mapping[str, str]
    before: Wishes
    known: Known
    now: datetime
    faults: dict[str, str] = field(default_factory=dict)
    choices: dict[int, Sequence[Choice]] = field(default_factory=dict)

    @property
    def whole(self) -> bool:
        """Whether the form has all fields."""
        return "whole" in self.values

    def read(self, name: str, how: Callable[[str], Any]) -> Any:
        """The meaning of a field; None for a faulty one."""
        try:
            return how(self.values[name])
        except (InputError, ValueError) as error:
            said = str(error)
            self.faults[name] = said[:1].upper() + said[1:]
            return None

    def fields(self) -> list[tuple[str, Any]]:
        """Fields of `Wishes` that one field of the form stands for each."""
        read: dict[str, tuple[str, Callable[[str], Any]]] = {
            "severity": ("min_severity", _one_of(SEVERITIES)),
            "certainty": ("min_certainty", _one_of(CERTAINTIES)),
            "language": ("language", _one_of((*self.known.languages, self.before.language))),
            "rhythm": ("rhythm", _one_of(RHYTHMS)),
            "hour": ("hour", lambda text: int(_one_of([str(hour) for hour in range(24)])(text))),
            "weekday": ("weekday", lambda text: int(_one_of([str(day) for day in range(len(WEEKDAYS))])(text))),
            "zone": ("time_zone", lambda text: text if text == self.before.time_zone else zone(text)),
            "key": ("key", self._key),
        }
        found = [(target, self.read(name, how)) for name, (target, how) in read.items() if name in self.values]
        if self.whole:
            found += [(name, self.values.get(name) == "yes") for name in ("text_only", "discreet")]
        return found

    def events(self, chosen: tuple[str, ...]) -> tuple[str, ...]:
        if wrong := [event for event in chosen if event not in (*self.known.events, *self.before.events)]:
            self.faults["event"] = f"No rule flags {', '.join(wrong)[:100]}."
        return chosen

    def _key(self, text: str) -> str:
        text = text.replace("\r\n", "\n")
        if text.strip() == self.before.key.strip():
            return self.before.key
        if not text:
            return ""
        if self.known.check_key is None:
            raise InputError("This service cannot encrypt mails. Ask those who run it.")
        return self.known.check_key(text)


def _places(rows: Sequence[Row], reading: _Reading) -> dict[str, Any]:
    countries: list[str] = []
    regions: list[str] = []
    near: list[Near] = []
    for number, row in enumerate(rows):
        try:
            if number >= MOST_PLACES and not row.held:
                raise InputError(f"There is room for {MOST_PLACES} places. Name the province or country instead.")
            where = whereabouts.understood(row, reading.before, reading.known.places)
        except Unclear as error:
            reading.choices[number] = error.choices
            reading.faults[f"place {number}"] = str(error)
        except InputError as error:
            reading.faults[f"place {number}"] = str(error)
        else:
            countries += [where.country] if where.country else []
            regions += where.regions
            near += [where.near] if where.near else []
    return {
        "countries": tuple(dict.fromkeys(countries)),
        "regions": tuple(dict.fromkeys(regions)),
        "near": tuple(dict.fromkeys(near)),
    }


def _quiet(reading: _Reading) -> dict[str, Quiet | None]:
    values = reading.values
    if "quiet_from" not in values or "quiet_to" not in values:
        return {}
    if not values["quiet_from"] and not values["quiet_to"]:
        return {"quiet": None}
    for name, other in (("quiet_from", "begin"), ("quiet_to", "end")):
        if not values[name]:
            reading.faults[name] = f"Write when quiet hours {other}, or leave both empty."
    begin, end = (reading.read(name, _clock) if values[name] else None for name in ("quiet_from", "quiet_to"))
    if begin is None or end is None:
        return {}
    if begin == end:
        reading.faults["quiet_to"] = "Quiet hours must end at another time than they begin. To stop all mails: pause."
    return {"quiet": Quiet(begin=begin, end=end)}


def _clock(text: str) -> time:
    found = _CLOCK.fullmatch(text)
    if found is None:
        raise InputError("Write a time of day such as 22:00.")
    return time(int(found[1]), int(found[2] or 0))


def _pause(text: str, wishes: Wishes, now: datetime) -> datetime | None:
    """The beginning of a day by the reader's own calendar; nothing where a pause is over."""
    if not text:
        return None
    try:
        end = date.fromisoformat(text)
    except ValueError:
        raise InputError("Write a day such as 2026-05-31.") from None
    zone = zone_of(wishes)
    if end == pause_ends(wishes):
        return wishes.paused_until if end > now.astimezone(zone).date() else None
    if end <= now.astimezone(zone).date():
        raise InputError("This day has come. Choose a later one, or leave it empty.")
    if end > (now + LONGEST_PAUSE).date():
        raise InputError("A pause can last a year at most. To end all mails, use the link below.")
    return datetime.combine(end, time(), tzinfo=zone).astimezone(UTC)


def _one_of(known: Sequence[str]) -> Callable[[str], Any]:
    def chosen(text: str) -> str:
        if text not in known:
            raise InputError("Choose one of the list.")
        return text

    return chosen


def zone(text: str) -> str:
    """A time zone by its name, or by that of its city. Raises InputError."""
    wanted = text.strip().lower().replace(" ", "_")
    zones = zones_by_name()
    if found := zones.get(wanted):
        return found
    cities = [name for small, name in zones.items() if small.rpartition("/")[2] == wanted]
    if len(cities) == 1:
        return cities[0]
    near = get_close_matches(wanted, [*zones, *(small.rpartition("/")[2] for small in zones)], n=1, cutoff=0.6)
    meant = [name for small, name in zones.items() if near and near[0] in (small, small.rpartition("/")[2])]
    advice = f" Did you mean {meant[0]}?" if meant else ""
    raise InputError(f"Write a time zone such as Asia/Damascus, or its city.{advice}")


@lru_cache(maxsize=1)
def zones_by_name() -> dict[str, str]:
    """Time zones that a person may live in, by their names in small letters."""
    lived_in = [name for name in sorted(available_timezones()) if _lived_in(name)]
    return {name.lower(): name for name in lived_in}


def _lived_in(name: str) -> bool:
    area = name.partition("/")[0]
    areas = (
        "Africa",
        "America",
        "Antarctica",
        "Arctic",
        "Asia",
        "Atlantic",
        "Australia",
        "Europe",
        "Indian",
        "Pacific",
    )
    return name == "UTC" or area in areas
