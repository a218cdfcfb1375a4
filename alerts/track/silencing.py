"""A silence as a person asks for it, by options, in a file or in a form, and what becomes of it: rules that exist, a
place of the gazetteer, a moment. All ways go through the same checks, which name the key that is to be changed."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Final

from alerts.durations import duration
from alerts.errors import did_you_mean
from alerts.track import placing
from alerts.track.silence import HIGHEST, LEVELS, Silence, faults

if TYPE_CHECKING:
    from alerts.read.places import Gazetteer
    from alerts.types import Place, Severity

Wrong = tuple[tuple[str | int, ...], str]
"""The path of a key, and what is wrong with it."""

_DATE_LIKE: Final = re.compile(r"\d{1,4}[-./]\d")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What was written. `until` is a date, a time, or the text of either or of a length of time."""

    rules: tuple[str, ...] = ()
    place: str = ""
    country: str = ""
    up_to: str = HIGHEST
    until: date | str | None = None
    author: str = ""
    why: str = ""
    idle_days: int | None = None


def draft_of(
    wish: Wish, *, rules: Collection[str], places: Gazetteer, person_id: int | None, now: datetime
) -> tuple[Silence, list[Wrong]]:
    """The silence that is wished, to begin now, and all that is wrong with it. `rules`: the names there are."""
    wrong: list[Wrong] = []
    for number, name in enumerate(wish.rules):
        if name not in rules:
            known = did_you_mean(name, rules) or f" (there are {', '.join(sorted(rules))})"
            wrong.append((("rule", number), f"there is no rule '{name}'{known}"))
    place = _place(wish, places, wrong)
    until = _moment(wish.until, now, wrong)
    if wish.up_to not in (*LEVELS, "extreme"):
        words = ", ".join(f"'{level}'" for level in LEVELS)
        wrong.append((("up_to",), f"must be one of {words}{did_you_mean(wish.up_to, LEVELS)}"))
    up_to: Severity = wish.up_to if wish.up_to in (*LEVELS, "extreme") else HIGHEST
    silence = Silence(
        rules=wish.rules,
        place=place,
        up_to=up_to,
        person_id=person_id,
        author=wish.author,
        why=wish.why,
        created=now,
        until=until or now,
        idle_days=wish.idle_days,
    )
    unread = {path[0] for path, _ in wrong} | ({"rule"} if (wish.place or wish.country) and place is None else set())
    wrong += [((key,), message) for key, message in faults(silence, now, known=rules) if key not in unread]
    return silence, wrong


def _place(wish: Wish, places: Gazetteer, wrong: list[Wrong]) -> Place | None:
    try:
        return placing.find(wish.place, wish.country, places)
    except placing.Unplaced as error:
        wrong.append(((error.key,), str(error)))
        return None


def _moment(given: date | str | None, now: datetime, wrong: list[Wrong]) -> datetime | None:
    """A day means its beginning, and a time without a zone is in UTC."""
    if given is None or given == "":
        wrong.append((("until",), "is missing: say when it ends, at most 30 days ahead"))
        return None
    try:
        moment = _read(given, now) if isinstance(given, str) else given
    except (ValueError, OverflowError) as error:
        wrong.append((("until",), str(error)))
        return None
    if not isinstance(moment, datetime):
        moment = datetime(moment.year, moment.month, moment.day)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _read(text: str, now: datetime) -> date:
    text = text.strip()
    for form in (date.fromisoformat, datetime.fromisoformat):
        try:
            return form(text)
        except ValueError:
            pass
    if _DATE_LIKE.match(text):
        raise ValueError(f"'{text}' is no date: write it year-month-day (2026-01-31, \"2026-01-31 18:00\")")
    return now + duration(text)


def remarks(wish: Wish, silence: Silence, places: Gazetteer) -> list[str]:
    """What to mind about the place that was taken: its namesakes, and what it does not cover."""
    if silence.place is None or not wish.place:
        return []
    found = []
    if said := placing.namesakes(wish.place, wish.country, silence.place, places):
        found.append(said)
    if silence.place.precision == "admin2":
        found.append("of a district only alerts about the district itself are hidden, not those of towns in it")
    return found
