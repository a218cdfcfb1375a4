"""Who told it first: one wire story in ten papers is one origin, and must not look like ten witnesses.

Two reports are independent only if their publishers have different owners, their texts are no
near-copies, and they do not lean on the same named source ("the Observatory said").
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from functools import lru_cache

from alerts.read.text import fold, words
from alerts.types import Evidence

_WORD = re.compile(r"[^\W_]+")
_SIZE = 4  # words a shingle: three also find the stock phrases of war reports
_MOST_WORDS = 4_000

# Shared shingles over those of the shorter text. Of 510 articles on Syria by 15 outlets, pairs by different
# outlets above .4 read as one agency's story; below, most share a paragraph of background. Containment,
# not similarity: a copy in a longer article counts; and a similarity of .25 already means .4 of it.
_COPY = 0.4

# Cited by everyone, hence by nobody in particular.
_ANYONE = frozenset(
    "activists army authorities government locals media medics military officials opposition police rebels reports "
    "rescuers residents sources spokesman spokesperson spokeswoman witness witnesses".split()
) | {"local media", "local officials", "local residents", "local sources", "news agencies", "security sources"}


def shingles(text: str) -> frozenset[int]:
    """The word sequences of a text as 32-bit numbers, the same in every process and on every machine."""
    found = _WORD.findall(fold(text))[:_MOST_WORDS]
    if not found:
        return frozenset()
    last = max(1, len(found) - _SIZE + 1)
    return frozenset(zlib.crc32(" ".join(found[i : i + _SIZE]).encode()) for i in range(last))


def similarity(one: frozenset[int], other: frozenset[int]) -> float:
    """Shared shingles over all (Jaccard), 0 to 1."""
    return len(one & other) / len(one | other) if one and other else 0.0


def containment(one: frozenset[int], other: frozenset[int]) -> float:
    """How much of the shorter text is in the longer one, 0 to 1."""
    return len(one & other) / min(len(one), len(other)) if one and other else 0.0


def near_copies(one: frozenset[int], other: frozenset[int]) -> bool:
    """Whether one text was made from the other: cut, with text added, or under another headline."""
    return containment(one, other) >= _COPY


def same_story(new: Evidence, evidence: Iterable[Evidence]) -> bool:
    """Whether `new` is an article of the evidence again, or a near-copy of one."""
    return any(item.article_id == new.article_id or near_copies(new.shingles, item.shingles) for item in evidence)


def named_sources(evidence: Evidence) -> frozenset[str]:
    """Publisher, owner and cited sources, in the one form in which they are compared. Empty for a publisher
    without a name, whatever it cites."""
    names = {_name(evidence.owner), _name(evidence.source)} - {""}
    if not names:
        return frozenset()
    return frozenset(names | {name for cited in evidence.cited if (name := _name(cited)) not in _ANYONE} - {""})


def independent(one: Evidence, other: Evidence) -> bool:
    """The three tests. A publisher without a name proves nothing, so it is independent of nobody."""
    return not _Report(one).leans_on(_Report(other)) and not near_copies(one.shingles, other.shingles)


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
    if any(item.origin not in ids for item in before) or any(_order(item) >= _order(new) for item in before):
        return assign((*before, new))
    ordered = in_order(before)
    return (*ordered, _with_origin(new, origin_of(new, ordered)))


class _Report:
    """Evidence made ready to be compared with much other evidence."""

    __slots__ = ("item", "sample", "sources")

    def __init__(self, item: Evidence) -> None:
        self.item = item
        self.sample = frozenset(shingle for shingle in item.shingles if not shingle & 7)
        self.sources = named_sources(item)

    def copies(self, other: _Report) -> bool:
        """`near_copies`, first on an eighth of the shingles: a copy shares at least .4 of those, give or take
        .1, so less than .1 settles it, for a tenth of the time."""
        sampled = min(len(self.sample), len(other.sample))
        if sampled >= 16 and len(self.sample & other.sample) < sampled / 10:
            return False
        return near_copies(self.item.shingles, other.item.shingles)

    def leans_on(self, other: _Report) -> bool:
        """The tests of `independent` other than that of the text."""
        return not self.sources or not other.sources or not self.sources.isdisjoint(other.sources)


def _origin(new: _Report, earlier: Sequence[_Report]) -> str:
    for report in earlier:
        if new.copies(report):
            return report.item.origin
    for report in earlier:
        if report.item.origin == report.item.article_id and new.leans_on(report):
            return report.item.origin
    return new.item.article_id


def _with_origin(evidence: Evidence, origin: str) -> Evidence:
    return evidence if evidence.origin == origin else replace(evidence, origin=origin)


def _order(evidence: Evidence) -> tuple[datetime, str]:
    return evidence.published, evidence.article_id


@lru_cache(maxsize=4096)
def _name(name: str) -> str:
    return " ".join(words(name).norm).removeprefix("the ")
