"""The pruning stage: what the settings let go is forgotten bit by bit, so that a service can run for years.

Each kind of thing has a walk of its own over what is old, in short transactions with pauses between them: the poller
and the courier get their turn. A walk that came to its end begins again a day later (at once where much comes all the
time). Where walks are is not stored: after a restart they begin anew, and what is gone is passed over quickly.
"""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Engine

from alerts.store import documents, polling, pruning, stories, tallies
from alerts.store.database import writing
from alerts.store.pruning import Batch
from alerts.track.spike import LONGEST

AT_ONCE: Final = 250
# Seconds of work for each kind of thing in one run; in as many more others have their turn.
_WORK_S: Final = 1.0
_AGAIN: Final = timedelta(days=1)
_AT_ONCE_AGAIN: Final = frozenset(("polls", "documents"))
# Of days that no rule looks back to: late news may yet tell of days a while before them.
_MARGIN: Final = timedelta(days=365)
_DAY: Final = timedelta(days=1)
# A text of which no copy was found for so long will have none.
COPIED_FOR: Final = 2 * stories.FOUND_FOR

_log = logging.getLogger(__name__)

Step = Callable[[Connection, Any, int], Batch]


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """How long things are kept; None: for ever. `evidence` are texts of articles that alerts rest on, `documents` the
    bytes that all may take. `same_event` is the longest that a rule waits for more of an event, `baseline` the longest
    that one looks back."""

    articles: timedelta | None = None
    evidence: timedelta | None = None
    mails: timedelta | None = None
    audit: timedelta | None = None
    polls: timedelta | None = None
    documents: int | None = None
    same_event: timedelta = timedelta(0)
    baseline: timedelta = timedelta(0)

    def counted_since(self, now: datetime) -> datetime:
        """From when on days are counted that some rule, of the shipped kind at least, may look back to."""
        return now - max(LONGEST * _DAY, self.baseline) - _MARGIN

    def alerts_over_since(self, now: datetime, kept: timedelta) -> datetime:
        """Before then an alert has to be over, so that nothing more can come of it."""
        return now - max(kept, 2 * self.same_event)


def steps(terms: Terms, now: datetime) -> Mapping[str, Step]:
    """What there is to do by these terms, by name: each takes some rows more."""
    found: dict[str, Step] = {}
    if (kept := terms.polls) is not None:
        found["polls"] = lambda conn, after, limit: _polls(conn, now - kept)
    if (room := terms.documents) is not None:
        found["documents"] = lambda conn, after, limit: _documents(conn, room)
    if (mailed := terms.mails) is not None:
        since, over = now - mailed, terms.alerts_over_since(now, mailed)
        found["mails"] = lambda conn, after, limit: pruning.mails(conn, since, over, after, limit)
        found["bulletins"] = lambda conn, after, limit: pruning.bulletins(conn, since, after, limit)
        found["silences"] = lambda conn, after, limit: pruning.silences(conn, since, after, limit)
    if (done := terms.audit) is not None:
        found["audit"] = lambda conn, after, limit: pruning.audit_log(conn, now - done, after, limit)
    counted = terms.counted_since(now)
    found["reports"] = lambda conn, after, limit: pruning.reports(conn, counted, after, limit)
    found["prints"] = lambda conn, after, limit: pruning.prints(conn, now - COPIED_FOR, after, limit)
    if (read := terms.articles) is not None:
        found["articles"] = lambda conn, after, limit: pruning.articles(conn, now - read, after, limit)
    if (told := terms.evidence) is not None:
        ended = terms.alerts_over_since(now, told)
        found["evidence"] = lambda conn, after, limit: pruning.texts_of_evidence(conn, ended, after, limit)
    return found


def _documents(conn: Connection, room: int) -> Batch:
    gone = documents.prune(conn, room)
    return Batch(gone={"documents": gone}, after=0 if gone == documents.PRUNED_AT_ONCE else None)


def _polls(conn: Connection, before: datetime) -> Batch:
    gone = polling.prune_polls(conn, before)
    return Batch(gone={"polls": gone}, after=0 if gone == polling.PRUNED_AT_ONCE else None)


@dataclass(slots=True)
class _Walk:
    """How far one is: `after` the last row it saw. At its end it waits until `due`."""

    after: Any = None
    due: datetime | None = None
    gone: Counter[str] = field(default_factory=Counter)


@dataclass(slots=True, kw_only=True)
class Pruner:
    """`run` forgets some of what may go. `terms` are asked anew each time, for rules change; `pause` is how the time
    passes in which others have their turn, and `stopping` says that the service is to end."""

    engine: Engine
    terms: Callable[[], Terms]
    stopping: Callable[[], bool] = lambda: False
    at_once: int = AT_ONCE
    work_s: float = _WORK_S
    pause: Callable[[float], None] = time.sleep
    _walks: dict[str, _Walk] = field(default_factory=dict)

    def run(self, now: datetime) -> dict[str, int]:
        """Take each walk that is due some way on; returns how much went, by what it was. Raises StoreError."""
        gone: Counter[str] = Counter()
        for name, step in steps(self.terms(), now).items():
            walk = self._walks.setdefault(name, _Walk())
            if walk.due is None or walk.due <= now:
                gone += self._go(name, walk, step, now)
        return dict(gone)

    def _go(self, name: str, walk: _Walk, step: Step, now: datetime) -> Counter[str]:
        """Some steps of a walk, for as long as one may work."""
        gone: Counter[str] = Counter()
        worked = 0.0
        while worked < self.work_s and not self.stopping():
            begun = time.monotonic()
            batch = self._step(step, walk, now)
            gone.update(batch.gone)
            walk.gone.update(batch.gone)
            walk.after = batch.after
            if batch.after is None:
                self._ended(name, walk, now)
                break
            took = time.monotonic() - begun
            worked += took
            self.pause(took)
        return +gone

    def _step(self, step: Step, walk: _Walk, now: datetime) -> Batch:
        with writing(self.engine) as conn:
            batch = step(conn, walk.after, self.at_once)
            for what, number in batch.gone.items():
                if number:
                    tallies.add(conn, "forgotten", what, now, number=number)
        return batch

    def _ended(self, name: str, walk: _Walk, now: datetime) -> None:
        if name in _AT_ONCE_AGAIN:
            return
        _tell(+walk.gone)
        walk.gone.clear()
        walk.due = now + _AGAIN


def _tell(gone: Mapping[str, int]) -> None:
    if gone:
        said = ", ".join(f"{number:,} {what}" for what, number in gone.items())
        _log.info("forgotten, as the settings of how long things are kept say: %s", said)
