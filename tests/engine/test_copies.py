"""A copy of what was told adds to the count of articles, and to nothing else."""

from __future__ import annotations

from itertools import permutations

import pytest

from alerts.engine.replay import Replay
from alerts.engine.rulebook import Rulebook
from alerts.match.bind import Households
from alerts.read.places import Gazetteer
from alerts.types import Article
from tests.engine.world import HOUR, NOON, World

REST = (
    " Government forces shelled the old market at dawn, killing 12 people. Shopkeepers spent the night in cellars "
    "while rounds came down on the bus station and two schools. The governor asked for more ambulances from the "
    "neighbouring districts, and doctors at the main hospital said that they had run out of blood."
)
WIRE = f"Smoke rose over Taiz on Monday.{REST}"
ELSEWHERE = f"Our correspondent reports from Marib.{REST}"


def test_a_copy_whose_cut_text_names_another_place_joins_the_alert_and_moves_it_nowhere(world: World) -> None:
    assert len(world.hear(WIRE)) == 1
    assert world.hear(ELSEWHERE, source="Evening Post") == []
    [record] = world.alerts()
    assert record.alert.place is not None
    assert (record.alert.place.name, record.alert.key) == ("Taiz", "shelling|gn:70225")
    assert (record.alert.articles, record.alert.origins, record.alert.certainty) == (2, 1, "possible")


def test_another_event_told_in_nearly_the_same_words_is_an_alert_of_its_own(world: World) -> None:
    world.hear(WIRE.replace("the old market", "Taiz"))
    told = world.hear(ELSEWHERE.replace("the old market", "Marib"), source="Evening Post")
    assert [line.split(":")[0] for line in told] == ["new 1 Shelling in Marib"]


def test_a_copy_printed_days_later_begins_nothing_again(world: World) -> None:
    world.hear(WIRE)
    world.later(days=4)
    assert world.tidy() == 1
    assert world.hear(ELSEWHERE, source="Evening Post") == []
    [record] = world.alerts()
    assert (record.alert.state, record.alert.articles) == ("ended", 2)


def test_an_official_copy_of_a_wire_story_makes_it_no_surer(world: World) -> None:
    world.feed("Relief Office", tier=1)
    world.hear(WIRE)
    assert world.hear(WIRE, source="Relief Office") == []
    [record] = world.alerts()
    assert record.alert.certainty == "possible"


def test_an_official_report_in_its_own_words_does(world: World) -> None:
    world.feed("Relief Office", tier=1)
    world.hear(WIRE)
    world.hear("The army shelled Taiz, killing at least 12 people.", source="Relief Office")
    [record] = world.alerts()
    assert record.alert.certainty != "possible"


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_copies_are_one_alert_in_whatever_order_they_are_printed(
    rulebook: Rulebook, gazetteer: Gazetteer, order: tuple[int, ...]
) -> None:
    texts = (WIRE, ELSEWHERE, f"{WIRE} The road to the coast is closed, and the mayor called for a truce of ten days.")
    articles = [
        Article(id=str(i), title="", text=texts[i], published=NOON + n * HOUR, source=f"Paper {i}", language="en")
        for n, i in enumerate(order)
    ]
    replay = Replay(rulebook, gazetteer, Households())
    try:
        told = list(replay.run(articles))
    finally:
        replay.close()
    assert {one.alert.id for one in told} == {"1"}
    assert {one.alert.origins for one in told} == {1}
    assert {one.alert.certainty for one in told} == {"possible"}
