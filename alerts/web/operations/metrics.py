"""Numbers for a watch from outside, in the text form of Prometheus: what the service counted since it was started, and
how things stand in the database.

Labels are few and from closed sets: no feed, no address and no reader is ever one of them.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from datetime import datetime
from typing import Final, TypeVar

from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.metrics_core import Metric
from sqlalchemy import Connection, Engine

from alerts.engine.analysis import Report
from alerts.engine.collecting import Polled
from alerts.engine.pulse import Ended
from alerts.notify.lags import Taken, lags
from alerts.store.database import reading
from alerts.store.standing import Standing, standing
from alerts.store.totals import Totals, totals
from alerts.web.fresh import Fresh
from alerts.web.operations.gauges import MOST_RULES, OTHERS, families, families_of_totals

MEDIA_TYPE: Final = CONTENT_TYPE_LATEST
_SECONDS: Final = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 20.0, 45.0)
_LOOP_SECONDS: Final = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0)
_LOOP_EVERY: Final = 1.0
_STANDING_S: Final = 4.0  # how old an answer may be: Prometheus asks every 15 seconds, most often
_TOTALS_S: Final = 55.0
_MOST_TAKEN: Final = 50_000  # mails of which nobody has asked
_Found = TypeVar("_Found")
_MINUTE: Final = 60.0
_HOUR: Final = 60 * _MINUTE
_STAGE_SECONDS: Final = (0.01, 0.1, 0.5, 1.0, 5.0, 15.0, 60.0, 300.0, 1800.0)
_READ_SECONDS: Final = (1.0, 5.0, 15.0, _MINUTE, 5 * _MINUTE, 15 * _MINUTE, _HOUR)
_SEEN_SECONDS: Final = (_MINUTE, 5 * _MINUTE, 15 * _MINUTE, 30 * _MINUTE, _HOUR, 3 * _HOUR, 6 * _HOUR, 24 * _HOUR)
_MAIL_SECONDS: Final = (_MINUTE, 2 * _MINUTE, *(5 * _MINUTE, 10 * _MINUTE), *_SEEN_SECONDS[2:])


class Meter:
    """Counts what the service does; one for each, with a registry of its own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._taken: deque[Taken] = deque(maxlen=_MOST_TAKEN)
        self._sources: list[Callable[[], Iterable[Metric]]] = []
        self._standing: Fresh[Standing] = Fresh(_STANDING_S)
        self._totals: Fresh[Totals] = Fresh(_TOTALS_S)
        mine = self.registry
        self._polls = Counter("alerts_polls", "Polls of feeds, by what they came to.", ["status"], registry=mine)
        self._bytes = Counter("alerts_poll_bytes", "Bytes of documents, decoded.", registry=mine)
        self._seconds = Histogram("alerts_poll_seconds", "How long polls took.", buckets=_SECONDS, registry=mine)
        self._articles = Counter("alerts_articles", "Articles that polls brought.", ["kind"], registry=mine)
        self._gaps = Counter("alerts_gaps", "Polls that shared no item with the one before.", registry=mine)
        self._lies = Counter("alerts_untrue_not_modified", "Servers found to say so untruly.", registry=mine)
        self._loop = Histogram(
            "alerts_loop_lag_seconds", "How late the event loop was.", buckets=_LOOP_SECONDS, registry=mine
        )
        for kind in ("new", "revised"):
            self._articles.labels(kind)
        self._count_what_follows(mine)
        ProcessCollector(registry=mine)

    def _count_what_follows(self, mine: CollectorRegistry) -> None:
        """What comes after polls: reading, alerts, mails, and the stages that do it."""
        self._read = Counter("alerts_articles_read", "Articles that were read.", registry=mine)
        self._hits = Counter("alerts_hits", "Hits of rules in articles.", ["rule"], registry=mine)
        self._told = Counter("alerts_told", "Versions of alerts that were to be told.", ["rule", "kind"], registry=mine)
        self._rules: set[str] = set()
        about = "From an article's publication to its first sight."
        self._seen = Histogram("alerts_seen_lag_seconds", about, buckets=_SEEN_SECONDS, registry=mine)
        about = "From an article's first sight until it was read."
        self._waited = Histogram("alerts_reading_lag_seconds", about, buckets=_READ_SECONDS, registry=mine)
        about = "From an article's publication until the mail of it was taken, of mails that waited for nothing else."
        self._mailed = Histogram("alerts_mail_lag_seconds", about, ["severity"], buckets=_MAIL_SECONDS, registry=mine)
        about = "How long runs of a stage took."
        self._stages = Histogram("alerts_stage_seconds", about, ["stage"], buckets=_STAGE_SECONDS, registry=mine)
        about = (
            "Runs of a stage that broke off: waits (the database cannot be used), failed (by a fault of the program)."
        )
        self._troubles = Counter("alerts_stage_troubles", about, ["stage", "how"], registry=mine)

    def polled(self, polled: Polled) -> None:
        """One poll is finished."""
        outcome, result = polled.outcome, polled.result
        self._polls.labels(outcome.status).inc()
        self._bytes.inc(outcome.size)
        self._seconds.observe(outcome.ms / 1000)
        self._articles.labels("new").inc(result.new)
        self._articles.labels("revised").inc(result.revised)
        self._gaps.inc(result.gap)
        self._lies.inc(result.lied)

    def analysed(self, report: Report) -> None:
        """Some articles are read."""
        self._read.inc(report.articles)
        for rule, number in report.fired.items():
            self._hits.labels(self._rule(rule)).inc(number)
        for told in report.told:
            self._told.labels(self._rule(told.rule.name), told.message.kind).inc()
        for lag in report.seen_after:
            self._seen.observe(lag.total_seconds())
        for lag in report.read_after:
            self._waited.observe(lag.total_seconds())

    def _rule(self, name: str) -> str:
        if name not in self._rules and len(self._rules) >= MOST_RULES:
            return OTHERS
        self._rules.add(name)
        return name

    def mailed(self, mails: Iterable[Taken]) -> None:
        """Mails were taken. When their articles were published is looked up when somebody asks for the numbers."""
        self._taken.extend(mails)

    def ran(self, stage: str, seconds: float, how: Ended) -> None:
        """A run of a stage has ended."""
        self._stages.labels(stage).observe(seconds)
        if how != "well":
            self._troubles.labels(stage, how).inc()

    async def watch_loop(self, every_s: float = _LOOP_EVERY) -> None:
        """Measure, until cancelled, by how much the event loop is late."""
        loop = asyncio.get_running_loop()
        while True:
            wanted = loop.time() + every_s
            await asyncio.sleep(every_s)
            self._loop.observe(max(loop.time() - wanted, 0.0))

    def add(self, source: Callable[[], Iterable[Metric]]) -> None:
        """Show what `source` gives, too: made anew for each answer, so it has to be cheap."""
        self._sources.append(source)

    def text(self, engine: Engine, now: Callable[[], datetime]) -> bytes:
        """All of it, and how things stand in the database as it was a few seconds ago. Raises StoreError."""
        stand = self._standing.get(lambda: _asked(engine, lambda conn: standing(conn, now())))
        in_all = self._totals.get(lambda: _asked(engine, totals))
        self._measure_mails(engine)
        others = [metric for source in self._sources for metric in source()]
        found = [*map(_plain, self.registry.collect()), *families(stand), *families_of_totals(in_all), *others]
        return bytes(generate_latest(_Once(found)))

    def _measure_mails(self, engine: Engine) -> None:
        mails = []
        with suppress(IndexError):  # somebody else may ask at this moment
            while self._taken:
                mails.append(self._taken.popleft())
        if mails:
            for one in _asked(engine, lambda conn: lags(conn, mails)):
                self._mailed.labels(one.severity).observe(one.lag.total_seconds())


def _asked(engine: Engine, ask: Callable[[Connection], _Found]) -> _Found:
    with reading(engine) as conn:
        return ask(conn)


class _Once(CollectorRegistry):
    """Metrics that were made for this answer."""

    def __init__(self, made: Iterable[Metric]) -> None:
        super().__init__()
        self._made = list(made)

    def collect(self) -> Iterator[Metric]:
        yield from self._made


def _plain(metric: Metric) -> Metric:
    """Without the times at which counting began, a line for each label that nobody reads."""
    metric.samples = [sample for sample in metric.samples if not sample.name.endswith("_created")]
    return metric
