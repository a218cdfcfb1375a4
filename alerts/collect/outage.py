"""Whether it is we who are cut off. When no host at all can be reached, feeds have not failed: nothing is held against
them, and they are asked again as soon as the first one answers.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from alerts.collect.outcome import Outcome, Status

# What looks the same to us whether the server or our own network is down.
_UNREACHABLE: Final[frozenset[Status]] = frozenset({"dns", "connect", "timeout"})
_HOSTS: Final = 3


@dataclass(slots=True)
class Outage:
    """Told of every poll in turn (`heard`). `feeds` are those that could not be reached since the last answer."""

    feeds: set[int] = field(default_factory=set)
    _hosts: dict[str, datetime] = field(default_factory=dict)

    @property
    def since(self) -> datetime | None:
        """When the first of these polls failed; None while somebody answers."""
        return min(self._hosts.values()) if len(self._hosts) >= _HOSTS else None

    def heard(self, feed_id: int, host: str, outcome: Outcome, now: datetime) -> tuple[int, ...]:
        """Take note of a poll. Returns the feeds to ask again now, when it ends an outage."""
        if outcome.status in _UNREACHABLE:
            self._hosts.setdefault(host, now)
            self.feeds.add(feed_id)
            return ()
        again = tuple(sorted(self.feeds)) if self.since else ()
        self.feeds.clear()
        self._hosts.clear()
        return again
