"""Clauses of a sentence: what a date, a "could" or a "denied" speaks about, and what not.

"Air raids went on in spite of the truce that was signed in May": the date belongs to the truce. No
grammar is needed for that, only where clauses begin and end, which in news is told by a closed set of
words, by punctuation where there is any, and by a second finite verb. One pass, a bounded look ahead.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from alerts.read.clausewords import (
    ABBREVIATIONS,
    ADVERBS,
    ASK,
    AUXILIARIES,
    CONJUNCTIONS,
    DETERMINERS,
    EFFECTS,
    FUNCTION,
    LY_NOUNS,
    PARTICIPLES,
    PAST_VERBS,
    PHRASAL,
    PREPOSITIONS,
    PRONOUNS,
    SAYING,
    SUBORDINATORS,
)
from alerts.read.text import Words

# main: on its own; that: what is said, denied, feared; which: says more of a noun; of: the same by a bare
# participle; when: circumstances (after, if, despite); doing: "killing 3", in the time and mood of its parent.
Kind = Literal["main", "that", "which", "of", "when", "doing", "quote"]
_HARD = frozenset(";:.!?\n—[]…")
_PLAIN = ("", " ")
_QUOTES = frozenset('"“”«»„')
_LINKS = PREPOSITIONS | CONJUNCTIONS
_KNOWN = (
    CONJUNCTIONS | SUBORDINATORS | EFFECTS | AUXILIARIES | SAYING | PAST_VERBS | PARTICIPLES
    | {"which", "who", "whom", "whose", "that", "as"}
)  # fmt: skip
_CHAINING = CONJUNCTIONS | {"to", "who", "which", "that"}
_DEEP = 8


@dataclass(slots=True)
class Clause:
    """One clause. `parent` is an index into the list of clauses, -1 for a main clause."""

    kind: Kind
    start: int
    parent: int
    depth: int
    finite: bool = False
    spoke: bool = False
    last_auxiliary: int = -9


@dataclass(frozen=True, slots=True)
class Clauses:
    """The clause of each word from `low` on."""

    low: int
    owner: Sequence[int]
    all: Sequence[Clause]

    def of(self, word: int) -> int:
        """The index of the clause that word belongs to."""
        return self.owner[word - self.low]

    def above(self, word: int) -> list[int]:
        """The clause of `word` and those it hangs on, innermost first."""
        chain = [self.of(word)]
        while (parent := self.all[chain[-1]].parent) >= 0:
            chain.append(parent)
        return chain


def clauses(words: Words, low: int, high: int, dated: Callable[[int], bool]) -> Clauses:
    """Divide words `low` to `high` into clauses. `dated(i)`: word `i` is part of a date expression, so
    that "since Monday" and "in May" begin nothing."""
    finder = _Finder(words, low, high, dated)
    text, start, end, norm, owner = words.text, words.start, words.end, words.norm, finder.owner
    for i in range(low, high):
        gap, word = text[end[i - 1] : start[i]] if i > low else "", norm[i]
        if gap in _PLAIN and word not in _KNOWN and not word.endswith(("ed", "ing")) and not dated(i - 1):
            owner.append(finder.current)  # most words begin and end nothing
        else:
            finder.step(i, gap)
    return Clauses(low, owner, finder.all)


class _Finder:
    """The pass: the clause being read and what it hangs on."""

    __slots__ = ("all", "current", "dated", "high", "low", "norm", "owner", "quoted", "words")

    def __init__(self, words: Words, low: int, high: int, dated: Callable[[int], bool]) -> None:
        self.words, self.low, self.high, self.dated = words, low, high, dated
        self.norm = words.norm
        self.all: list[Clause] = [Clause("main", low, -1, 0)]
        self.owner: list[int] = []
        self.current = 0
        self.quoted: int | None = None

    def step(self, i: int, gap: str) -> None:
        """Read word `i`; `gap` is what stands before it."""
        comma = False
        if gap and gap != " ":
            comma = "," in gap
            self._punctuation(i, gap)
        self._word(i, self.norm[i], comma)
        self.owner.append(self.current)

    @property
    def clause(self) -> Clause:
        return self.all[self.current]

    def _at(self, i: int) -> str:
        return self.norm[i] if self.low <= i < self.high else ""

    def _open(self, kind: Kind, i: int, parent: int) -> None:
        if parent >= 0 and self.all[parent].depth >= _DEEP:
            parent = self.all[parent].parent
        depth = self.all[parent].depth + 1 if parent >= 0 else 0
        self.all.append(Clause(kind, i, parent, depth))
        self.current = len(self.all) - 1

    def _home(self) -> int:
        """The clause that a comma returns to: the nearest that is no aside."""
        at = self.current
        while self.all[at].kind in ("which", "of", "when", "doing") and self.all[at].parent >= 0:
            at = self.all[at].parent
        return at

    def _punctuation(self, i: int, gap: str) -> None:
        quotes = sum(mark in _QUOTES for mark in gap)
        dash = any(mark in gap for mark in (" - ", " – ", "--")) or "—" in gap
        if quotes % 2:
            if self.quoted is None:
                self.quoted = self.current
                self._open("quote", i, self.current)
            else:
                self.current, self.quoted = self.quoted, None
        elif dash or any(mark in _HARD for mark in gap):
            if not (gap.strip() == "." and (len(self._at(i - 1)) == 1 or self._at(i - 1) in ABBREVIATIONS)):
                self.quoted = None
                self._open("main", i, -1)
        elif "(" in gap:
            self._open("which", i, self.current)
        elif ")" in gap or "," in gap:
            self.current = self._after_comma(i)

    def _after_comma(self, i: int) -> int:
        """Where a comma leads: out of asides; but the participle after an unfinished main clause's aside
        ("the offensive that began in April, displacing thousands, has ...") stays with the aside."""
        home = self._home()
        if home != self.current and self._at(i).endswith("ing") and not self.all[home].finite:
            return self.current
        return home

    def _word(self, i: int, word: str, comma: bool) -> None:
        if self.dated(i):
            return
        before, after = self._at(i - 1), self._at(i + 1)
        if self.clause.parent >= 0 and i > self.low and self.dated(i - 1) and word not in _LINKS:
            self._dated_out(word)
        if word not in _KNOWN and not word.endswith(("ed", "ing")):
            return
        if word in CONJUNCTIONS:
            self._conjunction(i, word, after)
        elif word in ("which", "who", "whom", "whose"):
            self._open("which", i, self.current)
        elif word == "that":
            self._that(i, before, after)
        elif word in SUBORDINATORS:
            self._subordinate(i, word, before)
        elif word == "as":
            if self._as(before, after):
                self._open("when", i, self.current)
        elif word in EFFECTS or (comma and word.endswith("ing")):
            if comma or (before not in PREPOSITIONS and before not in AUXILIARIES and before not in DETERMINERS):
                if before not in ("be", "been", "being", "and", "or"):
                    self._open("doing", i, self.current)
        elif word in AUXILIARIES:
            self._auxiliary(i, before)
        elif word in SAYING and before not in DETERMINERS:
            if not (word.endswith("ed") and self._verb(i, before, after)):
                if word in ("said", "says") and self.clause.kind == "which" and self.clause.finite:
                    self.current = self.clause.parent if self.clause.parent >= 0 else self.current
                self.clause.spoke = self.clause.finite = True
        elif word in PAST_VERBS or word in PARTICIPLES or (word.endswith("ed") and len(word) > 3):
            self._verb(i, before, after)

    def _conjunction(self, i: int, word: str, after: str) -> None:
        if word == "but" or (word in ("yet", "so") and ("," in self.words.gap(i) and after not in ("to", "far"))):
            if after not in ("also", "the") or (word == "but" and after == "the"):
                self._open("main", i, -1)
            return
        if word not in ("and", "or"):
            return
        if not self.clause.finite:
            above = self.clause.parent
            if self.clause.kind == "of" and above >= 0 and self.all[above].finite and self._new_subject(i + 1):
                self._open("main", i, -1)
            return
        if after in AUXILIARIES or (after in SAYING and not after.endswith("s")) or self._new_subject(i + 1):
            self._open("that" if self.clause.kind == "that" else "main", i, self.clause.parent)

    def _new_subject(self, i: int) -> bool:
        """A finite auxiliary follows a short noun phrase: "and the town was taken"."""
        for ahead in range(i, min(i + 6, self.high)):
            word = self.norm[ahead]
            if word in AUXILIARIES and not self.dated(ahead):
                return ahead > i
            if word in CONJUNCTIONS or word in SUBORDINATORS or word in PRONOUNS - {"he", "she", "it", "they", "we"}:
                return False
            if ahead > i and self.words.gap(ahead).strip(" '’-"):
                return False
        return False

    def _that(self, i: int, before: str, after: str) -> None:
        if before in PREPOSITIONS:
            return
        if before in ("and", "or", "but"):  # "said that ... and that ...": as the first
            self._open("that", i, self._home() if self.clause.kind != "that" else self.clause.parent)
            return
        verbal = after in AUXILIARIES or after in PAST_VERBS or (after.endswith("ed") and after not in ADVERBS)
        if self.clause.spoke and not verbal:
            self._open("that", i, self.current)
        else:
            self._open("which", i, self.current)

    def _subordinate(self, i: int, word: str, before: str) -> None:
        if word == "following" and before in DETERMINERS:
            return
        if before in ("even", "just", "shortly", "soon", "and", "or", "only") or word in ASK or before != "the":
            at = self._home() if self.clause.kind == "when" and self.clause.finite else self.current
            self._open("when", i, at)

    def _as(self, before: str, after: str) -> bool:
        if before in ("such", "well", "as", "far", "soon", "known", "described", "same", "identified", "so", "much"):
            return False
        return after in ("the", "its", "their", "his", "they", "he", "she", "it", "rebels", "troops", "fighting")

    def _auxiliary(self, i: int, before: str) -> None:
        clause = self.clause
        chained = i - clause.last_auxiliary <= 2 or before in _CHAINING
        while not chained and clause.parent >= 0 and self._complete(clause, i):
            self.current = clause.parent
            clause = self.clause
        clause.finite, clause.last_auxiliary = True, i

    def _dated_out(self, word: str) -> None:
        """A noun right after "announced in August" belongs to the clause above, or, where that was a
        "despite ..." that opened the sentence, to the main clause; so does a verb right after "who have fought
        since 2012" or after "since the war of 2011" that parted it from its subject."""
        clause = self.clause
        verb = word in PAST_VERBS or word.endswith("ed")
        above = self.all[clause.parent]
        if clause.kind == "of" or (clause.kind == "which" and clause.finite and verb):
            self.current = clause.parent
            if above.kind == "when" and above.start == self.low and above.parent >= 0:
                self.current = above.parent
        elif clause.kind == "when" and verb and not clause.finite and not above.finite and clause.start > above.start:
            self.current = clause.parent

    def _complete(self, clause: Clause, i: int) -> bool:
        """An aside that has its verb gives a further one back to the clause it stands in."""
        if clause.kind == "of":
            return True
        if clause.kind == "when":
            return (clause.finite or self.norm[clause.start] in PHRASAL) and not self.all[clause.parent].finite
        return clause.kind == "which" and clause.finite

    def _verb(self, i: int, before: str, after: str) -> bool:
        """Note a verb; True if it began a describing clause."""
        adverb = before in ADVERBS or (before.endswith("ly") and before not in LY_NOUNS)
        noun_before = before not in FUNCTION and not adverb and i > self.clause.start
        if noun_before and self._reduced(i, after):
            self._open("of", i, self.current)
            return True
        if noun_before or before in PRONOUNS or before in ("and", "or"):
            self.clause.finite = True
        return False

    def _reduced(self, i: int, after: str) -> bool:
        """A participle that describes the noun before it: "a ceasefire announced in August"."""
        word = self.norm[i]
        if word in PAST_VERBS and word not in PARTICIPLES:
            return False
        if after not in PREPOSITIONS and not self.dated(i + 1):
            return False
        if after == "by":
            return True
        clause = self.clause
        if clause.finite and not (clause.spoke and clause.last_auxiliary < clause.start):
            return True
        if clause.kind == "when" and self.norm[clause.start] in PHRASAL:
            return True
        return self._verb_ahead(i + 1)

    def _verb_ahead(self, i: int) -> bool:
        for ahead in range(i, min(i + 12, self.high)):
            word = self.norm[ahead]
            if word in AUXILIARIES and not self.dated(ahead):
                return True
            if word in CONJUNCTIONS or (word in SUBORDINATORS and not self.dated(ahead)) or word in ("which", "who"):
                return False
            if word == "that" or any(mark in _HARD for mark in self.words.gap(ahead)):
                return False
        return False
