"""The stories of a rule: articles in time, through the real tracking, each to open an alert or not."""

from __future__ import annotations

from datetime import timedelta

from alerts.engine.replay import Replay
from alerts.engine.rulebook import Rulebook
from alerts.errors import Fault
from alerts.match.bind import Households
from alerts.match.examples import DEFAULT_PUBLISHED, article_of
from alerts.match.rule import Rule, Story
from alerts.read.places import Gazetteer
from alerts.types import Article


def run_stories(rule: Rule, rulebook: Rulebook, gazetteer: Gazetteer, households: Households) -> list[Fault]:
    """The faults of the rule's stories. `rulebook` holds the rule and those that keep the states it reads."""
    faults = []
    for story in rule.stories:
        faults += _run(rule, story, rulebook, gazetteer, households)
    return faults


def _run(rule: Rule, story: Story, rulebook: Rulebook, gazetteer: Gazetteer, households: Households) -> list[Fault]:
    replay = Replay(rulebook, gazetteer, households)
    faults = []
    try:
        for number, example in enumerate(story.articles):
            told = replay.take(_article(story, number))
            fired = any(item.rule.name == rule.name and item.message.kind == "new" for item in told)
            if fired != example.fires:
                said = "opens an alert, and should not" if fired else "should open an alert, and does not"
                message = f"in the story '{story.name}' the article of day {example.day:g} {said}"
                faults.append(Fault(rule.file, example.line, message))
    finally:
        replay.close()
    return faults


def _article(story: Story, number: int) -> Article:
    """An article of its own outlet, unless it names one; a minute after the one before on the same day."""
    example = story.articles[number]
    published = DEFAULT_PUBLISHED + timedelta(days=example.day, minutes=number)
    article = article_of(example, published)
    source = example.source or f"outlet {number + 1}"
    return Article(
        id=f"{story.name} {number}",
        title=article.title,
        text=article.text,
        published=published,
        source=source,
        language=article.language,
        country=article.country,
    )
