"""Only what is new in a document need be parsed: of thirty items of a feed mostly one or two are.

A document is cut into its items, and each is known again by a digest of its text. What must never happen is that an
item is told apart otherwise than in a whole parse, or that one which changed is left out. So everything that could
make one item's meaning depend on another (an id or link they share, namespaces they declare, markup that the parser
does not keep apart), or on what stands around them, leads to None here: then the whole is parsed.

`marks` are what is kept from one document to the next: for each item 24 bytes, digests of its text, its id and its
link. They are of no use to anybody else.

Most of a document need not even be decoded: an item that stands in its bytes as it stood in the last document's is
`hollowed` there, to an empty element that bears its digest. All that is said above is then asked of the hollow
document: an item that was cut from one leaves nothing open behind it, so what stands around it means the same without.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from itertools import chain
from typing import NamedTuple

from alerts.collect.formats.document import Document
from alerts.collect.formats.raw import RawFeed, RawItem
from alerts.collect.formats.sections import outside

_VERSION = b"delta2\n"
_SIZE = 8
_NOTHING = bytes(_SIZE)
_AFTER_NAME = frozenset((b" ", b"\t", b"\r", b"\n", b"/", b">"))

# Possessive repeats: what is hostile must not cost the square of its length.
_TAG = re.compile(r"""<(/?)((?:[\w.-]++:)?+([\w.-]++))((?:[^<>"'/]++|"[^"<]*+"|'[^'<]*+'|/(?!>))*+)(/?)>""")
_FIRST = re.compile(rb"<((?:[\w.-]++:)?+(?:item|entry))[\s/>]", re.IGNORECASE)
_NAME = re.compile(r"<(/?[\w:.-]+)")
_DECLARING = re.compile(r"""xmlns(?<=\sxmlns)(?::[\w.-]+)?\s*+=\s*+["']""")
_DECLARED = re.compile(r"""xmlns(?<=\sxmlns)(?::([\w.-]+))?\s*+=\s*+["']([^"'<]*+)["']""")
# They begin with a word, which is found ten times quicker than a blank.
BASE = re.compile(r"base(?<=[\s:]base)\s*+=")
_NO_EMPTY_BASE = re.compile(BASE.pattern + r"""\s*+["'][^"']""")
_LANGUAGE = re.compile(r"lang(?<=[\s:]lang)\s*+=")
# Elements whose content the parser collects as text, markup and all; it knows their names in any namespace.
_TEXT = (
    r"title|subtitle|tagline|rights|copyright|description|abstract|info|browserfriendly|summary|content|body|encoded"
)
_TEXTS = frozenset((*_TEXT.split("|"), "fullitem"))
_INLINE = re.compile(
    rf"<(?!media:content[\s/>])(?:[\w.-]++:)?+(?:{_TEXT}|fullitem)(?:\s[^<>]*+)?(?<!/)>[^<]*+<(?!/)", re.IGNORECASE
)
# Markup within text whose end tags mean nothing to the parser; others, as </title>, it takes for the item's own.
HARMLESS = frozenset(
    "p a b i em strong u s small big sub sup br hr img ul ol li dl dt dd table thead tbody tfoot tr td th caption "
    "h1 h2 h3 h4 h5 h6 blockquote pre code span div figure figcaption q abbr font center".split()
)
_ROOTS = frozenset({"rss", "rdf", "feed"})
_RSS_1 = ("http://purl.org/rss/1.0/", "http://my.netscape.com/rdf/simple/0.9/")


class Mark(NamedTuple):
    """One item: digests of its text, its id and its link (zeros where it has none)."""

    print: bytes
    guid: bytes
    link: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """A document in items. `ranges` are their places in the text, `prints` the digests of these; `frame` is the
    digest of what gives all of them their meaning, `based`: among that is a base of links."""

    ranges: Sequence[tuple[int, int]]
    prints: Sequence[bytes]
    frame: bytes
    based: bool

    def apart(self, bare: str, which: Iterable[int]) -> bool:
        """Can each of these items be read without what stands before it?"""
        items = [bare[slice(*self.ranges[index])] for index in which]
        # Where there was no base before, the parser forgets to take back that of an item.
        return all(map(keeps_to_itself, items)) and (self.based or not any(map(BASE.search, items)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Hollow:
    """The bytes of a document in which `count` items are hollow. `prints`: the digests they stand for, by what they now
    look like."""

    body: bytes
    prints: Mapping[str, bytes]
    count: int


def hollowed(body: bytes, seen: bytes) -> Hollow | None:
    """`body` with the items that were `seen` hollow; None if there is none. It must yet be UTF-8, and `cut` with all of
    them found again."""
    first = _FIRST.search(body)
    known = _prints(seen)
    if first is None or not known:
        return None
    parts: list[bytes] = []
    prints: dict[str, bytes] = {}
    at = 0
    for start, end in _ranges(body, first[1]):
        print = sha256(body[start:end]).digest()[:_SIZE]
        if print in known:
            hollow = b"<%b>%b</%b>" % (first[1], print.hex().encode(), first[1])
            parts += body[at:start], hollow
            prints[hollow.decode()] = print
            at = end
    return Hollow(body=b"".join((*parts, body[at:])), prints=prints, count=len(parts) // 2) if parts else None


def _ranges(body: bytes, name: bytes) -> Iterator[tuple[int, int]]:
    """Where elements of this name seem to be."""
    opening, closing, at = b"<" + name, b"</" + name + b">", 0
    while (start := body.find(opening, at)) >= 0:
        at = start + len(opening)
        if body[at : at + 1] in _AFTER_NAME:
            end = body.find(closing, at)
            if end < 0:
                return
            at = end + len(closing)
            yield start, at


def cut(document: Document, url: str, hollow: Hollow | None = None) -> Cut | None:
    """`document` (from `url`) in its items; None if they cannot be told from each other and from the rest for sure."""
    bare = document.bare
    kind = document.root.rpartition(":")[2].lower()
    if document.truncated or document.warnings or kind not in _ROOTS or "<?" in bare or len(bare) != len(document.text):
        return None
    ranges = document.places
    if not ranges:
        return None
    head, around = bare[: ranges[0][0]], outside(bare, ranges)
    meaningful = _meaningful(head)
    based = any(_NO_EMPTY_BASE.search(tag) for tag in meaningful[:1])
    if not _names_agree(bare, head, kind) or not keeps_to_itself(around) or (not based and BASE.search(around)):
        return None
    prints = _prints_of(document, hollow)
    if prints is None:
        return None
    return Cut(
        ranges=ranges,
        prints=prints,
        frame=digest(_base(url), *meaningful, *sorted(set(_NAME.findall(around)))),
        based=based,
    )


def _prints_of(document: Document, hollow: Hollow | None) -> list[bytes] | None:
    """The items' digests; None if some that are `hollow` are no items. They are of an item's bytes in UTF-8, unless
    what it declares may matter to others: that must be seen each time."""
    written = [document.written[start:end] for start, end in document.places]
    declaring = ["xmlns" in document.bare[start:end] for start, end in document.places]
    empty: Mapping[str, bytes] = hollow.prints if hollow else {}
    if hollow and sum(item in empty for item in written) != hollow.count:
        return None
    return [
        empty.get(item) or (digest(item, "declares") if declares else digest(item))
        for item, declares in zip(written, declaring, strict=True)
    ]


def _meaningful(head: str) -> list[str]:
    """The root's tag, and tags that declare namespaces, languages and bases: some are those of the items too."""
    tags = [found[0] for found in _TAG.finditer(head)]
    return [*tags[:1], *(tag for tag in tags[1:] if "xmlns" in tag or _inherited(tag))]


def _base(url: str) -> str:
    """What links are resolved against; redirects may add a query that is another each time."""
    return url.partition("#")[0].partition("?")[0]


def _inherited(markup: str) -> bool:
    return bool(BASE.search(markup) or _LANGUAGE.search(markup))


def _names_agree(bare: str, head: str, kind: str) -> bool:
    """May an item be read without the namespaces that others declare? The parser remembers all declarations, so
    each prefix must mean one thing in the whole document, and each namespace have one prefix."""
    if bare.count("xmlns") == head.count("xmlns"):
        return True
    declared = _DECLARED.findall(bare)
    if len(declared) != len(_DECLARING.findall(bare)):
        return False
    distinct = set(declared)
    prefixes = [prefix for prefix, _ in distinct if prefix]
    if len(set(prefixes)) < len(prefixes) or len({name.lower() for _, name in distinct}) < len(distinct):
        return False
    # The version of RDF documents is told by their namespace alone.
    return kind != "rdf" or any(name in head.lower() for name in _RSS_1)


def keeps_to_itself(bare: str) -> bool:
    """Can what follows this piece (without CDATA and comments) be read without it?

    Not when there is markup within text, unless it is of the harmless kind: at the end of `<summary>` within a
    text the parser ends the text, and counts wrongly from there on.
    """
    if not _INLINE.search(bare):
        return True
    if _inherited(bare):
        return False
    within: list[str] = []
    for found in _TAG.finditer(bare):
        name = found[3].lower()
        if within and name not in HARMLESS and found[2] != within[-1]:
            return False
        if found[1]:
            if within and found[2] == within[-1]:
                within.pop()
        elif not found[5] and name in _TEXTS and not found[2].lower().startswith("media:"):
            if within:
                return False
            within.append(found[2])
    return not within


def reduced(document: Document, cut: Cut, keep: Sequence[int]) -> Document:
    """`document` with only the items in `keep`; all else as it is."""
    kept = set(keep)
    dropped = [place for index, place in enumerate(cut.ranges) if index not in kept]
    return Document(
        text=outside(document.text, dropped),
        bare=outside(document.bare, dropped),
        root=document.root,
        entities=document.entities,
        items=len(keep),
    )


def fresh(print: bytes, guid: str, link: str) -> Mark:
    """The mark of an item just read; `guid` and `link` as `identity` takes them."""
    guid, link = guid.strip(), link.strip()
    return Mark(print, digest(guid) if guid else _NOTHING, digest(link) if link else _NOTHING)


def settled(marks: Sequence[Mark], known: Sequence[Mark]) -> bool:
    """Does every item of the document (`marks`) have a key that those left out (in `known`) have no part in, and
    those left out the key they had? Keys are `identity.keys`."""
    if not _told_apart(marks):
        return False
    before, now = _sharing(known), _sharing(marks)
    old = {mark.print for mark in known}
    return all(prints == before.get(guid) for guid, prints in now.items() if not old.isdisjoint(prints))


def _told_apart(marks: Sequence[Mark]) -> bool:
    """Does each item have an id, or a link of its own? Others are known by what they say."""
    links = Counter(mark.link for mark in marks)
    return all(mark.guid != _NOTHING or (mark.link != _NOTHING and links[mark.link] == 1) for mark in marks)


def _sharing(marks: Iterable[Mark]) -> dict[bytes, list[bytes]]:
    """For each id the items that bear it, in order."""
    sharing: dict[bytes, list[bytes]] = {}
    for mark in marks:
        if mark.guid != _NOTHING:
            sharing.setdefault(mark.guid, []).append(mark.print)
    return sharing


def packed(frame: bytes, marks: Sequence[Mark]) -> bytes:
    """Marks to be kept; b"" if there are items that the next document could not be compared with."""
    if not _told_apart(marks):
        return b""
    return b"".join((_VERSION, frame, *chain.from_iterable(marks)))


def unpacked(data: bytes, frame: bytes) -> list[Mark]:
    """What `packed` kept; empty when it is of another kind of document, or of another version of this."""
    rest = data.removeprefix(_VERSION + frame)
    if len(rest) == len(data) or len(rest) % (3 * _SIZE):
        return []
    parts = [rest[at : at + _SIZE] for at in range(0, len(rest), _SIZE)]
    return list(map(Mark, parts[::3], parts[1::3], parts[2::3]))


def _prints(data: bytes) -> frozenset[bytes]:
    """The items' digests in what `packed` kept, whatever its frame."""
    if not data.startswith(_VERSION):
        return frozenset()
    return frozenset(data[at : at + _SIZE] for at in range(len(_VERSION) + _SIZE, len(data), 3 * _SIZE))


def named(data: bytes) -> frozenset[str] | None:
    """The ids and links of all items in what `packed` kept, as `identity.short` has them of keys; None where
    nothing was kept, so that nobody knows what stood in the document."""
    if not data.startswith(_VERSION):
        return None
    rest = data[len(_VERSION) + _SIZE :]
    parts = (rest[at : at + _SIZE] for at in range(0, len(rest), _SIZE))
    return frozenset(part.hex() for index, part in enumerate(parts) if index % 3 and part != _NOTHING)


def of_items(feed: RawFeed, url: str, seen: bytes) -> RawFeed:
    """The same for a format whose items are read at little cost: `feed` without the items that were in `seen`."""
    if feed.truncated or feed.warnings:
        return feed
    frame = digest(_base(url), feed.version)
    marks = [fresh(_of_fields(item), item.guid, item.link) for item in feed.items]
    whole = replace(feed, marks=packed(frame, marks))
    known = unpacked(seen, frame)
    if not known or not settled(marks, known):
        return whole
    prints = {mark.print for mark in known}
    new = [item for item, mark in zip(feed.items, marks, strict=True) if mark.print not in prints]
    return replace(whole, items=new, unchanged=len(marks) - len(new), rung="delta")


def _of_fields(item: RawItem) -> bytes:
    published = item.published.isoformat() if item.published else ""
    fields = (item.guid, item.link, item.title, item.html, published, item.language or "", item.cap)
    return digest(*fields, *item.sections)


def digest(*parts: str) -> bytes:
    return sha256("\x1f".join(parts).encode("utf-8", "replace")).digest()[:_SIZE]
