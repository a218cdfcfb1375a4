"""JSON Feed 1.1 (jsonfeed.org), which feedparser does not read. Lenient as readers must be: numbers as ids,
the old `author`, items without content, line breaks in texts; of a broken document the items that are whole.
"""

from __future__ import annotations

import html
import json
import re
from contextlib import suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from alerts.collect.formats.document import MOST_ITEMS
from alerts.collect.formats.raw import RawFeed, RawItem
from alerts.errors import ParseError

_ITEMS = re.compile(r'"items"\s*+:\s*+\[')
_SEPARATOR = re.compile(r"[\s,]*+")
_NEXT_ITEM = re.compile(r"\}\s*+,\s*+(?=\{)")
_MOST_SKIPPED = 50  # broken items of one document; looking for the next after each takes time
# A part of an item is no item, though it may have a title and an address too.
_OF_AN_ITEM = frozenset({"id", "content_html", "content_text", "summary", "date_published", "date_modified"})
_SINCE_1970 = re.compile(r"[0-9]{10}(?:[0-9]{3})?")
# Numbers stay as written: an id must not be rounded, and a million digits take minutes to turn into a number.
_DECODER = json.JSONDecoder(strict=False, parse_int=str, parse_float=str, parse_constant=str)


def looks_like_json(text: str) -> bool:
    """No XML document begins like this."""
    return text.lstrip("\ufeff \t\r\n").startswith("{")


def read(text: str, *, url: str, cut: bool = False, most_items: int = MOST_ITEMS) -> RawFeed:
    """The feed in `text`. Raises ParseError (`not_a_feed`, `unreadable`, `hostile`)."""
    top, fault, broken = _decoded(text.lstrip("\ufeff \t\r\n"), url, most_items)
    items = top.get("items") if isinstance(top, dict) else None
    if not isinstance(items, list):
        raise ParseError(url, "JSON, but no JSON Feed: it has no list of items", reason="not_a_feed")
    first = items[:most_items]
    whole = [item for item in first if isinstance(item, dict)]
    if first and not whole:
        raise ParseError(url, f"a feed of {len(items)} items, none of which can be read", reason="unreadable")
    warnings = [fault] if fault else []
    if top.get("expired") is True:
        warnings.append("the feed says that it is finished: nothing will come any more")
    if len(whole) < len(first):
        warnings.append(f"{len(first)} items in the document, {len(whole)} of them readable")
    if len(first) < len(items):
        warnings.append(f"{len(items)} items: only the first {most_items} are read")
    version = _text(top, "version")
    return RawFeed(
        items=[_item(item) for item in whole],
        title=html.escape(_text(top, "title"), quote=False),
        language=_text(top, "language") or None,
        version=version if "jsonfeed" in version else "JSON",
        truncated=cut or broken or len(items) > most_items,
        broken=broken,
        rung="repaired" if broken else "full",
        warnings=tuple(warnings),
        older=_older(top, url),
    )


def _decoded(text: str, url: str, most: int) -> tuple[Any, str, bool]:
    """What the text stands for, what is wrong with it, and whether parts of it could not be read."""
    try:
        top, end = _DECODER.raw_decode(text)
    except (ValueError, RecursionError) as error:
        top = _rescued(text, most)
        if top["items"]:
            return top, f"the document ends in the middle or is broken: {error}", True
        if isinstance(error, RecursionError):
            raise ParseError(url, "JSON nested too deeply", reason="hostile") from error
        raise ParseError(url, f"neither XML nor valid JSON: {error}", reason="unreadable") from error
    if not text[end:].strip():
        return top, "", False
    if not isinstance(top.get("items"), list) and (rescued := _rescued(text, most))["items"]:
        return rescued, "the document is broken: it ends before its items", True
    return top, "text after the end of the feed", False


def _older(top: dict[str, Any], url: str) -> str:
    """The page that follows; not this one again, which the specification forbids as it makes a circle."""
    following = _text(top, "next_url")
    return "" if following in (url, _text(top, "feed_url")) else following


def _item(item: dict[str, Any]) -> RawItem:
    return RawItem(
        guid=_text(item, "id"),
        link=_text(item, "url") or _text(item, "external_url"),
        title=html.escape(_text(item, "title"), quote=False),
        html=_content(item),
        sections=_tags(item.get("tags")),
        published=_time(_text(item, "date_published")) or _time(_text(item, "date_modified")),
        language=_text(item, "language") or None,
        cap=_cap(item.get("attachments")),
    )


def _cap(attachments: object) -> str:
    """The address of the attachment that is a CAP message."""
    parts = [part for part in attachments if isinstance(part, dict)] if isinstance(attachments, list) else []
    return next((_text(part, "url") for part in parts if _text(part, "mime_type") == "application/cap+xml"), "")


def _content(item: dict[str, Any]) -> str:
    """The fullest of what the item gives, as HTML."""
    plain = html.escape(_text(item, "content_text"), quote=False).replace("\n", "<br>\n")
    summary = html.escape(_text(item, "summary"), quote=False).replace("\n", "<br>\n")
    return max((_text(item, "content_html"), plain, summary), key=len)


def _tags(value: object) -> list[str]:
    return [tag for tag in value if isinstance(tag, str)] if isinstance(value, list) else []


def _text(values: dict[str, Any], name: str) -> str:
    value = values.get(name)
    return value.strip() if isinstance(value, str) else ""


def _time(text: str) -> datetime | None:
    """RFC 3339, as it should be; or the dates of mails, or seconds or milliseconds since 1970."""
    try:
        if _SINCE_1970.fullmatch(text):
            return datetime.fromtimestamp(int(text[:10]), UTC)
        time = datetime.fromisoformat(text.upper()) if text[:1].isdigit() else parsedate_to_datetime(text)
        return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
    except (ValueError, OverflowError, TypeError, IndexError):
        return None


def _rescued(text: str, most: int) -> dict[str, Any]:
    """What of a broken document can be read: what stands before its items, and its items."""
    start = _ITEMS.search(text)
    if start is None:
        return {"items": []}
    top: dict[str, Any] = {}
    with suppress(ValueError, RecursionError):
        top = _DECODER.decode(f'{text[: start.start()]}"items":[]}}')
    return top | {"items": _whole_items(text, start.end(), most)}


def _whole_items(text: str, at: int, most: int) -> list[dict[str, Any]]:
    """The first items of a broken list that begins at `at`, without those that cannot be read."""
    items: list[dict[str, Any]] = []
    skipped = 0
    while skipped < _MOST_SKIPPED and len(items) < most:
        found = _SEPARATOR.match(text, at)
        assert found is not None
        if text.startswith("]", found.end()) and not skipped:
            break
        try:
            item, at = _DECODER.raw_decode(text, found.end())
        except (ValueError, RecursionError):
            skipped += 1
            following = _NEXT_ITEM.search(text, found.end())
            if following is None:
                break
            at = following.end()
        else:
            if isinstance(item, dict) and (not skipped or not _OF_AN_ITEM.isdisjoint(item)):
                items.append(item)
    return items
