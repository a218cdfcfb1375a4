"""JSON Feed 1.1 (jsonfeed.org), which feedparser does not read. Lenient as readers must be: numbers as ids,
the old `author`, items without content; and a document cut in the middle gives its whole items.
"""

from __future__ import annotations

import html
import json
import re
from datetime import UTC, datetime
from typing import Any

from alerts.collect.document import MOST_ITEMS
from alerts.collect.raw import RawFeed, RawItem
from alerts.errors import ParseError

_ITEMS = re.compile(r'"items"\s*+:\s*+\[')
_SEPARATOR = re.compile(r"[\s,]*+")


def looks_like_json(text: str) -> bool:
    """No XML document begins like this."""
    return text.lstrip("\ufeff \t\r\n").startswith("{")


def read(text: str, *, url: str, cut: bool = False, most_items: int = MOST_ITEMS) -> RawFeed:
    """The feed in `text`. Raises ParseError (`not_a_feed`, `unreadable`)."""
    text = text.lstrip("\ufeff")
    warnings: tuple[str, ...] = ()
    broken = False
    try:
        top = json.loads(text)
    except RecursionError as error:
        raise ParseError(url, "JSON nested too deeply", reason="hostile") from error
    except ValueError as error:
        whole = _whole_items(text)
        if not whole:
            raise ParseError(url, f"neither XML nor valid JSON: {error}", reason="unreadable") from error
        top, broken = {"version": "unknown", "items": whole}, True
        warnings = (f"the document ends in the middle or is broken: {error}",)
    items = top.get("items") if isinstance(top, dict) else None
    if not isinstance(items, list):
        raise ParseError(url, "JSON, but no JSON Feed: it has no list of items", reason="not_a_feed")
    if len(items) > most_items:
        warnings = (*warnings, f"{len(items)} items: only the first {most_items} are read")
    version = _text(top, "version")
    return RawFeed(
        items=[_item(item) for item in items[:most_items] if isinstance(item, dict)],
        title=_text(top, "title"),
        language=_text(top, "language") or None,
        version=version if "jsonfeed" in version else "JSON",
        truncated=cut or broken or len(items) > most_items,
        broken=broken,
        warnings=warnings,
    )


def _item(item: dict[str, Any]) -> RawItem:
    return RawItem(
        guid=_text(item, "id"),
        link=_text(item, "url") or _text(item, "external_url"),
        title=html.escape(_text(item, "title"), quote=False),
        html=_content(item),
        sections=_tags(item.get("tags")),
        published=_time(_text(item, "date_published")) or _time(_text(item, "date_modified")),
        language=_text(item, "language") or None,
    )


def _content(item: dict[str, Any]) -> str:
    """The fullest of what the item gives, as HTML."""
    plain = html.escape(_text(item, "content_text"), quote=False).replace("\n", "<br>\n")
    summary = html.escape(_text(item, "summary"), quote=False).replace("\n", "<br>\n")
    return max((_text(item, "content_html"), plain, summary), key=len)


def _tags(value: object) -> list[str]:
    return [tag for tag in value if isinstance(tag, str)] if isinstance(value, list) else []


def _text(values: dict[str, Any], name: str) -> str:
    value = values.get(name)
    if isinstance(value, str):
        return value.strip()
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else ""


def _time(text: str) -> datetime | None:
    try:
        time = datetime.fromisoformat(text.upper())
    except ValueError:
        return None
    try:
        return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
    except OverflowError:
        return None


def _whole_items(text: str) -> list[dict[str, Any]]:
    """The items of a broken document, up to the first that cannot be read."""
    start = _ITEMS.search(text)
    if start is None:
        return []
    decoder, at, items = json.JSONDecoder(), start.end(), []
    while found := _SEPARATOR.match(text, at):
        try:
            item, at = decoder.raw_decode(text, found.end())
        except (ValueError, RecursionError):
            break
        if isinstance(item, dict):
            items.append(item)
    return items
