"""The stage between collecting and notifying: articles that wait are read, matched and tracked.

Reading and matching are pure and run outside any transaction; each batch is then tracked and marked in one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Engine

from alerts.engine.tracking import Outcome, Told, Tracker
from alerts.errors import StoreError, TemplateError
from alerts.match.bind import Households
from alerts.match.engine import Detection
from alerts.store import articles
from alerts.store.articles import Waiting
from alerts.store.database import reading, writing

BATCH = 100


@dataclass(slots=True)
class Report:
    """What a batch came to. `unread` are articles that could not be read, with the reason: they are set
    aside so that they hold up nobody, and counted in `alerts status`."""

    articles: int = 0
    hits: int = 0
    told: list[Told] = field(default_factory=list)
    faults: list[TemplateError] = field(default_factory=list)
    unread: list[tuple[str, Exception]] = field(default_factory=list)

    def add(self, outcome: Outcome) -> None:
        self.told += outcome.told
        self.faults += outcome.faults


@dataclass(frozen=True, slots=True, kw_only=True)
class Analyst:
    """Reads articles by the rules in force; `rulebook` of the tracker is swapped whole at a reload."""

    engine: Engine
    tracker: Tracker
    households: Households

    def run(self, clock: Callable[[], datetime], *, limit: int = BATCH) -> Report:
        """Take up to `limit` waiting articles through to their outbox rows. Raises StoreError; then all of
        them still wait."""
        with reading(self.engine) as conn:
            items = articles.waiting(conn, limit)
        report = Report(articles=len(items))
        found = [self._detect(item, report) for item in items]
        report.hits = sum(len(detection.hits) for detection in found)
        work = list(zip(items, found, strict=True))
        try:
            self._store(work, clock, report)
        except StoreError:
            raise
        except Exception:
            # One of them cannot be tracked. Each by itself, so that it holds up nobody.
            for pair in work:
                self._alone(pair, clock, report)
        return report

    def detect(self, item: Waiting) -> Detection:
        """The findings in one article, by the rules in force."""
        ruleset = self.tracker.rulebook.ruleset
        return ruleset.detect(item.article, self.tracker.gazetteer, self.households)

    def _detect(self, item: Waiting, report: Report) -> Detection:
        try:
            return self.detect(item)
        except Exception as error:
            report.unread.append((item.article.id, error))
            return Detection()

    def _store(self, work: Sequence[tuple[Waiting, Detection]], clock: Callable[[], datetime], report: Report) -> None:
        outcomes = []
        now = clock()
        with writing(self.engine) as conn:
            for item, detection in work:
                outcomes.append(self.tracker.track(conn, item, detection, now))
            articles.mark_analysed(conn, [item for item, _ in work], now)
        for outcome in outcomes:
            report.add(outcome)

    def _alone(self, pair: tuple[Waiting, Detection], clock: Callable[[], datetime], report: Report) -> None:
        try:
            self._store([pair], clock, report)
        except StoreError:
            raise
        except Exception as error:
            report.unread.append((pair[0].article.id, error))
            now = clock()
            with writing(self.engine) as conn:
                articles.mark_analysed(conn, [pair[0]], now)
