"""Which feeds were asked for lately: those a hub is told of when there is news in them.

Anybody can ask for any filter, so the list is bounded: the ones asked for longest ago go first. A topic is the end of
an address ("/alerts.atom?country=SYR"), never who asked.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

MOST: Final = 50


@dataclass(slots=True)
class Topics:
    """The topics asked for, the latest last. For use by several threads."""

    _asked: OrderedDict[str, None] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def asked(self, topic: str) -> None:
        """Somebody fetched this feed."""
        with self._lock:
            self._asked[topic] = None
            self._asked.move_to_end(topic)
            if len(self._asked) > MOST:
                self._asked.popitem(last=False)

    def remember(self, topics: Iterable[str]) -> None:
        """Those of before a restart; what was asked for since then is newer."""
        with self._lock:
            before = [one for one in topics if one not in self._asked]
            for one in reversed(before):
                self._asked[one] = None
                self._asked.move_to_end(one, last=False)
            while len(self._asked) > MOST:
                self._asked.popitem(last=False)

    def listed(self) -> list[str]:
        """All of them, the one asked for longest ago first."""
        with self._lock:
            return list(self._asked)
