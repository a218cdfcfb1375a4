"""CDATA and comments: what is in them is no markup, so one that is never closed hides the items after it.

Such a one is closed before anything else is judged. A document with as many ends as beginnings, as nearly all
have, costs a few counts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

ITEM_START = re.compile(r"<(?:[\w.-]+:)?(?:item|entry)(?=[\s/>])", re.IGNORECASE)
ITEM_END = re.compile(r"</(?:[\w.-]+:)?(?:item|entry)\s*+>", re.IGNORECASE)
# Linear, as every pattern here: "up to the end" where a closing mark may be missing.
OPAQUE = (
    r"<!\[CDATA\[[^\]]*+(?:\](?!\]>)[^\]]*+)*+(?:\]\]>|\Z)"
    r"|<!--[^-]*+(?:-(?!->)[^-]*+)*+(?:-->|\Z)"
)
_OPAQUE = re.compile(OPAQUE)
_BEGINNING = re.compile(r"<!(?:\[CDATA\[|--)")
_COMMENT, _COMMENT_END, _CDATA_END = re.compile("<!--"), re.compile("-->"), re.compile(r"\]\]>")
_BASE = re.compile(
    r"<(?:[\w.-]+:)?(?:content|summary|title|subtitle|rights|description|encoded)(?=\s)[^<>]*?"
    r"""(\sxml:base\s*+=\s*+(?:"[^"<]*+"|'[^'<]*+'))""",
    re.IGNORECASE,
)
_ELEMENT = re.compile(r"<([A-Za-z_][\w.:-]{0,40})(?:\s[^<>]{0,200})?>\s{0,50}\Z")
_LOOK_BACK = 300


def divided(text: str) -> tuple[str, str, bool]:
    """`text` with what is never closed in it `closed`, the same `blanked`, and whether any was in doubt."""
    bare, odd = _blanked(text)
    if odd and (mended := closed(text)) is not text:
        return mended, blanked(mended), odd
    return text, bare, odd


def blanked(text: str) -> str:
    """`text` with CDATA and comments blanked, positions unchanged."""
    return _blanked(text)[0]


def _blanked(text: str) -> tuple[str, bool]:
    """And whether one has no end, or begins within another, as where the first has lost its end."""
    odd = False

    def blank(found: re.Match[str]) -> str:
        nonlocal odd
        part = found[0]
        begin, end = ("<![CDATA[", "]]>") if part[2] == "[" else ("<!--", "-->")
        odd = odd or not part.endswith(end) or begin in part[len(begin) :]
        return " " * len(part)

    return (_OPAQUE.sub(blank, text), odd) if "<!" in text else (text, False)


def closed(text: str) -> str:
    """`text` with CDATA that runs on into other items ended where its element ends, and without the beginnings
    of comments that do."""
    if not (_more(text, "<![CDATA[", "]]>") or _more(text, "<!--", "-->")):
        return text
    item, end = _Next(ITEM_END, text), _Next(_CDATA_END, text)
    first, comment, comment_end = _Next(ITEM_START, text), _Next(_COMMENT, text), _Next(_COMMENT_END, text)
    parts: list[str] = []
    copied = at = 0
    while found := _BEGINNING.search(text, at):
        start, at = found.span()
        if found[0] == "<!--":
            ends = min(comment_end.after(at), comment.after(at))
            if first.after(at) < ends and not (text.startswith("-->", ends)):
                parts += text[copied:start], "&lt;!--"
                copied = at
            else:
                at = ends
        elif end.after(at) < item.after(at):
            at = end.after(at)
        elif element := _element_end(text, start, item.after(at)):
            parts += text[copied:element], "]]>"
            copied = at = element
    return "".join((*parts, text[copied:])) if parts else text


def without_bases(text: str, bare: str) -> tuple[str, str]:
    """`text` and the same `blanked` with blanks for bases of mere texts, as Atom often has them: links within texts are
    not resolved, and the parser forgets to take a base back, so that it is the next item's too."""
    if "xml:base" not in bare:
        return text, bare
    bases = [found.span(1) for found in _BASE.finditer(bare)]
    return _blank(text, bases), _blank(bare, bases)


def _blank(text: str, places: Iterable[tuple[int, int]]) -> str:
    parts: list[str] = []
    at = 0
    for start, end in places:
        parts += text[at:start], " " * (end - start)
        at = end
    return "".join((*parts, text[at:]))


def side_by_side(starts: Sequence[re.Match[str]], ends: Sequence[int]) -> list[tuple[int, int]]:
    """The places of items that stand side by side, all of one name; empty if they do not."""
    places = [(start.start(), end) for start, end in zip(starts, ends, strict=False)]
    one_name = len({start[0] for start in starts}) == 1
    borders = [at for place in places for at in place]
    return places if one_name and len(starts) == len(ends) and borders == sorted(borders) else []


def outside(text: str, places: Iterable[tuple[int, int]]) -> str:
    """`text` without what is in `places`."""
    parts, at = [], 0
    for start, end in places:
        parts.append(text[at:start])
        at = end
    return "".join((*parts, text[at:]))


def _more(text: str, beginning: str, end: str) -> bool:
    """Are there more beginnings than ends?"""
    count = text.count(beginning)
    return count > 0 and count > text.count(end)


class _Next:
    """Where `pattern` comes next: asked for rising positions, it reads the text once."""

    def __init__(self, pattern: re.Pattern[str], text: str) -> None:
        self._pattern, self._text, self._at = pattern, text, -1

    def after(self, at: int) -> int:
        """The first place not before `at`; the text's length if there is none."""
        if self._at < at:
            found = self._pattern.search(self._text, at)
            self._at = found.start() if found else len(self._text)
        return self._at


def _element_end(text: str, start: int, most: int) -> int:
    """Where the element ends that holds nothing but the CDATA at `start`; 0 if not before `most`."""
    element = _ELEMENT.search(text[max(0, start - _LOOK_BACK) : start])
    found = re.compile(rf"</{re.escape(element[1])}\s*+>").search(text, start, most) if element else None
    return found.start() if found else 0
