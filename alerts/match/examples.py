"""Running what a rule claims of itself: every [[fires]] must fire as expected, every [[quiet]] stay quiet for
the reason given. A rule whose examples fail is not loaded. Stories, which need time, run in `engine.stories`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from alerts.errors import Fault
from alerts.match.bind import Households
from alerts.match.engine import Ruleset, looks_at, read
from alerts.match.judge import judge, neighbours
from alerts.match.rule import Example, Rule
from alerts.read.places import Gazetteer
from alerts.read.text import fold
from alerts.types import Article, Hit

# Examples without a date of their own are published then.
DEFAULT_PUBLISHED = datetime(2026, 1, 15, 12, tzinfo=UTC)
_SHOWN = 70


def article_of(example: Example, published: datetime) -> Article:
    """The example as an article."""
    return Article(
        id=f"example at line {example.line}",
        title=example.title,
        text=example.text,
        published=published,
        source=example.source or "example",
        language=example.language,
        country=example.country,
    )


def run_examples(rule: Rule, ruleset: Ruleset, gazetteer: Gazetteer, households: Households) -> list[Fault]:
    """The faults of the rule's examples; a known problem that is still one gives none.

    `ruleset` must hold the rule and those that keep the states it reads.
    """
    faults = []
    for example in rule.examples:
        problem = _Trial(rule, ruleset, gazetteer, households, example).problem()
        if problem and not example.known_problem:
            faults.append(Fault(rule.file, example.line, f"{problem}: {_shown(example)}"))
        elif example.known_problem and not problem:
            message = f"the known problem is solved ('{example.known_problem}'): take the line away"
            faults.append(Fault(rule.file, example.line, message, "warning"))
    return faults


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What became of one example: what is wrong with it (None: nothing), and what was seen, in words."""

    problem: str | None
    said: str


def try_example(rule: Rule, ruleset: Ruleset, gazetteer: Gazetteer, households: Households, example: Example) -> Result:
    """One example of the rule, for people to look at."""
    trial = _Trial(rule, ruleset, gazetteer, households, example)
    problem = trial.problem()
    if trial.hits:
        hit = trial.hits[0]
        where = f", {hit.place.name}" if hit.place else ""
        numbers = "".join(f", {name} {number.text}" for name, number in hit.numbers.items())
        seen = f"fires on '{hit.quote}': {hit.severity}{where}{numbers}"
    else:
        seen = f"quiet ({'; '.join(dict.fromkeys(trial.against)) or 'nothing of the rule is there'})"
    return Result(problem=problem, said=f"{problem or seen}: {_shown(example)}")


class _Trial:
    """One example before the rule."""

    def __init__(
        self, rule: Rule, ruleset: Ruleset, gazetteer: Gazetteer, households: Households, example: Example
    ) -> None:
        self.rule, self.gazetteer, self.example = rule, gazetteer, example
        self.article = article_of(example, example.published or DEFAULT_PUBLISHED)
        found = ruleset.detect(self.article, gazetteer, households)
        own = [hit for hit in found.hits if hit.rule == rule.name]
        self.hits = [hit for hit in own if not hit.needs_state]
        self.against = list(reasons(rule, self.article, gazetteer))
        self.against += [hit.because for hit in found.dropped if hit.rule == rule.name and hit.because]
        self.against += [f"the state '{hit.needs_state}' is not said to hold" for hit in own if hit.needs_state]

    def problem(self) -> str | None:
        """What is wrong with the example, or None."""
        why = "; ".join(dict.fromkeys(self.against))
        if self.example.fires:
            if not self.hits:
                return f"the example does not fire ({why or 'no part of the rule is there'})"
            return next(filter(None, (self.unexpected(name) for name in self.example.expect)), None)
        if self.hits:
            return f"the quiet example fires on '{self.hits[0].quote}'"
        if not self.against:
            return "the quiet example proves nothing, no part of the rule occurs in it"
        because = self.example.because
        if because and not any(fold(reason).startswith(fold(because)) for reason in self.against):
            return f"quiet for another reason than '{because}': {why}"
        return None

    def unexpected(self, name: str) -> str | None:
        want = self.example.expect[name]
        if any(self.agrees(name, want, hit) for hit in self.hits):
            return None
        seen = _value(self.hits[0], name)
        return f"expected {name} {want}, but it is {'not found' if seen is None else seen}"

    def agrees(self, name: str, want: object, hit: Hit) -> bool:
        if name == "severity":
            return hit.severity == want
        if name == "country":
            return hit.place is not None and self.gazetteer.country_of(str(want)) == hit.place.country
        if name == "place":
            if hit.place is None:
                return False
            meant = self.gazetteer.lookup(str(want), hit.place.country)
            return fold(hit.place.name) == fold(str(want)) or (meant is not None and meant.id == hit.place.id)
        number = hit.numbers.get(name)
        return number is not None and want in (number.low, number.stated)


def _value(hit: Hit, name: str) -> object:
    if name == "severity":
        return hit.severity
    if name in ("place", "country"):
        return hit.place and (hit.place.name if name == "place" else hit.place.country)
    number = hit.numbers.get(name)
    return f"{number.low:,.0f} to {number.high:,.0f}" if number else None


def reasons(rule: Rule, article: Article, gazetteer: Gazetteer) -> Iterator[str]:
    """Why the rule's blocks did not count in the sentences in which at least one part was found."""
    views = read(article, gazetteer)
    for at, view in enumerate(views):
        for block in rule.blocks:
            if looks_at(block, view):
                finding = judge(rule, block, view, neighbours(block, views, at))
                if finding.parts and finding.because:
                    yield finding.because


def _shown(example: Example) -> str:
    text = " ".join(example.text.split())
    return f"'{text[:_SHOWN]}…'" if len(text) > _SHOWN else f"'{text}'"
