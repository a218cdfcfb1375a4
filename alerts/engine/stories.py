"""The stories of a rule: articles in time, through the real tracking, each to open an alert or not."""

from __future__ import annotations

from collections.abc import Sequence
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
    """The faults of the rule's stories; a known problem that is still one gives none. `rulebook` holds the rule and
    those that keep the states it reads."""
    faults = []
    for story in rule.stories:
        found = _faults(rule, story, openings(rule, story, rulebook, gazetteer, households))
        if not story.known_problem:
            faults += found
        elif not found:
            message = f"the known problem is solved ('{story.known_problem}'): take the line away"
            faults.append(Fault(rule.file, story.line, message, "warning"))
    return faults


def openings(rule: Rule, story: Story, rulebook: Rulebook, gazetteer: Gazetteer, households: Households) -> list[bool]:
    """Of which articles of the story, taken one after the other, the rule opens an alert that is told."""
    replay = Replay(rulebook, gazetteer, households)
    try:
        told = [replay.take(_article(story, number)) for number in range(len(story.articles))]
    finally:
        replay.close()
    return [any(one.rule.name == rule.name and one.message.kind == "new" for one in items) for items in told]


def _faults(rule: Rule, story: Story, opened: Sequence[bool]) -> list[Fault]:
    faults = []
    for example, fired in zip(story.articles, opened, strict=True):
        if fired != example.fires:
            said = "opens an alert, and should not" if fired else "should open an alert, and does not"
            message = f"in the story '{story.name}' the article of day {example.day:g} {said}"
            faults.append(Fault(rule.file, example.line, message))
    return faults


def _article(story: Story, number: int) -> Article:
    """An article of its own outlet, unless it names one; a minute after the one before on the same day."""
    example = story.articles[number]
    published = (story.published or DEFAULT_PUBLISHED) + timedelta(days=example.day, minutes=number)
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
