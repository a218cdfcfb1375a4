"""How often somebody may guess: keys and links that are wrong are counted by network, in memory.

Nobody guesses one (they have 160 bits and more); the limit saves the work. What is right is never kept out by it: else
one who guesses behind the proxy of a house would lock out the house.
"""

from __future__ import annotations

import threading
from collections import OrderedDict, deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request

from alerts.notify.joining.limits import network_of

WITHIN: Final = timedelta(minutes=10)
_NETWORKS: Final = 10_000
_TOO_OFTEN: Final = "Too much that opens nothing came from your network. Try again in ten minutes."


def mind(request: Request) -> None:
    """Somebody guessed a key or a link, and was wrong. Raises 429 for who did so too often."""
    web = request.app.state.web
    if not web.guesses.wrong(request.client.host if request.client else "", web.now()):
        headers = {"Retry-After": str(int(WITHIN.total_seconds())), "Cache-Control": "no-store"}
        raise HTTPException(HTTPStatus.TOO_MANY_REQUESTS, _TOO_OFTEN, headers=headers)


@dataclass(slots=True)
class Pace:
    """So many wrong ones of a network in ten minutes are answered; for use by several threads."""

    most: int = 30
    _wrong: OrderedDict[str, deque[datetime]] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def wrong(self, host: str, now: datetime) -> bool:
        """Somebody at this address guessed, and was wrong; False when they did so too often."""
        network = network_of(host) or host
        with self._lock:
            times = self._wrong.setdefault(network, deque(maxlen=self.most))
            self._wrong.move_to_end(network)
            if len(self._wrong) > _NETWORKS:
                self._wrong.popitem(last=False)
            while times and now - times[0] >= WITHIN:
                times.popleft()
            if len(times) >= self.most:
                return False
            times.append(now)
            return True
