"""How many mails one reader gets: who is mailed all day reads none of it. Decided from the times of those they got.

Past the limit nothing is dropped: it waits, and what waits goes as one mail. Mails at the hours that a reader asked for
(digests) are not held back; letters and operators' bulletins do not count.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from alerts.types import SEVERITIES

DAY: Final = timedelta(days=1)
_HOUR: Final = timedelta(hours=1)
_SEVERE: Final = SEVERITIES.index("severe")
_EXTREME: Final = SEVERITIES.index("extreme")

# Past the day's limit: a mail of all that waits so often.
_SEVERE_EVERY: Final = _HOUR
_REST_EVERY: Final = timedelta(hours=4)

# No limit holds an extreme alert back. But no inbox can use more than this: from here on they go together, so often.
EXTREME_PER_HOUR: Final = 30
EXTREME_EVERY: Final = timedelta(minutes=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How many mails about alerts a reader gets in any hour and in any 24 of them."""

    per_hour: int = 6
    per_day: int = 20


UNLIMITED: Final = Limits(per_hour=1_000_000, per_day=1_000_000)


def turn(sent: Sequence[datetime], urgency: int, now: datetime, limits: Limits) -> datetime:
    """When a reader may get the next mail of that level, `now` or later. `sent`: when they got mails in the last 24
    hours, in any order."""
    if not sent:
        return now
    if urgency >= _EXTREME:
        return max(now, max(sent) + EXTREME_EVERY) if _within(sent, _HOUR, now) >= EXTREME_PER_HOUR else now
    times = sorted(sent)
    turns = [now]
    if _within(sent, _HOUR, now) >= limits.per_hour:
        turns.append(times[-limits.per_hour] + _HOUR)
    if _within(sent, DAY, now) >= limits.per_day:
        turns.append(times[-1] + (_SEVERE_EVERY if urgency >= _SEVERE else _REST_EVERY))
    return max(turns)


def room(sent: Sequence[datetime], urgency: int, now: datetime, limits: Limits) -> int:
    """How many mails of that level a reader may get now one by one, where it is their turn: one at the least."""
    hour, day = _within(sent, _HOUR, now), _within(sent, DAY, now)
    left = EXTREME_PER_HOUR - hour if urgency >= _EXTREME else min(limits.per_hour - hour, limits.per_day - day)
    return max(1, left)


def _within(sent: Sequence[datetime], span: timedelta, now: datetime) -> int:
    return sum(one > now - span for one in sent)
