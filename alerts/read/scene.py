"""A sentence as the claims see it: its words in clauses, its dates, the hit that is judged, and the test
whether the hit lies in what a cue speaks about."""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass

from alerts.read.clauses import Clauses, clauses
from alerts.read.clausewords import FUNCTION
from alerts.read.text import Words
from alerts.types import ClaimKind, When

_DOING = frozenset({"doing", "quote"})
ALL = frozenset({"doing", "quote", "that", "which", "of", "when"})  # every kind of clause that hangs on another
FAR = 40  # words that a cue speaks about at most


@dataclass(frozen=True, slots=True)
class Scope:
    """Words `low` to `high` (half open), of the clause of word `home` and of those that hang on it by a kind of
    `through`; all words there when `home` is None. `above`: of the clause over that of `home`. `at` is the cue,
    `last` its last word."""

    kind: ClaimKind
    at: int
    last: int
    low: int
    high: int
    home: int | None = None
    through: frozenset[str] = _DOING
    above: bool = False


class Window:
    """Words `low` to `high` of a sentence with what is the same for all hits there: the dates of the words, the
    words that are `cues`, and the clauses, divided only when a cue or a date could speak of a hit."""

    __slots__ = ("_clauses", "cues", "dated", "high", "low", "words")

    def __init__(self, words: Words, low: int, high: int, dates: Sequence[When], cues: Container[str]) -> None:
        self.words, self.low, self.high = words, low, high
        near = [d for d in dates if d.first < high and d.last >= low]
        self.dated = {i: d for d in near for i in range(max(d.first, low), min(d.last + 1, high))}
        self.cues = [i for i in range(low, high) if words.norm[i] in cues]
        self._clauses: Clauses | None = None

    @property
    def clauses(self) -> Clauses:
        if self._clauses is None:
            self._clauses = clauses(self.words, self.low, self.high, self.dated.__contains__)
        return self._clauses


class Scene:
    """A window of a sentence, and the hit (`first`, `end`) that is judged."""

    __slots__ = ("dated", "end", "first", "high", "low", "norm", "window", "words")

    def __init__(self, window: Window, first: int, end: int) -> None:
        self.window, self.first, self.end = window, first, end
        self.words, self.low, self.high, self.dated = window.words, window.low, window.high, window.dated
        self.norm = window.words.norm

    @property
    def clauses(self) -> Clauses:
        return self.window.clauses

    def at(self, i: int) -> str:
        return self.norm[i] if self.low <= i < self.high else ""

    def covers(self, scope: Scope) -> bool:
        """The hit lies in the scope: half of its words, and one of its ends."""
        if self.end <= scope.low or self.first >= scope.high:
            return False
        low, high, home = scope.low, scope.high, self.clause_of(scope)
        inside = [
            low <= i < high and (home is None or self._hangs(i, home, scope.through))
            for i in range(self.first, self.end)
        ]
        return (inside[0] or inside[-1]) and 2 * sum(inside) >= len(inside)

    def _hangs(self, i: int, home: int, through: frozenset[str]) -> bool:
        """Word `i` is in the clause `home`, or in one that hangs on it by a kind of `through`."""
        at = self.home(i)
        while at != home:
            clause = self.clauses.all[at]
            if clause.kind not in through:
                return False
            at = clause.parent
            if at < 0:
                return False
        return True

    def home(self, i: int) -> int:
        clauses = self.window.clauses
        return clauses.owner[i - clauses.low]

    def clause_of(self, scope: Scope) -> int | None:
        """The clause that the scope is of."""
        if scope.home is None:
            return None
        home = self.home(scope.home)
        return self.clauses.all[home].parent if scope.above else home

    def phrase_end(self, i: int, limit: int = 5) -> int:
        """Where the noun phrase that begins at word `i` ends."""
        end = i
        while end < min(i + limit, self.high) and self.at(end) not in FUNCTION and not self._breaks(end, i):
            end += 1
        return end

    def _breaks(self, end: int, start: int) -> bool:
        return end > start and bool(self.words.gap(end).strip(" -'’"))
