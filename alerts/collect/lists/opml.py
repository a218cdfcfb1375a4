"""Lists of feeds, in and out: OPML 2.0, which every feed reader takes, and plain lists of addresses.

What OPML has no word for (how a feed is weighed and polled here) stands in attributes of a namespace of our own, which
other readers leave alone; so what is exported and imported again is the same. Lists that others wrote are read with the
faults they usually have, and a line that cannot be used never keeps out the others.
"""

from __future__ import annotations

import html
import html.entities
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, fields, replace
from datetime import timedelta
from typing import Any, Final, TypeVar

from lxml import etree

from alerts.collect.formats.encoding import decode
from alerts.collect.lists.discovery import feed_address
from alerts.durations import duration, say
from alerts.errors import Fault, Level
from alerts.sizes import say_size, size

Value = TypeVar("Value")

NAMESPACE: Final = "urn:alerts:feeds:1"
_LONGEST_TAG: Final = 4000
_MOST_FAULTS: Final = 5  # of the form of one document: the rest follows from them
_ILLEGAL: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_PROLOG: Final = re.compile(
    r"\s*+(?:<\?(?:(?!\?>).)*+\?>|<!--(?:(?!-->).)*+-->|<!DOCTYPE[^\[<>]*+(?:\[(?:(?!\]\s*+>).)*+\]\s*+)?>)",
    re.DOTALL | re.IGNORECASE,
)
_REFERENCE: Final = re.compile(r"&(?:(#[0-9]{1,7};|#[xX][0-9a-fA-F]{1,6};)|([A-Za-z][A-Za-z0-9]{0,30});)?")
_XML_NAMES: Final = frozenset({"lt", "gt", "amp", "quot", "apos"})
_XML_URL: Final = re.compile(r"""\bxmlurl\s*+=\s*+(?:"([^"<>]*+)"|'([^'<>]*+)'|([^\s"'<>]++))""", re.IGNORECASE)
_TEXT: Final = re.compile(r"""\btext\s*+=\s*+"([^"<>]*+)""", re.IGNORECASE)
_COMMENT: Final = re.compile(r"<!--(?:(?!-->).)*+(?:-->|\Z)", re.DOTALL)
_YES: Final = {**dict.fromkeys(("yes", "true", "on", "1"), True), **dict.fromkeys(("no", "false", "off", "0"), False)}
_MARKS: Final = {"%": "%25", ",": "%2C", "/": "%2F"}
_MARK: Final = re.compile("%2[5CF]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A feed as a list has it; None: the list does not say. `country` is as written, `max_body` in bytes. `file` and
    `line` are where it stands."""

    url: str
    source: str | None = None
    language: str | None = None
    country: str | None = None
    tags: tuple[str, ...] | None = None
    owner: str | None = None
    tier: int | None = None
    critical: bool | None = None
    full_text: bool | None = None
    every: timedelta | None = None
    max_staleness: timedelta | None = None
    max_body: int | None = None
    active: bool | None = None
    file: str = ""
    line: int = 0


@dataclass(slots=True)
class _Reader:
    file: str
    faults: list[Fault]
    seen: set[str] = field(default_factory=set)

    def fault(self, line: int, message: str, level: Level = "error") -> None:
        self.faults.append(Fault(self.file, line, message, level))


def read(body: bytes, file: str) -> tuple[list[Listed], list[Fault]]:
    """The feeds of a list, each once, and all that is wrong with it. `file` is what faults call it."""
    reader = _Reader(file, [])
    text = _ILLEGAL.sub(" ", decode(body).text.lstrip("\ufeff").replace("\r\n", "\n").replace("\r", "\n"))
    if not text.strip():
        reader.fault(0, "the file is empty")
        return [], reader.faults
    found = list(_outlines(reader, text) if text.lstrip().startswith("<") else _lines(reader, text))
    return merged(found), sorted(reader.faults, key=lambda fault: fault.line)


def merged(found: Iterable[Listed]) -> list[Listed]:
    """Each feed once: readers list one in every folder it belongs to. Its tags are joined, and what its first place
    does not say, its others do."""
    feeds: dict[str, Listed] = {}
    for one in found:
        first = feeds.setdefault(one.url, one)
        if first is not one:
            unsaid = [one_field.name for one_field in fields(first) if getattr(first, one_field.name) is None]
            more: dict[str, Any] = {name: getattr(one, name) for name in unsaid}
            tags = tuple(dict.fromkeys((*(first.tags or ()), *(one.tags or ()))))
            feeds[one.url] = replace(first, **more | {"tags": tags or first.tags or one.tags})
    return list(feeds.values())


def _lines(reader: _Reader, text: str) -> Iterator[Listed]:
    """A plain list: an address a line; what follows a `#` at its beginning or after a space is a remark."""
    lines = [(number, line.strip()) for number, line in enumerate(text.split("\n"), 1)]
    lines = [(number, line.partition(" #")[0].strip()) for number, line in lines if line and not line.startswith("#")]
    if not any("://" in line for _, line in lines):
        reader.fault(0, "this is no list of feeds: neither OPML nor an address a line")
        return
    for number, line in lines:
        if (url := _address(reader, number, line)) is not None:
            yield Listed(url=url, file=reader.file, line=number)


def _address(reader: _Reader, line: int, text: str) -> str | None:
    try:
        return feed_address(text)
    except ValueError as error:
        reader.fault(line, f"{text[:200]}: {error}" if text else f"the address is empty: {error}")
        return None


def _outlines(reader: _Reader, text: str) -> Iterator[Listed]:
    text = _mended(text)
    root, broken = _parsed(reader, text)
    kind = "" if root is None else _local(root.tag)
    found = [] if root is None else list(_below(reader, root, ()))
    if broken:
        found += _left_behind(reader, text)
    if not found and kind != "opml" and (root is None or next(_named(root, "outline"), None) is None):
        reader.faults = [Fault(reader.file, 0, _what_it_is(kind))]
    yield from found


def _mended(text: str) -> str:
    """The document without its DOCTYPE, so that there is nothing to resolve, and all references as characters. Lines
    are counted as in the file."""
    at = 0
    while prolog := _PROLOG.match(text, at):
        at = prolog.end()
    return "\n" * text.count("\n", 0, at) + _REFERENCE.sub(_character, text[at:])


def _parsed(reader: _Reader, text: str) -> tuple[Any, bool]:
    """The root of the document, None if it has none; and whether there was something wrong with its form."""
    parser = etree.XMLParser(
        recover=True, resolve_entities=False, no_network=True, remove_comments=True, remove_pis=True
    )
    try:
        root = etree.fromstring(text, parser)
    except (etree.XMLSyntaxError, ValueError):
        return None, True
    lines = {error.line: error.message for error in reversed(parser.error_log) if "Namespace" not in error.message}
    for line, message in sorted(lines.items())[:_MOST_FAULTS]:
        reader.fault(line, f"not well-formed ({message.strip()}): it is read all the same", "warning")
    return root, bool(lines)


def _left_behind(reader: _Reader, text: str) -> Iterator[Listed]:
    """The feeds that the parser did not come to: behind an end tag too many, or beside a quotation mark too many."""
    text = _COMMENT.sub(lambda found: "\n" * found[0].count("\n"), text)
    line, at = 1, 0
    for found in _XML_URL.finditer(text):
        line, at = line + text.count("\n", at, found.start()), found.start()
        url = " ".join(html.unescape(found[1] or found[2] or found[3] or "").split())
        if url in reader.seen:
            continue
        reader.seen.add(url)
        if (address := _address(reader, line, url)) is not None:
            name = _TEXT.search(text, text.rfind("<", max(0, at - _LONGEST_TAG), at) + 1, at)
            source = " ".join(html.unescape(name[1]).split()) if name else ""
            yield Listed(url=address, source=source or None, file=reader.file, line=line)


def _character(found: re.Match[str]) -> str:
    """A reference as it may stand; `&` where it is none, as in addresses."""
    number, name = found[1], found[2]
    if number:
        code = int(number[2:-1], 16) if number[1] in "xX" else int(number[1:-1])
        legal = code in (9, 10, 13) or (32 <= code < 0x110000 and not _ILLEGAL.match(chr(code)))
        return found[0] if legal else " "
    if name in _XML_NAMES:
        return found[0]
    point = html.entities.name2codepoint.get(name or "")
    return f"&#{point};" if point else f"&amp;{found[0][1:]}"


def _what_it_is(kind: str) -> str:
    if kind in ("rss", "feed", "rdf"):
        return "this is a feed itself and no list of feeds; add it by its address: alerts feeds add URL"
    if kind == "html":
        return "this is a web page and no list of feeds (OPML): export the list from your reader again"
    return "this is no list of feeds: neither OPML nor an address a line"


def _local(tag: Any) -> str:
    return tag.rpartition("}")[2].rpartition(":")[2].lower() if isinstance(tag, str) else ""


def _named(element: Any, name: str) -> Iterator[Any]:
    return (one for one in element.iter() if _local(one.tag) == name)


def _below(reader: _Reader, element: Any, folders: tuple[str, ...]) -> Iterator[Listed]:
    """The feeds below an element, in the order of the document; it is never deep, for the parser refuses that."""
    for child in element:
        if _local(child.tag) != "outline":
            yield from _below(reader, child, folders)
            continue
        said = _Said(reader, child)
        if said.values.get("iscomment", "").lower() == "true":
            reader.seen.update(_Said(reader, one).values.get("xmlurl", "") for one in child.iter())
            continue
        url = said.url()
        if url is not None:
            reader.seen.add(url)
            if (address := _address(reader, said.line, url)) is not None:
                yield _listed(said, address, folders)
            yield from _below(reader, child, folders)
        else:
            name = said.name() if len(child) else None
            yield from _below(reader, child, (*folders, name) if name else folders)


class _Said:
    """The attributes of an outline: theirs by small names, ours apart."""

    def __init__(self, reader: _Reader, element: Any) -> None:
        self.reader, self.line = reader, element.sourceline or 0
        self.values: dict[str, str] = {}
        self.own: dict[str, str] = {}
        for key, value in element.attrib.items():
            name = str(key)
            # without its declaration the prefix is part of the name
            ours = name.startswith((f"{{{NAMESPACE}}}", "alerts:"))
            (self.own if ours else self.values)[re.split("[}:]", name)[-1].lower()] = " ".join(value.split())
        self.leaf = not len(element)

    def name(self) -> str | None:
        return self.values.get("text") or self.values.get("title") or None

    def url(self) -> str | None:
        """The address of its feed; None, with a remark where one is due, if it is none."""
        values, kind = self.values, self.values.get("type", "").lower()
        if "xmlurl" in values:
            return values["xmlurl"]
        if "url" in values and kind in ("rss", "atom", "feed"):
            return values["url"]
        if "url" in values and kind in ("include", "link"):
            self.reader.fault(
                self.line, f"{values['url']}: a list in the list is not followed; import it too", "warning"
            )
        elif self.leaf and values.get("htmlurl"):
            advice = f"names a page and no feed; look for one: alerts feeds check {values['htmlurl']}"
            self.reader.fault(self.line, f"'{self.name() or values['htmlurl']}' {advice}", "warning")
        return None

    def own_value(self, name: str, read: Callable[[str], Value]) -> Value | None:
        """One of our attributes by `read`; None, and told, if it cannot be read."""
        text = self.own.get(name)
        if text is None:
            return None
        try:
            return read(text)
        except ValueError as error:
            self.reader.fault(self.line, f"alerts:{name} is left out: {error}", "warning")
            return None


def _listed(said: _Said, url: str, folders: tuple[str, ...]) -> Listed:
    return Listed(
        url=url,
        source=said.name(),
        language=_language(said.values.get("language", "")),
        tags=_tags(said.values.get("category", ""), folders),
        country=said.own.get("country") or None,
        owner=said.own.get("owner") or None,
        tier=said.own_value("tier", tier),
        critical=said.own_value("critical", _yes),
        full_text=said.own_value("full-text", _yes),
        every=said.own_value("every", duration),
        max_staleness=said.own_value("max-staleness", duration),
        max_body=said.own_value("max-body", size),
        active=said.own_value("active", _yes),
        file=said.reader.file,
        line=said.line,
    )


def _language(text: str) -> str | None:
    """en of "en", "en-us", "EN_GB"; other readers write anything here ("unknown")."""
    found = re.fullmatch(r"([A-Za-z]{2})(?:[-_][A-Za-z0-9-]+)?", text)
    return found[1].lower() if found else None


def _tags(category: str, folders: tuple[str, ...]) -> tuple[str, ...] | None:
    """Tags from `category` (OPML 2.0: "wire,/Middle East/Syria") and from the folders it lies in."""
    parts = [part.strip() for path in category.split(",") for part in path.split("/")]
    names = [_MARK.sub(lambda found: chr(int(found[0][1:], 16)), part) for part in parts]
    return tuple(dict.fromkeys(name for name in (*names, *folders) if name)) or None


def tier(text: str) -> int:
    """1 to 5. Raises ValueError."""
    if text in {"1", "2", "3", "4", "5"}:
        return int(text)
    raise ValueError(f"'{text}' is no tier: a tier is a number from 1 (most trusted) to 5")


def _yes(text: str) -> bool:
    if text.lower() not in _YES:
        raise ValueError(f"'{text}' is neither yes nor no")
    return _YES[text.lower()]


def write(feeds: Iterable[Listed], title: str) -> str:
    """An OPML 2.0 document: the same feeds give the same text, whenever and in whatever order. A feed lies in the
    folder of its first tag; `category` has all of them."""
    folders: dict[str, list[Listed]] = {}
    for one in sorted(feeds, key=lambda one: ((one.tags or ("",))[0], one.source or "", one.url)):
        folders.setdefault((one.tags or ("",))[0], []).append(one)
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', f'<opml version="2.0" xmlns:alerts="{NAMESPACE}">']
    lines += [f"  <head><title>{_escaped(title)}</title></head>", "  <body>"]
    for folder, some in folders.items():
        if folder:
            lines.append(f'    <outline text="{_escaped(folder)}">')
        lines += [f"    {'  ' if folder else ''}<outline {_attributes(one)}/>" for one in some]
        if folder:
            lines.append("    </outline>")
    return "\n".join([*lines, "  </body>", "</opml>", ""])


def _attributes(one: Listed) -> str:
    name = one.source or one.url
    values = {"text": name, "title": name, "type": "rss", "xmlUrl": one.url}
    values["language"] = one.language or ""
    values["category"] = ",".join(_marked(tag) for tag in one.tags or ())
    own = {
        "country": one.country,
        "owner": one.owner,
        "tier": one.tier,
        "critical": "yes" if one.critical else None,
        "full-text": "yes" if one.full_text else None,
        "every": None if one.every is None else say(one.every),
        "max-staleness": None if one.max_staleness is None else say(one.max_staleness),
        "max-body": None if one.max_body is None else say_size(one.max_body),
        "active": "no" if one.active is False else None,
    }
    values |= {f"alerts:{key}": str(value) for key, value in own.items() if value is not None}
    return " ".join(f'{key}="{_escaped(value)}"' for key, value in values.items() if value)


def _marked(tag: str) -> str:
    return re.sub("[%,/]", lambda found: _MARKS[found[0]], tag)


def _escaped(text: str) -> str:
    text = " ".join(_ILLEGAL.sub(" ", text).split())
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")
