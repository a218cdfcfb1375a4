"""Following every link from where people begin, as a checker of links does."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urldefrag, urljoin, urlsplit

import aiohttp
from lxml import etree, html
from starlette.applications import Starlette

_WHERE = ("href", "src", "action")


@dataclass(slots=True)
class Crawl:
    """What was found: `answers` by address (status, media type, text), `outside` the addresses of others, `dead` the
    links that lead nowhere, with the page they stand on. Of each kind of page `of_each` are followed. `also`: how mails
    call us."""

    app: Starlette
    site: str
    also: str = ""
    of_each: int = 2
    answers: dict[str, tuple[int, str, str]] = field(default_factory=dict)
    outside: dict[str, str] = field(default_factory=dict)
    dead: list[str] = field(default_factory=list)
    _kinds: Counter[str] = field(default_factory=Counter)

    async def run(self, begin: Iterable[str], headers: Mapping[str, str]) -> None:
        """Ask for these paths, and for all to which they lead."""
        todo = [(path, "the beginning") for path in begin]
        asked = set(begin)
        async with aiohttp.ClientSession(headers=headers, cookie_jar=aiohttp.DummyCookieJar()) as session:
            while todo:
                path, came_from = todo.pop(0)
                links = await self._visit(session, path, came_from)
                for one in links:
                    if one not in asked:
                        asked.add(one)
                        todo.append((one, path))

    async def _visit(self, session: aiohttp.ClientSession, path: str, came_from: str) -> list[str]:
        """Ask for one; the paths of ours that it names."""
        kind = kind_of(self.app, path)
        if came_from != "the beginning" and self._kinds[kind] >= self.of_each:
            return []
        self._kinds[kind] += 1
        async with session.get(f"{self.site}{path}") as answer:
            body = (await answer.read()).decode("utf-8", "replace")
            self.answers[path] = (answer.status, answer.content_type, body)
            if answer.status != 200:
                self.dead.append(f"{path} ({answer.status}), from {came_from}")
                return []
            final = str(answer.url)
        return [one for link in links_of(body, answer.content_type) if (one := self._ours(urljoin(final, link), path))]

    def _ours(self, address: str, came_from: str) -> str:
        plain, _ = urldefrag(address)
        if self.also and plain.startswith(self.also):
            plain = self.site + plain.removeprefix(self.also)
        parts = urlsplit(plain)
        if parts.scheme in ("mailto", "data", "tel"):
            return ""
        if f"{parts.scheme}://{parts.netloc}" != self.site:
            self.outside[plain] = came_from
            return ""
        return plain.removeprefix(self.site) or "/"


def links_of(text: str, media_type: str) -> list[str]:
    """The addresses in a page, or in a feed."""
    if media_type == "text/html":
        tree = html.document_fromstring(text)
        found = [
            one.get(name)
            for name in _WHERE
            for one in tree.iter()
            if isinstance(one.tag, str)
            and name in one.attrib
            and not (one.tag == "form" and one.get("method") == "post")
        ]
        return [one for one in found if one]
    if media_type.endswith(("/atom+xml", "+xml")) and "svg" not in media_type:
        root: Any = etree.fromstring(text.encode())
        return [one.get("href") for one in root.iter("{http://www.w3.org/2005/Atom}link")]
    if media_type.endswith("json"):
        return re.findall(r'"(?:url|home_page_url|feed_url|next_url)": ?"(http[^"]+)"', text)
    return []


def kind_of(app: Starlette, address: str) -> str:
    """The route that answers an address; "" if none does."""
    path = address.partition("?")[0]
    routes: Any = app.routes
    return next((str(one.path) for one in routes if "GET" in one.methods and one.path_regex.match(path)), "")


def routes_of(app: Starlette) -> set[str]:
    """Every route that can be read."""
    routes: Any = app.routes
    return {str(one.path) for one in routes if "GET" in one.methods}
