"""Whether a report tells of the blow that an alert tells of, or of another at the same place.

A siege or a flight goes on; a bomb falls once. Of places where bombs fall daily, all would be one endless alert if the
place alone decided: the second blow would look like a witness of the first, and the third, no worse than the second,
would be told to nobody.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Final

from alerts.track import tolls
from alerts.types import Alert, Hit

# A toll that is printed on later days is known again by its number, so many days long.
RETOLD_DAYS: Final = 4
# Two dead may be any two.
_TELLING: Final = 5
# On one day a toll rises far, and never falls to a third; on the next it may be counted a little lower.
_FALL: Final = 3
_NEAR: Final = 1.6


def same_blow(alert: Alert, hit: Hit) -> bool:
    """Whether `hit` is of the blow of `alert`, at whose place it is: told of the same day, or of the next (a report
    without a date has that of its print), unless the numbers speak against it; or of some days later by its number."""
    apart = _days_apart(alert, hit)
    both = tolls.in_both(alert, hit)
    if not both:
        return apart <= 1
    known, new = next(iter(both.values()))
    if tolls.agree(known, new):
        return apart <= 1 or (apart <= RETOLD_DAYS and new.low >= _TELLING)
    if new.low > tolls.most(known):
        return apart <= 1
    return apart <= 1 and new.high * (_NEAR if apart else _FALL) >= tolls.least(known)


def _days_apart(alert: Alert, hit: Hit) -> int:
    """From the first day of the blow. News that comes in late moves that back, from day to day if days of blows come
    in backwards: so it may not lie too far before the last one either."""
    apart = (_day(alert.first_event) - _day(hit.event_time)).days
    before_last = (_day(alert.last_event) - _day(hit.event_time)).days
    return before_last if apart > 0 and before_last > RETOLD_DAYS else abs(apart)


def _day(time: datetime) -> date:
    return time.astimezone(UTC).date()
