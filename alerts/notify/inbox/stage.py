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
from alerts.notify.inbox.saying import said
from alerts.notify.inbox.sorting import House, Request
from alerts.notify.inbox.stumbling import ATTEMPTS, Stumbles, is_around_us, read, written
from alerts.notify.inbox.taking import Mail, Outcome, take
from alerts.notify.joining.desk import Desk
from alerts.store import aside, tallies
from alerts.store.database import reading, writing

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxSettings:
    """Our addresses (`house`), and where mail comes from: `listen` for a mail server that brings it, `mailbox` to fetch
    it; neither, one or both."""

    house: House
    listen: Listen | None = None
    mailbox: Mailbox | None = None


class Inbox:
    """New -> start -> stop. `counts` says what came of the mails since the start. `fetches`: whether this machine is to
    look into the mailbox, of several that could."""

    def __init__(
        self,
        engine: Engine,
        desk: Desk,
        settings: InboxSettings,
        clock: Callable[[], datetime],
        fetches: Callable[[], bool] = lambda: True,
    ) -> None:
        self._fetches = fetches
        self._engine, self._desk, self._settings, self._clock = engine, desk, settings, clock
        self._one = asyncio.Lock()
        self._stumbles = Stumbles()
        self.counts: Counter[Outcome] = Counter()
        self.door = Door(settings.listen, settings.house, self.take) if settings.listen is not None else None
        self.poller = None if settings.mailbox is None else self._poller(settings.mailbox)

    def _poller(self, mailbox: Mailbox) -> Poller:
        house = self._settings.house
        return Poller(
            mailbox, house, self._engine, put=self.put, put_aside=self.put_aside, note=self._note, ours=self._fetches
        )

    async def start(self) -> None:
        """Take mail from now on, and what was put aside before. Raises AlertsError where the door cannot be opened."""
        await asyncio.to_thread(self._take_up)
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
        """Do what a mail asks; done when it is committed. Raises whatever stands in the way, and then it is to be
        brought again; a mail that stands in the way itself is put aside in the end."""
        async with self._one:
            self._note(request, await asyncio.to_thread(self._taken, request, mail))

    def put(self, conn: Connection, request: Request, mail: Mail) -> Outcome:
        """Do what a mail asks in the caller's transaction."""
        now = self._clock()
        outcome = take(conn, self._desk, self._settings.house, request, mail, now)
        tallies.add(conn, "mail in", outcome, now)
        return outcome

    def _taken(self, request: Request, mail: Mail) -> Outcome:
        try:
            with writing(self._engine) as conn:
                return self.put(conn, request, mail)
        except Exception as error:
            if is_around_us(error) or self._stumbles.once_more(request, mail) < ATTEMPTS:
                raise
            with writing(self._engine) as conn:
                if self.put_aside(conn, request, mail, error):
                    return "set aside"
            raise

    def put_aside(self, conn: Connection, request: Request, mail: Mail, error: Exception) -> bool:
        """Keep a mail that trips over a fault of ours. False, and nothing, where that cannot be."""
        now = self._clock()
        if not aside.put(conn, written(request, mail), said(error), now):
            return False
        tallies.add(conn, "mail in", "set aside", now)
        _log.error(
            "a mail to %s trips over a fault of this program, %s; it is put aside and tried again at the next start",
            request.kind,
            said(error),
        )
        return True

    def _take_up(self) -> None:
        """Try anew what was put aside: this may be the version that can take it."""
        with reading(self._engine) as conn:
            numbers = aside.listed(conn)
        for number in numbers:
            try:
                with writing(self._engine) as conn:
                    text = aside.take(conn, number)
                    if text is None:
                        continue
                    request, mail = read(text)
                    outcome = self.put(conn, request, mail)
            except Exception as error:
                _log.error("mail %d that was put aside cannot be taken yet: %s", number, said(error))
            else:
                self._note(request, outcome)

    def _note(self, request: Request, outcome: Outcome) -> None:
        self.counts[outcome] += 1
        _log.info("a mail to %s: %s", request.kind, outcome, extra={"asks": request.kind, "outcome": outcome})
