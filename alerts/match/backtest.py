"""What a rule does to many articles, counted: hits, what was dropped and why, phrases, and the difference between two
versions. Pure: `engine.backtest` brings the articles.

Samples are chosen by a digest of what they are, so they are the same each time and change little as the archive grows.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256

from alerts.match.engine import Detection
from alerts.match.phrasing import PhraseKey, Phrases
from alerts.types import CLAIM_KINDS, Article, Hit

Key = tuple[str, str, str]  # source and id of the article, and the sentence

IGNORED = ("ignored phrase", "ignored sentence", "ignored article", "unless")
_QUOTED = (
    ("ignored phrase", "hidden by the idiom"),
    ("ignored sentence", "the sentence is ignored for"),
    ("ignored article", "the article is ignored for"),
    ("unless", "not where it says"),
)
_COUNTS = re.compile(r"(below at_least: \S+) .*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A hit and what tells its article."""

    article_id: str
    source: str
    title: str
    published: datetime
    hit: Hit

    @property
    def key(self) -> Key:
        return self.source, self.article_id, self.hit.sentence


def seen(article: Article, hit: Hit) -> Seen:
    return Seen(article_id=article.id, source=article.source, title=article.title, published=article.published, hit=hit)


@dataclass(frozen=True, slots=True, order=True)
class Reason:
    """Why hits are dropped: the kind (of `IGNORED`, "claim", "condition" or "state"), and by which phrase, claim or
    condition."""

    kind: str
    by: str


def reason(hit: Hit) -> Reason | None:
    """Why a hit does not count by itself; None for one that does."""
    if hit.because is None:
        return Reason("state", waiting(hit.needs_state)) if hit.needs_state else None
    for kind, beginning in _QUOTED:
        if hit.because.startswith(beginning):
            return Reason(kind, hit.because.removeprefix(beginning).strip(" '"))
    claim = hit.because.split(":", 1)[0]
    if claim in CLAIM_KINDS:
        return Reason("claim", claim)
    shortened = _COUNTS.fullmatch(hit.because)
    return Reason("condition", shortened[1] if shortened else hit.because)


def waiting(state: str | None) -> str:
    """What is said of a hit that counts only while a state holds, of which its own article says nothing."""
    return f"counts only where other articles say that '{state}' holds"


