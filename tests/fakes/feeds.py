"""A feed server on loopback that builds documents in every format and fails on demand.

It records what it was asked, byte for byte, so that tests can prove politeness.
"""

from __future__ import annotations

import asyncio
import gzip
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from types import TracebackType

from aiohttp import web

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

RSS = "application/rss+xml; charset=utf-8"
ATOM = "application/atom+xml; charset=utf-8"
JSON = "application/feed+json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """An item to serve. `published` is written as it stands; empty fields are left out."""

    title: str = "Shelling in Northtown"
    guid: str = ""
    link: str = ""
    html: str = "<p>Two people were hurt.</p>"
    published: str = ""
    section: str = ""


def story(count: int = 3) -> list[Item]:
    """`count` different items, newest first."""
    return [
        Item(
            title=f"Report {n}",
            guid=f"tag:example.org,2020:{n}",
            link=f"https://example.org/reports/{n}",
            html=f"<p>Report {n}: families left the town.</p>",
            published=f"Mon, 06 Jan 2020 {n % 24:02}:00:00 GMT",
        )
        for n in range(count, 0, -1)
    ]


def _element(name: str, value: str) -> str:
    return f"<{name}>{escape(value)}</{name}>" if value else ""


def rss(items: Sequence[Item], *, title: str = "Example news", encoding: str = "utf-8") -> bytes:
    """RSS 2.0."""
    body = "".join(
        f"<item>{_element('title', i.title)}{_element('link', i.link)}{_element('guid', i.guid)}"
        f"{_element('pubDate', i.published)}{_element('category', i.section)}{_element('description', i.html)}</item>\n"
        for i in items
    )
    head = f'<?xml version="1.0" encoding="{encoding}"?>\n<rss version="2.0"><channel>'
    text = f"{head}<title>{escape(title)}</title><language>en-gb</language>\n{body}</channel></rss>\n"
    return text.encode(encoding)


def atom(items: Sequence[Item], *, title: str = "Example news") -> bytes:
    """Atom 1.0; `published` must be RFC 3339."""
    body = "".join(
        f'<entry>{_element("title", i.title)}<link href="{escape(i.link)}"/>{_element("id", i.guid)}'
        f'{_element("published", i.published)}<category term="{escape(i.section)}"/>'
        f'<summary>In short.</summary><content type="html">{escape(i.html)}'
        f"</content></entry>\n"
        for i in items
    )
    head = '<?xml version="1.0" encoding="utf-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="fr">'
    return f"{head}<title>{escape(title)}</title>\n{body}</feed>\n".encode()


def rdf(items: Sequence[Item], *, title: str = "Example news") -> bytes:
    """RSS 1.0; `published` must be W3C date and time."""
    body = "".join(
        f'<item rdf:about="{escape(i.guid or i.link)}">{_element("title", i.title)}{_element("link", i.link)}'
        f"{_element('dc:date', i.published)}{_element('dc:subject', i.section)}"
        f"{_element('description', i.html)}</item>\n"
        for i in items
    )
    head = (
        '<?xml version="1.0" encoding="utf-8"?>\n<rdf:RDF xmlns="http://purl.org/rss/1.0/" '
        'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:dc="http://purl.org/dc/elements/1.1/">'
    )
    return f"{head}<channel><title>{escape(title)}</title></channel>\n{body}</rdf:RDF>\n".encode()


def json_feed(items: Sequence[Item], *, title: str = "Example news") -> bytes:
    """JSON Feed 1.1; `published` must be RFC 3339."""
    return json.dumps(
        {
            "version": "https://jsonfeed.org/version/1.1",
            "title": title,
            "language": "en-US",
            "items": [
                {
                    "id": i.guid,
                    "url": i.link,
                    "title": i.title,
                    "content_html": i.html,
                    "date_published": i.published,
                    "tags": [i.section],
                }
                for i in items
            ],
        }
    ).encode()


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One request as it came in."""

    path: str
    headers: Mapping[str, str]


