"""The stage between collecting and notifying: articles that wait are read, matched and tracked.

Reading and matching are pure and run outside any transaction; what was found is then tracked and marked in one
that others do not have to wait for long.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from sqlalchemy import Engine

from alerts import __version__
from alerts.engine.rulebook import Rulebook
from alerts.engine.tracking import Outcome, Told, Tracker
from alerts.errors import StoreError, TemplateError
from alerts.match.bind import Households
from alerts.match.engine import Detection
from alerts.store import articles
from alerts.store.articles import Waiting
from alerts.store.database import reading, writing

BATCH = 25
# Seconds after which a transaction takes no further article: the poller and the courier want to write too.
LONGEST = 0.5
_NONE = timedelta(0)


@dataclass(slots=True)
class Report:
    """What a batch came to. `fired`: the hits of each rule. Of new articles `read_after` says how long after their
    first sight they were read, `seen_after` how long after their publication they were seen, where that is known.
    `unread` are articles that could not be read or tracked, with the reason: they are set aside so that they hold up
    nobody, counted in `alerts status`, and tried again at the next start."""

    articles: int = 0
    hits: int = 0
    fired: Counter[str] = field(default_factory=Counter)
    seen_after: list[timedelta] = field(default_factory=list)
    read_after: list[timedelta] = field(default_factory=list)
    told: list[Told] = field(default_factory=list)
    faults: list[TemplateError] = field(default_factory=list)
    unread: list[tuple[str, Exception]] = field(default_factory=list)

    def add(self, outcome: Outcome) -> None:
        self.told += outcome.told
        self.faults += outcome.faults


Work = Sequence[tuple[Waiting, Detection]]
_NOT_AGAIN = f"in version {__version__}, which does not try it again"
HUNG = f"Hung: reading it came to no end {_NOT_AGAIN}"
_FATAL = f"reading it ended the process, again and again, {_NOT_AGAIN}"
FOR_GOOD = (HUNG, f"Fatal: {_FATAL}")
"""Why articles are set aside that would stop the service if they were tried anew at each start."""


class Fatal(Exception):
    """No machine outlives the reading of an article."""

    def __init__(self) -> None:
        super().__init__(_FATAL)


@dataclass(slots=True)
class Now:
    """The article that is being read at this moment, and since when by the monotonic clock; and the rules whose reports
    are counted, from the first article on."""

    item: Waiting | None = None
    since: float = 0.0
    counting: Rulebook | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Analyst:
    """Reads articles by the rules in force; `rulebook` of the tracker is swapped whole at a reload."""

    engine: Engine
    tracker: Tracker
    households: Households
    now: Now = field(default_factory=Now)

    def set_aside_hung(self, clock: Callable[[], datetime], patience_s: float) -> str | None:
        """Set aside the article that has been read for so long: else it would hang the service again after its next
        start, and again. Returns its id. Raises StoreError."""
        item = self.now.item
        if item is None or time.monotonic() - self.now.since < patience_s:
            return None
        with writing(self.engine) as conn:
            articles.mark_faulty(conn, item, HUNG, clock())
        return item.article.id

    def run(self, clock: Callable[[], datetime], *, limit: int = BATCH) -> Report:
        """Take up to `limit` waiting articles through to their outbox rows. Raises StoreError; then those
        that are not done yet still wait."""
        with reading(self.engine) as conn:
            items = articles.waiting(conn, limit, now=clock())
        return self._batch(clock).run(items)

    def run_some(self, ids: Sequence[int], clock: Callable[[], datetime]) -> Report:
        """The same for those of these articles that wait. Raises StoreError."""
        with reading(self.engine) as conn:
            items = articles.waiting_of(conn, ids, now=clock())
        return self._batch(clock).run(items)

    def set_aside(self, ids: Sequence[int], error: Exception, clock: Callable[[], datetime]) -> Report:
        """Set these articles aside, as ones that cannot be read."""
        with reading(self.engine) as conn:
            items = articles.waiting_of(conn, ids, now=clock())
        return self._batch(clock).set_aside(items, error)

    def _batch(self, clock: Callable[[], datetime]) -> _Batch:
        return _Batch(self.engine, replace(self.tracker), self.households, clock, self.now)


class _Batch:
    """Some articles, read and tracked by one and the same rules: `tracker` is a copy, so that a reload in
    between does not take a rule away of which there are findings."""

    def __init__(
        self, engine: Engine, tracker: Tracker, households: Households, clock: Callable[[], datetime], now: Now
    ) -> None:
        self.engine, self.tracker, self.households, self.clock, self.now = engine, tracker, households, clock, now
        self.report = Report()

    def run(self, items: Sequence[Waiting]) -> Report:
        self.report.articles = len(items)
        work = [(item, found) for item in items if (found := self._detect(item)) is not None]
        self.report.fired = Counter(hit.rule for _, found in work for hit in found.hits)
        self.report.hits = self.report.fired.total()
        self._measure(items)
        work = list(self._without_quiet_ones(work))
        done = 0
        try:
            while done < len(work):
                done += self._store(work[done:])
        except StoreError:
            raise
        except Exception:
            # One of the rest cannot be tracked. Each by itself, so that it holds up nobody.
            for pair in work[done:]:
                self._alone(pair)
        return self.report

    def set_aside(self, items: Sequence[Waiting], error: Exception) -> Report:
        for item in items:
            self._set_aside(item, error)
        return self.report

    def _measure(self, items: Sequence[Waiting]) -> None:
        now = self.clock()
        for item in items:
            if item.revision == 1 and not item.backlog:
                self.report.read_after.append(max(now - item.first_seen, _NONE))
                if item.article.dated:
                    self.report.seen_after.append(max(item.first_seen - item.article.published, _NONE))

    def _detect(self, item: Waiting) -> Detection | None:
        """The findings in one article; None if it cannot be read: an article that once was evidence must not
        look as if it had been rewritten."""
        self.now.since, self.now.item = time.monotonic(), item
        try:
            return self.tracker.rulebook.ruleset.detect(item.article, self.tracker.gazetteer, self.households)
        except Exception as error:
            self._set_aside(item, error)
            return None
        finally:
            self.now.item = None

    def _without_quiet_ones(self, work: Work) -> Work:
        """Those that tracking has to do with. The others, which are most, are marked as read beside whoever tracks at
        this moment: alerts change by one hand at a time. (Not before counting has begun for these rules.)"""
        if self.now.counting is not self.tracker.rulebook:
            return work
        loud = [(item, found) for item, found in work if not self.tracker.changes_nothing(item, found)]
        tracked = {item.article.id for item, _ in loud}
        quiet = [item for item, _ in work if item.article.id not in tracked]
        if quiet:
            with writing(self.engine) as conn:
                articles.mark_analysed(conn, articles.claim_waiting(conn, quiet), self.clock())
        return loud

    def _store(self, work: Work) -> int:
        """Track as many articles as there is time for, the first at least; returns how many. One that another has taken
        meanwhile is that one's."""
        now, begun, count = self.clock(), time.monotonic(), 0
        outcomes: list[Outcome] = []
        with writing(self.engine) as conn:
            self.tracker.begin(conn, now)
            ours = {item.article.id for item in articles.claim_waiting(conn, [item for item, _ in work])}
            for item, found in work:
                count += 1
                if item.article.id in ours:
                    outcomes.append(self.tracker.track(conn, item, found, now))
                if time.monotonic() - begun > LONGEST:
                    break
            articles.mark_analysed(conn, [item for item, _ in work[:count] if item.article.id in ours], now)
        self.now.counting = self.tracker.rulebook
        for outcome in outcomes:
            self.report.add(outcome)
        return count

    def _alone(self, pair: tuple[Waiting, Detection]) -> None:
        try:
            self._store([pair])
        except StoreError:
            raise
        except Exception as error:
            self._set_aside(pair[0], error)

    def _set_aside(self, item: Waiting, error: Exception) -> None:
        self.report.unread.append((item.article.id, error))
        with writing(self.engine) as conn:
            articles.mark_faulty(conn, item, f"{type(error).__name__}: {error}", self.clock())
