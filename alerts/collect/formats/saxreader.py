"""The reader of XML that feedparser is given: Python's own, at two thirds of the cost.

It hands text over in one piece; as it comes, it calls feedparser for each line and each `&lt;`, five thousand times
for a feed of thirty articles. And it leaves out what an article is not made of: who wrote it, how many comments it has,
where on earth it lies; in feeds of disasters these are nine elements in ten.
feedparser finds it by the name of this module (`feedparser.PREFERRED_XML_PARSERS`).
"""

from __future__ import annotations

from collections.abc import Mapping
from xml.parsers.expat import XMLParserType
from xml.sax.expatreader import ExpatParser
from xml.sax.handler import ContentHandler

_PIECE = 1 << 16  # characters that are handed over at once
_ATOM, _DC = "http://www.w3.org/2005/Atom", "http://purl.org/dc/elements/1.1/"
_MEDIA, _SYNDICATION = "http://search.yahoo.com/mrss/", "http://purl.org/rss/1.0/modules/syndication/"
# Namespaces of which feedparser makes nothing that `xmlfeed` reads, and elements that it does not read either.
_UNUSED_NAMESPACES = frozenset(
    {
        "http://www.georss.org/georss",
        "http://www.w3.org/2003/01/geo/wgs84_pos#",
        "http://www.gdacs.org",
        "http://glidenumber.net",
        "http://purl.org/rss/1.0/modules/slash/",
        "http://wellformedweb.org/CommentAPI/",
        "http://purl.org/syndication/thread/1.0",
        "com-wordpress:feed-additions:1",
    }
)
_UNUSED = frozenset(
    {
        "author",
        "comments",
        "links",  # feedparser would put it where it keeps each <link>
        *(f"{_ATOM} {name}" for name in ("author", "contributor")),
        *(f"{_DC} {name}" for name in ("creator", "contributor", "publisher")),
        *(f"{_MEDIA} {name}" for name in ("thumbnail", "credit", "copyright", "text")),
    }
)
_UNUSED_OF_FEED = frozenset(
    {
        *(
            "cloud",
            "copyright",
            "docs",
            "generator",
            "image",
            "lastBuildDate",
            "links",
            "managingEditor",
            "pubDate",
            "skipDays",
        ),
        *("skipHours", "textInput", "ttl", "webMaster"),
        *(f"{_ATOM} {name}" for name in ("author", "contributor", "generator", "icon", "logo", "rights", "updated")),
        *(f"{_SYNDICATION} {name}" for name in ("updateBase", "updateFrequency", "updatePeriod")),
    }
)
# By the names of the elements in which they stand.
_UNUSED_IN = {"item": _UNUSED, "entry": _UNUSED, "channel": _UNUSED_OF_FEED, "feed": _UNUSED_OF_FEED}
_CONTAINERS = frozenset({"rss", "RDF", "channel", "feed", "item", "entry"})
_DEEPEST = 3  # elements open in an item of RSS; what is called so further in is some drawing's


class _Reader(ExpatParser):
    _parser: XMLParserType
    _cont_handler: ContentHandler

    def reset(self) -> None:
        super().reset()
        self._parser.buffer_text = True
        self._parser.buffer_size = _PIECE
        self._parser.CharacterDataHandler = self._text
        self._open: list[str] = []
        self._left_out = 0  # elements open in one that is left out
        self._known: dict[tuple[str, str], bool] = {}

    def start_element_ns(self, name: str, attrs: Mapping[str, str]) -> None:
        if self._left_out:
            self._left_out += 1
        elif 0 < len(self._open) <= _DEEPEST and self._unused(self._open[-1], name):
            self._left_out = 1
            self._parser.CharacterDataHandler = None
        else:
            self._open.append(_local(name))
            super().start_element_ns(name, attrs)

    def end_element_ns(self, name: str) -> None:
        if self._left_out:
            self._left_out -= 1
            if not self._left_out:
                self._parser.CharacterDataHandler = self._text
        else:
            self._open.pop()
            super().end_element_ns(name)

    def _text(self, text: str) -> None:
        # What stands between elements is half of all pieces.
        if not (text.isspace() and self._open[-1] in _CONTAINERS and len(self._open) <= _DEEPEST):
            self._cont_handler.characters(text)

    def _unused(self, parent: str, name: str) -> bool:
        unused = self._known.get((parent, name))
        if unused is None:
            unused = self._known[parent, name] = _is_unused(parent, *name.split(" ")[:2])
        return unused


def _is_unused(parent: str, *name: str) -> bool:
    elements = _UNUSED_IN.get(parent, frozenset())
    return bool(elements) and (" ".join(name) in elements or (name[0] in _UNUSED_NAMESPACES and name[-1] != "cap"))


def _local(name: str) -> str:
    return name.split(" ", 2)[1] if " " in name else name


def create_parser() -> ExpatParser:
    """A fresh reader; xml.sax asks every driver for one by this name."""
    return _Reader()
