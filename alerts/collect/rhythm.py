"""How often a feed is asked, from how often it brings something: pure arithmetic.

A poll should find a few new items, never a document of which everything is new: then some may have come and gone
unseen. And a feed that has been quiet for weeks need not be asked as often as one that speaks every hour.
"""

from __future__ import annotations

import math
from datetime import timedelta
from typing import Final

HOUR: Final = timedelta(hours=1)
DAY: Final = timedelta(days=1)
# A poll should find no more than a quarter of the document new, nor more than so many items.
_SHARE: Final = 0.25
_FEW: Final = 5
_QUIET: Final = timedelta(days=7)


def new_rate(rate: float, new: int, passed: timedelta) -> float:
    """Articles an hour over about a day, after `new` ones came in the time that `passed` since the poll before."""
    if passed <= timedelta(0):
        return rate
    kept = math.exp(-(passed / DAY))
    return rate * kept + new / (passed / HOUR) * (1 - kept)


def interval(
    *,
    usual: timedelta,
    least: timedelta,
    most: timedelta,
    rate: float,
    new: int,
    items: int,
    passed: timedelta,
    quiet: timedelta,
) -> timedelta:
    """The interval for a feed of documents of `items` items that brings `rate` articles an hour, and brought `new`
    ones in the time `passed`. `quiet` is how long it has brought nothing; `usual` is the interval where nothing
    speaks for another, `least` and `most` its bounds."""
    busy = max(rate, new / (passed / HOUR) if passed > timedelta(0) else 0.0)
    wait = usual
    if busy > 0 and items:
        # in hours first: after some weeks of silence they are more than a timedelta can hold
        wait = min(wait / HOUR, max(1.0, min(items * _SHARE, _FEW)) / busy) * HOUR
    if quiet > _QUIET and not new:
        wait = usual * (quiet / _QUIET)
    return min(max(wait, least), max(most, least))
