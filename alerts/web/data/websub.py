"""Telling a hub (WebSub) that there is news in the feeds, so that who follows them hears within seconds.

It runs beside the web server and looks at the database: what a command told in another process is seen, too, and no
mail ever waits for a hub. A feed is announced when what it lists has changed since it was announced; many alerts at
once make one announcement. What was announced is kept in the database, so that a restart neither loses nor repeats.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final
from urllib.parse import parse_qsl

from alerts.collect.asking.post import Poster
from alerts.collect.settings import CollectSettings
from alerts.errors import AlertsError, FetchError, InputError
from alerts.store import archive, meta, tellings
from alerts.store.database import reading, writing
from alerts.urls import host_and_path
from alerts.web.data.formats import KINDS, hub_of
from alerts.web.public.query import query_of
from alerts.web.site import Web

_log = logging.getLogger(__name__)
KEPT: Final = "announced to the hub"
_WINDOW: Final = timedelta(hours=1)
_FEEDS: Final = tuple(kind.path for kind in KINDS if kind.feed)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """In seconds: how often to look, how long to wait for what belongs to the same burst, and how long to wait after a
    failure, doubled each time."""

    look: float = 2.0
    settle: float = 3.0
    retry: float = 30.0
    longest: float = 3_600.0


@dataclass(slots=True)
class Announcer:
    """Tells the hub of a site; `run` goes on until it is cancelled."""

    web: Web
    settings: CollectSettings
    pace: Pace = field(default_factory=Pace)
    _stirred: object = None
    _failing: bool | None = None  # None: not known since the start
    _failures: int = 0

    async def run(self) -> None:
        """Look again and again. Without a hub there is nothing to do."""
        if not hub_of(self.web):
            await asyncio.to_thread(self._forget)
            return
        while True:
            wait = self.pace.look
            try:
                if not await self.look():
                    wait = min(self.pace.longest, self.pace.retry * 2 ** min(self._failures - 1, 10))
            except AlertsError as error:  # the database; it is told of elsewhere, too
                _log.warning("the hub cannot be told of news: %s", error)
            except Exception:
                _log.exception("the hub cannot be told of news")
                wait = self.pace.retry
            await asyncio.sleep(wait)

    async def look(self) -> bool:
        """Announce what changed, if anything did; False when it could not be, and is to be tried again."""
        stirred = await asyncio.to_thread(self._stir)
        if stirred == self._stirred:
            return True
        await asyncio.sleep(self.pace.settle)
        stirred = await asyncio.to_thread(self._stir)  # with what came meanwhile
        known, now = await asyncio.to_thread(self._standing)
        changed = [topic for topic, digest in now.items() if known.get(topic) != digest]
        done, trouble = await self._announce(changed)
        kept = {topic: now[topic] if topic not in changed or topic in done else known.get(topic, "") for topic in now}
        if kept != known:
            await asyncio.to_thread(self._keep, kept)
        if trouble or self._failing is not False:
            await asyncio.to_thread(self._tell, trouble)
        if not trouble:
            self._stirred = stirred
        return not trouble

    def _stir(self) -> object:
        with reading(self.web.engine) as conn:
            return tellings.stirred(conn, self.web.now() - _WINDOW), len(self.web.topics.listed())

    def _standing(self) -> tuple[dict[str, str], dict[str, str]]:
        """What was announced of each topic, and what it lists now."""
        with reading(self.web.engine) as conn:
            known: dict[str, str] = dict(meta.get(conn, KEPT) or {})
        self.web.topics.remember(topic for topic in known if topic not in _FEEDS)
        topics = dict.fromkeys([*_FEEDS, *self.web.topics.listed()])
        return known, {topic: self._digest(topic) for topic in topics}

    def _digest(self, topic: str) -> str:
        """What a feed lists, as far as readers were told; its bytes change by other things, too."""
        try:
            query = query_of(self.web, parse_qsl(topic.partition("?")[2]))
        except InputError:  # kept by another version of the program
            return ""
        with reading(self.web.engine) as conn:
            found = archive.told_alerts(conn, query.wanted, limit=self.web.settings.feed_size)
        listed = sorted((item.alert.id, item.alert.version) for item in found)
        return hashlib.sha256(repr(listed).encode()).hexdigest()[:16]

    def _keep(self, announced: dict[str, str]) -> None:
        with writing(self.web.engine) as conn:
            meta.put(conn, KEPT, announced)

    async def _announce(self, topics: Sequence[str]) -> tuple[set[str], str]:
        """The topics that the hub has heard of, and what went wrong ("" for nothing)."""
        done: set[str] = set()
        if not topics:
            return done, ""
        async with Poster(self.settings) as poster:
            for topic in topics:
                address = f"{self.web.site.base_url}{topic}"
                form = {"hub.mode": "publish", "hub.url": address, "hub.topic": address}
                try:
                    status = await poster.post(self.web.settings.hub, form)
                except FetchError as error:
                    return done, str(error)
                if status == 429 or not 200 <= status < 500:
                    return done, f"it answered {status}"
                if status >= 300:  # it does not want this one, and will not want it in a minute
                    _log.warning("the hub refused %s: %d", host_and_path(address), status)
                done.add(topic)
        return done, ""

    def _forget(self) -> None:
        """The trouble with a hub that there was before the settings were changed."""
        with reading(self.web.engine) as conn:
            trouble = meta.hub_trouble(conn)
        if trouble is not None:
            self._note("")

    def _note(self, trouble: str) -> None:
        with writing(self.web.engine) as conn:
            meta.put_hub_trouble(conn, trouble, self.web.now())

    def _tell(self, trouble: str) -> None:
        """Say once that the hub cannot be told, and once that it can be again; operators see it meanwhile."""
        self._note(trouble)
        hub = host_and_path(self.web.settings.hub)
        if trouble and not self._failing:
            _log.warning("the hub %s cannot be told of news, and is tried again: %s", hub, trouble)
        elif self._failing and not trouble:
            _log.info("the hub %s is told of news again", hub)
        self._failing = bool(trouble)
        self._failures = self._failures + 1 if trouble else 0
