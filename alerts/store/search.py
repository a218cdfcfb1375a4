"""Asking the published archive: which alerts a question finds, how many, and what one can ask for.

All of it is read from `listing`, a narrow table with an index for each thing one can ask for, so that an answer takes
milliseconds however large the archive is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from typing import Any, Final

from sqlalchemy import Column, ColumnElement, Connection, Select, String, bindparam, func, select, tuple_

from alerts.store.schema import listing, listing_word
from alerts.store.words import Word
from alerts.types import CERTAINTIES, SEVERITIES, AlertState, Certainty, Severity

MOST_COUNTED: Final = 1_000
_RARE: Final = 2_000  # alerts of a word: so few are looked at one by one
_COUNTED: Final = 5_000
_NAMED: Final = 50  # words that begin alike
_WALKED: Final = 1_000  # the latest alerts, among which common words are soon found


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
    terms = _terms(conn, wanted.words)
    if terms and terms[0].often >= _RARE:  # then the latest alerts will do, mostly
        latest = _page(select(listing), listing.c, _WALKED, before).subquery()
        asked = select(latest.c.alert_id).where(*_conditions(wanted, latest.c), *_have(latest.c.alert_id, terms))
        ids = _ids(conn, _page(asked, latest.c, limit, before))
        if len(ids) == limit:
            return ids
    return _ids(conn, _page(_asked(wanted, terms, ordered=True), listing.c, limit, before))


def count(conn: Connection, wanted: Wanted) -> int:
    """How many alerts a question finds, up to `MOST_COUNTED`."""
    some = _asked(wanted, _terms(conn, wanted.words), ordered=False).limit(MOST_COUNTED).subquery()
    return conn.execute(select(func.count()).select_from(some)).scalar_one()


def _asked(wanted: Wanted, terms: Sequence[_Term], *, ordered: bool) -> Select[Any]:
    """A question of the whole archive: of the alerts that have its rarest word, or of all where that is a common one
    and something else narrows them down."""
    conditions = _conditions(wanted, listing.c)
    asked = select(listing.c.alert_id).where(*conditions)
    if not terms or (conditions and terms[0].often >= _RARE):
        return asked.where(*_have(listing.c.alert_id, terms))
    # Materialized, or to have them in order a database might look through the whole archive.
    having = _alerts_of(terms).cte("having")
    having = having.prefix_with("MATERIALIZED") if ordered else having
    return asked.select_from(having.join(listing, listing.c.alert_id == having.c.alert_id))


def choices(conn: Connection) -> Choices:
    """What one can ask the archive for. Each value is one step in an index, however many alerts have it."""
    return Choices(
        events=_values(conn, listing.c.event),
        countries=_values(conn, listing.c.country),
        rules=_values(conn, listing.c.rule),
    )


def _values(
    conn: Connection, column: Column[Any], *, first: str = "", last: str = chr(0x10FFFF), most: int = 10_000
) -> tuple[str, ...]:
    """The values of a column from `first` to `last`, each found as the next behind the one before."""
    return tuple(conn.execute(_steps(column), {"first": first, "last": last, "most": most}).scalars())


@cache
def _steps(column: Column[Any]) -> Select[Any]:
    """Made once a column: putting it together takes longer than it takes to run."""
    first, last = bindparam("first", type_=String()), bindparam("last", type_=String())
    known = select(func.min(column).label("value")).where(column >= first).cte("known", recursive=True)
    following = select(func.min(column)).where(column > known.c.value).scalar_subquery()
    known = known.union_all(select(following).where(known.c.value <= last))
    return select(known.c.value).where(known.c.value <= last).limit(bindparam("most"))


def _ids(conn: Connection, query: Select[Any]) -> list[int]:
    return list(conn.execute(query).scalars())


def _page(query: Select[Any], columns: Any, limit: int, before: Cursor | None) -> Select[Any]:
    """The latest changed of what a query finds, from a place on."""
    if before is not None:
        query = query.where(tuple_(columns.updated, columns.alert_id) < tuple_(before.updated, before.id))
    return query.order_by(columns.updated.desc(), columns.alert_id.desc()).limit(limit)


def _conditions(wanted: Wanted, columns: Any) -> list[ColumnElement[bool]]:
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
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class _Term:
    """What one word of a question stands for: itself, those that begin so, or, where they are too many to be named, all
    from `first` to `last`. `often`: how many alerts have one of them, up to `_COUNTED`."""

    words: tuple[str, ...] = ()
    first: str = ""
    last: str = ""
    often: int = 0

    def holds(self, word: Column[Any]) -> ColumnElement[bool]:
        return word.in_(self.words) if not self.first else word.between(self.first, self.last)


def _terms(conn: Connection, words: Sequence[Word]) -> list[_Term]:
    """The words of a question, that which the fewest alerts have first."""
    found = []
    for word in words:
        term = _term(conn, word)
        some = select(listing_word.c.alert_id).where(term.holds(listing_word.c.word)).limit(_COUNTED).subquery()
        often = conn.execute(select(func.count()).select_from(some)).scalar_one()
        found.append(replace(term, often=often))
    return sorted(found, key=lambda term: (bool(term.first), term.often))


def _term(conn: Connection, word: Word) -> _Term:
    if not word.begins:
        return _Term(words=(word.text,))
    last = word.text + chr(0x10FFFF)  # behind every word that begins so
    named = _values(conn, listing_word.c.word, first=word.text, last=last, most=_NAMED + 1)
    if len(named) > _NAMED:
        return _Term(first=word.text, last=last)
    return _Term(words=named or (word.text,))


def _alerts_of(terms: Sequence[_Term]) -> Select[Any]:
    """The alerts that have all of these words, found by the rarest."""
    rarest = listing_word.alias()
    ids = select(rarest.c.alert_id).where(terms[0].holds(rarest.c.word), *_have(rarest.c.alert_id, terms[1:]))
    return ids if len(terms[0].words) == 1 else ids.distinct()


def _have(alert_id: Any, terms: Sequence[_Term]) -> list[ColumnElement[bool]]:
    return [_has(alert_id, term) for term in terms]


def _has(alert_id: Any, term: _Term) -> ColumnElement[bool]:
    one = listing_word.alias()
    held: ColumnElement[bool]
    if term.first:  # read once, and not for each alert
        held = alert_id.in_(select(one.c.alert_id).where(term.holds(one.c.word)))
    else:
        held = select(one.c.alert_id).where(term.holds(one.c.word), one.c.alert_id == alert_id).exists()
    return held
