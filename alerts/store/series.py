"""The counts behind an alert of a rule that counts, as a version takes them along.

The tables go on counting: reports come in late, stories are found to be one. A mail that is made again must be the
same, so what its chart shows is kept with the version, like all else that it tells.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, func, select

from alerts.store import reports
from alerts.store.schema import watch
from alerts.track.spike import Day
from alerts.types import Alert, Place, Wave

FIELD: Final = "series"  # where it stands in the `fields` of a version
DAYS: Final = 56  # eight weeks: what is usual shows, and a bar is not too thin
_DAY: Final = timedelta(days=1)


def taken_along(conn: Connection, alert: Alert, at: datetime) -> dict[str, Any]:
    """What a version of this alert made `at` a time takes along: {"series": {"first": "2026-01-06", "counts": [0, 2,
    ...]}}, one count for each day from the first on, to the day of the version; nothing for rules that do not count,
    and where too little is known to draw."""
    if alert.spike is None or alert.place is None:
        return {}
    last = max(min(at.astimezone(UTC).date(), alert.spike.day + DAYS // 2 * _DAY), alert.spike.day)
    first = max(last - (DAYS - 1) * _DAY, _watched_since(conn, alert.family) or date.min)
    found = _days(conn, alert.family, alert.place, alert.spike, first, last)
    if not found or first >= last:
        return {}
    by_day = {day.day: _count(day, alert.spike) for day in found}
    days = [first + number * _DAY for number in range((last - first).days + 1)]
    return {FIELD: {"first": first.isoformat(), "counts": [by_day.get(day, 0) for day in days]}}


def _watched_since(conn: Connection, family: str) -> date | None:
    """Since when the rule has counted as it does now: days before that are not complete."""
    name = watch.c.name.startswith(f"{family} ", autoescape=True)
    since = conn.execute(select(func.max(watch.c.since)).where(name)).scalar_one()
    return None if since is None else since.astimezone(UTC).date()


def _days(conn: Connection, family: str, place: Place, wave: Wave, first: date, last: date) -> list[Day]:
    """The days of the series that the wave is of: the rule may count at a wider place than the alert's."""
    for place_id in dict.fromkeys((place.id, place.admin1 or place.id, place.country)):
        found = reports.days(conn, family, place_id, first, last)
        if any(wave.day - wave.days * _DAY < day.day <= wave.day for day in found):
            return found
    return []


def _count(day: Day, wave: Wave) -> float:
    return len(day.voices) if wave.noun == "reports" else day.value or 0
