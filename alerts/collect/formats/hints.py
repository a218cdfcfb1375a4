"""How often a feed wishes to be asked, out of its document: RSS ttl, skipHours and skipDays, and the syndication
module's updatePeriod and updateFrequency. Read from the text around the items, as feedparser keeps one hour of many.
"""

from __future__ import annotations

import re
from datetime import timedelta

from alerts.collect.outcome import Hints

_MOST = 100_000  # characters; what stands around items is short
_LONGEST = timedelta(days=31)
_CDATA = r"\s*+(?:<!\[CDATA\[\s*+)?"
_TTL = re.compile(rf"<ttl>{_CDATA}([0-9]{{1,6}})\b", re.IGNORECASE)
_PERIOD = re.compile(rf"<(?:[\w.-]+:)?updatePeriod>{_CDATA}([a-z]{{4,8}})\b", re.IGNORECASE)
_FREQUENCY = re.compile(rf"<(?:[\w.-]+:)?updateFrequency>{_CDATA}([0-9]{{1,6}})\b", re.IGNORECASE)
_SKIP = re.compile(r"<skip(Hours|Days)>(.{0,2000}?)</skip\1>", re.IGNORECASE | re.DOTALL)
_HOUR = re.compile(rf"<hour>{_CDATA}([0-9]{{1,2}})\b", re.IGNORECASE)
_DAY = re.compile(rf"<day>{_CDATA}([a-z]{{3}})", re.IGNORECASE)
_PERIODS = {
    "hourly": timedelta(hours=1),
    "daily": timedelta(days=1),
    "weekly": timedelta(days=7),
    "monthly": timedelta(days=30),
    "yearly": timedelta(days=365),
}
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def hints(around: str) -> Hints:
    """The hints in `around`, a document without its items. What makes no sense (no time at all, every hour of the
    day) is no hint; of two intervals the longer counts, as the feed wishes for no more than either."""
    around = around[:_MOST]
    every = [time for time in (_ttl(around), _syndication(around)) if time is not None]
    blocks = {found[1].lower(): found[2] for found in _SKIP.finditer(around)}
    hours = {int(hour) % 24 for hour in _HOUR.findall(blocks.get("hours", "")) if int(hour) <= 24}
    names = {name.lower() for name in _DAY.findall(blocks.get("days", ""))}
    days = {number for number, name in enumerate(_DAYS) if name in names}
    return Hints(
        every=max(every, default=None),
        skip_hours=tuple(sorted(hours)) if len(hours) < 24 else (),
        skip_days=tuple(sorted(days)) if len(days) < 7 else (),
    )


def _ttl(around: str) -> timedelta | None:
    found = _TTL.search(around)
    return _sensible(timedelta(minutes=int(found[1]))) if found else None


def _syndication(around: str) -> timedelta | None:
    """The module's defaults are daily, and once in the period."""
    period, frequency = _PERIOD.search(around), _FREQUENCY.search(around)
    length = _PERIODS.get(period[1].lower() if period else "daily")
    times = int(frequency[1]) if frequency else 1
    return _sensible(length / times) if length and times and (period or frequency) else None


def _sensible(time: timedelta) -> timedelta | None:
    return time if timedelta(minutes=1) <= time <= _LONGEST else None
