"""What is not wrong with a rule and still wants to be mended: examples that are copies of each other, and days
that have passed. "Today" is an argument, as time is everywhere here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from itertools import combinations

from alerts.errors import Fault
from alerts.match.lexicon import Lexicon
from alerts.match.rule import Example, Rule
from alerts.read.text import words
from alerts.toml_lines import Document

# Two examples that share so much of their words prove the same thing.
_COPY = 0.8


def copies(rule: Rule) -> list[Fault]:
    """A warning for each example that nearly repeats an earlier one of its kind: a rule that knows only its own
    examples passes them all and finds nothing else."""
    found: dict[int, Fault] = {}
    for earlier, later in combinations(rule.examples, 2):
        if later.line not in found and _purpose(earlier) == _purpose(later) and _alike(earlier, later) >= _COPY:
            message = (
                f"the example says nearly the same as the one in line {earlier.line}: it proves nothing more;"
                " tell it in other words, or take it away"
            )
            found[later.line] = Fault(rule.file, later.line, message, "warning")
    return list(found.values())


def remarks(rule: Rule) -> list[Fault]:
    """Notes on a rule that is sound and may still not do what its writer thinks it does."""
    found = []
    document = Document(rule.source, rule.file)
    if rule.status == "draft":
        how = "is a draft" if "status" in document.data else "has no 'status', and so is a draft"
        message = f'the rule {how}: it does not run until it says status = "test" (to its owner only) or "active"'
        found.append(document.fault(("status",), message, "note"))
    if not any(example.fires for example in _examples(rule)):
        found.append(Fault(rule.file, 0, "no example fires: nothing shows that the rule finds what it is for", "note"))
    return found


def _examples(rule: Rule) -> Iterator[Example]:
    yield from rule.examples
    for story in rule.stories:
        yield from story.articles


def _purpose(example: Example) -> tuple[object, ...]:
    """What an example is there to show; two with other settings or expectations differ, whatever their words."""
    settings = (example.title, example.published, example.language, example.country, example.source)
    return (example.fires, example.because, example.known_problem, sorted(example.expect.items(), key=str), settings)


def _alike(one: Example, other: Example) -> float:
    """The share of words that both texts have, of all words of either."""
    mine, theirs = set(words(one.text).norm), set(words(other.text).norm)
    return len(mine & theirs) / (len(mine | theirs) or 1)


def overdue(rules: Iterable[Rule], lexicon: Lexicon, today: date) -> list[Fault]:
    """A warning for each rule whose `review_by` has passed, and each line of a word list past its `valid_until`.
    They stay in force: old words are better than none."""
    found = []
    for rule in rules:
        if rule.about.review_by and date.fromisoformat(rule.about.review_by[:10]) < today:
            message = (
                f"the rule was to be looked at by {rule.about.review_by[:10]}: read what it flagged lately, and set a"
                " new review_by"
            )
            document = Document(rule.source, rule.file)
            found.append(document.fault(("about", "review_by"), message, "warning"))
    for name, index, source, until in lexicon.dated:
        if until < today:
            message = f'"{source}" was to hold until {until}: take it away, or set a new valid_until'
            found.append(lexicon.names[name].fault(("words", index), message, "warning"))
    return found