@dataclass(slots=True)
class Tally:
    """Hits of one rule over articles, as they come: the last version of an article counts. `books`: count what only
    keeps the ledger, too (for a rule that does nothing else)."""

    rule: str
    books: bool = False
    hits: dict[Key, Seen] = field(default_factory=dict)
    dropped: dict[Key, Seen] = field(default_factory=dict)
    _of_article: dict[tuple[str, str], list[Key]] = field(default_factory=dict)

    def add(self, article: Article, found: Detection) -> list[Seen]:
        """Count what was found in an article; returns the hits that count."""
        every = (*found.hits, *found.dropped, *(found.states if self.books else ()))
        return self.put(article, [hit for hit in every if hit.rule == self.rule])

    def put(self, article: Article, hits: Iterable[Hit]) -> list[Seen]:
        """Count these hits of the rule in an article; returns those that count."""
        place = (article.source, article.id)
        for key in self._of_article.pop(place, ()):
            self.hits.pop(key, None)
            self.dropped.pop(key, None)
        own = [seen(article, hit) for hit in hits]
        counted = {one.key: one for one in own if reason(one.hit) is None}
        others = {one.key: one for one in own if one.key not in counted}
        if own:
            self._of_article[place] = [*counted, *others]
            self.hits |= counted
            self.dropped |= others
        return list(counted.values())

    def lost(self) -> dict[Reason, list[Seen]]:
        """What was dropped by reason, those with most hits first."""
        by_reason: dict[Reason, list[Seen]] = {}
        for one in self.dropped.values():
            why = reason(one.hit)
            assert why is not None
            by_reason.setdefault(why, []).append(one)
        return dict(sorted(by_reason.items(), key=lambda item: (-len(item[1]), item[0])))

    @property
    def articles(self) -> int:
        """How many articles have a hit."""
        return len({key[:2] for key in self.hits})


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A hit that only one of two versions has, and what the other says of the sentence."""

    seen: Seen
    because: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """How the hits of a rule differ from those of another version."""

    same: int
    new: tuple[Change, ...]
    lost: tuple[Change, ...]


def compare(tried: Tally, before: Tally) -> Difference:
    """Hits the tried version has and the one before has not, and the other way round."""
    return Difference(
        same=len(tried.hits.keys() & before.hits.keys()),
        new=tuple(_changes(tried, before)),
        lost=tuple(_changes(before, tried)),
    )


def _changes(has: Tally, has_not: Tally) -> Iterable[Change]:
    for key, one in has.hits.items():
        if key not in has_not.hits:
            other = has_not.dropped.get(key)
            why = other and (other.hit.because or waiting(other.hit.needs_state))
            yield Change(seen=one, because=why or "not found")


@dataclass(frozen=True, slots=True, kw_only=True)
class PhraseCount:
    """In how many hits a phrase stands, and in how many no other phrase of its part does."""

    part: str
    phrase: str
    hits: int
    alone: int


def count_phrases(known: Sequence[PhraseKey], found: Iterable[Phrases]) -> list[PhraseCount]:
    """Every known phrase with its hits: by part as the rule has them, the phrase with most hits first."""
    hits: Counter[PhraseKey] = Counter()
    alone: Counter[PhraseKey] = Counter()
    for one in found:
        hits.update(one.found)
        alone.update(one.alone)
    order = {part: number for number, part in enumerate(dict.fromkeys(part for part, _ in known))}
    rows = [PhraseCount(part=key[0], phrase=key[1], hits=hits[key], alone=alone[key]) for key in known]
    return sorted(rows, key=lambda row: (order[row.part], -row.hits, row.phrase))


def count_words(hits: Iterable[Seen], most: int) -> dict[str, list[tuple[str, int]]]:
    """The words that were found for each part, as printed but for capitals, with their hits: the most frequent."""
    counts: dict[str, Counter[str]] = {}
    for one in hits:
        for part, words in one.hit.parts.items():
            counts.setdefault(part, Counter())[" ".join(words.lower().split())] += 1
    return {part: sorted(found.items(), key=lambda item: (-item[1], item[0]))[:most] for part, found in counts.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Overlap:
    """How many hits of two rules lie in the same sentence and in the same article."""

    rules: tuple[str, str]
    hits: tuple[int, int]
    sentences: int
    articles: int

    @property
    def share(self) -> float:
        """Which part of the hits of the rule with fewer is the other's, too; 0 to 1."""
        fewer = min(self.hits)
        return self.sentences / fewer if fewer else 0.0


def overlaps(hits: Mapping[str, Sequence[Key]]) -> list[Overlap]:
    """Every pair of rules with a common sentence, those that share most first."""
    keys = {rule: frozenset(found) for rule, found in sorted(hits.items())}
    names = list(keys)
    found = []
    for at, one in enumerate(names):
        for other in names[at + 1 :]:
            common = len(keys[one] & keys[other])
            if common:
                articles = {key[:2] for key in keys[one]} & {key[:2] for key in keys[other]}
                sizes = (len(keys[one]), len(keys[other]))
                found.append(Overlap(rules=(one, other), hits=sizes, sentences=common, articles=len(articles)))
    return sorted(found, key=lambda pair: (-pair.share, pair.rules))


def sample(items: Iterable[Seen], number: int) -> list[Seen]:
    """At most so many of the hits, the same each time, by date."""
    chosen = sorted(items, key=lambda one: sha256("\0".join(one.key).encode()).digest())[:number]
    return sorted(chosen, key=lambda one: (one.published, one.key))
