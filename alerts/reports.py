"""What a running service says of itself: counts since its start, lines in the log, and word to whoever watches."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from alerts.engine.analysis import Report
from alerts.engine.collecting import Polled
from alerts.errors import AlertsError, Fault
from alerts.notify.lags import Taken, taken
from alerts.store.linked import Link
from alerts.store.outbox import OutboxRow
from alerts.store.polling import PollResult
from alerts.urls import host_and_path, without_secrets

_log = logging.getLogger("alerts.service")


@dataclass(slots=True)
class Counts:
    """What the service did since it was started."""

    polls: int = 0
    new: int = 0
    articles: int = 0
    hits: int = 0
    messages: int = 0
    mails: int = 0

    def said(self) -> str:
        """In one line."""
        return f"since the start: {self.polls} polls, {self.articles} articles read, {self.mails} mails"


@dataclass(slots=True, kw_only=True)
class Watch:
    """Whom the service tells of what it does; all optional. For progress at a terminal, and for tests."""

    polled: Callable[[Polled], None] = lambda polled: None
    analysed: Callable[[Report], None] = lambda report: None
    mailed: Callable[[Sequence[Taken]], None] = lambda mails: None
    fault: Callable[[Fault], None] = lambda fault: None
    counts: Counts = field(default_factory=Counts)

    def on_poll(self, polled: Polled) -> None:
        """A poll is finished."""
        self.counts.polls += 1
        self.counts.new += polled.result.new
        if not polled.outcome.ok:
            _log.warning("%s", without_secrets(polled.outcome.error or ""), extra={"feed": polled.feed.id})
        for news in _news_of(polled.result):
            _log.warning("%s: %s", host_and_path(polled.feed.url), news, extra={"feed": polled.feed.id})
        for warning in polled.outcome.warnings:
            _log.info("%s: %s", host_and_path(polled.feed.url), warning, extra={"feed": polled.feed.id})
        self.polled(polled)

    def on_link_error(self, link: Link, error: Exception) -> None:
        """A linked document could not be had."""
        if isinstance(error, AlertsError):
            _log.info("%s", without_secrets(str(error)), extra={"article": link.article_id})
        else:
            _log.error("%s cannot be taken in", host_and_path(link.url), exc_info=error)

    def on_report(self, report: Report) -> None:
        """Some articles were read."""
        self.counts.articles += report.articles
        self.counts.hits += report.hits
        self.counts.messages += len(report.told)
        for told in report.told:
            _log.info("%s: %s", told.message.kind, told.title, extra={"alert": told.alert.id, "rule": told.rule.name})
        for article_id, error in report.unread:
            _log.error("article %s cannot be read, and is set aside", article_id, exc_info=error)
        for fault in report.faults:
            _log.error("%s", fault)
        self.analysed(report)

    def on_mails(self, accepted: Sequence[OutboxRow], now: datetime) -> None:
        """These mails were taken just now."""
        self.mailed(taken(accepted, now))

    def on_fault(self, fault: Fault) -> None:
        """A template or a rule has a fault."""
        self.fault(fault)
        _log.log(logging.ERROR if fault.level == "error" else logging.WARNING, "%s", fault)


def _news_of(result: PollResult) -> Iterator[str]:
    """What a poll taught about the feed itself."""
    if result.gap:
        yield "nothing in its document was known: items may have come and gone; it is asked more often from now on"
    if result.lied:
        yield 'its server says "not modified" when there is news; it is always asked in full from now on'
    if result.url:
        yield f"it has moved to {host_and_path(result.url)} for good, and is asked there from now on"
