"""A look at an address before it is added: what the service would see there, and the feeds of a page where the address
is a page's. Everything is asked as the service asks (guard, turns of hosts, caps), and nothing is stored.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from alerts.collect.asking.fetch import Fetcher, Response
from alerts.collect.lists.discovery import Candidate, feed_address, named_feeds, usual_places
from alerts.collect.outcome import Parsed
from alerts.collect.poll import Parser
from alerts.errors import FetchError, ParseError
from alerts.urls import without_password

_MOST_NAMED: Final = 3  # of the feeds that a page names, so many are tried until one is a feed
# A server that answers so does not want to be asked at eight places more.
_STOPS: Final = frozenset({"throttled", "denied", "dns", "connect", "tls", "timeout", "http_server"})
# What an answer that is no feed may still be: a page that names one.
_PAGES: Final = frozenset({"html", "not_a_feed"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """What one address had. `asked` is that address, `url` where the answer came from (both without passwords),
    `moved_to` the same if all redirects were permanent. `parsed` is None if it is no feed; then `reason` is why, as in
    `outcome.Status`, and `message` the same in words."""

    asked: str
    url: str = ""
    moved_to: str | None = None
    http: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    etag: str | None = None
    last_modified: str | None = None
    size: int = 0
    ms: int = 0
    cut: bool = False
    warnings: tuple[str, ...] = ()
    parsed: Parsed | None = None
    reason: str = ""
    message: str = ""
    retry_after: str | None = None


Way = Literal["given", "named", "usual place", "file"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What came of a look. `sight` is the feed, or what there is instead of one; `way` is how its address was found.
    `page` is the page that was given instead, `others` the further feeds it names, `tried` what was no feed."""

    sight: Sight
    way: Way = "given"
    page: Sight | None = None
    others: tuple[Candidate, ...] = ()
    tried: tuple[Sight, ...] = ()


async def look(url: str, fetcher: Fetcher, parser: Parser, *, max_body: int | None = None) -> Look:
    """Look at `url`; where a page is, at the feed it names. Raises ValueError for what is no address."""
    url = feed_address(url)
    first, body = await _see(url, fetcher, parser, max_body)
    if first.parsed is not None or first.reason not in _PAGES:
        return Look(sight=first)
    named = [one for one in named_feeds(body, first.headers.get("content-type", ""), first.url) if one.url != url]
    tried: list[Sight] = []
    for candidate in named[:_MOST_NAMED]:
        sight, _ = await _see(candidate.url, fetcher, parser, max_body)
        if sight.parsed is not None:
            others = tuple(one for one in named if one is not candidate)
            return Look(sight=sight, way="named", page=first, others=others, tried=tuple(tried))
        tried.append(sight)
    if not named and first.reason == "html":
        for place in usual_places(first.url):
            sight, _ = await _see(place, fetcher, parser, max_body)
            if sight.parsed is not None:
                return Look(sight=sight, way="usual place", page=first, tried=tuple(tried))
            tried.append(sight)
            if sight.reason in _STOPS:
                break
    return Look(sight=first, others=tuple(named), tried=tuple(tried))


async def look_at_document(body: bytes, name: str, parser: Parser) -> Look:
    """The same for a document that was saved as the file `name`."""
    sight = await _read(Response(status=0, url="", headers={}, body=body), name, parser)
    return Look(sight=sight, way="file")


async def _see(url: str, fetcher: Fetcher, parser: Parser, max_body: int | None) -> tuple[Sight, bytes]:
    try:
        response = await fetcher.get(url, max_body=max_body)
    except FetchError as error:
        sight = Sight(
            asked=without_password(url),
            url=without_password(url),
            http=error.http,
            reason=error.reason,
            message=str(error).removeprefix(f"{error.url}: "),
            retry_after=error.retry_after,
        )
        return sight, b""
    return await _read(response, without_password(url), parser), response.body


async def _read(response: Response, asked: str, parser: Parser) -> Sight:
    parsed, reason, message = None, "", ""
    try:
        parsed = await parser.parse(response.body, response.headers, response.url, cut=response.truncated)
    except ParseError as error:
        reason, message = error.reason, str(error).removeprefix(f"{error.url}: ")
    return Sight(
        asked=asked,
        url=response.url,
        moved_to=without_password(response.moved_to) if response.moved_to else None,
        http=response.status or None,
        headers=response.headers,
        etag=response.etag,
        last_modified=response.last_modified,
        size=len(response.body),
        ms=round(response.seconds * 1000),
        cut=response.truncated,
        warnings=response.warnings,
        parsed=parsed,
        reason=reason,
        message=message,
    )
