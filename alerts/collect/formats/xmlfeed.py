"""RSS, Atom and RDF by feedparser, fed only with what `document` has made safe."""

from __future__ import annotations

import calendar
import html
import io
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import feedparser

from alerts.collect.formats import delta
from alerts.collect.formats.document import MOST_ITEMS, Document, checked, item_starts, outlined
from alerts.collect.formats.hints import hints
from alerts.collect.formats.raw import RawFeed, RawItem
from alerts.collect.formats.repair import recovered
from alerts.collect.formats.sections import ITEM_START, blanked, outside
from alerts.collect.outcome import Rung
from alerts.errors import ParseError

_CAP_NAMESPACE = "urn:oasis:names:tc:emergency:cap"
_HEADERS = {"content-type": "application/xml; charset=utf-8"}
_ITEM = re.compile(r"<\s*+/?\s*+(?:[\w.-]+:)?(?:item|entry)\s*+>", re.IGNORECASE)
_GUID = re.compile(r"<(?:[\w.-]+:)?(?:guid|id)(?:\s[^<>]*+)?>\s*+(<!\[CDATA\[)?([^<]*?)(?:\]\]>|<)", re.IGNORECASE)
_LOOSELY = "&"  # before a document: no XML begins so, and feedparser reads it loosely from the start
_TITLE = re.compile(r"<title[^<>]*+>([^<]{1,200})", re.IGNORECASE)
_PAGE = re.compile(r"<html\b|<!doctype\s++html\b", re.IGNORECASE)
_ALTERNATE = re.compile(r"<link\s[^<>]{0,500}?application/(?:rss|atom)\+xml[^<>]*+>", re.IGNORECASE)
_HREF = re.compile(r"""href\s*=\s*["']([^"'<>\s]{1,500})""", re.IGNORECASE)


class _Parameters(dict[str, Any]):
    """What feedparser knows of a text while it reads it: it is asked a dozen times, and copied. Its own kind of dict
    looks for other names of what is asked for, which there are none of here; a copy is of that kind."""

    __slots__ = ()

    def __deepcopy__(self, memo: object) -> feedparser.FeedParserDict:
        return feedparser.FeedParserDict(self)


class _Parser(feedparser.api.StrictFeedParser):  # type: ignore[misc]
    """feedparser's own, at nine tenths of the cost."""

    contentparams: dict[str, Any]

    def push_content(self, *arguments: Any) -> None:
        super().push_content(*arguments)
        self.contentparams = _Parameters(self.contentparams)


# Modules that xml.sax tries before its own; feedparser has a list of them.
_READERS = ["alerts.collect.formats.saxreader"]


@contextmanager
def _swiftly() -> Iterator[None]:
    """feedparser with our reader of XML and our class, while it reads for us: whoever else calls it in this process
    gets all of a feed, authors too."""
    api = feedparser.api
    readers, kind = api.PREFERRED_XML_PARSERS[:], api.StrictFeedParser
    api.PREFERRED_XML_PARSERS[:], api.StrictFeedParser = _READERS, _Parser
    try:
        yield
    finally:
        api.PREFERRED_XML_PARSERS[:], api.StrictFeedParser = readers, kind


def read(text: str, *, url: str, cut: bool = False, most_items: int = MOST_ITEMS, seen: bytes = b"") -> RawFeed:
    """The feed in `text`, or what is new in it since `seen`. Raises ParseError with every reason there is."""
    outline = outlined(text, url=url, cut=cut, most_items=most_items)
    items = delta.cut(outline, url)
    feed = (_new(outline, items, seen, url) if items else None) or _whole(outline, items, text, url)
    return replace(feed, hints=hints(_around(outline, items)))


def read_new(text: str, *, url: str, seen: bytes, hollow: delta.Hollow) -> RawFeed | None:
    """What is new since `seen` in the feed of which `text` is the hollow document; None if that cannot be told so."""
    with suppress(ParseError):
        outline = outlined(text, url=url)
        items = delta.cut(outline, url, hollow)
        feed = _new(outline, items, seen, url) if items else None
        return replace(feed, hints=hints(_around(outline, items))) if feed else None
    return None


