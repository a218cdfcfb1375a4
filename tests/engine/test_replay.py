"""A replay is the real thing on the articles' own clock, and always gives the same."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

import pytest

from alerts.engine.replay import Replay
from alerts.engine.rulebook import Rulebook
from alerts.engine.tracking import Told
from alerts.match.bind import Households
from alerts.read.places import Gazetteer
from alerts.types import Article
from tests.engine.world import DAY, HOUR, NOON


def article(number: str, text: str, at: datetime, source: str = "The Daily") -> Article:
    return Article(id=number, title="", text=text, published=at, source=source, language="en")


STORY = [
    article("1", "Government forces shelled Taiz, killing 2 people.", NOON),
    article("2", "South Sudan and the rebels agreed to a truce.", NOON + HOUR),
    article("3", "Taiz was shelled by the army, residents told us.", NOON + 2 * HOUR, "Evening Post"),
    article("1", "Government forces shelled Taiz, killing 20 people.", NOON + 3 * HOUR),
    article("4", "Rebels ambushed a convoy in Juba.", NOON + DAY),
    article("5", "The weather in Taiz was fine.", NOON + DAY),
    article("1", "The blasts were fireworks.", NOON + DAY + HOUR),
    article("6", "Government forces shelled Taiz, killing 5 people.", NOON + 9 * DAY),
]


Play = Callable[..., list[Told]]


@pytest.fixture
def play(rulebook: Rulebook, gazetteer: Gazetteer) -> Play:
    def run(articles: Sequence[Article], owners: dict[str, str] | None = None) -> list[Told]:
        replay = Replay(rulebook, gazetteer, Households(), owners=owners)
        try:
            return list(replay.run(articles))
        finally:
            replay.close()

    return run


def lines(told: Sequence[Told]) -> list[str]:
    return [f"{one.alert.id} {one.message.kind} {one.message.version} {one.title}" for one in told]


def test_the_same_articles_give_the_same_whatever_their_order(play: Play) -> None:
    first = play(STORY)
    assert lines(first) == [
        "1 new 1 Shelling in Taiz: 2 people killed",
        "2 new 1 Truce in SSD",
        "1 update 2 Shelling in Taiz: 20 people killed",
        "3 new 1 Truce broken in Juba",
        "1 update 3 Shelling in Taiz",
        "4 new 1 Shelling in Taiz: 5 people killed",
    ]
    assert play(STORY) == first
    assert play(list(reversed(STORY))) == first


def test_outlets_of_one_owner_are_one_origin(play: Play) -> None:
    two = [STORY[0], replace(STORY[2], text="The army shelled Taiz, killing 22 people.")]
    assert [told.alert.origins for told in play(two)] == [1, 2]
    assert [told.alert.origins for told in play(two, owners={"The Daily": "G", "Evening Post": "G"})] == [1, 1]


def test_the_same_text_again_is_no_revision(play: Play) -> None:
    again = replace(STORY[0], published=NOON + 5 * HOUR)
    assert play([STORY[0], again]) == play([STORY[0]])
