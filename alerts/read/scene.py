"""A sentence as the claims see it: its words in clauses, its dates, the hit that is judged, and the test
whether the hit lies in what a cue speaks about."""

from __future__ import annotations

from dataclasses import dataclass

from alerts.read.clauses import Clauses
from alerts.read.clausewords import FUNCTION
from alerts.read.text import Words
from alerts.types import ClaimKind, When

_DOING = frozenset({"doing", "quote"})


@dataclass(frozen=True, slots=True)
class Scope:
    """Words `low` to `high` (half open), of the clause `home` and of those that hang on it by a kind of
    `through`; all words there when `home` is None. `at` is the cue, `last` its last word."""

    kind: ClaimKind
    at: int
    last: int
    low: int
    high: int
    home: int | None = None
    through: frozenset[str] = _DOING


@dataclass(frozen=True, slots=True)
class Scene:
    """A window of a sentence with what was found in it, and the hit (`first`, `end`) that is judged."""

    words: Words
    clauses: Clauses
    low: int
    high: int
    first: int
    end: int
    dated: dict[int, When]

    def at(self, i: int) -> str:
        return self.words.norm[i] if self.low <= i < self.high else ""

    def covers(self, scope: Scope) -> bool:
        """The hit lies in the scope: half of its words, and one of its ends."""
        inside = [self._inside(scope, i) for i in range(self.first, self.end)]
        return (inside[0] or inside[-1]) and 2 * sum(inside) >= len(inside)

    def _inside(self, scope: Scope, i: int) -> bool:
        if not scope.low <= i < scope.high:
            return False
        if scope.home is None:
            return True
        at = self.clauses.of(i)
        while at != scope.home:
            clause = self.clauses.all[at]
            if clause.kind not in scope.through:
                return False
            at = clause.parent
            if at < 0:
                return False
        return True

    def home(self, i: int) -> int:
        return self.clauses.of(i)

    def phrase_end(self, i: int, limit: int = 5) -> int:
        """Where the noun phrase that begins at word `i` ends."""
        end = i
        while end < min(i + limit, self.high) and self.at(end) not in FUNCTION and not self._breaks(end, i):
            end += 1
        return end

    def _breaks(self, end: int, start: int) -> bool:
        return end > start and bool(self.words.gap(end).strip(" -'’"))
