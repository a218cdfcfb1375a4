"""Numbers for a watch from outside, in the text form of Prometheus: what the service counted since it was started, and
how things stand in the database.

Labels are few and from closed sets: no feed, no address and no reader is ever one of them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily, Metric

from alerts import __version__
from alerts.engine.collecting import Polled
from alerts.store.standing import Standing

MEDIA_TYPE: Final = CONTENT_TYPE_LATEST
_SECONDS: Final = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 20.0, 45.0)
_LOOP_SECONDS: Final = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0)
_LOOP_EVERY: Final = 1.0


class Meter:
    """Counts what the service does; one for each, with a registry of its own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
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
        ProcessCollector(registry=mine)

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

    async def watch_loop(self, every_s: float = _LOOP_EVERY) -> None:
        """Measure, until cancelled, by how much the event loop is late."""
        loop = asyncio.get_running_loop()
        while True:
            wanted = loop.time() + every_s
            await asyncio.sleep(every_s)
            self._loop.observe(max(loop.time() - wanted, 0.0))

    def text(self, standing: Standing) -> bytes:
        """All of it."""
        return bytes(generate_latest(_Once([*map(_plain, self.registry.collect()), *families(standing)])))


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


def families(now: Standing) -> Iterator[Metric]:
    """How things stand, as gauges."""
    yield InfoMetricFamily("alerts_build", "The version that runs.", {"version": __version__})
    yield _gauge("alerts_feeds", "Feeds that are polled.", now.feeds)
    yield _by("alerts_feeds_in_trouble", "Feeds by what is wrong with them.", "what", now.troubled)
    yield _by("alerts_recent_polls", "Polls of the last 15 minutes.", "status", now.polls)
    yield _gauge("alerts_last_good_poll_seconds", "Since a feed answered.", _seconds(now.since_good_poll))
    yield _gauge("alerts_outage_seconds", "Since nothing can be fetched; 0 while all is well.", _seconds(now.outage))
    lags = {} if now.lag is None else {"0.5": now.lag.median, "0.9": now.lag.p90}
    name, about = "alerts_first_sight_seconds", "From publication to first sight, of the articles of the last 6 hours."
    yield _by(name, about, "quantile", {share: length.total_seconds() for share, length in lags.items()})
    yield _gauge("alerts_articles_waiting", "Articles that wait to be read.", now.waiting)
    yield _gauge("alerts_articles_waiting_seconds", "Since the oldest of them was seen.", _seconds(now.waiting_for))
    yield _gauge("alerts_articles_set_aside", "Articles that could not be read.", now.faulty)
    yield _gauge("alerts_links_waiting", "Pages and CAP messages that are still to be fetched.", now.links)
    yield _by("alerts_mails", "Mails in the outbox, by state.", "state", now.mails)
    yield _ever("alerts_mails_in", "Mails that came in, by what came of them.", "outcome", now.mails_in)
    yield _gauge("alerts_mails_in_set_aside", "Mails that came in and could not be taken.", now.mails_aside)
    yield _ever("alerts_sign_ups", "What people did about their own subscriptions.", "what", asked(now.sign_ups))
    about = "Since the hub cannot be told of news; 0 while all is well."
    yield _gauge("alerts_hub_failing_seconds", about, _seconds(now.hub_failing))
    yield _by("alerts_notices_open", "What operators were told of and is not over.", "kind", now.notices)
    yield _gauge("alerts_last_look_seconds", "Since the service last looked after itself.", _seconds(now.since_look))


def asked(sign_ups: Mapping[str, float]) -> dict[str, float]:
    """What was refused, among what was asked for: with [web] operations others may read these numbers, and who could
    see which of the two grows would learn of any address whether it is one that we must not write to."""
    found = dict(sign_ups)
    refused = found.pop("refused", 0)
    return found | ({"asked": found.get("asked", 0) + refused} if refused else {})


def _gauge(name: str, about: str, value: float) -> Metric:
    return GaugeMetricFamily(name, about, value=value)


def _by(name: str, about: str, label: str, values: Mapping[str, float]) -> Metric:
    family = GaugeMetricFamily(name, about, labels=[label])
    for key, value in sorted(values.items()):
        family.add_metric([key], value)
    return family


def _ever(name: str, about: str, label: str, values: Mapping[str, float]) -> Metric:
    """All that there ever was, also before this start."""
    family = CounterMetricFamily(name, about, labels=[label])
    for key, value in sorted(values.items()):
        family.add_metric([key], value)
    return family


def _seconds(length: timedelta | None) -> float:
    """NaN is what Prometheus has for "not known"."""
    return float("nan") if length is None else length.total_seconds()
