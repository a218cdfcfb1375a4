"""Which of a rule's phrases stand behind a hit: what a backtest counts, and what verdicts are laid at.

A hit keeps the words that were found, not the phrases that found them; so the phrases are looked for again, one by
one, which also tells a phrase without which there would be no hit from one beside which others stand.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from alerts.match.phrases import Choice
from alerts.match.rule import Block, Rule
from alerts.match.view import SentenceView
from alerts.read.places import Gazetteer
from alerts.read.reading import Reading
from alerts.types import Article, Hit

# The part's name and the phrase as the rule has it; of a word list "@siege: tighten* ..3.. grip".
PhraseKey = tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Phrases:
    """The phrases of a hit; `alone` are those that no other phrase of their part could stand in for."""

    found: frozenset[PhraseKey] = frozenset()
    alone: frozenset[PhraseKey] = frozenset()


class Phrasebook:
    """The phrases of one rule, ready to be looked for one at a time."""

    def __init__(self, rule: Rule) -> None:
        self._blocks = [(block, {part.name: _single(part.choice) for part in block.parts}) for block in rule.blocks]
        names = ((part, source) for _, parts in self._blocks for part, some in parts.items() for source, _ in some)
        self.known: tuple[PhraseKey, ...] = tuple(dict.fromkeys(names))

    def of(self, hit: Hit, view: SentenceView) -> Phrases:
        """The phrases of a hit in the sentence `view`; nothing when the rule no longer finds it there."""
        met = [found for block, parts in self._blocks if (found := _met(block, parts, hit, view))]
        every = frozenset((part, source) for found in met for part, some in found.items() for source in some)
        if len(met) != 1:
            return Phrases(found=every)
        only = frozenset((part, some[0]) for part, some in met[0].items() if len(some) == 1)
        return Phrases(found=every, alone=only)

    def of_sentence(self, hit: Hit, gazetteer: Gazetteer, published: datetime) -> Phrases:
        """As `of`, of a hit whose article is not at hand."""
        found = [self.of(hit, view) for view in _views(hit.sentence, gazetteer, published)]
        return Phrases(found=_all(one.found for one in found), alone=_all(one.alone for one in found))


def _all(sets: Iterable[frozenset[PhraseKey]]) -> frozenset[PhraseKey]:
    return frozenset().union(*sets)


def list_of(phrase: str) -> str | None:
    """The word list that a phrase of a `PhraseKey` is a line of."""
    return phrase.split(": ", 1)[0] if phrase.startswith("@") and ": " in phrase else None


def _single(choice: Choice, of: str = "") -> list[tuple[str, Choice]]:
    """Each phrase of a part by itself; a phrase that is nothing but a word list by the lines of the list."""
    found: list[tuple[str, Choice]] = []
    for phrase in choice.phrases:
        match phrase.items:
            case (Choice(name=str(name), optional=False) as words,):
                found += _single(words, f"@{name}: ")
            case _:
                found.append((f"{of}{phrase.source}", Choice([phrase])))
    return found


def _met(
    block: Block, parts: dict[str, list[tuple[str, Choice]]], hit: Hit, view: SentenceView
) -> dict[str, list[str]] | None:
    """For each part of the block the phrases that are there; None when the hit is not this block's."""
    if hit.parts.keys() != parts.keys():
        return None
    found: dict[str, list[str]] = {}
    for part in block.parts:
        views: Iterable[SentenceView] = (view,)
        if not view.find(part.choice):  # the part stood in a neighbouring sentence: its words are all that is kept
            article = view.reading.reading.article
            views = _views(hit.parts[part.name], view.reading.reading.gazetteer, article.published)
        some = [source for one in views for source, choice in parts[part.name] if one.find(choice)]
        if not some:
            return None
        found[part.name] = list(dict.fromkeys(some))
    return found


def _views(text: str, gazetteer: Gazetteer, published: datetime) -> Iterator[SentenceView]:
    article = Article(id="", title="", text=text, published=published)
    return (SentenceView(sentence) for sentence in Reading(article, gazetteer).sentences)
