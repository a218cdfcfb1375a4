"""One poll of one feed: fetch, parse, decide. The feed's faults are values (the outcome's status); only a
fault of our own is raised.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol, cast

from alerts.collect.fetch import Fetcher, Response
from alerts.collect.outcome import Outcome, Parsed, PollTarget, Status
from alerts.collect.politeness import Due, next_due, parse_retry_after
from alerts.collect.settings import CollectSettings
from alerts.errors import FetchError, ParseError


class Parser(Protocol):
    """Reads a document as `parse.parse_document` does; the service's is `worker.ParserPool`."""

    async def parse(
        self,
        body: bytes,
        headers: Mapping[str, str] | None = None,
        url: str = "",
        *,
        cut: bool = False,
        seen: bytes = b"",
    ) -> Parsed:
        """Raises ParseError."""


async def poll_feed(
    feed: PollTarget, fetcher: Fetcher, parser: Parser, *, now: datetime, jitter: float = 0.0
) -> Outcome:
    """What `feed` has to say `now`. `jitter` in [0, 1) is the caller's random number for the next poll."""
    started = time.perf_counter()
    outcome = await _ask(_Decider(feed, fetcher.settings, now, jitter), fetcher, parser)
    return replace(outcome, ms=round((time.perf_counter() - started) * 1000))


async def _ask(decider: _Decider, fetcher: Fetcher, parser: Parser) -> Outcome:
    feed = decider.feed
    try:
        response = await fetcher.get(feed.url, etag=feed.etag, last_modified=feed.last_modified)
    except FetchError as error:
        return decider.failed(error)
    if response.not_modified:
        return decider.unchanged(response)
    try:
        parsed = await parser.parse(response.body, response.headers, response.url, cut=response.truncated)
    except ParseError as error:
        return decider.unreadable(error, response)
    return decider.read(parsed, response)


@dataclass(frozen=True, slots=True)
class _Decider:
    """Turns what happened into an outcome, with the feed's next poll. Does nothing itself."""

    feed: PollTarget
    settings: CollectSettings
    now: datetime
    jitter: float

    def failed(self, error: FetchError) -> Outcome:
        """The feed could not be fetched: its validators still hold."""
        status, failures = cast(Status, error.reason), self.feed.failures + 1
        retry_after = parse_retry_after(error.retry_after, self.now)
        due = self._due(status, failures, retry_after)
        return Outcome(
            status=status,
            next_due=due.at,
            due_reason=due.reason,
            failures=failures,
            http=error.http,
            etag=self.feed.etag,
            last_modified=self.feed.last_modified,
            error=str(error),
            retry_after=retry_after,
        )

    def unchanged(self, response: Response) -> Outcome:
        """304."""
        due = self._due("not_modified", 0)
        return Outcome(
            status="not_modified",
            next_due=due.at,
            due_reason=due.reason,
            failures=0,
            http=response.status,
            etag=response.etag,
            last_modified=response.last_modified,
            moved_to=response.moved_to,
        )

    def unreadable(self, error: ParseError, response: Response) -> Outcome:
        """No entries could be had. The old validators stay, or the next answer would be "not modified" and
        what this document holds would never be read."""
        status, failures = cast(Status, error.reason), self.feed.failures + 1
        due = self._due(status, failures)
        return Outcome(
            status=status,
            next_due=due.at,
            due_reason=due.reason,
            failures=failures,
            http=response.status,
            size=len(response.body),
            etag=self.feed.etag,
            last_modified=self.feed.last_modified,
            error=str(error),
            truncated=response.truncated,
            warnings=response.warnings,
            raw=response.body,
        )

    def read(self, parsed: Parsed, response: Response) -> Outcome:
        """Entries. After a document that broke off the next poll is unconditional; a cut by our own limits
        would be the same again, so there the validators count."""
        whole = not response.broken and (response.truncated or not parsed.broken)
        due = self._due("ok", 0)
        return Outcome(
            status="ok",
            next_due=due.at,
            due_reason=due.reason,
            failures=0,
            http=response.status,
            size=len(response.body),
            entries=parsed.entries,
            etag=response.etag if whole else None,
            last_modified=response.last_modified if whole else None,
            moved_to=response.moved_to,
            truncated=response.truncated or parsed.truncated,
            warnings=(*response.warnings, *parsed.warnings),
            title=parsed.title,
            language=parsed.language,
        )

    def _due(self, status: Status, failures: int, retry_after: timedelta | None = None) -> Due:
        return next_due(
            self.now,
            status,
            interval=self.feed.interval,
            failures=failures,
            settings=self.settings,
            retry_after=retry_after,
            jitter=self.jitter,
        )