def _around(document: Document, cut: delta.Cut | None) -> str:
    """The document without its items, or what stands before them if they cannot be told from it."""
    if cut is not None:
        return outside(document.text, cut.ranges)
    first = ITEM_START.search(document.bare)
    return document.text[: first.start()] if first else document.text


def _new(outline: Document, cut: delta.Cut, seen: bytes, url: str) -> RawFeed | None:
    """The feed with only the items that were not `seen`; None if they cannot be read without the others."""
    known = delta.unpacked(seen, cut.frame)
    if not known:
        return None
    marks = {mark.print: mark for mark in known}
    new = [index for index, print in enumerate(cut.prints) if print not in marks]
    with suppress(ParseError):
        document = checked(delta.reduced(outline, cut, new), url=url)
        if document.mended or not cut.apart(outline.bare, new):
            return None
        found = _found(document.text, "delta", url)
        if found.fault or len(found.items) != len(new):
            return None
        marks |= {cut.prints[index]: _mark(cut, index, item) for index, item in zip(new, found.items, strict=True)}
        now = [marks[print] for print in cut.prints]
        if delta.settled(now, known):
            feed = _feed(document, found, ())
            return replace(feed, marks=delta.packed(cut.frame, now), unchanged=len(now) - len(new))
    return None


def _marks(cut: delta.Cut | None, document: Document, found: _Found) -> bytes:
    """What is to be kept of a document read whole, if the next one can be compared with it."""
    if cut is None or found.fault or found.rung != "full" or len(found.items) != len(cut.ranges):
        return b""
    if not cut.apart(document.bare, range(len(cut.ranges))):
        return b""
    return delta.packed(cut.frame, [_mark(cut, index, item) for index, item in enumerate(found.items)])


def _mark(cut: delta.Cut, index: int, item: RawItem) -> delta.Mark:
    return delta.fresh(cut.prints[index], item.guid, item.link)


def _whole(outline: Document, cut: delta.Cut | None, text: str, url: str) -> RawFeed:
    document = checked(outline, url=url)
    if document.root.lower() == "html" and not document.items:
        raise ParseError(url, _about_page(text), reason="html")
    found = _best(document, url)
    parsed, items = found.parsed, found.items
    if not items and not parsed.get("version") and not document.items:
        if _PAGE.search(text, 0, 5000):
            raise ParseError(url, _about_page(text), reason="html")
        raise ParseError(url, f"not a feed{_beginning(text)}", reason="not_a_feed")
    if not items and document.items:
        raise ParseError(url, f"a feed of {document.items} items, none of which can be read", reason="unreadable")
    if not items and document.mended and _ITEM.search(document.text):
        raise ParseError(url, "a broken feed: it seems to have items, but none can be read", reason="unreadable")
    warnings = list(document.warnings)
    if len(items) < document.items:
        warnings.append(f"{document.items} items in the document, {len(items)} of them readable")
    if found.fault:
        warnings.append(f"not well-formed: {found.fault}")
    return replace(_feed(document, found, warnings), marks=_marks(cut, document, found))


def _feed(document: Document, found: _Found, warnings: Sequence[str]) -> RawFeed:
    feed = found.parsed["feed"]
    return RawFeed(
        items=found.items,
        title=_text(feed, "title"),
        language=_text(feed, "language") or None,
        version=_version(found.parsed),
        truncated=document.truncated,
        broken=document.broken,
        warnings=tuple(warnings),
        rung=found.rung,
        older=_older(feed),
    )


def _older(feed: Any) -> str:
    """Where earlier items are (RFC 5005): the archive before this document, or the next page of a feed in pages."""
    links = {_text(link, "rel"): _text(link, "href") for link in reversed(_parts_of(feed, "links"))}
    return links.get("prev-archive") or links.get("next") or ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """feedparser's result, its items, and what was wrong with the document."""

    parsed: Any
    items: list[RawItem]
    rung: Rung
    fault: str


