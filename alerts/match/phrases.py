"""The phrases of rule files: what an analyst writes between quotes, parsed and matched.

Grammar (no regular expressions, so no phrase can be exponential):

    phrase = item+ ;  item = word | word* | ~word | =WORD | @list | {slot} | gap | ( alts ) | [ alts ]
    alts = phrase ( "|" phrase )* ;  gap = "..." | "..N.."

A parsed phrase matches by itself: `ends(view, i)` gives every word index at which a match that begins at
word `i` may end. Positions are kept as sets, so the cost is at most items x words x gap.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from alerts.match.forms import forms
from alerts.read.text import fold, words

DEFAULT_GAP = 6
LONGEST_GAP = 30
SHORTEST_PREFIX = 3
SLOTS = ("people", "number", "place", "town")
# Words too common to look for alone.
STOPWORDS = frozenset(
    "a an and are as at be been but by for from had has have he her his in is it its no not of on or she that the"
    " their them they this to was we were which who will with would you".split()
)

_TOKEN = re.compile(
    r"\s*(?:(?P<gap>\.\.\.|\.\.(?P<n>\d+)\.\.)|(?P<sign>[()\[\]|])|\{(?P<slot>[^{}]*)\}|@(?P<list>[\w.]*)"
    r"|(?P<tilde>~)?(?P<exact>=)?(?P<word>[^\W_](?:[\w'’‘.\-–]*[\w'’])?(?:(?<=\w)\.(?!\.))?)(?P<star>\*)?|(?P<other>\S))"
)


class PhraseError(ValueError):
    """A phrase that cannot be used; the text says why and what to write instead."""


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


Lookup = Callable[[str], Choice]


def parse(source: str, lists: Lookup) -> Phrase:
    """Parse one phrase. `lists` gives the word list of a name, or raises PhraseError with advice."""
    parser = _Parser(source, lists)
    phrase = parser.phrase(source)
    if parser.sign == "|":
        raise PhraseError(f"in the phrase {_quoted(source)}: alternatives need brackets round them: (a | b)")
    if parser.sign is not None:
        raise PhraseError(f"in the phrase {_quoted(source)}: '{parser.sign}' closes a bracket that was not opened")
    _refuse_the_unfindable(phrase)
    return phrase


def _quoted(text: str) -> str:
    return f'"{text}"'


class _Parser:
    """LL(1): `sign` is the bracket or bar that ended the phrase read last."""

    def __init__(self, source: str, lists: Lookup) -> None:
        self.source, self.lists = source, lists
        self.tokens = _TOKEN.finditer(source)
        self.sign: str | None = None
        self.depth = 0

    def fail(self, message: str) -> PhraseError:
        return PhraseError(f"in the phrase {_quoted(self.source)}: {message}")

    def phrase(self, source: str = "") -> Phrase:
        items: list[Item] = []
        self.sign = None
        for token in self.tokens:
            sign = token["sign"]
            if sign in ("(", "["):
                items.append(self.choice(sign))
            elif sign is not None:
                self.sign = sign
                break
            else:
                items.extend(self.simple(token))
        if not items:
            raise self.fail("there is nothing to look for" if not self.depth else "an alternative is empty")
        if isinstance(items[0], Gap) or isinstance(items[-1], Gap):
            raise self.fail("a gap (...) needs words on both sides")
        return Phrase(tuple(items), source)

    def choice(self, opening: str) -> Choice:
        closing = {"(": ")", "[": "]"}[opening]
        if self.depth >= 20:
            raise self.fail("brackets are nested more than 20 deep")
        self.depth += 1
        options = [self.phrase()]
        while self.sign == "|":
            options.append(self.phrase())
        self.depth -= 1
        if self.sign is None:
            raise self.fail(f"the bracket '{opening}' is not closed")
        if self.sign != closing:
            raise self.fail(f"the bracket '{opening}' is closed by '{self.sign}'")
        self.sign = None
        return Choice(options, optional=opening == "[")

    def simple(self, token: re.Match[str]) -> list[Item]:
        if token["gap"]:
            most = int(token["n"]) if token["n"] else DEFAULT_GAP
            if not 1 <= most <= LONGEST_GAP:
                raise self.fail(f"a gap may be 1 to {LONGEST_GAP} words wide, not {most}")
            return [Gap(most)]
        if token["slot"] is not None:
            name = token["slot"].strip()
            if name not in SLOTS:
                raise self.fail(
                    f"there is no slot {{{name}}}; there are {{people}}, {{number}}, {{place}} and {{town}}"
                )
            return [Slot(name)]
        if token["list"] is not None:
            return [self.lists(token["list"])]
        if token["other"]:
            raise self.stray(token)
        return self.word(token)

    def word(self, token: re.Match[str]) -> list[Item]:
        printed = token["word"]
        if token["exact"]:
            bare = printed.replace(".", "")
            return [Exact(fold(bare), bare)]
        norms = words(printed).norm
        if not norms:
            raise self.fail(f"'{printed}' is no word")
        *before, last = norms
        found: list[Item] = [Word(norm) for norm in before]
        if token["tilde"]:
            found.append(Forms(last, forms(last)))
        elif token["star"]:
            if len(last) < SHORTEST_PREFIX:
                raise self.fail(f"'{printed}*' is too short: write at least {SHORTEST_PREFIX} letters before *")
            follows = self.source[token.end() : token.end() + 1]
            if follows and (follows.isalnum() or follows in "*-'"):
                raise self.fail("* stands only at the end of a word")
            found.append(Prefix(last))
        else:
            found.append(Word(last))
        return found

    def stray(self, token: re.Match[str]) -> PhraseError:
        sign = token["other"]
        advice = {
            "/": "write alternatives as (a | b)",
            "\\": "phrases are plain words, no patterns: write what the newspaper prints",
            '"': "quotes are not needed inside a phrase",
            "?": "write optional words in square brackets: [the] city",
            "*": f"write at least {SHORTEST_PREFIX} letters before *",
            "&": "write 'and', or put the words in two parts: every part must be there",
            ",": "leave it out: punctuation is not looked at",
            "~": "it stands before a verb: ~flee",
            "{": "a slot is written {people}, {number} or {place}",
            ".": "a gap is written ... or ..3..",
        }.get(sign, "leave it out")
        return self.fail(f"the sign '{sign}' means nothing here — {advice}")


def _refuse_the_unfindable(phrase: Phrase) -> None:
    found = [item for item in phrase.items if not isinstance(item, Gap)]
    fixed = [item for item in found if not (isinstance(item, Choice) and item.optional)]
    if not fixed:
        raise PhraseError(f"the phrase {_quoted(phrase.source)} has no fixed word to look for")
    if all(isinstance(item, Word) and item.norm in STOPWORDS for item in fixed):
        raise PhraseError(f"the phrase {_quoted(phrase.source)} is only of words that stand in every sentence")


def walk(phrase: Phrase) -> Iterator[Item]:
    """Every item of a phrase, those inside brackets and lists too."""
    for item in phrase.items:
        yield item
        if isinstance(item, Choice):
            for option in item.phrases:
                yield from walk(option)
