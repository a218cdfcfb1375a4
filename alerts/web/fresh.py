"""What is asked of the database once for all who want to know it within some seconds: however often a page of numbers
is asked for, it cannot be used to keep the database busy.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

_Found = TypeVar("_Found")


@dataclass(slots=True)
class Fresh(Generic[_Found]):
    """The last answer, for `seconds`. Who comes while it is made waits for it. `clock`: seconds that only go on."""

    seconds: float
    clock: Callable[[], float] = time.monotonic
    _last: tuple[float, _Found] | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def get(self, make: Callable[[], _Found]) -> _Found:
        """What `make` gave lately, or gives now; what it raises is raised, and not kept."""
        with self._lock:
            if self._last is None or self.clock() - self._last[0] >= self.seconds:
                made = make()
                self._last = (self.clock(), made)
            return self._last[1]
