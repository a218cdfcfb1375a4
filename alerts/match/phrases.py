"""Phrases as they match: what an analyst writes between quotes, parsed (`grammar.py`) into items.

Positions are bits: bit `i` of a whole number stands for word `i` of a sentence (as where something begins) or for
the gap before it (as where something ended). `reach(view, at)` takes every beginning at once and gives every end,
so an item costs a few operations on one number, there are no regular expressions, and nothing is exponential.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from alerts.match.anchors import NO_ANCHOR, Anchor, commonness

SHORTEST_PREFIX = 3


class Reach(NamedTuple):
    """Where a list has matches in a sentence: `starts` of all, `fixed` those of each length, and the ends of the
    others by their beginning."""

    starts: int
    fixed: Sequence[tuple[int, int]]
    others: Mapping[int, int]


class View(Protocol):
    """What phrases need of a sentence."""

    norm: tuple[str, ...]

    def raw(self, i: int) -> str:
        """Word `i` as printed, without inner dots."""

    @property
    def masks(self) -> Mapping[str, int]:
        """Where each word of the sentence stands, as bits."""

    @property
    def heads(self) -> Mapping[str, Sequence[str]]:
        """The words of the sentence that begin with these letters (`SHORTEST_PREFIX` of them)."""

    def fillers(self, name: str) -> Mapping[int, Sequence[int]]:
        """Where fillers of the slot begin, and where each of them may end."""

    def possible(self, choice: Choice, phrases: Sequence[Phrase]) -> Sequence[Phrase]:
        """Those of the `phrases` of a choice that can be in the sentence, as far as is known."""

    @property
    def memo(self) -> dict[int, Reach]:
        """Results of lists, shared by all rules."""


@dataclass(frozen=True, slots=True)
class Word:
    norm: str

    def starts(self, view: View) -> int:
        return view.masks.get(self.norm, 0)

    def reach(self, view: View, at: int) -> int:
        return (at & view.masks.get(self.norm, 0)) << 1


@dataclass(frozen=True, slots=True)
class Prefix:
    stem: str

    def starts(self, view: View) -> int:
        found = 0
        for word in view.heads.get(self.stem[:SHORTEST_PREFIX], ()):
            if word.startswith(self.stem):
                found |= view.masks[word]
        return found

    def reach(self, view: View, at: int) -> int:
        return (at & self.starts(view)) << 1


@dataclass(frozen=True, slots=True)
class Forms:
    lemma: str
    all: frozenset[str]

    def starts(self, view: View) -> int:
        found, masks = 0, view.masks
        for word in self.all:
            if word in masks:
                found |= masks[word]
        return found

    def reach(self, view: View, at: int) -> int:
        return (at & self.starts(view)) << 1


@dataclass(frozen=True, slots=True)
class Exact:
    """Exactly these capitals: IS, US, WHO."""

    norm: str
    printed: str

    def starts(self, view: View) -> int:
        return sum(1 << i for i in places_of(view.masks.get(self.norm, 0)) if view.raw(i) == self.printed)

    def reach(self, view: View, at: int) -> int:
        return (at & self.starts(view)) << 1


@dataclass(frozen=True, slots=True)
class Slot:
    name: str

    def starts(self, view: View) -> int:
        return sum(1 << i for i in view.fillers(self.name))

    def reach(self, view: View, at: int) -> int:
        found = 0
        for first, ends in view.fillers(self.name).items():
            if at >> first & 1:
                for end in ends:
                    found |= 1 << end
        return found


@dataclass(frozen=True, slots=True)
class Gap:
    most: int

    def starts(self, view: View) -> int:
        return 0

    def reach(self, view: View, at: int) -> int:
        left, step = self.most, 1
        while left:  # each step doubles the width reached so far
            step = min(step, left)
            at |= at << step
            left -= step
            step *= 2
        return at & ((2 << len(view.norm)) - 1)


@dataclass(frozen=True, slots=True)
class Phrase:
    """A phrase: items one after the other. `source` is what the analyst wrote.

    `length` is the number of words of every match, or 0 where that varies; `anchor` what is in every match.
    """

    items: tuple[Item, ...]
    source: str
    length: int = field(init=False, repr=False, compare=False)
    anchor: Anchor = field(init=False, repr=False, compare=False)
    openers: tuple[Item, ...] = field(init=False, repr=False, compare=False)  # what a match may begin with

    def __post_init__(self) -> None:
        items = self.items
        fixed = all(isinstance(item, _ONE_WORD) or (isinstance(item, Choice) and item.length) for item in items)
        length = sum(item.length if isinstance(item, Choice) else 1 for item in items) if fixed else 0
        anchor = min(map(anchor_of, items), key=lambda anchor: anchor.cost, default=NO_ANCHOR)
        first = next((i for i, item in enumerate(items) if not _nullable(item)), len(items))
        object.__setattr__(self, "length", length)
        object.__setattr__(self, "anchor", anchor)
        object.__setattr__(self, "openers", items[: first + 1])

    @property
    def nullable(self) -> bool:
        """A match may be empty."""
        return all(map(_nullable, self.items))

    def starts(self, view: View) -> int:
        """Where a match may begin."""
        if len(self.openers) == 1:
            return self.openers[0].starts(view)
        found = 0
        for item in self.openers:
            found |= item.starts(view)
        return found

    def reach(self, view: View, at: int) -> int:
        for item in self.items:
            at = item.reach(view, at)
            if not at:
                return 0
        return at

    def matches(self, view: View) -> Iterator[tuple[int, int]]:
        """Beginnings of matches, with the ends of each as bits."""
        if isinstance(self.items[0], Slot) and not all(
            item.starts(view) for item in self.items if isinstance(item, _ONE_WORD)
        ):
            return  # before slots are filled, which costs the most
        starts = self.starts(view)
        if self.length:
            for first in places_of(self.reach(view, starts) >> self.length):
                yield first, 1 << first + self.length
        elif starts & (starts - 1) and not self.reach(view, starts):
            return
        else:
            for first in places_of(starts):
                if ends := self.reach(view, 1 << first):
                    yield first, ends


class Choice:
    """Any of several phrases: brackets, a word list, or a part of a rule.

    Most phrases of lists are one word: those are looked for all at once, as `words` and `stems` (by their first
    letters); `longer` are the others.
    """

    __slots__ = (
        "_spelled",
        "anchor",
        "by_id",
        "ids",
        "length",
        "lists",
        "longer",
        "name",
        "nullable",
        "optional",
        "phrases",
        "stems",
        "words",
    )

    def __init__(self, phrases: Sequence[Phrase], *, optional: bool = False, name: str | None = None) -> None:
        self.phrases = tuple(phrases)
        self.optional = optional
        self.name = name
        self.nullable = optional or any(phrase.nullable for phrase in phrases)
        lengths = {phrase.length for phrase in phrases}
        self.length = lengths.pop() if len(lengths) == 1 and not optional else 0
        self.anchor = Anchor.any_of([phrase.anchor for phrase in phrases])
        self.by_id = {id(phrase): phrase for phrase in phrases}
        self.ids = frozenset(self.by_id)
        self.lists: frozenset[str] = frozenset([name] if name else []).union(*map(lists_of, phrases))
        words: set[str] = set()
        stems: dict[str, tuple[str, ...]] = {}
        longer: list[Phrase] = []
        for phrase in phrases:
            match phrase.items:
                case (Word(norm),):
                    words.add(norm)
                case (Forms(_, forms),):
                    words |= forms
                case (Prefix(stem),):
                    head = stem[:SHORTEST_PREFIX]
                    stems[head] = (*stems.get(head, ()), stem)
                case _:
                    longer.append(phrase)
        self.words, self.stems, self.longer = frozenset(words), stems, tuple(longer)
        self._spelled: tuple[frozenset[str], tuple[str, ...]] | None = None

    def spells(self, word: str) -> bool:
        """Whether some phrase asks for this word by name; a word that only fills a gap is not spelled."""
        if self._spelled is None:
            items = [item for phrase in self.phrases for item in walk(phrase)]
            fixed = {item.norm for item in items if isinstance(item, Word | Exact)}
            fixed.update(*(item.all for item in items if isinstance(item, Forms)))
            self._spelled = frozenset(fixed), tuple(item.stem for item in items if isinstance(item, Prefix))
        return word in self._spelled[0] or word.startswith(self._spelled[1])

    def starts(self, view: View) -> int:
        return self._reach(view).starts

    def reach(self, view: View, at: int) -> int:
        starts, fixed, others = self._reach(view)
        reached = at if self.optional else 0
        at &= starts
        if at:
            for length, firsts in fixed:
                reached |= (at & firsts) << length
            for first, ends in others.items():
                if at >> first & 1:
                    reached |= ends
        return reached

    def _reach(self, view: View) -> Reach:
        known = view.memo.get(id(self))
        return known if known is not None else self._look(view)

    def _look(self, view: View) -> Reach:
        starts = self._one_word(view)
        fixed: dict[int, int] = {1: starts} if starts else {}
        others: dict[int, int] = {}
        for phrase in view.possible(self, self.longer):
            if length := phrase.length:
                firsts = phrase.reach(view, phrase.starts(view)) >> length
                if firsts:
                    starts |= firsts
                    fixed[length] = fixed.get(length, 0) | firsts
            else:
                for first, ends in phrase.matches(view):
                    starts |= 1 << first
                    others[first] = others.get(first, 0) | ends
        found = view.memo[id(self)] = Reach(starts, tuple(fixed.items()), others) if starts else _NOWHERE
        return found

    def _one_word(self, view: View) -> int:
        """Where one of `words` and `stems` stands."""
        found, masks = 0, view.masks
        for word in self.words.intersection(masks):
            found |= masks[word]
        if self.stems:
            heads = view.heads
            for head in self.stems.keys() & heads.keys():
                for word in heads[head]:
                    if word.startswith(self.stems[head]):
                        found |= masks[word]
        return found

    def find(self, view: View) -> list[Span]:
        """Every match in the sentence, the shortest for each phrase and beginning; in order."""
        found: dict[tuple[int, int], str] = {}
        for phrase in view.possible(self, self.phrases):
            for first, ends in phrase.matches(view):
                end = (ends & -ends).bit_length() - 1
                known = found.get((first, end))
                if end > first and (known is None or phrase.source < known):
                    found[first, end] = phrase.source  # of several the first by name: the same each time
        return [Span(first, end, found[first, end]) for first, end in sorted(found)] if found else []


Item = Word | Prefix | Forms | Exact | Slot | Gap | Choice
_ONE_WORD = (Word, Prefix, Forms, Exact)
_NOWHERE = Reach(0, (), {})
# The phrases that can be in a text, by `id`.
Active = Set[int]


@dataclass(frozen=True, slots=True)
class Span:
    """Words `first` up to (not including) `end`, found by the phrase `source`."""

    first: int
    end: int
    source: str

    def overlaps(self, other: Span) -> bool:
        return self.first < other.end and other.first < self.end


def places_of(bits: int) -> Iterator[int]:
    """The numbers of the bits set, rising."""
    while bits:
        low = bits & -bits
        yield low.bit_length() - 1
        bits ^= low


def _nullable(item: Item) -> bool:
    return isinstance(item, Gap) or (isinstance(item, Choice) and item.nullable)


def anchor_of(item: Item) -> Anchor:
    """What is in every match of the item."""
    match item:
        case Word(norm) | Exact(norm):
            return Anchor(commonness(norm), words=frozenset({norm}))
        case Prefix(stem):
            return Anchor(2 * commonness(stem), prefixes=frozenset({stem}))
        case Forms(_, forms):
            return Anchor(sum(map(commonness, forms)), words=forms)
        case Choice():
            return NO_ANCHOR if item.optional else item.anchor
        case Slot() | Gap():
            return NO_ANCHOR


def lists_of(phrase: Phrase) -> frozenset[str]:
    """The names of the word lists in a phrase, those that lists use too."""
    return frozenset().union(*(item.lists for item in phrase.items if isinstance(item, Choice)))


def walk(phrase: Phrase) -> Iterator[Item]:
    """Every item of a phrase, those inside brackets and lists too."""
    for item in phrase.items:
        yield item
        if isinstance(item, Choice):
            for option in item.phrases:
                yield from walk(option)
