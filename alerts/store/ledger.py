"""What holds where (`track.ledger` decides it), and what was last seen where (for rules of the kind `first`)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Row, bindparam, insert, select, update

from alerts.errors import InputError
from alerts.store.schema import ledger, seen
from alerts.store.upsert import upsert
from alerts.track import places
from alerts.track.ledger import Change, LedgerEntry, holds
from alerts.types import Hit

_COLUMNS: Final = tuple(field.name for field in fields(LedgerEntry) if field.name != "id")


def entries(
    conn: Connection, country: str, *, name: str | None = None, since: datetime | None = None
) -> list[LedgerEntry]:
    """The states at places of a country, oldest first: those called `name`, and not over before `since`."""
    query = _OF_COUNTRY if name is None else _NAMED
    if since is not None:
        query = query.where(ledger.c.until.is_(None) | (ledger.c.until >= since))
    return [_entry(row) for row in conn.execute(query, {"of_country": country, "called": name})]


_OF_COUNTRY: Final = (
    select(ledger).where(ledger.c.country == bindparam("of_country")).order_by(ledger.c.since, ledger.c.id)
)
_NAMED: Final = _OF_COUNTRY.where(ledger.c.name == bindparam("called"))


def list_entries(conn: Connection, *, everything: bool = False) -> list[LedgerEntry]:
    """What holds, or has lapsed without anybody closing it yet; with `everything` what is over, too. The latest
    first."""
    query = select(ledger).order_by(ledger.c.since.desc(), ledger.c.id.desc())
    return [_entry(row) for row in conn.execute(query if everything else query.where(ledger.c.until.is_(None)))]


def get(conn: Connection, entry_id: int) -> LedgerEntry | None:
    row = conn.execute(select(ledger).where(ledger.c.id == entry_id)).one_or_none()
    return None if row is None else _entry(row)


def rests_on(conn: Connection, hits: Iterable[Hit]) -> list[LedgerEntry]:
    """The entries in force at the places and times of hits that count only while a state holds."""
    found: dict[int | None, LedgerEntry] = {}
    for hit in hits:
        if hit.needs_state is not None and hit.place is not None:
            known = entries(conn, hit.place.country, name=hit.needs_state)
            if (entry := holds(known, places.chain(hit.place), hit.event_time)) is not None:
                found[entry.id] = entry
    return list(found.values())


def save(conn: Connection, changes: Iterable[Change]) -> list[LedgerEntry]:
    """Store changes in their order; returns the entries as stored, with their ids."""
    return [_save(conn, change.entry) for change in changes]


def _save(conn: Connection, entry: LedgerEntry) -> LedgerEntry:
    row = {name: getattr(entry, name) for name in _COLUMNS}
    if entry.id is None:
        stored = conn.execute(insert(ledger).values(row).returning(ledger)).one()
        return _entry(stored)
    if conn.execute(update(ledger).where(ledger.c.id == entry.id).values(row)).rowcount == 0:
        raise InputError(f"there is no entry {entry.id} in the ledger")
    return entry


def _entry(row: Row[Any]) -> LedgerEntry:
    return LedgerEntry(**row._asdict())


def last_seen(conn: Connection, family: str, place_ids: Sequence[str]) -> dict[str, datetime]:
    """When an event of a rule family last happened at each of the places, as far as known."""
    query = select(seen.c.place_id, seen.c.last_event).where(seen.c.family == family, seen.c.place_id.in_(place_ids))
    return {row.place_id: row.last_event for row in conn.execute(query)}


def put_seen(conn: Connection, family: str, place_id: str, event_time: datetime) -> None:
    """An event happened there then; an earlier one than is known changes nothing."""
    statement = upsert(conn, seen, ("family", "place_id"), only=lambda new: seen.c.last_event < new.last_event)
    conn.execute(statement, {"family": family, "place_id": place_id, "last_event": event_time})
