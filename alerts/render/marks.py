"""A sentence with the words that made a rule fire set apart, so that a reader sees at a glance why."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from alerts.template_filters import one_line

LONGEST = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A run of a sentence's text; `marked` for the rule's words."""

    text: str
    marked: bool


def marked(sentence: str, quote: str, parts: Mapping[str, str], *, longest: int = LONGEST) -> tuple[Piece, ...]:
    """The sentence in pieces, in order: joined, they are the sentence on one line.

    Marked are the words of each part, where the quote has them, else anywhere; the whole quote when no part
    is found. A sentence over `longest` characters is cut around the quote, with an ellipsis at each cut.
    """
    text = one_line(sentence)
    within = _find(text, one_line(quote), (0, len(text)))
    text, within = _cut(text, within, longest)
    spans = list(_spans(text, within, parts)) or ([within] if within else [])
    return tuple(_pieces(text, _joined(spans)))


def _spans(text: str, within: tuple[int, int] | None, parts: Mapping[str, str]) -> Iterator[tuple[int, int]]:
    everywhere = (0, len(text))
    for words in parts.values():
        wanted = one_line(words)
        span = _find(text, wanted, within or everywhere) or _find(text, wanted, everywhere)
        if span is not None:
            yield span


def _find(text: str, wanted: str, region: tuple[int, int]) -> tuple[int, int] | None:
    if not wanted:
        return None
    literal = re.escape(wanted)
    for pattern in (rf"(?<!\w){literal}(?!\w)", literal):  # "fire" first as a word, then inside "ceasefire"
        found = re.compile(pattern, re.IGNORECASE).search(text, *region)
        if found:
            return found.span()
    return None


def _cut(text: str, within: tuple[int, int] | None, longest: int) -> tuple[str, tuple[int, int] | None]:
    if len(text) <= longest:
        return text, within
    start, end = within or (0, 0)
    room = max(0, longest - (end - start)) // 2
    first = max(0, min(start - room, len(text) - longest))
    last = min(len(text), first + longest)
    if first > 0 and -1 < (blank := text.find(" ", first)) < start:
        first = blank + 1
    if last < len(text) and (blank := text.rfind(" ", 0, last)) > end:
        last = blank
    head, tail = "… " if first else "", " …" if last < len(text) else ""
    cut = f"{head}{text[first:last]}{tail}"
    moved = len(head) - first
    return cut, (start + moved, min(end, last) + moved) if within else None


def _joined(spans: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    joined: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def _pieces(text: str, spans: Sequence[tuple[int, int]]) -> Iterator[Piece]:
    at = 0
    for start, end in spans:
        if at < start:
            yield Piece(text=text[at:start], marked=False)
        yield Piece(text=text[start:end], marked=True)
        at = end
    if at < len(text):
        yield Piece(text=text[at:], marked=False)
