"""What is asked of the database once for all who want to know it within some seconds: however often a page of numbers
is asked for, it cannot be used to keep the database busy.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, Generic, TypeVar

_Found = TypeVar("_Found")
_SHARE: Final = 50  # no more than so small a part of all time goes into making it


@dataclass(slots=True)
class Fresh(Generic[_Found]):
    """The last answer, for `seconds`, or for longer where it takes long to make. Who comes while it is made waits.
    `clock`: seconds that only go on."""

    seconds: float
    clock: Callable[[], float] = time.monotonic
    _last: tuple[float, _Found] | None = None  # until when it will do
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def get(self, make: Callable[[], _Found]) -> _Found:
        """What `make` gave lately, or gives now; what it raises is raised, and not kept."""
        with self._lock:
            begun = self.clock()
            if self._last is None or begun >= self._last[0]:
                made = make()
                ended = self.clock()
                self._last = (ended + max(self.seconds, _SHARE * (ended - begun)), made)
            return self._last[1]
