"""Word counts of ordinary news: in which share of sentences a word stands.

`python -m alerts.match.wordcounts NEWS.jsonl FREQUENCIES.txt PLACES` makes data/news_words.txt from those news items
(lines with "title", "text", "gold") that are not to be flagged, and from a list "word count" of a large body of
English, which tells rare words from very rare ones; PLACES is the folder of an index of places. Counts are all that is
kept of the items: words that stand in one sentence only are left out.
"""

from __future__ import annotations

import bisect
import json
import math
import sys
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from importlib import resources
from itertools import accumulate
from pathlib import Path

from alerts.match.engine import read
from alerts.match.view import SentenceView
from alerts.read.places import Gazetteer
from alerts.types import Article

# What a word stands for that no count names: five sentences of a million.
_UNKNOWN = 5e-6
# Words rarer than this are not kept.
_RAREST = 2e-5
# So many sentences is the large body of English worth, beside the sample of news.
_WEIGHT = 1000
_SLOTS = ("people", "number", "place", "town", "name")
_HEADER = """\
# Shares of ordinary news sentences, per million, and the words that stand in so many. Made by
# `python -m alerts.match.wordcounts`; counts only, no sentence is kept.
# Counted in: {items} short news items of 2004 (AG News, test set) that flag no event, {sentences} sentences;
# rare words by the frequency list of SymSpell (MIT licence), which is made from the Google Books Ngrams (CC BY 3.0).
# Slurs and obscene words were taken out by hand. "{{place}}" is a slot of phrases, "=WHO" a word in these capitals.
length {length:.2f}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class WordShares:
    """In which share of ordinary sentences each word stands (from 0 to 1), and how many words a sentence has.
    A key "{place}" is a slot, "=WHO" a word in capitals."""

    length: float
    shares: Mapping[str, float]
    _words: tuple[str, ...]
    _sums: tuple[float, ...]

    @classmethod
    def of(cls, shares: Mapping[str, float], length: float) -> WordShares:
        """The shares with what it takes to add up beginnings of words."""
        words = tuple(sorted(shares))
        sums = tuple(accumulate((shares[word] for word in words), initial=0.0))
        return cls(length=length, shares=shares, _words=words, _sums=sums)

    @classmethod
    def read(cls, text: str) -> WordShares:
        """From the text that `write` gives."""
        shares: dict[str, float] = {}
        length = 1.0
        for line in text.splitlines():
            head, _, rest = line.partition(" ")
            if head == "length":
                length = float(rest)
            elif head != "#":
                shares |= dict.fromkeys(rest.split(), float(head) / 1e6)
        return cls.of(shares, length)

    def write(self) -> str:
        """As lines "share word word ...", shares per million, the greatest first."""
        by_share: dict[str, list[str]] = {}
        for word in self._words:
            by_share.setdefault(f"{1e6 * self.shares[word]:.2g}", []).append(word)
        lines = sorted(by_share.items(), key=lambda entry: -float(entry[0]))
        return "".join(f"{float(share):g} {' '.join(words)}\n" for share, words in lines)

    def word(self, norm: str) -> float:
        """The share of sentences with this word (folded)."""
        return self.shares.get(norm, _UNKNOWN)

    def beginning(self, stem: str) -> float:
        """The share of sentences with a word that begins so."""
        first = bisect.bisect_left(self._words, stem)
        end = bisect.bisect_left(self._words, stem + "\U0010ffff")
        return max(_UNKNOWN, self._sums[end] - self._sums[first])

    def capitals(self, printed: str) -> float:
        """The share of sentences with this word in these capitals."""
        return self.shares.get(f"={printed}", min(_UNKNOWN * 10, self.word(printed.lower())))

    def slot(self, name: str) -> float:
        """The share of sentences in which the slot can be filled; 1 for one that was not measured."""
        return self.shares.get(f"{{{name}}}", 1.0)


@lru_cache(maxsize=1)
def shipped() -> WordShares:
    """The shipped counts."""
    return WordShares.read((resources.files("alerts.match") / "data" / "news_words.txt").read_text(encoding="utf-8"))


def combined(sentences: int, counts: Mapping[str, int], frequencies: Mapping[str, int], length: float) -> WordShares:
    """Shares from `counts` (in how many of the `sentences` a word stands) and from the `frequencies` of words in a
    large body of English, which decide where the sample is too small to."""
    every = sum(frequencies.values()) or 1
    shares: dict[str, float] = {}
    for word in counts.keys() | frequencies.keys():
        usual = 1 - math.exp(-length * frequencies.get(word, 0) / every)
        counted = counts.get(word, 0)
        share = usual
        if counted >= 2:
            usual = usual or counted / sentences
            share = (counted + _WEIGHT * usual) / (sentences + _WEIGHT)
        if share >= _RAREST:
            shares[word] = share
    return WordShares.of(shares, length)


def counted(views: Iterable[SentenceView]) -> tuple[int, Counter[str], float]:
    """The number of sentences, in how many of them each word and slot stands, and their mean length in words."""
    counts: Counter[str] = Counter()
    sentences = words = 0
    for view in views:
        sentences, words = sentences + 1, words + len(view.norm)
        capitals = {f"={raw}" for raw in map(view.raw, range(len(view.norm))) if len(raw) > 1 and raw.isupper()}
        counts.update(set(view.norm) | (capitals if len(capitals) < len(view.norm) / 2 else set()))
        counts.update(f"{{{name}}}" for name in _SLOTS if view.fillers(name))
    return sentences, counts, words / (sentences or 1)


def ordinary(path: Path, gazetteer: Gazetteer) -> tuple[int, list[SentenceView]]:
    """How many items of a file of news are not to be flagged, and their sentences."""
    items = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    chosen = [item for item in items if not item["gold"]]
    now = datetime(2005, 1, 1, tzinfo=UTC)
    articles = [Article(id=item["id"], title=item["title"], text=item["text"], published=now) for item in chosen]
    return len(chosen), [view for article in articles for view in read(article, gazetteer)]


def main(news: Path, frequencies: Path, places: Path) -> None:
    """Write the counts to standard output. `places` is the folder of an index of places."""
    items, views = ordinary(news, Gazetteer.open(places))
    sentences, counts, length = counted(views)
    rows = (line.split() for line in frequencies.read_text(encoding="utf-8-sig").splitlines())
    shares = combined(sentences, counts, {word: int(number) for word, number in rows}, length)
    sys.stdout.write(_HEADER.format(items=items, sentences=sentences, length=length) + shares.write())


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:4]))
