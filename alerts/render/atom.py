"""Alerts as an Atom feed (RFC 4287), with places as GeoRSS points.

Built as a tree, never as text: whatever an article's words hold, the document stays well-formed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from xml.etree.ElementTree import Element, SubElement, tostring

from alerts.render import cap
from alerts.render.fields import moment
from alerts.render.xmltext import clean, iri

MEDIA_TYPE: Final = "application/atom+xml"
_ATOM: Final = "http://www.w3.org/2005/Atom"
_GEORSS: Final = "http://www.georss.org/georss"


@dataclass(frozen=True, slots=True, kw_only=True)
class Category:
    """`term` is the word for machines, `label` the one for readers, `scheme` what kind of word it is."""

    scheme: str
    term: str
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AtomEntry:
    """One alert. `id` never changes; `updated` is the time of its last version, `published` of its first.

    `html` is the content as an HTML fragment, already escaped where it needs to be; `point` is
    (latitude, longitude); `related` are (title, address) of articles; `cap` is the address of its CAP message. Without
    a `url` the CAP message is what the entry stands for.
    """

    id: str
    url: str
    title: str
    summary: str
    html: str
    published: datetime
    updated: datetime
    categories: tuple[Category, ...] = ()
    point: tuple[float, float] | None = None
    related: tuple[tuple[str, str], ...] = ()
    cap: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AtomFeed:
    """The feed's own facts. `updated` stands only where there is no entry. What is empty is left out: the address of
    the `following` page (RFC 5005), the `hub` that tells of news, the `rights` of who reads it."""

    id: str
    self_url: str
    page_url: str
    title: str
    subtitle: str
    author: str
    updated: datetime
    following: str = ""
    hub: str = ""
    rights: str = ""


def atom(feed: AtomFeed, entries: Sequence[AtomEntry]) -> bytes:
    """The document, in UTF-8. All addresses must be absolute."""
    root = Element("feed", {"xmlns": _ATOM, "xmlns:georss": _GEORSS, "xml:lang": "en"})
    _text(root, "id", iri(feed.id))
    _text(root, "title", feed.title)
    _text(root, "subtitle", feed.subtitle)
    _text(root, "updated", moment(max((entry.updated for entry in entries), default=feed.updated)))
    _link(root, "self", feed.self_url, media_type=MEDIA_TYPE)
    _link(root, "alternate", feed.page_url, media_type="text/html")
    for relation, address in (("next", feed.following), ("hub", feed.hub)):
        if address:
            _link(root, relation, address)
    if feed.rights:
        _text(root, "rights", feed.rights)
    _text(SubElement(root, "author"), "name", feed.author)
    for entry in entries:
        _entry(SubElement(root, "entry"), entry)
    document: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
    return document


def _entry(parent: Element, entry: AtomEntry) -> None:
    _text(parent, "id", iri(entry.id))
    _text(parent, "title", entry.title)
    _text(parent, "published", moment(entry.published))
    _text(parent, "updated", moment(entry.updated))
    if entry.url:
        _link(parent, "alternate", entry.url, media_type="text/html")
    if entry.cap:
        _link(parent, "alternate", entry.cap, media_type=cap.MEDIA_TYPE)
    for title, address in entry.related:
        _link(parent, "related", address, title=title)
    for category in entry.categories:
        names = {"scheme": iri(category.scheme), "term": category.term, "label": category.label}
        SubElement(parent, "category", {name: clean(value) for name, value in names.items()})
    if entry.point is not None:
        _text(parent, "georss:point", f"{entry.point[0]:.6g} {entry.point[1]:.6g}")
    _text(parent, "summary", entry.summary)
    if entry.html:
        _text(parent, "content", entry.html).set("type", "html")


def _link(parent: Element, relation: str, address: str, *, media_type: str = "", title: str = "") -> None:
    attributes = {"rel": relation, "href": iri(address), "type": media_type, "title": clean(title)}
    SubElement(parent, "link", {name: value for name, value in attributes.items() if value})


def _text(parent: Element, tag: str, text: str) -> Element:
    element = SubElement(parent, tag)
    element.text = clean(text)
    return element
