"""One poll of one feed: fetch, parse, say what came of it. The feed's faults are values (the outcome's status); only a
fault of our own is raised.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol, cast

from alerts.collect.asking.fetch import Fetcher, Response
from alerts.collect.outcome import Document, Outcome, Parsed, PollTarget, Status
from alerts.collect.politeness import parse_max_age, parse_retry_after
from alerts.errors import FetchError, ParseError

# Once a day a feed is asked without validators and read whole: some servers say "not modified" for ever.
WHOLE_EVERY: Final = timedelta(hours=24)


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


async def poll_feed(feed: PollTarget, fetcher: Fetcher, parser: Parser, *, now: datetime) -> Outcome:
    """What `feed` has to say `now`."""
    return await _ask(_Teller(feed, now), fetcher, parser)


async def _ask(teller: _Teller, fetcher: Fetcher, parser: Parser) -> Outcome:
    feed, whole = teller.feed, teller.whole
    try:
        response = await fetcher.get(
            feed.url,
            etag=None if whole else feed.etag,
            last_modified=None if whole else feed.last_modified,
            max_body=feed.max_body,
        )
    except FetchError as error:
        return teller.failed(error)
    if response.not_modified:
        return teller.unchanged(response)
    seen = b"" if whole else feed.marks
    try:
        parsed = await parser.parse(response.body, response.headers, response.url, cut=response.truncated, seen=seen)
    except ParseError as error:
        return teller.unreadable(error, response)
    return teller.read(parsed, response)


@dataclass(frozen=True, slots=True)
class _Teller:
    """Turns what happened into an outcome. Does nothing itself."""

    feed: PollTarget
    now: datetime

    @property
    def whole(self) -> bool:
        """Whether this poll takes nobody's word for it that nothing has changed."""
        feed = self.feed
        return feed.lies_since is not None or feed.whole_at is None or self.now - feed.whole_at >= WHOLE_EVERY

    def failed(self, error: FetchError) -> Outcome:
        """The feed could not be fetched: its validators still hold."""
        return Outcome(
            status=cast(Status, error.reason),
            http=error.http,
            ms=round(error.seconds * 1000),
            etag=self.feed.etag,
            last_modified=self.feed.last_modified,
            marks=self.feed.marks,
            hints=self.feed.hints,
            error=str(error),
            retry_after=parse_retry_after(error.retry_after, self.now),
        )

    def unchanged(self, response: Response) -> Outcome:
        """304."""
        return Outcome(
            status="not_modified",
            http=response.status,
            ms=round(response.seconds * 1000),
            etag=response.etag,
            last_modified=response.last_modified,
            max_age=parse_max_age(response.headers),
            marks=self.feed.marks,
            hints=self.feed.hints,
            moved_to=response.moved_to,
        )

    def unreadable(self, error: ParseError, response: Response) -> Outcome:
        """No entries could be had. The old validators stay, or the next answer would be "not modified" and
        what this document holds would never be read."""
        return Outcome(
            status=cast(Status, error.reason),
            http=response.status,
            ms=round(response.seconds * 1000),
            size=len(response.body),
            etag=self.feed.etag,
            last_modified=self.feed.last_modified,
            marks=self.feed.marks,
            hints=self.feed.hints,
            error=str(error),
            truncated=response.truncated,
            warnings=response.warnings,
            document=_document(response),
        )

    def read(self, parsed: Parsed, response: Response) -> Outcome:
        """Entries. After a document that broke off the next poll is unconditional; a cut by our own limits
        would be the same again, so there the validators count."""
        valid = not response.broken and (response.truncated or not parsed.broken)
        given = (response.etag, response.last_modified)
        return Outcome(
            status="ok",
            http=response.status,
            ms=round(response.seconds * 1000),
            size=len(response.body),
            entries=parsed.entries,
            etag=response.etag if valid else None,
            last_modified=response.last_modified if valid else None,
            max_age=parse_max_age(response.headers),
            moved_to=response.moved_to,
            truncated=response.truncated or parsed.truncated,
            warnings=(*response.warnings, *parsed.warnings),
            title=parsed.title,
            language=parsed.language,
            rung=parsed.rung,
            marks=parsed.marks,
            unchanged=parsed.unchanged,
            hints=parsed.hints,
            older=parsed.older,
            whole=self.whole,
            same=any(given) and given == (self.feed.etag, self.feed.last_modified),
            document=_document(response),
        )


def _document(response: Response) -> Document:
    return Document(url=response.url, content_type=response.headers.get("content-type", ""), body=response.body)
