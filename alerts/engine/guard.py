"""What may fail and is tried again: it says so, once, and the pulse hears of it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable

from alerts.engine.pulse import Ended, Kind, Pulse
from alerts.errors import AlertsError

_log = logging.getLogger(__name__)


class Guard:
    """Runs stages and jobs. Nothing they had in hand is lost when they fail, because every step is a transaction."""

    def __init__(self, pulse: Pulse) -> None:
        self._pulse = pulse
        self._said: dict[str, str] = {}

    async def run(self, name: str, work: Awaitable[object], kind: Kind | None = None) -> None:
        """Do this. An error is logged and goes no further; the same of one `name` is said once, not each second."""
        how: Ended = "failed"
        run = self._pulse.began(name, kind)
        try:
            await work
        except asyncio.CancelledError:
            how = "waits"  # others take over what it had in hand
            raise
        except AlertsError as error:
            how = "waits"
            if kind:
                self._pulse.kept_from(kind, str(error))
            self._say(name, f"has to wait: {error}")
        except Exception as error:
            if kind:
                self._pulse.failed(kind)
            self._say(name, f"failed, and is tried again: {error!r}", fault=error)
        else:
            how = "well"
            if self._said.pop(name, None):
                _log.info("%s works again", name)
        finally:
            self._pulse.ended(run, how)

    def _say(self, name: str, message: str, *, fault: Exception | None = None) -> None:
        if self._said.get(name) != message:
            self._said[name] = message
            _log.error("%s %s", name, message, exc_info=fault)
