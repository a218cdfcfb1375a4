"""The last rung before a feed is called unreadable: its items put in order one by one, by a parser that takes
anything for XML.

A tag left open in one item must not cost the others, so the document is cut where items begin, each piece is read
alone, and what an open <title> or <link> has swallowed of its neighbours is put beside it again.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

from alerts.collect.formats import sections
from alerts.collect.formats.document import item_starts

_DECLARATION = re.compile(r"""\sxmlns(?::[\w.-]{1,40})?\s{0,9}=\s{0,9}(?:"[^"<]{0,200}"|'[^'<]{0,200}')""")
_MOST_DECLARATIONS = 40
_WITHOUT_QUOTES = re.compile(r"""<[A-Za-z_][^<>"'=]*+=[^<>"']*+>""")
_VALUE = re.compile(r"=\s*+([^\s=][^\s]*?)(?=\s|/?>)")
_MARK = re.compile(sections.OPAQUE + r"|<(?P<end>/?)(?P<name>[A-Za-z_:][\w.:-]*+)[^<>]*+>?")
# Fields of an item that hold text and no other field; an entry's <source> and <author> have fields of their own.
_TEXTS = frozenset(
    {"title", "link", "guid", "id", "pubdate", "published", "updated", "date", "description", "summary", "encoded"}
)
_FIELDS = _TEXTS | {"author", "category", "content", "creator", "comments", "enclosure", "subject"}


def recovered(text: str) -> str:
    """A document without prolog, in order: well-formed but for prefixes nobody declared; empty without items."""
    # Here, not above: few documents come to this, and the parser's process should be small.
    from lxml import etree

    starts = item_starts(text)
    if not starts:
        return ""
    parser = etree.XMLParser(recover=True, no_network=True, resolve_entities=False, huge_tree=False, strip_cdata=False)
    feed = _element(text[: starts[0]], parser)
    if feed is None:
        feed = etree.Element("rss")
    declared = "".join(list(dict.fromkeys(_DECLARATION.findall(text[: starts[0]])))[:_MOST_DECLARATIONS])
    parent = next((child for child in feed if _name(child) == "channel" and _name(feed) != "rdf"), feed)
    for start, end in zip(starts, [*starts[1:], len(text)], strict=True):
        whole = _element(f"<feed{declared}>{_balanced(text[start:end])}", parser)
        item = next(iter(whole), None) if whole is not None else None
        if item is not None:
            item.tail = None
            _unprefixed(item)
            _put_beside(item)
            parent.append(item)
    # It lets references to characters through that do not exist, and fails on them when it is to give text.
    return str(etree.tostring(feed, encoding="utf-8"), "utf-8", "ignore")


def _element(text: str, parser: Any) -> Any:
    from lxml import etree

    try:
        return etree.fromstring(_WITHOUT_QUOTES.sub(_quoted, text).encode(), parser)
    except (etree.LxmlError, ValueError):  # what it does not even recover
        return None


def _balanced(text: str) -> str:
    """`text` without end tags that end nothing, and with those that are missing before others: the parser takes
    every end tag for that of the innermost element."""
    parts: list[str] = []
    inside: list[str] = []
    opened: Counter[str] = Counter()
    at = 0
    for found in _MARK.finditer(text):
        name = found["name"]
        if name and not found["end"] and not found[0].endswith("/>"):
            inside.append(name)
            opened[name] += 1
        elif name and found["end"]:
            parts.append(text[at : found.start()])
            at = found.end()
            while opened[name] and inside:
                last = inside.pop()
                opened[last] -= 1
                parts.append(f"</{last}>")
                if last == name:
                    break
    return "".join((*parts, text[at:]))


def _quoted(tag: re.Match[str]) -> str:
    return _VALUE.sub(r'="\1"', tag[0])


def _unprefixed(item: Any) -> None:
    """An item under a prefix nobody declared is an item, and its fields with the same prefix are fields."""
    from lxml import etree

    prefix, colon, _ = str(item.tag).partition(":")
    if colon and not prefix.startswith("{"):
        for element in item.iter(etree.Element):
            element.tag = str(element.tag).removeprefix(f"{prefix}:")


def _put_beside(item: Any) -> None:
    """Fields that stand within a field of text, moved out of it; what the item has in its place was only markup."""
    own = {_name(child) for child in item}
    for element in list(item.iterdescendants()):
        parent, name = element.getparent(), _name(element)
        if parent is None or parent is item or name not in _FIELDS or _name(parent) not in _TEXTS:
            continue
        if name in own:
            element.tag = "span"
        elif parent.getparent() is item:
            item.append(element)
            own.add(name)


def _name(element: Any) -> str:
    """The name without its namespace, in small letters; empty for a comment."""
    tag = element.tag
    return tag.rpartition("}")[2].rpartition(":")[2].lower() if isinstance(tag, str) else ""
