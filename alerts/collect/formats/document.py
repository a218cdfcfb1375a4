"""A feed document made safe and readable before the parser sees it, at a cost linear in its length.

feedparser is generous but trusts its input: entity bombs, a thousand attributes or a stray backslash cost
seconds, gigabytes or an exception. Here the prolog goes (with every DOCTYPE), characters XML forbids go,
what is broken in usual ways is mended, and what only an attacker writes is refused.
"""

from __future__ import annotations

import html.entities
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import islice
from xml.parsers import expat

from alerts.collect.formats import sections
from alerts.errors import ParseError

MOST_ITEMS = 2_000
FEW_ITEMS, FEW_BYTES = 50, 1024 * 1024  # of a document that cost too much at the first try
MOST_ATTRIBUTES = 200
MOST_NAMESPACES = 200
MOST_OPEN = 2_000
_MOST_ENTITIES, _LONGEST_ENTITY = 300, 64

# Every pattern here is linear: possessive repeats, and "up to the end" where a closing mark may be missing.
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_CONTROLS = bytes({*range(32)} - {9, 10, 13})
_PROLOG = re.compile(
    r"""\s*+(?:<\?(?:(?!\?>).)*+\?>|<!--(?:(?!-->).)*+-->|<!DOCTYPE[^\[<>]*+(?:\[(?:(?!\]\s*+>).)*+\]\s*+)?>)""",
    re.DOTALL | re.IGNORECASE,
)
_ENTITY = re.compile(r"""<!ENTITY\s++(\w{1,40})\s++(?:"([^"]*+)"|'([^']*+)')\s*+>""")
_CHARACTER = re.compile(r"&#(?:[0-9]{1,7}|[xX][0-9a-fA-F]{1,6});")
_ROOT = re.compile(r"<([A-Za-z_][\w.:-]{0,60})")
_TAG = re.compile(r"""<(/?)[A-Za-z_:][^<>"'/]*+(?:"[^"<]*+"|'[^'<]*+'|/(?!>)|[^<>"'/]++)*+(/?)""")
_ATTRIBUTE = re.compile(r"""=\s*+["']""")
_NAMESPACE = re.compile(r"""\sxmlns(?::[\w.-]+)?\s*+=\s*+["']([^"'<]*+)""")
_NAMED_END = re.compile(r"</(?:guid|id|(?:[\w.-]+:)?link)\s*+>", re.IGNORECASE)
_BROKEN = re.compile(
    sections.OPAQUE + r"|&(?:#(?P<char>[0-9]{1,8}|[xX][0-9a-fA-F]{1,7});|(?P<name>\w{1,40});)?|<(?![A-Za-z_:/!?])"
    r"""|<(?:\?(?![^<]*+\?>)|(?=(?P<word>[A-Za-z_:][A-Za-z0-9_.:-]{0,40})[^<>"'=]*+<))""",
    re.DOTALL,
)
_ENDED = re.compile(r"</([A-Za-z0-9_.:-]{1,40})")
_RUN = re.compile(r"([<&])\1{31,}+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A document's text from its root element on; `bare` is the same with CDATA and comments blanked.

    `written` is the text before any base of links was taken out of it, positions unchanged. `places` are those of its
    items in all three, if they stand side by side, and what is in CDATA or a comment is beyond doubt; `items` counts
    its items as their tags show them; `truncated`: some are missing or left out; `broken`: because the document ends
    in the middle; `mended`: it was no XML as it came, and may not be yet.
    """

    text: str
    root: str
    entities: dict[str, str]
    bare: str = ""
    written: str = ""
    places: Sequence[tuple[int, int]] = ()
    items: int = 0
    truncated: bool = False
    broken: bool = False
    mended: bool = False
    warnings: tuple[str, ...] = ()


def prepare(text: str, *, url: str, cut: bool = False, most_items: int = MOST_ITEMS) -> Document:
    """The document the parser may see. `cut`: we have only its beginning.

    Raises ParseError: `empty`, or `hostile` for what would cost the parser too much.
    """
    return checked(outlined(text, url=url, cut=cut, most_items=most_items), url=url)


def outlined(text: str, *, url: str, cut: bool = False, most_items: int = MOST_ITEMS) -> Document:
    """The document without its prolog, ended where it should be: what can be cut into items. Raises ParseError."""
    text = legal(text).lstrip("\ufeff")
    if not text.strip():
        raise ParseError(url, "the document is empty", reason="empty")
    prolog, body = _divide(text)
    written, bare, doubtful = sections.divided(body)
    mended = written is not body
    warnings = ("CDATA or a comment has no end",) if mended else ()
    text, bare = sections.without_bases(written, bare)
    found = _ROOT.match(text)
    document = Document(
        text=text,
        bare=bare,
        written=written,
        root=found[1] if found else "",
        entities=_simple_entities(prolog),
        mended=mended,
        warnings=warnings,
    )
    document = _limited(_whole(document, cut=cut), most_items)
    return replace(document, places=()) if doubtful else document


def checked(document: Document, *, url: str) -> Document:
    """An outlined document that the parser may see, mended if it must be. Raises ParseError."""
    _refuse_costly(document.bare, url)
    return document if _well_formed(document.text) else replace(document, text=_mended(document), mended=True)


def item_starts(text: str) -> list[int]:
    """Where items begin, in order; not those in CDATA and comments."""
    return [found.start() for found in sections.ITEM_START.finditer(sections.blanked(text))]


def legal(text: str) -> str:
    """`text` without the characters XML forbids; nearly always `text` itself, so that is found out first, in bytes."""
    try:
        data = text.encode()
    except UnicodeEncodeError:  # halves of characters
        return _ILLEGAL.sub("", text)
    odd = len(data.translate(None, _CONTROLS)) < len(data) or "\ufffe" in text or "\uffff" in text
    return _ILLEGAL.sub("", text) if odd else text


def _divide(text: str) -> tuple[str, str]:
    """Declarations, comments and DOCTYPE before the root element; and all from the root element on."""
    at = 0
    while found := _PROLOG.match(text, at):
        at = found.end()
    root = _ROOT.search(text, at)
    start = root.start() if root else at
    return text[:start], text[start:]


def _simple_entities(prolog: str) -> dict[str, str]:
    """Entities that stand for a few characters, as old feeds declare them; bombs and files are ignored."""
    entities = {}
    for found in _ENTITY.finditer(prolog):
        value = found[2] if found[2] is not None else found[3]
        if len(value) <= _LONGEST_ENTITY and "&" not in _CHARACTER.sub("", value) and "<" not in value:
            entities[found[1]] = value
        if len(entities) >= _MOST_ENTITIES:
            break
    return entities


def _whole(document: Document, *, cut: bool) -> Document:
    """A document that ends too early, closed after its last whole item.

    If it was not cut by us, a last item that has its id or link is kept as it is: a server that always
    breaks off at one place must not hide it for ever.
    """
    bare = document.bare
    starts, ends = list(sections.ITEM_START.finditer(bare)), [at.end() for at in sections.ITEM_END.finditer(bare)]
    items, last = len(starts), ends[-1] if ends else 0
    end = re.compile(rf"</{re.escape(document.root)}\s*+>", re.IGNORECASE).search(bare, last)
    if not cut and (end or not document.root):
        last = end.end() if end else len(bare)
        if sections.ITEM_START.search(bare, last):  # then that was no root, but some element before the items
            last = len(bare)
        places = sections.side_by_side(starts, ends)
        return replace(_without_rest(document, last), items=items, places=places)
    if not items:
        return replace(document, truncated=cut)
    document = replace(
        document,
        items=items,
        truncated=True,
        broken=True,
        warnings=(*document.warnings, "the document ends in the middle"),
    )
    rest = bare[last:]
    if last == 0 or (not cut and sections.ITEM_START.search(rest) and _NAMED_END.search(rest)):
        return document
    return replace(_closed(document, last), items=items - len(sections.ITEM_START.findall(rest)))


def _without_rest(document: Document, end: int) -> Document:
    """`document` without what follows its root element (scripts of the server, a second document)."""
    if not document.bare[end:].strip():
        return document
    warnings = (*document.warnings, "text after the end of the feed")
    return replace(document, text=document.text[:end], bare=document.bare[:end], warnings=warnings)


def _closed(document: Document, at: int) -> Document:
    """`document` up to `at`, the end of an item, with the end tags that are then missing."""
    text, bare = document.text[:at], document.bare[:at]
    ends = "</channel>" if "<channel" in bare and "</channel" not in bare else ""
    ends += f"</{document.root}>"
    return replace(document, text=text + ends, bare=bare + ends)


def _limited(document: Document, most: int) -> Document:
    """Not more items than anybody reads: the first ones (new items come on top). Of a document that cost too much,
    nothing behind its items either."""
    if document.items <= most:
        return _without_tail(document) if most < MOST_ITEMS else document
    beyond = next(islice(sections.ITEM_START.finditer(document.bare), most, None))
    warning = f"{document.items} items: only the first {most} are read"
    warnings = (*document.warnings, warning)
    return replace(_closed(document, beyond.start()), items=most, truncated=True, warnings=warnings)


def _without_tail(document: Document) -> Document:
    ends = [found.end() for found in sections.ITEM_END.finditer(document.bare)]
    return _closed(document, ends[-1]) if ends else document


def _refuse_costly(bare: str, url: str) -> None:
    """Raise ParseError for what costs the parser the square of its size, and no feed has."""
    if bare.count("xmlns") > MOST_NAMESPACES and len(set(_NAMESPACE.findall(bare))) > MOST_NAMESPACES:
        raise ParseError(url, f"more than {MOST_NAMESPACES} namespaces", reason="hostile")
    parts = bare.split("<")
    if len(parts) <= MOST_OPEN and all(len(part) < 1000 or part.count("=") <= MOST_ATTRIBUTES for part in parts):
        return
    depth = 0
    for found in _TAG.finditer(bare):
        if found[1]:
            depth -= 1
        elif not found[2]:
            # From item to item: in old feeds each leaves some <br> and <p> open.
            depth = 0 if sections.ITEM_START.match(found[0] + " ") else depth + 1
            if depth > MOST_OPEN:
                raise ParseError(url, f"more than {MOST_OPEN} elements are open at once", reason="hostile")
        if found.end() - found.start() > 1000 and len(_ATTRIBUTE.findall(found[0])) > MOST_ATTRIBUTES:
            raise ParseError(url, f"an element with more than {MOST_ATTRIBUTES} attributes", reason="hostile")


def _well_formed(text: str) -> bool:
    parser = expat.ParserCreate(namespace_separator=" ")
    try:
        parser.Parse(text.encode(), True)
    except (expat.ExpatError, ValueError):
        return False
    return True


def _mended(document: Document) -> str:
    """The usual faults put right: a bare `&` or `<`, entities of HTML, characters that do not exist."""
    entities, left = document.entities, len(document.text)
    elements = {"item", "entry", *(name.lower() for name in _ENDED.findall(document.text))}

    def put(found: re.Match[str]) -> str:
        name, char, part = found["name"], found["char"], found[0]
        if char:
            return part if _is_character(char) else ""
        if name:
            text = part if name in _XML_NAMES else _entity(name, entities)
            nonlocal left
            left -= len(text) - len(part)
            return text if left > 0 else ""  # what grows to twice its size is no text
        if part in ("<", "<?"):
            # Of an element that has an end elsewhere, it is the `>` that is missing.
            return part if (found["word"] or "").lower() in elements else part.replace("<", "&lt;")
        return "&amp;" if part == "&" else part

    return _BROKEN.sub(put, _RUN.sub(lambda found: found[1] * 32, document.text))


_XML_NAMES = frozenset({"lt", "gt", "amp", "quot", "apos"})


def _entity(name: str, declared: dict[str, str]) -> str:
    if name in declared:
        return declared[name]
    point = html.entities.name2codepoint.get(name)
    return f"&#{point};" if point else f"&amp;{name};"


def _is_character(number: str) -> bool:
    """May `&#number;` stand in a document (XML 1.0, 2.2)?"""
    code = int(number[1:], 16) if number[0] in "xX" else int(number)
    return code in (9, 10, 13) or 32 <= code < 0xD800 or 0xE000 <= code < 0xFFFE or 0x10000 <= code < 0x110000
