"""From a judged hit to an example of its rule: which sentences it takes, and the lines to append to the rule's file.

An example is as short as it can be: the sentence alone if the rule sees the same in it as in the article, else with
the title, or with the sentences round it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from alerts.match.bind import Households
from alerts.match.engine import Ruleset
from alerts.match.examples import DEFAULT_PUBLISHED, article_of, reasons, try_example
from alerts.match.rule import Example, Rule
from alerts.read.places import Gazetteer
from alerts.types import Article, Hit

_AROUND = (1, 3)  # sentences before and after, first few
_REASONS = (
    *("denied", "possible", "past", "total", "standing", "alleged"),
    *("hidden by the idiom", "the sentence is ignored for", "not where it says", "missing", "the parts are more than"),
    *("below at_least", "the number", "no place is named", "the country", "the state"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """What it takes to try examples of a rule: it and the rules that keep the states it asks for, compiled."""

    rule: Rule
    ruleset: Ruleset
    gazetteer: Gazetteer
    households: Households

    def problem(self, example: Example) -> str | None:
        """What is wrong with an example of the rule, or None."""
        return try_example(self.rule, self.ruleset, self.gazetteer, self.households, example).problem

    def comes_near(self, example: Example) -> bool:
        """Whether some part of the rule is in the example."""
        article = article_of(example, example.published or DEFAULT_PUBLISHED)
        return next(reasons(self.rule, article, self.gazetteer), None) is not None

    def hits(self, example: Example) -> list[Hit]:
        """What the rule flags in an example, be it only while a state holds (`needs_state`)."""
        article = article_of(example, example.published or DEFAULT_PUBLISHED)
        found = self.ruleset.detect(article, self.gazetteer, self.households).hits
        return [hit for hit in found if hit.rule == self.rule.name]


@dataclass(frozen=True, slots=True, kw_only=True)
class Adopted:
    """An example with what is to be said of it. `problem`: what the rule as it is does wrong with it. `left_out`:
    what was not expected, because the example alone does not give it. `waits_for`: the state that must hold for it to
    fire, of which it says nothing; then it can be no example by itself."""

    example: Example
    problem: str | None = None
    left_out: tuple[str, ...] = field(default=())
    waits_for: str | None = None


def contexts(article: Article, hit: Hit, sentences: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Titles and texts that hold the hit's sentence, the shortest first. `sentences` are those of the article, the
    title first if it has one; they are left alone when the hit's is no longer where it was."""
    yield "", hit.sentence
    if article.title and hit.sentence != article.title:
        yield article.title, hit.sentence
    at = hit.sentence_index
    if not (0 <= at < len(sentences) and sentences[at] == hit.sentence):
        return
    first = 1 if sentences[0] == article.title else 0
    for reach in _AROUND:
        text = " ".join(sentences[max(first, at - reach) : at + reach + 1])
        if text:
            yield article.title, text


def adopt(bench: Bench, article: Article, hit: Hit, sentences: Sequence[str], *, fires: bool) -> Adopted | None:
    """The example of a hit that was judged right (`fires`) or wrong; None when no part of the rule is in the
    sentence any more, which would prove nothing."""
    place = hit.place.id if hit.place else None
    every = [(option, bench.hits(option)) for option in _options(article, hit, sentences, fires)]
    flagged = [(option, [one for one in found if not one.needs_state]) for option, found in every]
    same = [option for option, found in flagged if any(_place_id(one) == place for one in found)]
    some = [option for option, found in flagged if found]
    state = next((one.needs_state for _, found in every for one in found), None)
    if state and not some:
        return Adopted(example=every[0][0], waits_for=state)
    near = (option for option, _ in every if bench.comes_near(option))
    chosen = same[0] if same else some[0] if some else next(near, None)
    if chosen is None:
        return None
    return _expecting(bench, chosen, hit) if fires else Adopted(example=chosen, problem=bench.problem(chosen))


def _options(article: Article, hit: Hit, sentences: Sequence[str], fires: bool) -> Iterator[Example]:
    """Examples that may do: without what the feed said of its articles before with it."""
    published = article.published.replace(hour=12, minute=0, second=0, microsecond=0)
    for title, text in contexts(article, hit, sentences):
        plain = Example(text=text, title=title, line=0, fires=fires, published=published)
        yield plain
        yield replace(plain, language=article.language, country=article.country, source=article.source or None)


def _place_id(hit: Hit) -> str | None:
    return hit.place.id if hit.place else None


def _expecting(bench: Bench, example: Example, hit: Hit) -> Adopted:
    """The example with what readers were told: the place and the numbers, as far as it gives them."""
    problem = bench.problem(example)
    if problem:
        return Adopted(example=example, problem=problem)
    wanted: dict[str, Any] = {"place": hit.place.name} if hit.place else {}
    wanted |= {name: _plain(number.stated) for name, number in hit.numbers.items()}
    expect = {
        name: value for name, value in wanted.items() if not bench.problem(replace(example, expect={name: value}))
    }
    left_out = tuple(f"{name} {value}" for name, value in wanted.items() if name not in expect)
    return Adopted(example=replace(example, expect=expect), left_out=left_out)


def _plain(value: float) -> float:
    return int(value) if value == int(value) else value


def is_reason(text: str) -> bool:
    """Whether the text is how the checker says why an example is quiet, so that `because` can hold it."""
    return text.lower().startswith(_REASONS)


def as_toml(example: Example, note: str) -> str:
    """The example as it stands in a rule file, under a comment of one line."""
    values: dict[str, Any] = {
        "title": example.title,
        "text": example.text,
        "published": example.published and example.published.date(),
        "language": example.language,
        "country": example.country,
        "source": example.source,
        "because": example.because,
        "known_problem": example.known_problem,
    }
    lines = [f"# {one_line(note)}", f"[[{'fires' if example.fires else 'quiet'}]]"]
    lines += [f"{name} = {value(said)}" for name, said in values.items() if said]
    lines += [f"expect.{name} = {value(said)}" for name, said in example.expect.items()]
    return "\n".join(lines) + "\n"


def value(said: object) -> str:
    """A text or number as a rule file has it."""
    if not isinstance(said, str):
        return str(said)
    return json.dumps(said, ensure_ascii=False).replace("\x7f", "\\u007f")


def one_line(text: str) -> str:
    """A text as a comment can hold it: no line breaks, no control characters."""
    return "".join(char for char in " ".join(text.split()) if char.isprintable())


def append(text: str, examples: Sequence[str]) -> str:
    """The text of a rule file with examples at its end; all else stays as it is, its kind of line ends too."""
    ends = "\r\n" if "\r\n" in text else "\n"
    body = text if not text or text.endswith("\n") else text + ends
    added = "".join(f"\n{example}" for example in examples)
    return body + added.replace("\n", ends)