def _best(document: Document, url: str) -> _Found:
    """The document as it is; and if items or parts of them are missing, by whichever way more of them can be had."""
    rung: Rung = "repaired" if document.mended else "full"
    best: _Found | None = None
    failure: ParseError | None = None
    try:
        best = _found(document.text, rung, url)
        if len(best.items) >= document.items and (not best.fault or all(_parts(item) == 3 for item in best.items)):
            return best
    except ParseError as error:  # as over blanks in the name of a namespace, at which the loose reading does not look
        failure = error
    if best is None or not best.fault:
        best = _better(best, _LOOSELY + document.text, "repaired", url)
    best = _better(best, recovered(document.text), "recovered", url)
    if best is None:
        raise failure or AssertionError("nothing was read and nothing failed")
    return best


def _better(best: _Found | None, text: str, rung: Rung, url: str) -> _Found | None:
    """What `text` holds if it is more than `best`, else that."""
    if text:
        with suppress(ParseError):
            other = _found(text, rung, url)
            if best is None or _worth(other) > _worth(best):
                return replace(other, fault=best.fault or other.fault) if best is not None else other
    return best


def _found(text: str, rung: Rung, url: str) -> _Found:
    parsed = _parse(text, url)
    fault = str(parsed.get("bozo_exception")) if parsed.get("bozo") else ""
    # Prefixes of the Common Alerting Protocol's own elements, as feedparser writes them.
    caps = tuple(
        f"{prefix}_" for prefix, name in (parsed.get("namespaces") or {}).items() if prefix and _CAP_NAMESPACE in name
    )
    items = [_item(entry, caps) for entry in parsed["entries"]]
    if delta.BASE.search(text) and delta.BASE.search(blanked(text)):
        items = _with_raw_guids(items, text)
    return _Found(parsed=parsed, items=items, rung=rung, fault=fault)


def _with_raw_guids(items: list[RawItem], text: str) -> list[RawItem]:
    """feedparser resolves ids against the document's base; a feed that moves must not get other ids for that."""
    starts = item_starts(text)
    if not items or len(starts) != len(items):
        return items
    ends = [*starts[1:], len(text)]
    return [
        replace(item, guid=_raw_guid(item.guid, text[start:end]))
        for item, start, end in zip(items, starts, ends, strict=True)
    ]


def _raw_guid(guid: str, text: str) -> str:
    """The id as the item's `text` has it, if it is the only one that `guid` ends in."""
    found = {(written if cdata else html.unescape(written)).strip() for cdata, written in _GUID.findall(text)}
    ends = [written for written in found if written and guid.endswith(written.lstrip("./").rstrip("?#"))]
    return guid if guid in found or len(ends) != 1 else ends[0]


def _worth(found: _Found) -> int:
    """How much of the items there is; one that says what another says is none."""
    return sum(map(_parts, {(item.guid, item.link, item.title, item.html): item for item in found.items}.values()))


def _parts(item: RawItem) -> int:
    return bool(item.guid or item.link) + bool(item.title) + bool(item.html)


def _version(parsed: Any) -> str:
    """The name of the format, as "RSS 2.0"."""
    return str(feedparser.api.SUPPORTED_VERSIONS.get(parsed.get("version") or "", "unknown"))


def _parse(text: str, url: str) -> Any:
    """feedparser's result. It must get a stream: given bytes that look like a path it opens the file."""
    try:
        with _swiftly():
            return feedparser.parse(
                io.BytesIO(text.encode("utf-8")),
                response_headers=_HEADERS,
                sanitize_html=False,
                resolve_relative_uris=False,
            )
    except MemoryError:
        raise
    except Exception as error:  # what it raises on odd input is not a closed set
        raise ParseError(
            url, f"the parser fails on it: {type(error).__name__}: {error}", reason="unreadable"
        ) from error


