"""A web server on the loopback interface that plays all outlets of the story at a moment the caller sets.

It behaves as good publishers do (ETag, Last-Modified, 304) and, where asked, as bad ones: `Mishap` says
when an outlet answers with an error or with half a document, once.
"""

from __future__ import annotations

import hashlib
import html
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from typing import Literal, Self

from aiohttp import web

from alerts.demo.documents import Document, document, feed_path
from alerts.demo.story import Item, Standing, Story, standing

_PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{title}</title>
<style>body {{ max-width: 40rem; margin: 2rem auto; padding: 0 1rem; font: 1.05rem/1.5 Georgia, serif }}
small {{ color: #555 }}</style>
{body}
<p><small>This page belongs to the demo of alerts. The outlet and the article are invented.</small></p>
"""
_HEADERS = {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Mishap:
    """An outlet's feed fails once: the first time it is asked for at or after `after`."""

    outlet: str
    kind: Literal["error", "truncated"]
    after: datetime


USUAL_MISHAPS = (
    Mishap(outlet="orontes-post", kind="error", after=datetime(2019, 12, 24, tzinfo=UTC)),
    Mishap(outlet="anatolian-ledger", kind="truncated", after=datetime(2020, 1, 10, 15, tzinfo=UTC)),
)


class DemoServer:
    """All outlets of a story at one address. Use as an async context manager, or `start` and `stop`.

    Feeds are at `/OUTLET/feed`, articles at `/OUTLET/ID`; what is not yet published is not found.
    `answers` counts what was said to requests for feeds: 200, 304, 500, truncated.
    """

    def __init__(
        self,
        story: Story,
        *,
        at: datetime,
        mishaps: Iterable[Mishap] = (),
        host: str = "127.0.0.1",
        port: int = 0,
    ) -> None:
        self.story, self.at = story, at
        self.answers: Counter[str] = Counter()
        self._mishaps = list(mishaps)
        self._host, self._port = host, port
        self._runner: web.AppRunner | None = None

    async def start(self) -> None:
        """Listen. With port 0 the system chooses one; `base` tells which."""
        app = web.Application()
        app.router.add_get("/", self._front)
        app.router.add_get("/{outlet}", self._outlet)
        app.router.add_get("/{outlet}/feed", self._feed)
        app.router.add_get("/{outlet}/{article}", self._article)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
        await runner.setup()
        try:
            await web.TCPSite(runner, self._host, self._port).start()
        except OSError:
            await runner.cleanup()
            raise
        self._port = int(runner.addresses[0][1])
        self._runner = runner

    async def stop(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    @property
    def base(self) -> str:
        """The address of the server, without a slash at the end."""
        return f"http://{self._host}:{self._port}"

    @property
    def port(self) -> int:
        return self._port

    def feeds(self) -> dict[str, str]:
        """The address of each outlet's feed, by outlet."""
        return {name: self.base + feed_path(name) for name in self.story.outlets}

    def advance(self, to: datetime) -> None:
        """Let the story go on to a moment. Raises ValueError for one that is past: nothing is unpublished."""
        if to < self.at:
            raise ValueError(f"story time stands at {self.at:%Y-%m-%d %H:%M}, it cannot go back to {to:%Y-%m-%d %H:%M}")
        self.at = to

    async def _feed(self, request: web.Request) -> web.Response:
        outlet = self.story.outlets.get(request.match_info["outlet"])
        if outlet is None:
            raise web.HTTPNotFound
        mishap = self._next_mishap(outlet.id)
        if mishap == "error":
            self.answers["500"] += 1
            return web.Response(status=500, text="The editorial system is not available.\n")
        answer = respond(
            request, document(outlet, standing(self.story, outlet.id, self.at), base=self.base), cut=bool(mishap)
        )
        self.answers["truncated" if mishap else str(answer.status)] += 1
        return answer

    def _next_mishap(self, outlet: str) -> str | None:
        for mishap in self._mishaps:
            if mishap.outlet == outlet and mishap.after <= self.at:
                self._mishaps.remove(mishap)
                return mishap.kind
        return None

    async def _front(self, request: web.Request) -> web.Response:
        outlets = "".join(
            f'<li><a href="/{one.id}">{html.escape(one.name)}</a> (<a href="{feed_path(one.id)}">feed</a>):'
            f" {html.escape(one.about)}</li>"
            for one in self.story.outlets.values()
        )
        return _page("The outlets", f"<h1>The outlets</h1><p>It is {_said(self.at)}.</p><ul>{outlets}</ul>")

    async def _outlet(self, request: web.Request) -> web.Response:
        outlet = self.story.outlets.get(request.match_info["outlet"])
        if outlet is None:
            raise web.HTTPNotFound
        lines = "".join(
            f'<li><a href="{one.item.path}">{html.escape(one.item.title)}</a>'
            f" <small>{_said(one.published)}</small></li>"
            for one in standing(self.story, outlet.id, self.at, window=len(self.story.items))
        )
        return _page(outlet.name, f"<h1>{html.escape(outlet.name)}</h1><ul>{lines}</ul>")

    async def _article(self, request: web.Request) -> web.Response:
        articles = standing(self.story, request.match_info["outlet"], self.at, window=len(self.story.items))
        for article in articles:
            if article.item.key == request.match_info["article"]:
                return _page(article.item.title, self._story_of(article))
        raise web.HTTPNotFound

    def _story_of(self, article: Standing) -> str:
        item: Item = article.item
        outlet = self.story.outlets[item.outlet]
        when = _said(article.published)
        if article.changed != article.published:
            when += f", changed {_said(article.changed)}"
        return (
            f'<p><a href="/{outlet.id}">{html.escape(outlet.name)}</a></p><h1>{html.escape(item.title)}</h1>'
            f"<p><small>{when}</small></p>{item.body}{item.more}"
        )


def respond(request: web.Request, feed: Document, *, cut: bool = False) -> web.Response:
    """The answer to a request for a feed: 304 if its validators say that the client has this document.

    Half a document carries the validators of that half, as from a publisher who wrote only so much.
    """
    body = feed.body[: len(feed.body) // 5] if cut else feed.body
    headers = {"ETag": f'"{hashlib.sha256(body).hexdigest()[:24]}"', "Cache-Control": "max-age=0"}
    if feed.changed is not None and not cut:
        headers["Last-Modified"] = format_datetime(feed.changed, usegmt=True)
    if not cut and _fresh(request, headers["ETag"], feed.changed):
        return web.Response(status=304, headers=headers)
    return web.Response(body=body, headers={**headers, "Content-Type": feed.content_type})


def _fresh(request: web.Request, etag: str, changed: datetime | None) -> bool:
    """RFC 9110, 13.2.2: If-Modified-Since counts only where there is no If-None-Match."""
    told = request.headers.get("If-None-Match")
    if told is not None:
        return etag in (tag.strip().removeprefix("W/") for tag in told.split(","))
    since = request.headers.get("If-Modified-Since")
    if since is None or changed is None:
        return False
    try:
        return changed <= parsedate_to_datetime(since)
    except (TypeError, ValueError):
        return False


def _page(title: str, body: str) -> web.Response:
    text = _PAGE.format(title=html.escape(title), body=body)
    return web.Response(text=text, content_type="text/html", headers=_HEADERS)


def _said(moment: datetime) -> str:
    return f"{moment.day} {moment:%B %Y, %H:%M} UTC"
