"""A reader asks for something else from now on: then what waits for them already is decided anew. Who goes from a mail
a week to mails at once does not wait for the week to end, and who asks for quiet hours is left in peace tonight.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection

from alerts.notify import when
from alerts.readers import Person, Wishes
from alerts.store import people, plans, waiting
from alerts.store.waiting import Reason, Wait, Waiting

_BY_WISHES: Final[tuple[Reason, ...]] = ("digest", "quiet", "pause")


def change(conn: Connection, who: Person, wishes: Wishes, now: datetime) -> None:
    """What a reader asks for from now on, and when what waits for them goes. Raises InputError where the reader is
    gone."""
    people.set_wishes(conn, who.id, wishes)  # from here on no courier decides about their mails
    if _times(who.wishes) != _times(wishes):
        rows = waiting.waiting_for(conn, {who.id: replace(who, wishes=wishes)}, now)
        plans.postpone(conn, decided(rows, wishes, now))


def decided(rows: Iterable[Waiting], wishes: Wishes, now: datetime) -> dict[int, Wait]:
    """When rows that wait for a reader are to go by their new wishes, by id; what it does not name stays as it is."""
    return {row.id: wait for row in rows if (wait := _anew(row, wishes, now)) is not None}


def _times(wishes: Wishes) -> tuple[Any, ...]:
    """The wishes that say when."""
    digest = (wishes.rhythm, wishes.hour, wishes.weekday, wishes.time_zone)
    return (*digest, wishes.quiet, wishes.wake_from, wishes.paused_until)


def _anew(row: Waiting, wishes: Wishes, now: datetime) -> Wait | None:
    """What was begun goes on, and when a hold ends is decided then. A digest's time is set here; whether the hour is
    quiet, or the reader away, is looked at when a row is due."""
    if row.fixed or not row.alert_id or row.waits == "hold":
        return None
    waited = row.waits in _BY_WISHES
    begin = now if waited else max(now, row.not_before)
    if wishes.rhythm != "now" and not row.round and not when.wakes(wishes, row.urgency, row.kind):
        return Wait(until=when.next_time(wishes, row.urgency, begin, kind=row.kind), reason="digest")
    return Wait(until=begin, reason=row.waits) if waited and row.waits else None
