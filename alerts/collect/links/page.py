"""The title and the paragraphs of a web page, read simply: for the one article somebody points at. A feed's articles
come with the feed; a page that is put together by a script has nothing to read here.
"""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from html.parser import HTMLParser

from alerts.collect.formats.encoding import decode
from alerts.read.text import plain

_MOST = 2_000_000  # characters; no article is longer
_SHORTEST = 40  # letters: what is shorter is a button or a caption, unless nothing else is there
_CHARSET = re.compile(rb"""<meta[^>]{0,200}?charset\s*=\s*["']?([A-Za-z0-9._:-]{1,40})""", re.IGNORECASE)
_LANGUAGE = re.compile(r"[A-Za-z]{2}")
_PARAGRAPHS = frozenset({"p", "blockquote", "li"})
_BREAKS = _PARAGRAPHS | {"div", "section", "article", "main", "h1", "h2", "h3", "h4", "table", "ul", "ol", "td"}
_BESIDE = frozenset(
    {
        "script",
        "style",
        "nav",
        "header",
        "footer",
        "aside",
        "form",
        "figure",
        "button",
        "noscript",
        "template",
        "select",
    }
)
_TITLES = ("og:title", "twitter:title")
_DATES = ("article:published_time", "date", "dc.date", "pubdate", "datepublished", "og:published_time")


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What was read; `text` is empty when there are no paragraphs, one line each."""

    title: str
    text: str
    language: str | None
    published: datetime | None


def read_page(body: bytes, content_type: str = "") -> Page:
    """Read a page; never fails, but there may be nothing in it."""
    reader = _Reader()
    with suppress(AssertionError):  # html.parser's way of refusing marked sections of its own: bpo-32876
        reader.feed(decoded(body, content_type)[:_MOST])
        reader.close()
    every = reader.inside or reader.anywhere
    long = [text for text in every if len(text) >= _SHORTEST] or every
    titles = (*(reader.meta.get(name, "") for name in _TITLES), reader.heading, reader.title)
    language = _LANGUAGE.match(reader.language)
    return Page(
        title=" ".join(plain(next((title for title in titles if title.strip()), "")).split()),
        text=plain("\n".join(dict.fromkeys(long))),
        language=language[0].lower() if language else None,
        published=next((when for name in _DATES if (when := _moment(reader.meta.get(name, "")))), None),
    )


def decoded(body: bytes, content_type: str = "") -> str:
    """The page's characters; never fails. A page may declare its encoding in its head."""
    if "charset" not in content_type.lower() and (found := _CHARSET.search(body[:4096])):
        content_type = f"{content_type or 'text/html'}; charset={found[1].decode('ascii')}"
    return decode(body, content_type).text


class _Reader(HTMLParser):
    """Collects paragraphs: those `inside` an <article> or <main>, and those `anywhere`."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.meta: dict[str, str] = {}
        self.inside: list[str] = []
        self.anywhere: list[str] = []
        self.title = self.heading = self.language = ""
        self._beside: list[str] = []
        self._main = 0
        self._into: str | None = None  # the tag whose text is being kept
        self._text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "html":
            self.language = values.get("lang", "")
        elif tag == "meta":
            name = (values.get("property") or values.get("name") or values.get("itemprop") or "").lower()
            self.meta.setdefault(name, values.get("content", ""))
        elif tag == "time" and "datetime" in values:
            self.meta.setdefault("date", values["datetime"])
        if tag in _BESIDE:
            self._beside.append(tag)
        if tag in ("article", "main"):
            self._main += 1
        if tag in _BREAKS or tag == "title":
            self._end()
            self._into = tag if tag in _PARAGRAPHS or tag in ("title", "h1") else None
        elif tag == "br" and self._into:
            self._text.append(" ")

    def handle_endtag(self, tag: str) -> None:
        if tag in _BREAKS or tag == "title":
            self._end()
        if tag in self._beside:
            while self._beside.pop() != tag:
                pass
        if tag in ("article", "main"):
            self._main = max(0, self._main - 1)

    def handle_data(self, data: str) -> None:
        if self._into and (self._into in ("title", "h1") or not self._beside):
            self._text.append(data)

    def close(self) -> None:
        super().close()
        self._end()

    def _end(self) -> None:
        text, into = " ".join("".join(self._text).split()), self._into
        self._text, self._into = [], None
        if not text or into is None:
            return
        if into == "title":
            self.title = self.title or text
        elif into == "h1":
            self.heading = self.heading or text
        else:
            self.anywhere.append(text)
            if self._main:
                self.inside.append(text)


def _moment(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text.strip())
        return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None
