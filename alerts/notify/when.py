"""When a reader may be written to: by their own clock, their rhythm and their quiet hours. Pure: the time is given.

A digest's time is a wall time on a date of the reader's calendar. Where clocks go forward over it, it is as long after
midnight as on other days; where they go back, it is the first of the two: so each date has exactly one.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Final

from alerts.readers import Quiet, Wishes
from alerts.render.wishes import zone_of
from alerts.types import SEVERITIES, MessageKind

_HOUR: Final = timedelta(hours=1)


def wakes(wishes: Wishes, urgency: int, kind: MessageKind = "new") -> bool:
    """Whether a reader wants this at any hour, and at once: it is as bad as they said (`wake_from`). That something is
    over wakes nobody; that it was wrong does, for they may be acting on it."""
    return wishes.wake_from is not None and kind != "close" and urgency >= SEVERITIES.index(wishes.wake_from)


def next_time(wishes: Wishes, urgency: int, now: datetime, *, kind: MessageKind = "new") -> datetime:
    """The next time, `now` or later, at which this may be written to this reader. What wakes them goes at once,
    whatever their rhythm: somebody who reads once a day must not read of it tomorrow."""
    begin = back(wishes, now)
    if wakes(wishes, urgency, kind):
        return begin
    return awake(wishes, digest_time(wishes, begin))


def back(wishes: Wishes, now: datetime) -> datetime:
    """When a reader who paused is back; `now` for others."""
    return now if wishes.paused_until is None else max(now, wishes.paused_until)


def digest_time(wishes: Wishes, now: datetime) -> datetime:
    """The time of the reader's next digest, `now` or later, quiet hours aside; `now` for who reads at once. What comes
    at that very moment belongs to it: the courier looks a little later, and a mail more is better than a week less."""
    if wishes.rhythm == "now":
        return now
    zone = zone_of(wishes)
    local = now.astimezone(zone)
    if wishes.rhythm == "hourly":
        past = timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond)
        return now + (_HOUR - past) if past else now
    # A day before the local date: where a whole date is left out, its digest falls on the next.
    dates = (local.date() + timedelta(days=number) for number in range(-1, 10))
    if wishes.rhythm == "weekly":
        dates = (one for one in dates if one.weekday() == wishes.weekday)
    return next(at for one in dates if (at := _instant(one, time(wishes.hour), zone)) >= now)


def is_quiet(wishes: Wishes, now: datetime) -> bool:
    """Whether it is one of the reader's quiet hours."""
    quiet = wishes.quiet
    return quiet is not None and _within(quiet, now.astimezone(zone_of(wishes)).time())


def awake(wishes: Wishes, now: datetime) -> datetime:
    """When the reader's quiet hours are over; `now` when it is none of them."""
    if wishes.quiet is None or not is_quiet(wishes, now):
        return now
    zone = zone_of(wishes)
    today = now.astimezone(zone).date()
    ends = [
        _instant(today + timedelta(days=number), wishes.quiet.end, zone, fold=fold)
        for number in (0, 1, 2)
        for fold in (0, 1)
    ]
    # Where the clocks go back over the end of the hours, they begin anew, and end for good the second time.
    return min((at for at in ends if at > now and not is_quiet(wishes, at)), default=now)


def _within(quiet: Quiet, wall: time) -> bool:
    if quiet.begin <= quiet.end:
        return quiet.begin <= wall < quiet.end
    return wall >= quiet.begin or wall < quiet.end


def _instant(day: date, wall: time, zone: tzinfo, *, fold: int = 0) -> datetime:
    return datetime.combine(day, wall, tzinfo=zone).replace(fold=fold).astimezone(UTC)
