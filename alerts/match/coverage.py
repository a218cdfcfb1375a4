"""Which phrases of a rule its own examples exercise. A phrase that no example has ever met may be misspelt, or
find what nobody meant: the checker names it in a note, and no rule is refused for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from alerts.errors import Fault
from alerts.match.engine import read
from alerts.match.examples import DEFAULT_PUBLISHED, article_of
from alerts.match.phrases import Choice, Phrase, walk
from alerts.match.rule import Example, Rule
from alerts.match.view import SentenceView
from alerts.read.places import Gazetteer
from alerts.toml_lines import Document, KeyPath

Views = Sequence[Sequence[SentenceView]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Covered:
    """One list of phrases of a rule file (or a word list), where it stands, and in how many examples each phrase of
    it is met. A phrase that uses a word list is met where any line of the list is."""

    name: str
    path: KeyPath
    counts: Mapping[str, int]

    @property
    def missed(self) -> list[str]:
        """The phrases that stand in no example."""
        return [source for source, count in self.counts.items() if not count]


def coverage(rule: Rule, gazetteer: Gazetteer) -> list[Covered]:
    """Each list of phrases of the rule: its parts, what it ignores, its numbers. What is ignored must stand in an
    example that stays quiet."""
    return _covered(rule, _views(rule, gazetteer, quiet=False), _views(rule, gazetteer, quiet=True))


def list_coverage(rules: Iterable[Rule], gazetteer: Gazetteer) -> list[Covered]:
    """Each word list that the rules use, over the examples of all rules that use it."""
    lists: dict[str, Choice] = {}
    views: dict[str, list[list[SentenceView]]] = {}
    for rule in rules:
        own = _views(rule, gazetteer, quiet=False)
        for choice in _lists_of(rule):
            assert choice.name is not None
            lists[choice.name] = choice
            views.setdefault(choice.name, []).extend(own)
    return [_count(f"@{name}", ("words",), lists[name], views[name]) for name in sorted(lists)]


def notes(rule: Rule, gazetteer: Gazetteer, *, whole: bool) -> list[Fault]:
    """What the checker says of the rule's coverage: one note, or if `whole` one for each list of phrases."""
    found = coverage(rule, gazetteer)
    missed, every = sum(len(one.missed) for one in found), sum(len(one.counts) for one in found)
    if not missed:
        return []
    if not whole:
        advice = f"(alerts rules check --phrases {rule.name} lists them)"
        return [Fault(rule.file, 0, f"{missed} of {every} phrases stand in no example {advice}", "note")]
    document = Document(rule.source, rule.file)
    return [document.fault(one.path, _said(one), "note") for one in found if one.missed]


def list_notes(rules: Iterable[Rule], gazetteer: Gazetteer) -> list[Fault]:
    """A note for each word list with phrases that stand in no example of the rules that use it."""
    found = list_coverage(rules, gazetteer)
    return [Fault(f"lexicon/{one.name[1:]}.toml", 0, _said(one), "note") for one in found if one.missed]


def _said(covered: Covered) -> str:
    names = ", ".join(f'"{source}"' for source in covered.missed)
    return f"{len(covered.missed)} of {len(covered.counts)} phrases of {covered.name} stand in no example: {names}"


def _covered(rule: Rule, views: Views, quiet: Views) -> list[Covered]:
    found = []
    for i, block in enumerate(rule.blocks):
        where = f" in '{block.name}'" if len(rule.blocks) > 1 else ""
        parts: list[tuple[str, KeyPath, Choice]] = [
            (f"{part.name}{where}", ("parts", part.name), part.choice) for part in block.parts
        ]
        if block.unless is not None:
            parts.append((f"unless{where}", ("unless",), block.unless))
        found += [_count(name, ("match", i, *path), choice, views) for name, path, choice in parts]
    for name in ("phrases", "sentences", "articles"):
        ignored: Choice | None = getattr(rule.ignore, name)
        if ignored is not None:
            found.append(_count(f"[ignore] {name} (in a quiet one)", ("ignore", name), ignored, quiet))
    found += [_count(f"the number {one.name}", ("numbers", one.name), one.choice, views) for one in rule.numbers]
    for i, (raised, level) in enumerate(rule.severity.raises):
        found += [_count(f"what raises to {level}", ("severity", "raise", i), raised, views)]
    return found


def _count(name: str, path: KeyPath, choice: Choice, views: Views) -> Covered:
    return Covered(name=name, path=path, counts={phrase.source: _met(phrase, views) for phrase in choice.phrases})


def _met(phrase: Phrase, views: Views) -> int:
    """In how many articles the phrase stands."""
    alone = Choice([phrase])
    return sum(any(alone.find(view) for view in article) for article in views)


def _views(rule: Rule, gazetteer: Gazetteer, *, quiet: bool) -> list[list[SentenceView]]:
    """The sentences of each example and of each article of a story; if `quiet` of those that do not fire."""
    return [
        read(article_of(example, example.published or DEFAULT_PUBLISHED), gazetteer)
        for example in _examples(rule)
        if not (quiet and example.fires)
    ]


def _examples(rule: Rule) -> Iterator[Example]:
    yield from rule.examples
    for story in rule.stories:
        yield from story.articles


def _lists_of(rule: Rule) -> list[Choice]:
    """The word lists that the rule uses, also by way of other lists."""
    found: dict[str, Choice] = {}
    for choice in _choices(rule):
        for phrase in choice.phrases:
            for item in walk(phrase):
                if isinstance(item, Choice) and item.name is not None:
                    found[item.name] = item
    return list(found.values())


def _choices(rule: Rule) -> Iterator[Choice]:
    for block in rule.blocks:
        yield from (part.choice for part in block.parts)
        if block.unless is not None:
            yield block.unless
    yield from (choice for choice in (rule.ignore.phrases, rule.ignore.sentences, rule.ignore.articles) if choice)
    yield from (number.choice for number in rule.numbers)
    yield from (choice for choice, _ in rule.severity.raises)
