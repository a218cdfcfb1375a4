"""The ledger: what holds where, and since when (a ceasefire, a siege).

Pure decisions over a state's entries; the caller stores the changes. All times are event times, so news
that comes in late falls where it belongs: a truce announced on Monday and reported on Friday held on
Wednesday too.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from alerts.track.holders import differ
from alerts.types import Place

LAPSED = "lapsed: not confirmed again in time"


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerEntry:
    """A state at a place, from `since` to `until` (None while open); it `lapses` unless confirmed again.

    One of no length only remembers that its end was reported: news of its beginning may still come in. `named`: its
    text itself says when it ends. `parties`: who holds the place, as printed, where the state is one of holding.
    `settled`: a person said how it is up to then, and no report of the time before undoes that. `id` is the row in
    the database, None for one not stored yet.
    """

    name: str
    place_id: str
    place_name: str
    country: str
    since: datetime
    confirmed_at: datetime
    lapses: datetime
    until: datetime | None = None
    opened_by: str = ""
    closed_by: str | None = None
    named: bool = False
    parties: str = ""
    settled: datetime | None = None
    id: int | None = None

    @property
    def end(self) -> datetime:
        return self.lapses if self.until is None else self.until

    def covers(self, at: datetime) -> bool:
        return self.since <= at <= self.end and self.since < self.end


Action = Literal["open", "confirm", "close"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """Store `entry`: a new row for `open`, the row `entry.id` else. Changes are to be made in their order
    (a place has at most one open entry of a name)."""

    action: Action
    entry: LedgerEntry


def opened(
    entries: Iterable[LedgerEntry],
    *,
    name: str,
    place: Place,
    at: datetime,
    lasts: timedelta,
    by: str,
    ends: datetime | None = None,
    longer: bool = False,
    parties: str = "",
) -> tuple[Change, ...]:
    """A report that state `name` began, or goes on, at `place` (at the rule's `per` level).

    Within an entry it confirms that entry and puts off its lapse; shortly before one it moves the beginning
    back; else it opens a new one. `ends` is the end that the text itself names; `longer` puts off an end that was
    named. Nothing changes what a closing report ended before, and what it ended after `at` is over by then. Other
    `parties` than those of the entry end that one: the place has changed hands.
    """
    entries = list(entries)
    own = _own(entries, name, place.id)
    lapses = at + lasts if ends is None else ends
    if any(_settled_as_over(entry, at) for entry in entries if entry.name == name and _covers_place(entry, place)):
        return ()
    current = next((entry for entry in own if entry.covers(at)), None)
    over = _next_end(entries, name, place, at, after=None if current is None else current.settled)
    if current is not None and differ(current.parties, parties):
        return _changed_hands(current, at, lapses, by, parties)
    if current is not None:
        return _confirmed(current, at, lapses, over, named=ends is not None, longer=longer, parties=parties)
    new = LedgerEntry(
        name=name,
        place_id=place.id,
        place_name=place.name,
        country=place.country,
        since=at,
        confirmed_at=at,
        lapses=lapses,
        opened_by=by,
        named=ends is not None,
        parties=parties,
    )
    return _begun(own, new, over)


def _begun(own: Sequence[LedgerEntry], new: LedgerEntry, over: LedgerEntry | None) -> tuple[Change, ...]:
    """A beginning at a time at which none was known to hold there."""
    at, lapses = new.since, new.lapses
    later = min((entry for entry in own if at < entry.since < entry.end), key=lambda entry: entry.since, default=None)
    if later is not None and differ(later.parties, new.parties):
        until = min(later.since, lapses if over is None else over.end)
        return (Change(action="open", entry=replace(new, until=until, closed_by=later.opened_by)),)
    if later is not None and later.since <= lapses and (over is None or later.since <= over.end):
        return (Change(action="confirm", entry=replace(later, since=at, opened_by=new.opened_by)),)
    if over is not None and over.end <= lapses:
        if over.end == at:
            return ()
        return (Change(action="open", entry=replace(new, until=over.end, closed_by=over.closed_by)),)
    if later is not None:
        new = replace(new, until=lapses, closed_by=LAPSED)
        return (Change(action="open", entry=new),)
    return (*lapsed(own, at), Change(action="open", entry=new))


def closed(
    entries: Iterable[LedgerEntry], *, name: str, place: Place, at: datetime, by: str, said: datetime | None = None
) -> tuple[Change, ...]:
    """A report that state `name` ended at `place`: ends the entry there, and for a country all in it.

    An entry that was confirmed after `at` is parted: over at `at`, and begun again by that confirmation. Where
    nothing is ended there is a new entry of no length (the action is `open`), so that a beginning which is reported
    later, but was before, is over at `at` too. The same is left of a later end that was reported before.

    `said`: when a person said so, who knows of what was reported until then. What a person said, no report of the
    time before undoes.
    """
    changes: list[Change] = []
    known = False
    for entry in entries:
        if entry.name != name or not _at_or_below(entry, place):
            continue
        if said is None and entry.settled is not None and at <= entry.settled:
            known = known or entry.place_id == place.id
            continue
        ended = entry.covers(at) and entry.end > at
        if ended:
            over = replace(entry, until=at, closed_by=by, settled=said or entry.settled)
            changes.append(Change(action="close", entry=over))
            if said is None and (entry.confirmed_at > at or _reported(entry)):
                since = entry.confirmed_at if entry.confirmed_at > at else entry.end
                changes.append(Change(action="open", entry=replace(entry, id=None, since=since)))
        known = known or (entry.place_id == place.id and (ended or (_reported(entry) and entry.end == at)))
    if known:
        return tuple(changes)
    return (*changes, Change(action="open", entry=replace(_only_ended(name, place, at, by), settled=said)))


def declared(
    entries: Iterable[LedgerEntry],
    *,
    name: str,
    place: Place,
    since: datetime,
    ends: datetime | None,
    lasts: timedelta,
    by: str,
    said: datetime,
) -> Change:
    """A person says at `said` that state `name` holds at `place` since `since`, until `ends` or for `lasts` from now
    on unless it is confirmed. It begins the entry anew that was open or ended since, or makes one."""
    own = [entry for entry in _own(entries, name, place.id) if entry.since < entry.end and entry.end >= since]
    lapses = said + lasts if ends is None else ends
    past = lapses <= said
    last = max(own, key=lambda entry: (entry.until is None, entry.end), default=None)
    entry = LedgerEntry(
        name=name,
        place_id=place.id,
        place_name=place.name,
        country=place.country,
        since=since,
        confirmed_at=max(since, min(said, lapses)),
        lapses=lapses,
        until=lapses if past else None,
        opened_by=by,
        closed_by=by if past else None,
        named=ends is not None,
        settled=said,
    )
    if last is None:
        return Change(action="open", entry=entry)
    return Change(action="confirm", entry=replace(entry, id=last.id, since=min(since, last.since)))


def _only_ended(name: str, place: Place, at: datetime, by: str) -> LedgerEntry:
    return LedgerEntry(
        name=name,
        place_id=place.id,
        place_name=place.name,
        country=place.country,
        since=at,
        confirmed_at=at,
        lapses=at,
        until=at,
        opened_by=by,
        closed_by=by,
    )


def _reported(entry: LedgerEntry) -> bool:
    """Whether a report ended it."""
    return entry.until is not None and entry.closed_by != LAPSED


def _settled_as_over(entry: LedgerEntry, at: datetime) -> bool:
    """Whether a person said that it was over at `at`."""
    return entry.settled is not None and entry.until is not None and entry.until <= at <= entry.settled


def _next_end(
    entries: Iterable[LedgerEntry], name: str, place: Place, at: datetime, *, after: datetime | None = None
) -> LedgerEntry | None:
    """What a report ended first, from `at` on (and later than `after`), at a place or in all of its country."""
    there = (entry for entry in entries if entry.name == name and _covers_place(entry, place))
    ends = (entry for entry in there if _reported(entry) and entry.end >= at)
    return min((entry for entry in ends if after is None or entry.end > after), key=_end, default=None)


def _covers_place(entry: LedgerEntry, place: Place) -> bool:
    return entry.place_id in (place.id, place.country)


def _end(entry: LedgerEntry) -> datetime:
    return entry.end


def lapsed(entries: Iterable[LedgerEntry], now: datetime) -> tuple[Change, ...]:
    """Open entries that nobody confirmed in time, closed as of the time they lapsed."""
    return tuple(
        Change(action="close", entry=replace(entry, until=entry.lapses, closed_by=LAPSED))
        for entry in entries
        if entry.until is None and entry.lapses < now
    )


def holds(
    entries: Iterable[LedgerEntry], places: Sequence[str], at: datetime, grace: timedelta = timedelta(0)
) -> LedgerEntry | None:
    """The entry in force at `at` for a place, given its ids finest first (`places.chain`): a state of a
    country covers its towns. The finest place decides, then the latest beginning.

    In the first `grace` of a state it does not hold yet: news of what went before still comes in.
    """
    inside = [entry for entry in entries if entry.place_id in places and entry.covers(at) and entry.since + grace <= at]
    return min(inside, key=lambda entry: (places.index(entry.place_id), -entry.since.timestamp()), default=None)


def novel(last_event: datetime | None, at: datetime, within: timedelta) -> bool:
    """Whether an event at `at` is the `first` of its rule at its place for `within`; what happened before
    the last one known is not."""
    return last_event is None or at - last_event > within


def _own(entries: Iterable[LedgerEntry], name: str, place_id: str) -> list[LedgerEntry]:
    return [entry for entry in entries if entry.name == name and entry.place_id == place_id]


def _confirmed(
    entry: LedgerEntry,
    at: datetime,
    lapses: datetime,
    over: LedgerEntry | None,
    *,
    named: bool,
    longer: bool,
    parties: str,
) -> tuple[Change, ...]:
    """An end that the text names stands, until a later report names another or puts it off; a report that came in
    after the entry lapsed lengthens it; one that a report ended stays ended, and none goes on past an end reported
    before."""
    if _reported(entry):
        return ()
    if not named:
        lapses = entry.lapses if entry.named and not longer else max(entry.lapses, lapses)
    later = replace(
        entry,
        confirmed_at=max(entry.confirmed_at, at),
        lapses=lapses,
        named=named or (entry.named and not longer),
        parties=entry.parties or parties,
    )
    if over is not None and over.end <= lapses:
        later = replace(later, until=over.end, closed_by=over.closed_by)
    elif entry.until is not None:
        later = replace(later, until=lapses)
    return () if later == entry else (Change(action="confirm", entry=later),)


def _changed_hands(entry: LedgerEntry, at: datetime, lapses: datetime, by: str, parties: str) -> tuple[Change, ...]:
    """Another holds the place from `at` on; a report of before the last one says nothing new of who does now."""
    if _reported(entry) or at < entry.confirmed_at or (entry.settled is not None and at <= entry.settled):
        return ()
    new = replace(
        entry,
        id=None,
        since=at,
        confirmed_at=at,
        lapses=lapses,
        opened_by=by,
        parties=parties,
        named=False,
        until=None,
        closed_by=None,
        settled=None,
    )
    return (
        Change(action="close", entry=replace(entry, until=at, closed_by=by)),
        Change(action="open", entry=new),
    )


def _at_or_below(entry: LedgerEntry, place: Place) -> bool:
    return entry.place_id == place.id or (place.precision == "country" and entry.country == place.country)
