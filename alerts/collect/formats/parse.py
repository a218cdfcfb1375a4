"""A feed document to entries: whatever the format, the encoding and the faults, never "no items" for a feed
that has some. A pure function of its bytes; it runs in a process that may be killed (`worker`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import urljoin, urlsplit

from alerts.collect.formats import delta, identity, jsonfeed
from alerts.collect.formats.document import MOST_ITEMS, legal
from alerts.collect.formats.encoding import decode
from alerts.collect.formats.raw import RawFeed, RawItem
from alerts.collect.outcome import Parsed
from alerts.errors import ParseError
from alerts.read.text import plain
from alerts.types import Entry

_EARLIEST, _LATEST = datetime(1990, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
_MOST_SECTIONS, _LONGEST_SECTION = 20, 100
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8}){0,2}")
_BLANKS, _FOUR_BLANKS = re.compile(r"\s{32,}+"), re.compile(r"\s{4}")


def parse_document(
    body: bytes,
    headers: Mapping[str, str] | None = None,
    url: str = "",
    *,
    cut: bool = False,
    most_items: int = MOST_ITEMS,
    seen: bytes = b"",
) -> Parsed:
    """The entries of a feed document. `headers` have small-letter names; `cut`: `body` is only a beginning.
    Of a document with more than `most_items` the first are read. `seen` are the `marks` of the feed's last document:
    items that were in it are left out.

    Raises ParseError with one of `outcome.PARSE_REASONS`.
    """
    if not body.strip():
        raise ParseError(url, "the answer is empty", reason="empty")
    content_type = (headers or {}).get("content-type", "")
    raw = None if cut else _new(body, content_type, url, seen)
    if raw is None:
        decoded = decode(body, content_type)
        raw = _read(decoded.text, url, cut=cut, most_items=most_items, seen=seen)
        if decoded.warning:
            raw = replace(raw, warnings=(decoded.warning, *raw.warnings))
    return Parsed(
        entries=entries(raw.items, url),
        title=one_line(raw.title),
        language=_language(raw.language),
        version=raw.version,
        truncated=raw.truncated,
        broken=raw.broken,
        warnings=raw.warnings,
        rung=raw.rung,
        marks=raw.marks,
        unchanged=raw.unchanged,
        hints=raw.hints,
        older=_absolute(raw.older, url) if raw.older else "",
    )


def _new(body: bytes, content_type: str, url: str, seen: bytes) -> RawFeed | None:
    """What is new since `seen` in a document of which most is as it was; None if that cannot be told from its bytes."""
    hollow = delta.hollowed(body, seen)
    if hollow is None:
        return None
    decoded = decode(hollow.body, content_type)
    if decoded.encoding != "utf-8" or decoded.warning:  # as are the items that are left out: so is the whole
        return None
    from alerts.collect.formats import xmlfeed

    return xmlfeed.read_new(decoded.text, url=url, seen=seen, hollow=hollow)


def _read(text: str, url: str, *, cut: bool, most_items: int, seen: bytes) -> RawFeed:
    if jsonfeed.looks_like_json(text):
        return delta.of_items(jsonfeed.read(text, url=url, cut=cut, most_items=most_items), url, seen)
    # Here, not above: the daemon's own process must not carry the parser's memory.
    from alerts.collect.formats import xmlfeed

    return xmlfeed.read(text, url=url, cut=cut, most_items=most_items, seen=seen)


def entries(items: Sequence[RawItem], url: str) -> tuple[Entry, ...]:
    """Items as entries: keyed, cleaned, with absolute links; exact copies within the document left out."""
    items = [replace(item, html=_tamed(item.html)) for item in items]
    fields = [
        identity.Fields(guid=item.guid, link=item.link, title=item.title, html=item.html, published=item.published)
        for item in items
    ]
    return tuple(
        _entry(item, key, url) for item, key in zip(items, identity.keys(fields), strict=True) if key is not None
    )


def _entry(item: RawItem, key: str, url: str) -> Entry:
    return Entry(
        key=key,
        title=one_line(item.title),
        html=item.html,
        url=_absolute(item.link, url) or _absolute(item.guid, ""),
        published=_possible(item.published),
        language=_language(item.language),
        sections=_sections(item.sections),
        cap=_absolute(item.cap, url) if item.cap else "",
    )


def one_line(markup: str) -> str:
    """A title as plain text on one line."""
    return " ".join(legal(plain(_tamed(markup))).split())


def _tamed(markup: str) -> str:
    """Without characters no database takes, and without the long runs of blanks that make patterns slow."""
    markup = legal(markup)
    # Of 32 blanks in a row every eighth character shows four, and these are found in an eighth of the time.
    if not _FOUR_BLANKS.search(markup[::8]):
        return markup
    return _BLANKS.sub(lambda found: "\n" if "\n" in found[0] else " ", markup)


def _absolute(link: str, base: str) -> str:
    """`link` against the feed's address; empty unless it is one of the web.
    (An item without a link does not link to its feed.)"""
    link = "".join(legal(link).split())
    try:
        target = urljoin(base, link) if link else ""
        parts = urlsplit(target)
    except ValueError:
        return ""
    return target if parts.scheme in ("http", "https") and parts.netloc else ""


def _possible(published: datetime | None) -> datetime | None:
    """No date before there was a web: 1970 and year 1 are faults of clocks and programs. What lies a little
    ahead is for those to judge who know what time it is."""
    return published if published is not None and _EARLIEST <= published < _LATEST else None


def _sections(names: Sequence[str]) -> tuple[str, ...]:
    """The item's categories as the feed writes them, each once."""
    clean = (one_line(name[:_LONGEST_SECTION]) for name in names[:_MOST_SECTIONS])
    return tuple(dict.fromkeys(name for name in clean if name))


def _language(language: str | None) -> str | None:
    found = _LANGUAGE.fullmatch((language or "").strip().replace("_", "-"))
    return found[0] if found else None
