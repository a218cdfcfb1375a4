"""Who may see how the service does without a login: out of the box only this machine itself. No page ever shows a
reader, or more of a feed's address than host and path.

"This machine" is asked for in five ways, for each alone would be wrong in some house: a service that listens to itself
only may stand behind a web server for all the world; a browser on this machine may be sent here by a stranger's page.
"""

from __future__ import annotations

import ipaddress
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlsplit

from alerts.store.overview import Overview

_FORWARDED: Final = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip", "via")


def open_to(setting: bool | None, *, host: str, base_url: str, headers: Mapping[str, str], client: str) -> bool:
    """Whether a request with these headers may see the pages of operators. Without a setting: when the service listens
    on this machine only, readers are sent to no other address, the request names this machine and comes from it
    (`client`), and nobody passed it on: not even a proxy that is trusted, for it may serve all the world."""
    if setting is not None:
        return setting
    named = (host, _host(base_url), _host(f"//{headers.get('host', '')}"), client)
    return all(map(_is_here, named)) and not any(name in headers for name in _FORWARDED)


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def _is_here(host: str) -> bool:
    if host.lower() in ("localhost", "localhost."):
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


@dataclass(slots=True)
class Kept:
    """The last overview, so that who reloads a page in haste does not make the service read all feeds each time."""

    _last: Overview | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def overview(self, now: datetime, seconds: float, make: Callable[[], Overview]) -> Overview:
        """The last one, or a new one when that is older than some seconds."""
        with self._lock:
            last = self._last
            if last is None or not timedelta(0) <= now - last.at < timedelta(seconds=seconds):
                self._last = last = make()
            return last
