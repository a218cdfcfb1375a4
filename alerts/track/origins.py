"""Who told it first: one wire story in ten papers is one origin, and must not look like ten witnesses.

Two reports are independent only if their publishers have different owners, their texts are no
near-copies, and they do not lean on the same named source ("the Observatory said").
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from functools import lru_cache

from alerts.read.text import words
from alerts.track.copies import near_copies, nothing_new, same_words, stands_in
from alerts.types import Evidence

# Cited by everyone, hence by nobody in particular.
_ANYONE = frozenset(
    "activists army authorities government locals media medics military officials opposition police rebels reports "
    "rescuers residents sources spokesman spokesperson spokeswoman witness witnesses".split()
) | {"local media", "local officials", "local residents", "local sources", "news agencies", "security sources"}


def copies(one: Evidence, other: Evidence) -> bool:
    """Whether two articles tell one story: known as such among all articles (`story`), or by their own texts."""
    return _same(one, other) or near_copies(one.text, other.text)


def _same(one: Evidence, other: Evidence) -> bool:
    return one.article_id == other.article_id or bool(one.story and one.story == other.story)


def retold(item: Evidence, earlier: Iterable[Evidence]) -> bool:
    """Whether a copy says the very same as one before it of its origin: the hit's sentence is the same, word for word
    or nearly, or stands in its text."""
    others = (other for other in earlier if item.origin == other.origin and copies(item, other))
    return any(
        same_words(item.hit.sentence, other.hit.sentence) or stands_in(item.hit.sentence, other.text)
        for other in others
    )


def repeated(item: Evidence, earlier: Iterable[Evidence]) -> bool:
    """Whether all that it says, numbers too, stands word for word in one before it of its origin."""
    others = (other for other in earlier if other.origin == item.origin and other.text)
    return any(nothing_new(item.hit, item.text, other.hit, other.text) for other in others)


def named_sources(evidence: Evidence) -> frozenset[str]:
    """Publisher, owner and cited sources, in the one form in which they are compared. Empty for a publisher
    without a name, whatever it cites."""
    names = {_name(evidence.owner), _name(evidence.source)} - {""}
    if not names:
        return frozenset()
    return frozenset(names | {name for cited in evidence.cited if (name := _name(cited)) not in _ANYONE} - {""})


def independent(one: Evidence, other: Evidence) -> bool:
    """The three tests. A publisher without a name proves nothing, so it is independent of nobody."""
    return not _Report(one).leans_on(_Report(other)) and not copies(one, other)


def in_order(evidence: Iterable[Evidence]) -> list[Evidence]:
    """By publication: the order that decides who was first, whenever each came in."""
    return sorted(evidence, key=_order)


def origin_of(new: Evidence, earlier: Sequence[Evidence]) -> str:
    """The article that first told what `new` tells: its own id if it is independent of all before.

    `earlier` is in order, with origins. A copy has the origin of the first it copies; other dependence
    counts only towards first tellers, else a chain of citations would make all reporters of a long story one.
    """
    return _origin(_Report(new), [_Report(item) for item in earlier])


def assign(evidence: Iterable[Evidence]) -> tuple[Evidence, ...]:
    """All evidence of an alert in order, each with its origin: the same whatever order it came in."""
    done: list[_Report] = []
    for item in in_order(evidence):
        report = _Report(item)
        report.item = _with_origin(item, _origin(report, done))
        done.append(report)
    return tuple(report.item for report in done)


def add(before: Sequence[Evidence], new: Evidence) -> tuple[Evidence, ...]:
    """`assign(before + new)` for evidence already assigned (all of it, none taken out since), without
    comparing all with all when `new` is also the latest published."""
    ids = {item.article_id for item in before}
    by_story = {item.story: item.origin for item in before if item.story}
    stale = any(item.origin not in ids or by_story.get(item.story, item.origin) != item.origin for item in before)
    if stale or any(_order(item) >= _order(new) for item in before):
        return assign((*before, new))
    ordered = in_order(before)
    return (*ordered, _with_origin(new, origin_of(new, ordered)))


class _Report:
    """Evidence made ready to be compared with much other evidence."""

    __slots__ = ("item", "sources")

    def __init__(self, item: Evidence) -> None:
        self.item = item
        self.sources = named_sources(item)

    def leans_on(self, other: _Report) -> bool:
        """The tests of `independent` other than that of the text."""
        return not self.sources or not other.sources or not self.sources.isdisjoint(other.sources)


def _origin(new: _Report, earlier: Sequence[_Report]) -> str:
    """What is known to be one story needs no comparing."""
    item = new.item
    known = next((report for report in earlier if _same(item, report.item)), None)
    first = known or next((report for report in earlier if near_copies(item.text, report.item.text)), None)
    if first is not None:
        return first.item.origin
    for report in earlier:
        if report.item.origin == report.item.article_id and new.leans_on(report):
            return report.item.origin
    return item.article_id


def _with_origin(evidence: Evidence, origin: str) -> Evidence:
    return evidence if evidence.origin == origin else replace(evidence, origin=origin)


def _order(evidence: Evidence) -> tuple[datetime, str]:
    return evidence.published, evidence.article_id


@lru_cache(maxsize=4096)
def _name(name: str) -> str:
    return " ".join(words(name).norm).removeprefix("the ")
