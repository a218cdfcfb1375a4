"""Running what a rule claims of itself: every [[fires]] must fire as expected, every [[quiet]] stay quiet for
the reason given. A rule whose examples fail is not loaded. Stories, which need time, run in `engine.stories`.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from alerts.errors import Fault
from alerts.match.bind import Households
from alerts.match.engine import Ruleset, looks_at, read
from alerts.match.judge import judge
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

    `ruleset` must hold the rule: an example may need the states that other rules read.
    """
    faults = []
    for example in rule.examples:
        article = article_of(example, example.published or DEFAULT_PUBLISHED)
        detection = ruleset.detect(article, gazetteer, households)
        hits = [hit for hit in detection.hits if hit.rule == rule.name and not hit.needs_state]
        if example.fires:
            problem = _expected(rule, ruleset, example, article, hits, gazetteer)
        else:
            problem = _quiet(rule, ruleset, example, article, hits, gazetteer, detection.dropped + detection.hits)
        if problem and not example.known_problem:
            faults.append(Fault(rule.file, example.line, problem))
        elif example.known_problem and not problem:
            message = f"the known problem is solved ('{example.known_problem}'): take the line away"
            faults.append(Fault(rule.file, example.line, message, "warning"))
    return faults


def _expected(
    rule: Rule, ruleset: Ruleset, example: Example, article: Article, hits: list[Hit], gazetteer: Gazetteer
) -> str | None:
    if not hits:
        why = "; ".join(dict.fromkeys(reasons(rule, ruleset, article, gazetteer))) or "no part of the rule is there"
        return f"the example does not fire ({why}): {_shown(example)}"
    for name, want in example.expect.items():
        seen = [_value(hit, name) for hit in hits]
        if not any(_agrees(name, want, hit, gazetteer) for hit in hits):
            return f"expected {name} {want}, but it is {seen[0] if seen[0] is not None else 'not found'}: {_shown(example)}"
    return None


def _value(hit: Hit, name: str) -> object:
    match name:
        case "place":
            return hit.place.name if hit.place else None
        case "country":
            return hit.place.country if hit.place else None
        case "severity":
            return hit.severity
        case _:
            number = hit.numbers.get(name)
            return f"{number.low:,.0f} to {number.high:,.0f}" if number else None


def _agrees(name: str, want: object, hit: Hit, gazetteer: Gazetteer) -> bool:
    if name == "place":
        meant = gazetteer.lookup(str(want), hit.place.country if hit.place else None)
        return hit.place is not None and (
            fold(hit.place.name) == fold(str(want)) or (meant is not None and meant.id == hit.place.id)
        )
    if name == "country":
        return hit.place is not None and gazetteer.country_of(str(want)) == hit.place.country
    if name == "severity":
        return hit.severity == want
    number = hit.numbers.get(name)
    return number is not None and isinstance(want, int | float) and want in (number.low, number.stated)


def _quiet(
    rule: Rule,
    ruleset: Ruleset,
    example: Example,
    article: Article,
    hits: list[Hit],
    gazetteer: Gazetteer,
    others: tuple[Hit, ...],
) -> str | None:
    if hits:
        return f"the quiet example fires on '{hits[0].quote}': {_shown(example)}"
    found = list(reasons(rule, ruleset, article, gazetteer))
    found += [
        hit.because or f"the state '{hit.needs_state}' is not said to hold" for hit in others if hit.rule == rule.name
    ]
    if not found:
        return f"the quiet example proves nothing, no part of the rule occurs in it: {_shown(example)}"
    if example.because and not any(fold(reason).startswith(fold(example.because)) for reason in found):
        return (
            f"quiet for another reason than '{example.because}': {'; '.join(dict.fromkeys(found))}: {_shown(example)}"
        )
    return None


def reasons(rule: Rule, ruleset: Ruleset, article: Article, gazetteer: Gazetteer) -> Iterator[str]:
    """Why the rule's blocks did not count in the sentences in which at least one part was found."""
    for view in read(article, gazetteer):
        for block in rule.blocks:
            if looks_at(block, view):
                finding = judge(rule, block, view)
                if finding.parts and finding.because:
                    yield finding.because


def _shown(example: Example) -> str:
    text = " ".join(example.text.split())
    return f"'{text[:_SHOWN]}…'" if len(text) > _SHOWN else f"'{text}'"
