"""Asking the published archive: which alerts a question finds, how many, and what one can ask for.

All of it is read from `listing`, a narrow table with an index for each thing one can ask for, so that an answer takes
milliseconds however large the archive is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Column, ColumnElement, Connection, Select, func, select, tuple_

from alerts.store.schema import listing, listing_word
from alerts.store.words import Word
from alerts.types import CERTAINTIES, SEVERITIES, AlertState, Certainty, Severity

MOST_COUNTED: Final = 1_000
_RARE: Final = 2_000  # alerts of a word: so few are looked at one by one
_COUNTED: Final = 20_000
_WALKED: Final = 3_000  # the latest alerts, among which common words are soon found


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which alerts; what is empty or None does not count. `regions` are ids of first levels, in or of one of which they
    are; they changed at `since` or later, and what they tell of began before `until`. Each of `words` is in their texts
    or in what they tell of."""

    event: str | None = None
    country: str | None = None
    regions: tuple[str, ...] = ()
    place: str | None = None
    rule: str | None = None
    min_severity: Severity = "minor"
    min_certainty: Certainty = "possible"
    states: tuple[AlertState, ...] = ()
    since: datetime | None = None
    until: datetime | None = None
    words: tuple[Word, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Cursor:
    """A place in the archive: after the alert `id` as it was when it had changed last at `updated`. So the
    next page holds even if that alert has changed since."""

    updated: datetime
    id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """What the archive holds: its events, its rules and the codes of its countries, in alphabetical order."""

    events: tuple[str, ...]
    countries: tuple[str, ...]
    rules: tuple[str, ...]


def found(conn: Connection, wanted: Wanted, *, limit: int, before: Cursor | None = None) -> list[int]:
    """The ids of the alerts that a question finds, the latest changed first."""
    word = _rarest(conn, wanted.words)
    if word is None:
        return _ids(conn, _page(select(listing).where(*_conditions(wanted)), listing.c, limit, before))
    if not word.rare:  # then the latest alerts will do, mostly
        latest = _page(select(listing), listing.c, _WALKED, before).subquery()
        ids = _ids(conn, _page(select(latest).where(*_conditions(wanted, latest.c)), latest.c, limit, before))
        if len(ids) == limit:
            return ids
    return _ids(conn, _page(_by_word(wanted, word), listing.c, limit, before))


def count(conn: Connection, wanted: Wanted) -> int:
    """How many alerts a question finds, up to `MOST_COUNTED`."""
    word = _rarest(conn, wanted.words)
    query = select(listing).where(*_conditions(wanted)) if word is None or not word.rare else _by_word(wanted, word)
    some = query.with_only_columns(listing.c.alert_id).limit(MOST_COUNTED).subquery()
    return conn.execute(select(func.count()).select_from(some)).scalar_one()


def choices(conn: Connection) -> Choices:
    """What one can ask the archive for. Each value is one step in an index, however many alerts have it."""
    return Choices(
        events=_values(conn, listing.c.event),
        countries=_values(conn, listing.c.country),
        rules=_values(conn, listing.c.rule),
    )


def _values(conn: Connection, column: Column[Any]) -> tuple[str, ...]:
    """The values of a column, each found as the first behind the one before."""
    first = select(func.min(column).label("value")).cte("known", recursive=True)
    following = select(func.min(column)).where(column > first.c.value).scalar_subquery()
    known = first.union_all(select(following).where(first.c.value.is_not(None)))
    return tuple(value for value in conn.execute(select(known.c.value)).scalars() if value is not None)


def _ids(conn: Connection, query: Select[Any]) -> list[int]:
    return list(conn.execute(query).scalars())


def _page(query: Select[Any], columns: Any, limit: int, before: Cursor | None) -> Select[Any]:
    """The latest changed of what a query finds, from a place on."""
    if before is not None:
        query = query.where(tuple_(columns.updated, columns.alert_id) < tuple_(before.updated, before.id))
    return query.order_by(columns.updated.desc(), columns.alert_id.desc()).limit(limit)


def _conditions(wanted: Wanted, columns: Any = listing.c) -> list[ColumnElement[bool]]:
    """What an alert has to be."""
    same = (
        (columns.event, wanted.event),
        (columns.country, wanted.country),
        (columns.place_id, wanted.place),
        (columns.rule, wanted.rule),
    )
    many = ((columns.region, wanted.regions), (columns.state, wanted.states))
    found = [column == value for column, value in same if value]
    found += [column.in_(values) for column, values in many if values]
    if wanted.min_severity != SEVERITIES[0]:
        found.append(columns.severity >= SEVERITIES.index(wanted.min_severity))
    if wanted.min_certainty != CERTAINTIES[0]:
        found.append(columns.certainty >= CERTAINTIES.index(wanted.min_certainty))
    if wanted.since is not None:
        found.append(columns.updated >= wanted.since)
    if wanted.until is not None:
        found.append(columns.first_event < wanted.until)
    return found + [_has(columns.alert_id, word) for word in wanted.words]


def _has(alert_id: Any, word: Word) -> ColumnElement[bool]:
    return select(listing_word.c.alert_id).where(_is(word), listing_word.c.alert_id == alert_id).exists()


def _is(word: Word) -> ColumnElement[bool]:
    if not word.begins:
        return listing_word.c.word == word.text
    return listing_word.c.word.between(word.text, word.text + _LAST)


_LAST: Final = chr(0x10FFFF)  # behind every word that begins so


@dataclass(frozen=True, slots=True)
class _Driving:
    """The word that decides how a question is answered; `rare`: its alerts are few."""

    word: Word
    rare: bool


def _rarest(conn: Connection, words: Sequence[Word]) -> _Driving | None:
    """The word that the fewest alerts have, as far as it pays to count them."""
    often: list[tuple[int, Word]] = []
    for word in words:
        some = select(listing_word.c.alert_id).where(_is(word)).limit(_COUNTED).subquery()
        number = conn.execute(select(func.count()).select_from(some)).scalar_one()
        often.append((number, word))
        if number < _RARE:
            break
    if not often:
        return None
    number, word = min(often, key=lambda one: one[0])
    return _Driving(word, number < _RARE)


def _by_word(wanted: Wanted, driving: _Driving) -> Select[Any]:
    """The same question, answered from the alerts of one word."""
    of_word = select(listing_word.c.alert_id).where(_is(driving.word)).distinct().cte("of_word")
    of_word = of_word.prefix_with("MATERIALIZED")
    rest = replace(wanted, words=tuple(word for word in wanted.words if word != driving.word))
    joined = of_word.join(listing, listing.c.alert_id == of_word.c.alert_id)
    return select(listing).select_from(joined).where(*_conditions(rest))
