"""All rules in one index: which rules can possibly fire in an article, and which in a sentence.

Each phrase has an anchor: its rarest obligatory word. One Aho-Corasick pass over the squeezed article finds
the anchors; a block of a rule is a candidate only if each of its parts has one. Most articles end here.
The same gate then runs for each sentence over its words.
"""

from __future__ import annotations

import string
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from ahocorasick_rs import AhoCorasick

from alerts.match.grammar import STOPWORDS
from alerts.match.phrases import Choice, Exact, Forms, Gap, Item, Phrase, Prefix, Slot, Word
from alerts.match.rule import Block, Rule
from alerts.read.text import fold

_MOST_CACHED_WORDS = 200_000
_COMMON = frozenset(
    "people city town area areas region country government state national world year years day week month two three new"
    " said says killed attack attacks hit war army forces force military police near north south east west united"
    " nations home homes food water aid fire village support group groups control take taken took".split()
)


class _Squeeze(dict[int, str]):
    """A translation table: letters folded, everything that is no letter, digit or apostrophe a blank."""

    def __missing__(self, code: int) -> str:
        char = fold(chr(code))
        self[code] = value = char if char.isalnum() or char == "'" else " "
        return value


@dataclass(frozen=True, slots=True)
class Anchor:
    """Words of which at least one is in every match, whole or as a beginning, and how common they are."""

    cost: float
    words: frozenset[str] = frozenset()
    prefixes: frozenset[str] = frozenset()


_NONE = Anchor(float("inf"))


@dataclass(frozen=True, slots=True, eq=False)
class Entry:
    """A block of a rule in the index; `needs` are the numbers of its parts that have anchors, `here` those of
    them that no neighbouring sentence can give."""

    rule: Rule
    block: Block
    needs: frozenset[int] = field(default=frozenset())
    here: frozenset[int] = field(default=frozenset())


class Index:
    """Immutable once made; a reload makes a new one."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        self._parts: dict[int, int] = {}
        self._words: dict[str, set[int]] = {}
        self._prefixes: dict[str, set[int]] = {}
        self._by_trigger: dict[int, list[Entry]] = {}
        self._always: list[Entry] = []
        self._costs: list[float] = []
        for rule in rules:
            for block in rule.blocks:
                self._add(rule, block)
        self._lengths = sorted({len(prefix) for prefix in self._prefixes})
        self._squeeze = _Squeeze()
        self._cache: dict[str, frozenset[int]] = {}
        self._automaton, self._pattern_parts = self._compile()

    def _add(self, rule: Rule, block: Block) -> None:
        numbers = [self._part(part.choice) for part in block.parts]
        needs = [number for number in numbers if self._costs[number] < float("inf")]
        obliged = frozenset(needs)
        entry = Entry(rule, block, obliged, obliged if block.within_sentences == 1 else obliged & set(numbers[:1]))
        if needs:
            trigger = min(needs, key=lambda number: self._costs[number])
            self._by_trigger.setdefault(trigger, []).append(entry)
        else:
            self._always.append(entry)

    def _part(self, choice: Choice) -> int:
        number = self._parts.get(id(choice))
        if number is None:
            number = self._parts[id(choice)] = len(self._parts)
            anchor = anchor_of_choice(choice)
            self._costs.append(anchor.cost)
            for word in anchor.words:
                self._words.setdefault(word, set()).add(number)
            for prefix in anchor.prefixes:
                self._prefixes.setdefault(prefix, set()).add(number)
        return number

    def _compile(self) -> tuple[AhoCorasick | None, list[frozenset[int]]]:
        patterns: dict[str, set[int]] = {}
        for word, parts in self._words.items():
            patterns.setdefault(f" {word} ", set()).update(parts)
            if 2 <= len(word) <= 5:  # U.S. is squeezed to "u s"
                patterns.setdefault(f" {' '.join(word)} ", set()).update(parts)
        for prefix, parts in self._prefixes.items():
            patterns.setdefault(f" {prefix}", set()).update(parts)
        automaton = AhoCorasick(list(patterns)) if patterns else None
        return automaton, [frozenset(parts) for parts in patterns.values()]

    def scan(self, title: str, text: str) -> list[Entry]:
        """The blocks that can fire somewhere in the article."""
        if self._automaton is None:
            return list(self._always)
        squeezed = f" {title} \n {text} ".translate(self._squeeze)
        if "'" in squeezed:
            squeezed = squeezed.replace("'s", " ").replace("'", "")
        matches = self._automaton.find_matches_as_indexes(squeezed, overlapping=True)
        found: set[int] = set()
        for pattern in {match[0] for match in matches}:
            found |= self._pattern_parts[pattern]
        return self._candidates(found)

    def parts(self, norm: Sequence[str]) -> set[int]:
        """The parts of rules that can be in the sentence of words `norm`."""
        found: set[int] = set()
        cache = self._cache
        for word in norm:
            parts = cache.get(word)
            found |= self._parts_of(word) if parts is None else parts
        return found

    @staticmethod
    def sentence(found: Sequence[set[int]], at: int, awake: Sequence[Entry]) -> list[Entry]:
        """Of the blocks `awake` in the article, those that can fire in sentence `at`; `found` are the `parts` of
        all its sentences."""
        own = found[at]
        return [
            entry
            for entry in awake
            if entry.here <= own and (entry.here is entry.needs or entry.needs <= _around(found, at, entry.block))
        ]

    def _parts_of(self, word: str) -> frozenset[int]:
        parts = set(self._words.get(word, ()))
        for length in self._lengths:
            if length > len(word):
                break
            parts |= self._prefixes.get(word[:length], set())
        if len(self._cache) >= _MOST_CACHED_WORDS:
            self._cache.clear()
        result = self._cache[word] = frozenset(parts)
        return result

    def _candidates(self, found: set[int]) -> list[Entry]:
        hits = list(self._always)
        for part in sorted(found):  # the same order in every process, whatever its hash seed
            hits += [entry for entry in self._by_trigger.get(part, ()) if entry.needs <= found]
        return hits


def _around(found: Sequence[set[int]], at: int, block: Block) -> set[int]:
    reach = block.within_sentences - 1
    return set().union(*found[max(0, at - reach) : at + reach + 1])


def anchor_of_choice(choice: Choice) -> Anchor:
    """The union of the phrases' anchors: one of them is in every match of the choice."""
    found = [anchor_of(phrase) for phrase in choice.phrases]
    return Anchor(
        sum(anchor.cost for anchor in found),
        frozenset().union(*(anchor.words for anchor in found)),
        frozenset().union(*(anchor.prefixes for anchor in found)),
    )


def anchor_of(phrase: Phrase) -> Anchor:
    """The rarest obligatory item of a phrase; an infinite cost when it has only slots."""
    return min((_item_anchor(item) for item in phrase.items), key=lambda anchor: anchor.cost, default=_NONE)


def _item_anchor(item: Item) -> Anchor:
    match item:
        case Word(norm) | Exact(norm):
            return Anchor(_commonness(norm), words=frozenset({norm}))
        case Prefix(stem):
            return Anchor(2 * _commonness(stem), prefixes=frozenset({stem}))
        case Forms(_, forms):
            return Anchor(sum(map(_commonness, forms)), words=forms)
        case Choice():
            return _NONE if item.optional else anchor_of_choice(item)
        case Slot() | Gap():
            return _NONE


def _commonness(word: str) -> float:
    """A rough cost: how often a word stands in ordinary news, from its kind and length."""
    if word in STOPWORDS or (len(word) == 1 and word in string.ascii_letters):
        return 1000.0
    return 30.0 if word in _COMMON else 40.0 / (len(word) + 2)
