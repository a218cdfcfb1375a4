"""What looks at a great many rows each minute is done the more rarely, the longer it takes."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

_LONG_S: Final = 3.0
_SHARE: Final = 20  # no more than so small a part of all time goes into what takes long


@dataclass(slots=True)
class Sparing:
    """Work that came to take more than some seconds waits for twenty times as long. `clock`: seconds that only go
    on."""

    clock: Callable[[], float] = time.monotonic
    _again: float = 0.0

    @property
    def may(self) -> bool:
        """Whether it is time for it."""
        return self.clock() >= self._again

    @contextmanager
    def doing(self) -> Iterator[None]:
        """Around the work, whether it comes to its end or not."""
        begun = self.clock()
        try:
            yield
        finally:
            ended = self.clock()
            took = ended - begun
            self._again = ended + _SHARE * took if took > _LONG_S else ended
