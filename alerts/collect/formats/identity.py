"""Which item is which. An item's key must stay the same from poll to poll, or an article is alerted twice;
and two items must not share one, or an article is lost.

Feeds break every rule of this: ids missing, ids used again, one link for all. So the id counts first, the
link where there is no id, and the content where neither tells items apart.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from alerts.read.text import plain

_WHOLE = len("g-") + 64
_LATE = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fields:
    """What identity is taken from; `guid` as the document has it, not resolved against any base."""

    guid: str
    link: str
    title: str
    html: str
    published: datetime | None = None


def content_hash(title: str, text: str) -> str:
    """Digest (64 hex digits) of what an article says, blind to white space."""
    return _digest(_spaced(title), _spaced(text))


def keys(items: Sequence[Fields]) -> list[str | None]:
    """One key an item, in order, unique within the document, at most 80 characters; None for an item that
    says the same under the same id and link as another (its article is there already)."""
    copies = _copies(items)
    links = Counter(item.link.strip() for item, copy in zip(items, copies, strict=True) if not copy)
    bare = [None if copy else _plain(item, links) for item, copy in zip(items, copies, strict=True)]
    owners = _owners(items, bare)
    shared = {key for key, count in Counter(bare).items() if key is not None and count > 1}
    seen = {(key, *_telling(items[owners[key]])) for key in shared}
    found: list[str | None] = []
    taken: set[str] = set()
    for index, item in enumerate(items):
        key = bare[index]
        if key is not None and owners[key] != index:
            telling = (key, *_telling(item))
            key = None if telling in seen else _told_apart(key, item, items[owners[key]], taken)
            seen.add(telling)
        if key is not None:
            taken.add(key)
        found.append(key)
    return found


def _copies(items: Sequence[Fields]) -> list[bool]:
    """Which items repeat an earlier one to the letter."""
    named = [(item.guid.strip(), item.link.strip()) for item in items]
    counts = Counter(named)
    seen: set[tuple[str, ...]] = set()
    copies = []
    for item, names in zip(items, named, strict=True):
        # Whole texts are compared only where that may tell something.
        signature = (*names, _spaced(item.title), _spaced(item.html)) if counts[names] > 1 else names
        copies.append(signature in seen)
        seen.add(signature)
    return copies


def _plain(item: Fields, links: Counter[str]) -> str:
    guid, link = item.guid.strip(), item.link.strip()
    if guid:
        return f"g-{_digest(guid)}"
    if link and links[link] == 1:
        return f"l-{_digest(link)}"
    return f"c-{_content(item)}"


def _content(item: Fields) -> str:
    """What a reader would see of it: markup changes with every advertisement."""
    return content_hash(plain(item.title), plain(item.html))


def _telling(item: Fields) -> tuple[str, str]:
    return item.link.strip(), _content(item)


def _owners(items: Sequence[Fields], bare: Sequence[str | None]) -> dict[str, int]:
    """For each key the item that bears it unchanged: the oldest, and the last in the document among those
    of one age. New items come on top, so the choice stays the same when one is added."""
    owners: dict[str, int] = {}
    for index, key in enumerate(bare):
        if key is None:
            continue
        if key not in owners or (items[index].published or _LATE) <= (items[owners[key]].published or _LATE):
            owners[key] = index
    return owners


def _told_apart(key: str, item: Fields, owner: Fields, taken: set[str]) -> str:
    """The key of a further item with the id of `owner`: with its link, else with its content."""
    by_link, by_content = other_keys(key, *_telling(item))
    if item.link.strip() != owner.link.strip() and by_link not in taken:
        return by_link
    return by_content


def other_keys(key: str, link: str, content: str) -> tuple[str, str]:
    """The keys that an item with the id of `key` bears beside another one with that id: by its link, and by what it
    says (`content_hash`)."""
    return f"{key[:42]}-{_digest(link)[:36]}", f"{key[:42]}.{_digest(link, content)[:36]}"


def by_id(key: str) -> bool:
    """Whether this is the key of an item by nothing but its id."""
    return key.startswith("g-") and len(key) == _WHOLE


def short(key: str) -> str | None:
    """The beginning of the digest of the id or link that a key was made of, as `delta.named` has it; None for a key of
    what an item says."""
    return key[2:18] if key.startswith(("g-", "l-")) else None


def _spaced(text: str) -> str:
    return " ".join(text.split())


def _digest(*parts: str) -> str:
    return hashlib.sha256("\x1f".join(parts).encode("utf-8", "replace")).hexdigest()
