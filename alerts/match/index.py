"""All rules in one index: which rules can possibly fire in an article, and which in a sentence.

A phrase can be in a text only if each of its items can: its words, beginnings and forms are `atoms`, and so is each
list or bracket, which can be there if one of its own phrases can. One look-up a word gives the atoms and the phrases
whose anchor (the rarest item, `anchors.py`) the word is; a phrase is kept if the text has all its atoms, a part of a
rule if it keeps a phrase, and a block if it keeps each of its parts. Most articles end here. The same gate then
runs for each sentence, and phrases are looked for only where it kept them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass

from alerts.match.anchors import NO_ANCHOR, STOPWORDS
from alerts.match.phrases import Active, Choice, Exact, Forms, Item, Phrase, Prefix, Slot, Word, anchor_of
from alerts.match.rule import Block, Rule
from alerts.read.numerals import COUNT_WORDS
from alerts.read.text import words

_MOST_CACHED_WORDS = 200_000
_COUNTED = ("people", "number")  # slots that only a digit or a number word fills
_COUNT = "{number}"
_FOUND_BY_COUNT = 500.0  # as an anchor a number is better than nothing
_IN_MOST = 1000.0  # a word as common as this is in most sentences: to ask for it gains nothing
_RARER = 999.0

Atom = str | int  # a word "town", a beginning "town*", forms "~flee", a number "{number}", a list: its id


@dataclass(frozen=True, slots=True, eq=False)
class Entry:
    """A block of a rule in the index. `needs` are its parts that can be gated, by the ids of their phrases, less the
    one that leads to the block."""

    rule: Rule
    block: Block
    number: int
    needs: tuple[frozenset[int], ...]


@dataclass(frozen=True, slots=True)
class _Known:
    """What one word says: the atoms it is, and the rows whose anchor it is, or is in a list that is."""

    atoms: frozenset[Atom]
    rows: frozenset[int]


_UNKNOWN = _Known(frozenset(), frozenset())


class Index:
    """Immutable once made, but for what it remembers of words; a reload makes a new one."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        self._needs: list[frozenset[Atom]] = []  # by row: the atoms of a phrase
        self._ids: list[int] = []  # by row: the id of the phrase
        self._lists_of: list[list[Atom]] = []  # by row: the lists and brackets that have the phrase
        self._row: dict[int, int] = {}  # by the id of a phrase
        self._anchored: dict[Atom, list[int]] = {}
        self._atoms: dict[str, set[Atom]] = {}  # of whole words
        self._stems: dict[str, set[Atom]] = {}
        self._everywhere: list[int] = []  # rows without any atom
        self._lists: dict[int, Atom] = {}  # the atoms of lists and brackets in phrases, by their id
        self._brackets: dict[tuple[frozenset[str], frozenset[str]], Atom] = {}
        self.entries: list[Entry] = []  # by number
        self._led_to: dict[int, set[int]] = {}  # numbers of entries, by the id of a phrase of the block's rarest part
        self._always: set[int] = set()  # numbers of entries whose parts are only slots
        self._rules = tuple(rules)  # ids are good as long as what they are of
        for rule in self._rules:
            self._add_choices(rule)
            for block in rule.blocks:
                for part in block.parts:
                    self._add_rows(part.choice.phrases)
        self._add_blocks()
        self._asked = frozenset().union(*self._needs)
        self._lengths = sorted({len(stem) for stem in self._stems})
        self._cache: dict[str, _Known] = {}
        self._without_words = self._reached(self._everywhere)

    def _add_choices(self, rule: Rule) -> None:
        """Everything the rule may look for in a sentence that was let through."""
        ignore = rule.ignore
        loose = [ignore.phrases, ignore.sentences, ignore.articles, *(number.choice for number in rule.numbers)]
        loose += [choice for choice, _ in rule.severity.raises]
        loose += [block.unless for block in rule.blocks]
        for choice in loose:
            if choice is not None:
                self._add_rows(choice.phrases)

    def _add_blocks(self) -> None:
        """Entries for the blocks, in the order in which they are tried: those with the same rarest part together."""
        blocks = [(rule, block) for rule in self._rules for block in rule.blocks]
        parts: dict[int, int] = {}
        for _, block in blocks:
            for part in block.parts:
                parts.setdefault(id(part.choice), len(parts))
        gated = [[p.choice for p in block.parts if p.choice.anchor is not NO_ANCHOR] for _, block in blocks]
        rarest = [min(some, key=lambda choice: choice.anchor.cost, default=None) for some in gated]
        ranks = [-1 if choice is None else parts[id(choice)] for choice in rarest]
        for number, at in enumerate(sorted(range(len(blocks)), key=lambda at: ranks[at])):
            (rule, block), lead = blocks[at], rarest[at]
            if block.within_sentences > 1 and block.parts[0].choice in gated[at]:
                lead = block.parts[0].choice  # what another sentence may give leads nowhere
            needs = tuple(choice.ids for choice in gated[at] if choice is not lead)
            self.entries.append(Entry(rule, block, number, needs))
            if lead is None:
                self._always.add(number)
            else:
                for phrase_id in lead.ids:
                    self._led_to.setdefault(phrase_id, set()).add(number)

    def _add_list(self, choice: Choice) -> Atom:
        """A list or bracket inside phrases: an atom of each of its single words, and rows for longer phrases. Equal
        brackets of single words are one atom."""
        if id(choice) in self._lists:
            return self._lists[id(choice)]
        stems = [stem for some in choice.stems.values() for stem in some]
        atom: Atom = id(choice)
        if not choice.longer:
            atom = self._brackets.setdefault((choice.words, frozenset(stems)), atom)
        self._lists[id(choice)] = atom
        for word in choice.words:
            self._atoms.setdefault(word, set()).add(atom)
        for stem in stems:
            self._stems.setdefault(stem, set()).add(atom)
        for row in self._add_rows(choice.longer):
            self._lists_of[row].append(atom)
        return atom

    def _add_rows(self, phrases: Sequence[Phrase]) -> list[int]:
        """Rows for the phrases, behind those of the lists they use; one for all that have the phrase."""
        return [self._row[id(phrase)] if id(phrase) in self._row else self._add_row(phrase) for phrase in phrases]

    def _add_row(self, phrase: Phrase) -> int:
        atoms = {atom: cost for item in phrase.items for atom, cost in self._atom(item)}
        anchor = min(atoms, key=lambda atom: atoms[atom], default=None)
        row = self._row[id(phrase)] = len(self._needs)
        self._needs.append(frozenset(atom for atom in atoms if atoms[atom] < _IN_MOST or atom == anchor))
        self._ids.append(id(phrase))
        self._lists_of.append([])
        if anchor is None:
            self._everywhere.append(row)
        else:
            self._anchored.setdefault(anchor, []).append(row)
        return row

    def _atom(self, item: Item) -> Iterator[tuple[Atom, float]]:
        """What the text must have for the item, if anything, and how common that is."""
        cost = anchor_of(item).cost
        match item:
            case Word(norm) | Exact(norm):
                self._atoms.setdefault(norm, set()).add(norm)
                yield norm, cost
            case Prefix(stem):
                self._stems.setdefault(stem, set()).add(f"{stem}*")
                yield f"{stem}*", cost
            case Forms(lemma, forms):
                for form in forms:
                    self._atoms.setdefault(form, set()).add(f"~{lemma}")
                yield f"~{lemma}", cost
            case Choice():
                atom = self._add_list(item)
                if not item.optional:
                    # the cost of a list is a sum: only a stopword in it makes it as common as one
                    yield atom, cost if not item.words.isdisjoint(STOPWORDS) else min(cost, _RARER)
            case Slot(name):
                if name in _COUNTED:
                    yield _COUNT, _FOUND_BY_COUNT

    def scan(self, title: str, text: str) -> list[Entry]:
        """The blocks that can fire somewhere in the article."""
        active = self.active(_words(f"{title}\n{text}"))
        found = (self.entries[number] for number in sorted(self._numbers(active)))
        return [entry for entry in found if not any(map(active.isdisjoint, entry.needs))]

    def active(self, norm: Iterable[str]) -> Active:
        """The phrases that can be in a text of these words, by their ids."""
        cache = self._cache
        have: set[Atom] = set()
        rows: set[int] = set(self._without_words)
        for word in norm:
            known = cache.get(word) or self._know(word)
            if known is not _UNKNOWN:
                have |= known.atoms
                if known.rows:
                    rows |= known.rows
        found: set[int] = set()
        all_needs, ids, lists_of = self._needs, self._ids, self._lists_of
        for row in sorted(rows):  # lists before what uses them
            if all_needs[row] <= have:
                found.add(ids[row])
                if lists_of[row]:
                    have.update(lists_of[row])
        return found

    def led_to(self, active: Active, awake: Set[int]) -> list[Entry]:
        """Of the blocks `awake` (their numbers) those whose rarest part has one of these phrases (of blocks over
        several sentences: the first part), in the order in which they are tried."""
        return [self.entries[number] for number in sorted(self._numbers(active) & awake)]

    def _numbers(self, active: Active) -> set[int]:
        return self._always.union(*map(self._led_to.__getitem__, self._led_to.keys() & active))

    def _know(self, word: str) -> _Known:
        """What a word says; remembered."""
        atoms = set(self._atoms.get(word, ()))
        for length in self._lengths:
            if length > len(word):
                break
            atoms |= self._stems.get(word[:length], set())
        if word[0].isdigit() or word in COUNT_WORDS:
            atoms.add(_COUNT)
        atoms &= self._asked
        known = _UNKNOWN
        if atoms:
            first = [row for atom in atoms for row in self._anchored.get(atom, ())]
            known = _Known(frozenset(atoms), self._reached(first))
        if len(self._cache) >= _MOST_CACHED_WORDS:
            self._cache.clear()
        self._cache[word] = known
        return known

    def _reached(self, rows: Sequence[int]) -> frozenset[int]:
        """These rows and those whose anchor is a list that they are in."""
        todo, found = list(rows), set(rows)
        while todo:
            for atom in self._lists_of[todo.pop()]:
                new = [row for row in self._anchored.get(atom, ()) if row not in found]
                found.update(new)
                todo += new
        return frozenset(found)


def _words(text: str) -> set[str]:
    """The different words of an article, as its sentences will have them."""
    return set(words(text).norm)
