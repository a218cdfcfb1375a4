"""What the pages of operators act with: what tracks alerts and writes mails, and what makes a mail to look at.

The same parts that the service itself works with, so that a page does what the command does.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from alerts.engine.tracking import Tracker
from alerts.errors import Fault
from alerts.notify.preview import Preview

_MOST: Final = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenFault:
    """A fault of a template, and when it was met last."""

    fault: Fault
    at: datetime


@dataclass(slots=True)
class TemplateFaults:
    """The faults of the user's own templates that were met since the service was started. What was wrong is shown to
    operators until it was not met for a day: nobody says when a file was mended."""

    _met: dict[Fault, datetime] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, fault: Fault, at: datetime) -> None:
        """A mail or page was to be made, and this was in the way."""
        with self._lock:
            self._met.pop(fault, None)
            self._met[fault] = at
            if len(self._met) > _MOST:
                del self._met[next(iter(self._met))]

    def since(self, moment: datetime) -> Sequence[SeenFault]:
        """Those met since a moment, the latest first."""
        with self._lock:
            return [SeenFault(fault=fault, at=at) for fault, at in reversed(self._met.items()) if at >= moment]


@dataclass(frozen=True, slots=True, kw_only=True)
class Operating:
    """`tracker` knows the rules in force, the places and who writes the mails, `preview` makes a mail without sending
    it, `faults` has heard of those of templates."""

    tracker: Tracker
    preview: Preview | None = None
    faults: TemplateFaults = field(default_factory=TemplateFaults)
