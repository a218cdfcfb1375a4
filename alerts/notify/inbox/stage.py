"""Mail that comes in, as a part of the service: the door or the mailbox, and one mail after the other."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Engine

from alerts.listening import Listen
from alerts.notify.inbox.imap import Mailbox, Poller
from alerts.notify.inbox.lmtp import Door
from alerts.notify.inbox.sorting import House, Request
from alerts.notify.inbox.taking import Mail, Outcome, take
from alerts.notify.joining.desk import Desk
from alerts.store.database import writing

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxSettings:
    """Our addresses (`house`), and where mail comes from: `listen` for a mail server that brings it, `mailbox` to fetch
    it; neither, one or both."""

    house: House
    listen: Listen | None = None
    mailbox: Mailbox | None = None


class Inbox:
    """New -> start -> stop. `counts` says what came of the mails since the start."""

    def __init__(self, engine: Engine, desk: Desk, settings: InboxSettings, clock: Callable[[], datetime]) -> None:
        self._engine, self._desk, self._settings, self._clock = engine, desk, settings, clock
        self._one = asyncio.Lock()
        self.counts: Counter[Outcome] = Counter()
        self.door = Door(settings.listen, settings.house, self.take) if settings.listen is not None else None
        self.poller = (
            Poller(settings.mailbox, settings.house, engine, self.put, self._note) if settings.mailbox else None
        )

    async def start(self) -> None:
        """Take mail from now on. Raises AlertsError where the door cannot be opened."""
        if self.door is not None:
            await self.door.open()
        if self.poller is not None:
            self.poller.start()

    async def stop(self) -> None:
        """Take no more mail; the one under way is finished."""
        if self.door is not None:
            await self.door.close()
        if self.poller is not None:
            await self.poller.stop()
        async with self._one:
            pass

    async def take(self, request: Request, mail: Mail) -> None:
        """Do what a mail asks; done when it is committed. Raises StoreError, and then it is to be brought again."""
        async with self._one:
            self._note(request, await asyncio.to_thread(self._taken, request, mail))

    def put(self, conn: Connection, request: Request, mail: Mail) -> Outcome:
        """Do what a mail asks in the caller's transaction."""
        return take(conn, self._desk, self._settings.house, request, mail, self._clock())

    def _taken(self, request: Request, mail: Mail) -> Outcome:
        with writing(self._engine) as conn:
            return self.put(conn, request, mail)

    def _note(self, request: Request, outcome: Outcome) -> None:
        self.counts[outcome] += 1
        _log.info("a mail to %s: %s", request.kind, outcome, extra={"asks": request.kind, "outcome": outcome})
