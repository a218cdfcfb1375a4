"""One polite, bounded HTTP request for a feed, with every fault as a FetchError of a closed set of reasons.

Redirects are followed here and not by the client: each hop is judged by the guard, credentials do not
travel to another host, and only a chain of permanent redirects tells that a feed has moved.
"""

from __future__ import annotations

import asyncio
import http
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import TracebackType

import aiohttp
from yarl import URL

from alerts.collect.asking import guard
from alerts.collect.asking.resolver import Resolver
from alerts.collect.asking.turns import Turns
from alerts.collect.outcome import FetchReason
from alerts.collect.settings import CollectSettings
from alerts.errors import FetchError
from alerts.urls import without_password

_ACCEPT = (
    "application/atom+xml, application/rss+xml, application/rdf+xml, application/feed+json, "
    "application/xml;q=0.9, text/xml;q=0.9, application/json;q=0.8, */*;q=0.5"
)
_KEPT_HEADERS = ("content-type", "content-language", "etag", "last-modified", "retry-after", "cache-control", "age")
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_PERMANENT = frozenset({301, 308})
_REASONS: dict[int, FetchReason] = {
    401: "denied",
    403: "denied",
    407: "denied",
    410: "gone",
    429: "throttled",
    451: "denied",
}
_PHRASES = {status.value: status.phrase for status in http.HTTPStatus}
_CHUNK = 64 * 1024
_PATIENCE = 10.0  # seconds until an answer that comes too slowly is broken off
_WHOLE_ITEM = re.compile(rb"</(?:[\w.-]+:)?(?:item|entry)\s*>", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """An answer with status 200, or 304 (`not_modified`, no body).

    `headers` have small-letter names. `etag` and `last_modified` are what to send next time. `url` is where
    the answer came from; `moved_to` the same, when every redirect to it was permanent. `truncated`: `body`
    is only the beginning, and `warnings` say why; `broken`: because the transfer broke off. `seconds` is what the
    server took, with all redirects, without the wait for a turn.
    """

    status: int
    url: str
    headers: Mapping[str, str]
    body: bytes = b""
    not_modified: bool = False
    etag: str | None = None
    last_modified: str | None = None
    moved_to: str | None = None
    truncated: bool = False
    broken: bool = False
    warnings: tuple[str, ...] = ()
    seconds: float = 0.0


@dataclass(slots=True)
class _Request:
    """One `get` while it runs: where it is, and what has come so far."""

    url: str
    at: URL
    etag: str | None
    last_modified: str | None
    left: float = 0.0
    seconds: float = 0.0
    most: int = 0
    accept: str | None = None
    permanent: bool = True
    hops: int = 0
    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    body: bytearray = field(default_factory=bytearray)
    truncated: bool = False
    broken: bool = False
    warnings: list[str] = field(default_factory=list)


class Fetcher:
    """An HTTP client for feeds; open it with `async with` (or `close` it)."""

    def __init__(self, settings: CollectSettings) -> None:
        self.settings = settings
        self._allowed = guard.allowed(settings.allow_hosts, settings.allow_ports)
        # Connections are kept apart: one opened to an allowed private host must not be at hand for a
        # redirect that may not go there, as the guard only sees new connections.
        self._sessions: dict[bool, aiohttp.ClientSession] = {}
        self._resolver = Resolver()
        self._turns = Turns(settings.host_gap)

    async def __aenter__(self) -> Fetcher:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close all connections."""
        sessions, self._sessions = self._sessions, {}
        for session in sessions.values():
            await session.close()
        await self._resolver.close()

    def _session(self, private: bool) -> aiohttp.ClientSession:
        if private not in self._sessions:
            settings = self.settings
            self._sessions[private] = aiohttp.ClientSession(
                # The caller bounds how many run; waiting inside the client would eat into their timeouts.
                connector=aiohttp.TCPConnector(socket_factory=guard.guarded_socket, limit=0, resolver=self._resolver),
                cookie_jar=aiohttp.DummyCookieJar(),
                trust_env=False,
                timeout=aiohttp.ClientTimeout(
                    total=None, sock_connect=settings.connect_timeout, sock_read=settings.read_timeout
                ),
                headers={"User-Agent": settings.user_agent, "Accept": _ACCEPT, "Accept-Encoding": "gzip, deflate, br"},
            )
        return self._sessions[private]

    async def get(
        self,
        url: str,
        *,
        etag: str | None = None,
        last_modified: str | None = None,
        max_body: int | None = None,
        accept: str | None = None,
    ) -> Response:
        """Fetch `url`, conditionally if validators are given (they are sent back byte for byte). `max_body` replaces
        the usual cap, in bytes, and `accept` the wish for a feed.

        Raises FetchError, or ForbiddenAddress for an address that is not public.
        """
        request = _Request(without_password(url), self._checked(url, url), etag, last_modified)
        request.left, request.most = self.settings.total_timeout, max_body or self.settings.max_body
        request.accept = accept
        try:
            await self._follow(request)
        except FetchError as error:
            error.seconds = request.seconds
            raise
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            fault = _fault(request, error)
            fault.seconds = request.seconds
            if not (request.status == 200 and _WHOLE_ITEM.search(request.body)):
                raise fault from error
            request.truncated = request.broken = True
            request.warnings.append(f"the answer broke off after {len(request.body)} bytes: {_cause(error)}")
        return _response(request)

    def _checked(self, url: str, base: str) -> URL:
        """`url` as one that may be asked. Raises FetchError (bad_url)."""
        try:
            parsed = URL(url.strip())
            port = parsed.port
        except ValueError as error:
            raise FetchError(without_password(base), "bad_url", f"not a URL: {error}") from error
        if parsed.scheme not in ("http", "https") or not parsed.host:
            raise FetchError(without_password(base), "bad_url", f"not an http or https URL: {without_password(url)}")
        if not self._allowed.port(parsed):
            raise FetchError(
                without_password(base),
                "bad_url",
                f"port {port} is not allowed; if it is intended, add it to collect.allow_ports, "
                f'or "{parsed.host}:{port}" to collect.allow_hosts',
            )
        return parsed

    async def _follow(self, request: _Request) -> None:
        """Ask, and go where the answer sends us, until there is content."""
        start, seen = request.at, {str(request.at)}
        while True:
            hop = guard.Hop(private=self._allowed.host(request.at) and self._allowed.host(start))
            async with self._turns.turn(request.at.host or ""):  # the wait for a turn is no slowness of the server
                begun = time.monotonic()
                try:
                    async with asyncio.timeout(request.left):
                        target = await self._hop(request, hop)
                finally:
                    passed = time.monotonic() - begun
                    request.left, request.seconds = request.left - passed, request.seconds + passed
            if target is None:
                return
            request.hops += 1
            if request.hops > self.settings.max_redirects:
                raise FetchError(request.url, "redirects", f"more than {self.settings.max_redirects} redirects")
            if str(target) in seen:
                raise FetchError(request.url, "redirects", f"redirects in a circle ({without_password(str(target))})")
            seen.add(str(target))
            request.at = target

    async def _hop(self, request: _Request, hop: guard.Hop) -> URL | None:
        """One request; the redirect's target, or None when `request` holds the answer."""
        token = guard.enter(hop)
        try:
            async with self._session(hop.private).get(
                request.at, headers=_asked(request), allow_redirects=False
            ) as answer:
                request.status = answer.status
                request.headers = {name: answer.headers[name] for name in _KEPT_HEADERS if name in answer.headers}
                if answer.status in _REDIRECTS:
                    return self._target(request, answer)
                if answer.status == 200:
                    await self._read(request, answer)
                    return None
                _refuse_status(request)
                return None
        except aiohttp.ClientConnectorError as error:
            if hop.refused and not hop.tried:
                raise guard.forbidden(request.url, hop, request.at) from error
            raise
        finally:
            guard.leave(token)

    def _target(self, request: _Request, answer: aiohttp.ClientResponse) -> URL:
        answer.close()
        location = answer.headers.get("Location", "").strip()
        if not location:
            raise FetchError(request.url, "redirects", f"answered {answer.status} without saying where to")
        try:
            target = request.at.join(URL(location)).with_fragment(None)
        except ValueError as error:
            raise FetchError(request.url, "redirects", f"redirects to no URL: {error}") from error
        target = self._checked(str(target), request.url)
        same = target.origin() == request.at.origin()
        if request.at.user and same and not target.user:
            target = target.with_user(request.at.user).with_password(request.at.password)
        elif not same:
            target = target.with_user(None)
        request.permanent &= answer.status in _PERMANENT
        return target

    async def _read(self, request: _Request, answer: aiohttp.ClientResponse) -> None:
        """The body, decoded in bounded chunks, up to the cap."""
        most, begun = request.most, time.monotonic()
        async for chunk in answer.content.iter_chunked(_CHUNK):
            request.body += chunk
            passed = time.monotonic() - begun
            if passed > _PATIENCE and len(request.body) < self.settings.min_rate * passed:
                raise TimeoutError
            if len(request.body) > most:
                del request.body[most:]
                request.truncated = True
                request.warnings.append(f"longer than {most} bytes: cut")
                answer.close()
                return


def _asked(request: _Request) -> dict[str, str]:
    headers = {"Accept": request.accept} if request.accept else {}
    if request.etag:
        headers["If-None-Match"] = request.etag
    if request.last_modified:
        headers["If-Modified-Since"] = request.last_modified
    return headers


def _refuse_status(request: _Request) -> None:
    """Raise for every status that brings nothing; return for a 304 that answers our condition."""
    status = request.status
    if status == 304 and (request.etag or request.last_modified):
        return
    if status == 304:
        raise FetchError(request.url, "protocol", "answered 304 (Not Modified) though nothing was asked about")
    raise FetchError(
        request.url,
        _REASONS.get(status, "http_server" if status >= 500 else "http_client"),
        f"answered {status} ({_PHRASES.get(status, 'no status we know')})",
        http=status,
        retry_after=request.headers.get("retry-after"),
    )


def _response(request: _Request) -> Response:
    fresh = request.status == 200
    etag = _validator(request.headers.get("etag"))
    modified = _validator(request.headers.get("last-modified"))
    return Response(
        status=request.status,
        url=without_password(str(request.at)),
        headers=request.headers,
        body=bytes(request.body),
        not_modified=not fresh,
        etag=etag or (None if fresh else request.etag),
        last_modified=modified or (None if fresh else request.last_modified),
        moved_to=str(request.at) if request.hops and request.permanent else None,
        truncated=request.truncated,
        broken=request.broken,
        warnings=tuple(request.warnings),
        seconds=request.seconds,
    )


def _validator(value: str | None) -> str | None:
    """A validator we could send back exactly as it came, else None (bytes that are no UTF-8)."""
    if not value or any(char < " " or "\ud800" <= char <= "\udfff" for char in value):
        return None
    return value


def _fault(request: _Request, error: Exception) -> FetchError:
    reason: FetchReason = "protocol"
    if isinstance(error, TimeoutError):
        reason = "timeout"
    elif isinstance(error, aiohttp.ClientConnectorDNSError):
        reason = "dns"
    elif isinstance(error, aiohttp.ClientSSLError):
        reason = "tls"
    elif isinstance(error, aiohttp.ClientConnectorError):
        reason = "connect"
    elif isinstance(error, aiohttp.InvalidURL):
        reason = "bad_url"
    return FetchError(request.url, reason, _cause(error), http=request.status or None)


def _cause(error: Exception) -> str:
    """What went wrong, for the operator's eyes."""
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return f"the name {error.host} cannot be resolved"
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        return f"the certificate of {error.host} is not valid: {error.certificate_error}"
    if isinstance(error, aiohttp.ConnectionTimeoutError):
        return "nobody answered in time (connecting)"
    if isinstance(error, TimeoutError):
        return "took too long to answer"
    if isinstance(error, aiohttp.ClientConnectorError):
        return f"cannot connect to {error.host}:{error.port}: {error.strerror or error}"
    if isinstance(error, aiohttp.ServerDisconnectedError):
        return "the server closed the connection without an answer"
    return f"not a valid HTTP answer: {str(error) or type(error).__name__}"
