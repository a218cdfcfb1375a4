"""Phrases back into the words of their writer, and what each sign in them stands for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from alerts.match.grammar import DEFAULT_GAP
from alerts.match.phrases import Choice, Exact, Forms, Gap, Item, Phrase, Prefix, Slot, Span, View, Word, walk

_SLOTS = {
    "people": "a number of people, families, children ...",
    "number": "any count; no date, sum of money, percentage, distance or age",
    "place": "a place the gazetteer knows",
    "town": "a place smaller than a country that the gazetteer knows",
    "name": "a capitalised name of up to four words",
}


def written(phrase: Phrase) -> str:
    """The phrase as its writer would write it."""
    return phrase.source or " ".join(map(item_as_written, phrase.items))


def item_as_written(item: Item) -> str:
    """One item of a phrase as its writer would write it."""
    match item:
        case Word(norm):
            return norm
        case Exact(_, printed):
            return f"={printed}"
        case Prefix(stem):
            return f"{stem}*"
        case Forms(lemma, _):
            return f"~{lemma}"
        case Slot(name):
            return f"{{{name}}}"
        case Gap(most):
            return "..." if most == DEFAULT_GAP else f"..{most}.."
        case Choice():
            return f"@{item.name}" if item.name else _brackets(item)


def _brackets(choice: Choice) -> str:
    inside = " | ".join(map(written, choice.phrases))
    return f"[{inside}]" if choice.optional else f"({inside})"


def forms_in(phrase: Phrase) -> list[str]:
    """What the verbs of a phrase stand for: "~flee = flee, fled, fleeing, flees"; word lists are not gone into."""
    found = {item.lemma: item for item in _own(phrase) if isinstance(item, Forms)}
    return [f"~{lemma} = {', '.join([lemma, *sorted(item.all - {lemma})])}" for lemma, item in found.items()]


def signs_in(choices: Iterable[Choice]) -> list[str]:
    """What the other signs of all these phrases and their lists mean."""
    items = {item for choice in choices for phrase in choice.phrases for item in walk(phrase)}
    found = [f"{{{name}}}: {said}" for name, said in _SLOTS.items() if Slot(name) in items]
    if any(isinstance(item, Prefix) for item in items):
        found.append("attack*: any word that begins so")
    if any(isinstance(item, Gap) for item in items):
        found.append("..4..: up to 4 words between; ...: up to 6")
    if any(isinstance(item, Choice) and item.optional for item in items):
        found.append("[the]: may be left out")
    if any(isinstance(item, Exact) for item in items):
        found.append("=IS: in exactly these capitals")
    return found


def _own(phrase: Phrase) -> Iterator[Item]:
    for item in phrase.items:
        yield item
        if isinstance(item, Choice) and not item.name:
            for option in item.phrases:
                yield from _own(option)


def lists_of(choices: Iterable[Choice]) -> dict[str, Choice]:
    """The word lists that these use, those that lists use too, by name."""
    found: dict[str, Choice] = {}
    for choice in choices:
        for phrase in choice.phrases:
            for item in walk(phrase):
                if isinstance(item, Choice) and item.name:
                    found.setdefault(item.name, item)
    return found


def origin(choice: Choice, view: View, span: Span) -> str:
    """The phrase that found `span`, and of a word list the line: "@siege: under siege"."""
    path = [span.source]
    while True:
        lists = [
            item
            for phrase in choice.phrases
            if phrase.source == path[-1]
            for item in phrase.items
            if isinstance(item, Choice) and item.name and len(phrase.items) == 1
        ]
        if not lists:
            return ": ".join(path)
        choice = lists[0]
        inner = next((one for one in choice.find(view) if (one.first, one.end) == (span.first, span.end)), None)
        if inner is None:
            return ": ".join(path)
        path.append(inner.source)
