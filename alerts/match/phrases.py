"""Phrases as they match: what an analyst writes between quotes, parsed (`grammar.py`) into items.

`ends(view, i)` gives every word index at which a match that begins at word `i` may end. Positions are kept as
sets, and there are no regular expressions, so the cost is at most items x words x gap and never exponential.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

SHORTEST_PREFIX = 3


class View(Protocol):
    """What phrases need of a sentence."""

    norm: tuple[str, ...]

    def raw(self, i: int) -> str:
        """Word `i` as printed, without inner dots."""

    @property
    def positions(self) -> Mapping[str, Sequence[int]]:
        """Where each word of the sentence stands."""

    @property
    def heads(self) -> Mapping[str, Sequence[int]]:
        """Where words stand that begin with these letters (`SHORTEST_PREFIX` of them)."""

    def fillers(self, name: str) -> Mapping[int, Sequence[int]]:
        """Where fillers of the slot begin, and where each of them may end."""

    @property
    def memo(self) -> dict[tuple[int, int], frozenset[int]]:
        """Results of lists at positions, shared by all rules."""


@dataclass(frozen=True, slots=True)
class Word:
    norm: str

    def ends(self, view: View, i: int) -> Iterable[int]:
        return (i + 1,) if i < len(view.norm) and view.norm[i] == self.norm else ()


@dataclass(frozen=True, slots=True)
class Prefix:
    stem: str

    def ends(self, view: View, i: int) -> Iterable[int]:
        return (i + 1,) if i < len(view.norm) and view.norm[i].startswith(self.stem) else ()


@dataclass(frozen=True, slots=True)
class Forms:
    lemma: str
    all: frozenset[str]

    def ends(self, view: View, i: int) -> Iterable[int]:
        return (i + 1,) if i < len(view.norm) and view.norm[i] in self.all else ()


@dataclass(frozen=True, slots=True)
class Exact:
    """Exactly these capitals: IS, US, WHO."""

    norm: str
    printed: str

    def ends(self, view: View, i: int) -> Iterable[int]:
        return (i + 1,) if i < len(view.norm) and view.norm[i] == self.norm and view.raw(i) == self.printed else ()


@dataclass(frozen=True, slots=True)
class Slot:
    name: str

    def ends(self, view: View, i: int) -> Iterable[int]:
        return view.fillers(self.name).get(i, ())


@dataclass(frozen=True, slots=True)
class Gap:
    most: int

    def ends(self, view: View, i: int) -> Iterable[int]:
        return range(i, min(i + self.most, len(view.norm)) + 1)


@dataclass(frozen=True, slots=True)
class Phrase:
    """A phrase: items one after the other. `source` is what the analyst wrote."""

    items: tuple[Item, ...]
    source: str

    def ends(self, view: View, i: int) -> Iterable[int]:
        at: set[int] = {i}
        for item in self.items:
            reached: set[int] = set()
            for position in at:
                reached.update(item.ends(view, position))
            if not reached:
                return ()
            at = reached
        return at

    def shortest(self, view: View, i: int, k: int, known: dict[tuple[int, int], int]) -> int:
        """Where the shortest match of the items from `k` on, beginning at word `i`, ends; 0 for none.

        `known` is shared by all beginnings in one sentence, so that many gaps do not multiply.
        """
        if k == len(self.items):
            return i
        end = known.get((k, i))
        if end is None:
            reached = (self.shortest(view, j, k + 1, known) for j in self.items[k].ends(view, i))
            end = known[k, i] = min((e for e in reached if e), default=0)
        return end


@dataclass(frozen=True, slots=True)
class Firsts:
    """What a match may begin with. `nullable`: it may also be empty."""

    words: frozenset[str] = frozenset()
    prefixes: frozenset[str] = frozenset()
    slots: frozenset[str] = frozenset()
    nullable: bool = False

    def __or__(self, other: Firsts) -> Firsts:
        return Firsts(
            self.words | other.words,
            self.prefixes | other.prefixes,
            self.slots | other.slots,
            self.nullable or other.nullable,
        )


class Choice:
    """Any of several phrases: brackets, a word list, or a part of a rule.

    Phrases are indexed by their first word, so a list of hundreds costs one look-up a word.
    """

    __slots__ = (
        "_by_prefix",
        "_by_slot",
        "_by_word",
        "_heads",
        "_lengths",
        "_spelled",
        "_words",
        "firsts",
        "name",
        "optional",
        "phrases",
    )

    def __init__(self, phrases: Sequence[Phrase], *, optional: bool = False, name: str | None = None) -> None:
        self.phrases = tuple(phrases)
        self.optional = optional
        self.name = name
        self._by_word: dict[str, list[Phrase]] = {}
        self._by_prefix: dict[str, list[Phrase]] = {}
        self._by_slot: dict[str, list[Phrase]] = {}
        firsts = Firsts(nullable=optional)
        for phrase in self.phrases:
            own = first_of(phrase)
            firsts |= own
            for table, keys in (
                (self._by_word, own.words),
                (self._by_prefix, own.prefixes),
                (self._by_slot, own.slots),
            ):
                for key in keys:
                    table.setdefault(key, []).append(phrase)
        self.firsts = firsts
        self._spelled: tuple[frozenset[str], tuple[str, ...]] | None = None
        self._lengths = tuple(sorted({len(prefix) for prefix in self._by_prefix}))
        self._words = frozenset(self._by_word)
        self._heads = frozenset(prefix[:SHORTEST_PREFIX] for prefix in self._by_prefix)

    def spells(self, word: str) -> bool:
        """Whether some phrase asks for this word by name; a word that only fills a gap is not spelled."""
        if self._spelled is None:
            items = [item for phrase in self.phrases for item in walk(phrase)]
            fixed = {item.norm for item in items if isinstance(item, Word | Exact)}
            fixed.update(*(item.all for item in items if isinstance(item, Forms)))
            self._spelled = frozenset(fixed), tuple(item.stem for item in items if isinstance(item, Prefix))
        return word in self._spelled[0] or word.startswith(self._spelled[1])

    def starting(self, view: View, i: int) -> Iterator[Phrase]:
        """The phrases that may begin at word `i`; one may come twice."""
        if i >= len(view.norm):
            return
        word = view.norm[i]
        yield from self._by_word.get(word, ())
        if word[:SHORTEST_PREFIX] in self._heads:
            yield from self._by_beginning(word)
        for slot, phrases in self._by_slot.items():
            if i in view.fillers(slot):
                yield from phrases

    def ends(self, view: View, i: int) -> Iterable[int]:
        key = (id(self), i)
        known = view.memo.get(key)
        if known is None:
            reached: set[int] = {i} if self.optional else set()
            for phrase in self.starting(view, i):
                reached.update(phrase.ends(view, i))
            known = view.memo[key] = frozenset(reached)
        return known

    def find(self, view: View) -> list[Span]:
        """Every match in the sentence, the shortest for each phrase and beginning; in order."""
        found: dict[tuple[int, int], Span] = {}
        known: dict[int, dict[tuple[int, int], int]] = {}
        for i, phrase in self._beginnings(view):
            end = phrase.shortest(view, i, 0, known.setdefault(id(phrase), {}))
            known_span = found.get((i, end))
            if end > i and (known_span is None or phrase.source < known_span.source):
                found[i, end] = Span(i, end, phrase.source)  # of several the first by name: the same each time
        return sorted(found.values(), key=lambda span: (span.first, span.end)) if found else []

    def _beginnings(self, view: View) -> Iterator[tuple[int, Phrase]]:
        """Where phrases may begin in the sentence. Most lists have nothing in most sentences, so this looks
        at the words that both have, and not at each word."""
        positions = view.positions
        if not self._words.isdisjoint(positions):
            for word in self._words & positions.keys():
                for i in positions[word]:
                    for phrase in self._by_word[word]:
                        yield i, phrase
        if self._heads and not self._heads.isdisjoint(view.heads):
            for head in self._heads & view.heads.keys():
                for i in view.heads[head]:
                    for phrase in self._by_beginning(view.norm[i]):
                        yield i, phrase
        for slot, phrases in self._by_slot.items():
            for i in view.fillers(slot):
                for phrase in phrases:
                    yield i, phrase

    def _by_beginning(self, word: str) -> Iterator[Phrase]:
        for length in self._lengths:
            if length > len(word):
                break
            yield from self._by_prefix.get(word[:length], ())


Item = Word | Prefix | Forms | Exact | Slot | Gap | Choice


@dataclass(frozen=True, slots=True)
class Span:
    """Words `first` up to (not including) `end`, found by the phrase `source`."""

    first: int
    end: int
    source: str

    def overlaps(self, other: Span) -> bool:
        return self.first < other.end and other.first < self.end


def first_of(phrase: Phrase) -> Firsts:
    """What a match of `phrase` may begin with."""
    firsts = Firsts()
    for item in phrase.items:
        own = _item_firsts(item)
        firsts = Firsts(firsts.words | own.words, firsts.prefixes | own.prefixes, firsts.slots | own.slots)
        if not own.nullable:
            return firsts
    return Firsts(firsts.words, firsts.prefixes, firsts.slots, nullable=True)


def _item_firsts(item: Item) -> Firsts:
    match item:
        case Word(norm) | Exact(norm):
            return Firsts(words=frozenset({norm}))
        case Prefix(stem):
            return Firsts(prefixes=frozenset({stem}))
        case Forms(_, all_forms):
            return Firsts(words=all_forms)
        case Slot(name):
            return Firsts(slots=frozenset({name}))
        case Choice():
            return item.firsts
        case Gap():
            return Firsts(nullable=True)


def walk(phrase: Phrase) -> Iterator[Item]:
    """Every item of a phrase, those inside brackets and lists too."""
    for item in phrase.items:
        yield item
        if isinstance(item, Choice):
            for option in item.phrases:
                yield from walk(option)