@dataclass(slots=True)
class FeedServer:
    """Serves what it is told to at each path; `async with FeedServer() as server`. Also at the addresses `also`."""

    host: str = "127.0.0.1"
    also: Sequence[str] = ()
    port: int = 0
    asked: list[Asked] = field(default_factory=list)
    _handlers: dict[str, Handler] = field(default_factory=dict)
    _runner: web.ServerRunner | None = None

    async def __aenter__(self) -> FeedServer:
        self._runner = web.ServerRunner(web.Server(self._answer), shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, self.host, self.port)
        await site.start()
        self.port = self._runner.addresses[0][1]
        for host in self.also:
            await web.TCPSite(self._runner, host, self.port).start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._runner is not None
        await self._runner.cleanup()

    @property
    def address(self) -> str:
        """As an entry of `allow_hosts`."""
        return f"{self.host}:{self.port}"

    def url(self, path: str = "/feed", *, host: str = "") -> str:
        return f"http://{host or self.host}:{self.port}{path}"

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        self.asked.append(Asked(path=request.path, headers=dict(request.headers)))
        handler = self._handlers.get(request.path)
        if handler is None:
            return web.Response(status=404, text="nothing here")
        return await handler(request)  # type: ignore[arg-type]

    def answer(self, handler: Handler, path: str = "/feed") -> str:
        """Let `handler` answer at `path`; the URL."""
        self._handlers[path] = handler
        return self.url(path)

    def serve(
        self,
        body: bytes,
        path: str = "/feed",
        *,
        kind: str = RSS,
        etag: str | None = None,
        last_modified: str | None = None,
        zipped: bool = False,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
    ) -> str:
        """Serve `body`, or 304 when asked with its validators."""
        fixed = {"Content-Type": kind, **(headers or {})}
        if etag is not None:
            fixed["ETag"] = etag
        if last_modified is not None:
            fixed["Last-Modified"] = last_modified
        if zipped:
            body = gzip.compress(body)
            fixed["Content-Encoding"] = "gzip"

        async def handler(request: web.Request) -> web.StreamResponse:
            same = etag is not None and request.headers.get("If-None-Match") == etag
            same |= last_modified is not None and request.headers.get("If-Modified-Since") == last_modified
            if same:
                return web.Response(status=304, headers={k: v for k, v in fixed.items() if k != "Content-Type"})
            return web.Response(status=status, body=body, headers=fixed)

        return self.answer(handler, path)

    def fail(self, status: int, path: str = "/feed", *, headers: Mapping[str, str] | None = None) -> str:
        """Answer with `status` and nothing useful."""

        async def handler(request: web.Request) -> web.StreamResponse:
            return web.Response(status=status, text="no", headers=headers)

        return self.answer(handler, path)

    def redirect(self, to: str, path: str = "/feed", *, status: int = 302) -> str:
        """Send elsewhere."""
        return self.fail(status, path, headers={"Location": to})

    def drip(self, body: bytes, path: str = "/feed", *, first: int = 1, pause: float = 0.05) -> str:
        """`first` bytes at once and then one each `pause` seconds."""

        async def handler(request: web.Request) -> web.StreamResponse:
            response = web.StreamResponse(headers={"Content-Type": RSS, "Content-Length": str(len(body))})
            await response.prepare(request)
            await response.write(body[:first])
            for at in range(first, len(body)):
                await asyncio.sleep(pause)
                await response.write(body[at : at + 1])
            return response

        return self.answer(handler, path)

    def endless(self, head: bytes, part: bytes, path: str = "/feed") -> str:
        """`head`, then `part` until nobody listens."""

        async def handler(request: web.Request) -> web.StreamResponse:
            response = web.StreamResponse(headers={"Content-Type": RSS})
            await response.prepare(request)
            await response.write(head)
            while request.transport is not None and not request.transport.is_closing():
                await response.write(part)
            return response

        return self.answer(handler, path)

    def break_off(self, body: bytes, path: str = "/feed", *, after: int) -> str:
        """Promise all of `body`, send `after` bytes, hang up."""

        async def handler(request: web.Request) -> web.StreamResponse:
            response = web.StreamResponse(headers={"Content-Type": RSS, "Content-Length": str(len(body))})
            await response.prepare(request)
            await response.write(body[:after])
            assert request.transport is not None
            request.transport.close()
            return response

        return self.answer(handler, path)

    def hang_up(self, path: str = "/feed") -> str:
        """Close the connection without an answer."""

        async def handler(request: web.Request) -> web.StreamResponse:
            assert request.transport is not None
            request.transport.abort()
            return web.Response()

        return self.answer(handler, path)