def _item(entry: Any, caps: tuple[str, ...]) -> RawItem:
    return RawItem(
        guid=_text(entry, "id"),
        link=_text(entry, "link"),
        title=_markup(_detail(entry, "title"), _text(entry, "title")),
        html=_fullest(entry),
        published=_time(entry, "published_parsed") or _time(entry, "updated_parsed") or _time(entry, "created_parsed"),
        language=_language(entry),
        sections=[_text(tag, "label") or _text(tag, "term") for tag in _parts_of(entry, "tags")],
        cap=_cap(entry, caps),
    )


def _cap(entry: Any, caps: tuple[str, ...]) -> str:
    """The address of the CAP message an item stands for: a link of that type or name, an element that is called so
    (as GDACS has it), or the link of an item that has elements of CAP."""
    links = [(_text(link, "type"), _text(link, "href")) for link in _parts_of(entry, "links")]
    typed = [href for kind, href in links if href and kind.partition(";")[0].strip() == "application/cap+xml"]
    named = [href for _, href in links if href.partition("?")[0].lower().endswith(".cap")]
    elements = [_text(entry, name) for name in dict.keys(entry) if name.endswith("_cap")]
    web = [text for text in elements if text.startswith(("http://", "https://"))]
    of_cap = [_text(entry, "link")] if caps and any(name.startswith(caps) for name in dict.keys(entry)) else []
    return next(iter((*typed, *named, *web, *of_cap)), "")


def _fullest(entry: Any) -> str:
    """The longest of content and summary: some feeds put the article in one, some in the other."""
    parts = [_markup(part, "") for part in _parts_of(entry, "content")]
    parts.append(_markup(_detail(entry, "summary"), _text(entry, "summary")))
    return max(parts, key=len)


def _markup(detail: Any, value: str) -> str:
    """A text construct as markup: what is declared as plain text has its `<` and `&` escaped."""
    if not detail:
        return value
    value = str(dict.get(detail, "value") or value)
    plain = dict.get(detail, "type") == "text/plain" and dict.get(detail, "mode") != "x"
    return html.escape(value, quote=False) if plain else value


def _language(entry: Any) -> str | None:
    for detail in (*_parts_of(entry, "content"), _detail(entry, "summary"), _detail(entry, "title")):
        if language := dict.get(detail, "language"):
            return str(language)
    return None


# feedparser keeps elements it does not know under their names, also where it keeps something of its own. Its dicts map
# names to each other, which none of these needs.


def _parts_of(values: Any, name: str) -> list[dict[str, Any]]:
    parts = dict.get(values, name)
    return [part for part in parts if isinstance(part, dict)] if isinstance(parts, list) else []


def _detail(entry: Any, name: str) -> dict[str, Any]:
    detail = dict.get(entry, f"{name}_detail")
    return detail if isinstance(detail, dict) else {}


def _text(values: Any, name: str) -> str:
    value = dict.get(values, name)
    return value.strip() if isinstance(value, str) else ""


def _time(entry: Any, name: str) -> datetime | None:
    # dict's own test: feedparser's answers for `updated` with `published`, and warns.
    parts = dict.get(entry, name)
    if not parts:
        return None
    try:
        return datetime.fromtimestamp(calendar.timegm(parts), UTC)
    except (ValueError, OverflowError, OSError, TypeError):
        return None


def _about_page(text: str) -> str:
    title = _TITLE.search(text)
    named = f' ("{" ".join(html.unescape(title[1]).split())}")' if title else ""
    link = _ALTERNATE.search(text)
    href = _HREF.search(link[0]) if link else None
    hint = f"; it names a feed: {html.unescape(href[1])}" if href else ""
    return f"a web page{named}, not a feed{hint}"


def _beginning(text: str) -> str:
    words = " ".join(text[:200].split())[:60]
    return f': it begins "{words}"' if words.isprintable() else ""
