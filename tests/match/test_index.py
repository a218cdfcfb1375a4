"""The index may only leave out what is not there."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from alerts.match import files
from alerts.match.engine import read
from alerts.match.examples import DEFAULT_PUBLISHED, article_of
from alerts.match.index import Index
from alerts.match.phrases import Choice
from alerts.match.rule import Rule
from alerts.read.places import Gazetteer
from alerts.resources import shipped
from alerts.types import Article


@pytest.fixture(scope="module")
def rules(gazetteer: Gazetteer) -> tuple[Rule, ...]:
    return files.load([shipped("rules")], country=gazetteer.country_of).rules


def choices(rule: Rule) -> Iterator[Choice]:
    """All that the rule looks for."""
    for block in rule.blocks:
        yield from (part.choice for part in block.parts)
        yield from filter(None, [block.unless])
    yield from filter(None, [rule.ignore.phrases, rule.ignore.sentences, rule.ignore.articles])
    yield from (number.choice for number in rule.numbers)
    yield from (choice for choice, _ in rule.severity.raises)


def test_every_phrase_is_found_with_the_index_that_is_found_without(
    rules: tuple[Rule, ...], gazetteer: Gazetteer
) -> None:
    index = Index(rules)
    found = 0
    for rule in rules:
        for example in rule.examples:
            article = article_of(example, DEFAULT_PUBLISHED)
            for gated, free in zip(read(article, gazetteer), read(article, gazetteer), strict=True):
                gated.active = index.active(gated.norm)
                for choice in choices(rule):
                    spans = free.find(choice)
                    assert gated.find(choice) == spans
                    found += len(spans)
    assert found > 100


def test_a_firing_example_is_not_dismissed(rules: tuple[Rule, ...]) -> None:
    index = Index(rules)
    for rule in rules:
        for example in rule.examples:
            if example.fires:
                assert rule.name in {entry.rule.name for entry in index.scan(example.title, example.text)}


def test_an_article_without_one_word_of_a_phrase_is_dismissed(rules: tuple[Rule, ...]) -> None:
    index = Index([rule for rule in rules if rule.name == "attack"])
    text = "The army of ants marched through the kitchen and took the honey, to the delight of the children."
    article = Article(id="1", title="", text=text, published=DEFAULT_PUBLISHED)
    assert index.scan(article.title, article.text) == []
