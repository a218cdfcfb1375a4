"""The rules of a running service: read at its start, read again when a file of theirs changes, and put into force."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Engine

from alerts.engine import loading, rulebook
from alerts.engine.editions import Editions
from alerts.engine.loading import RuleSources
from alerts.engine.rulebook import Rulebook
from alerts.engine.tracking import Tracker
from alerts.match.bind import Households
from alerts.match.rule import Rule
from alerts.read.places import Gazetteer
from alerts.store import meta
from alerts.store.database import reading, writing

_log = logging.getLogger("alerts.service")


@dataclass(slots=True, kw_only=True)
class RuleKeeper:
    """New -> read -> serve. A faulty rule keeps its earlier version, and stops no other. `editions`: of a machine that
    shares the work, and goes by what all go by."""

    sources: RuleSources
    engine: Engine
    gazetteer: Gazetteer
    households: Households
    clock: Callable[[], datetime]
    editions: Editions | None = None
    _stamp: object = field(init=False)
    _tracker: Tracker = field(init=False)

    def read(self) -> Rulebook:
        """The rules as their files are now, at the start. Raises StoreError."""
        self._stamp = self.sources.stamp()
        book = self._load(None)
        with reading(self.engine) as conn:
            before = meta.versions_in_force(conn)
        if book.faults or (before and before != book.versions):
            _say(book, f"rules read: {rulebook.told(book, before or None)}")
        return book

    def serve(self, tracker: Tracker) -> None:
        """Put into force what this tracker has, and what is read from now on. Raises StoreError."""
        self._tracker = tracker
        self._take(tracker.rulebook)

    async def look(self) -> None:
        """Publish what was changed in this machine's own folders, and go by what others published; read the rules again
        when a file of theirs changed. Raises StoreError."""
        if self.editions is not None:
            await self.editions.look()
        stamp = await asyncio.to_thread(self.sources.stamp)
        if stamp != self._stamp:
            await asyncio.to_thread(self._reload)
            self._stamp = stamp  # only now: what the database could not take is tried again

    def barred(self) -> str:
        """Why nothing should be written to this machine's own folders at the moment; "" where it may. Raises
        StoreError."""
        return "" if self.editions is None else self.editions.barred()

    def _load(self, before: Rulebook | None) -> Rulebook:
        return loading.load(
            self.sources,
            gazetteer=self.gazetteer,
            households=self.households,
            before=before,
            last_good=self._last_good if before is None else tuple,
            today=self.clock().date(),
        )

    def _reload(self) -> None:
        before = self._tracker.rulebook
        book = self._load(before)
        self._take(book)
        _say(book, f"rules read again: {rulebook.told(book, before.versions)}")

    def _last_good(self) -> list[Rule]:
        """The rules that were in force when the service last ran, as the database kept them."""
        with reading(self.engine) as conn:
            kept = meta.rules_in_force(conn)
        rules, faults = loading.remembered([(one.rule, one.text, one.lists) for one in kept], self.gazetteer.country_of)
        for fault in faults:
            _log.error("%s", fault)
        return rules

    def _take(self, book: Rulebook) -> None:
        """Put a rulebook into force: the one reference that the analyst looks at is swapped."""
        rules = [
            meta.InForce(rule=rule.name, version=rule.version, text=rule.source, lists=rule.lists)
            for rule in book.ruleset.rules
        ]
        trouble = rulebook.told(book) if book.errors else ""
        with writing(self.engine) as conn:
            meta.put_in_force(conn, rules, self.clock())
            meta.put_rules_trouble(conn, trouble, self.clock())
        with reading(self.engine) as conn:
            self._tracker.first_loaded = meta.first_loaded(conn)
        self._tracker.rulebook = book
        if self.editions is not None:
            self.editions.say(trouble)


def _say(book: Rulebook, text: str) -> None:
    """All that a reading of the rules came to, in one entry of the log."""
    level = logging.ERROR if book.errors else logging.WARNING if book.faults else logging.INFO
    _log.log(level, "%s", text)
