"""Articles through tracking: which of the alerts they make are one happening."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from alerts.engine.rulebook import Rulebook
from alerts.read.places import Gazetteer
from alerts.store.database import reading
from tests.engine.world import CUT_OFF, SHELLING, World, sound
from tests.store.values import alerts_of

WARD = SHELLING.replace('"Shelling"', '"Ward hit"').replace('event  = "attack"', 'event  = "health_attack"')
WARD = WARD.replace('attack = ["~shell", "shells fell"]', 'ward = ["hospital"]\nattack = ["~shell", "shells fell"]')
WARD = WARD.replace("Shelling in", "Ward hit in")
BOTH = "Government forces shelled the hospital in Taiz on Monday, killing 12 people."


@pytest.fixture(scope="session")
def ward_rules(tmp_path_factory: pytest.TempPathFactory, gazetteer: Gazetteer) -> Rulebook:
    return sound(tmp_path_factory.mktemp("rules"), gazetteer, shelling=SHELLING, ward=WARD, cut_off=CUT_OFF)


@pytest.fixture
def town(ward_rules: Rulebook, gazetteer: Gazetteer) -> Iterator[World]:
    made = World(ward_rules, gazetteer)
    yield made
    made.engine.dispose()


def together(world: World) -> list[list[str]]:
    """The titles of the alerts of each incident."""
    ids = {record.alert.incident: None for record in world.alerts()}
    with reading(world.engine) as conn:
        found = [alerts_of(conn, incident) for incident in ids]
    rules = {record.alert.id: record.title.split(":")[0] for record in world.alerts()}
    return sorted(sorted(rules[alert.id] for alert in alerts) for alerts in found)


def test_two_rules_in_one_article_make_one_incident(town: World) -> None:
    assert len(town.hear(BOTH)) == 2
    assert together(town) == [["Shelling in Taiz", "Ward hit in Taiz"]]


def test_the_same_town_on_the_same_day_is_one_incident(town: World) -> None:
    town.hear("Government forces shelled Taiz on Monday, killing 12 people.")
    town.later(hours=3)
    town.hear("Gunmen have besieged Taiz since this morning.", source="Evening Post")
    assert together(town) == [["Shelling in Taiz", "Taiz cut off"]]


def test_two_towns_in_one_article_are_two_incidents(town: World) -> None:
    town.hear(f"{BOTH} On the same day rebels shelled Marib, killing 3 people.")
    assert together(town) == [["Shelling in Marib"], ["Shelling in Taiz", "Ward hit in Taiz"]]


def test_the_shelling_that_goes_on_for_weeks_leaves_for_the_newest_incident(town: World) -> None:
    town.hear(BOTH)
    for day in range(1, 15):
        town.later(days=1)
        town.hear(f"The army shelled Taiz on day {day}, killing {day} people.", source=f"Paper {day}")
    assert together(town) == [["Shelling in Taiz", "Ward hit in Taiz"]]
    town.later(hours=5)
    town.tidy()
    town.hear("The army shelled the only hospital left in Taiz at noon, killing 20 people.", source="Evening Post")
    assert together(town) == [["Shelling in Taiz", "Ward hit in Taiz"], ["Ward hit in Taiz"]]


def test_an_article_that_says_less_than_before_does_not_part_the_incident(town: World) -> None:
    town.hear(BOTH, key="a")
    before = [record.alert.incident for record in town.alerts()]
    town.hear("Government forces shelled Taiz on Monday, killing 12 people.", key="a")
    assert [record.alert.incident for record in town.alerts()] == before


def test_an_article_read_twice_makes_no_further_incident(town: World) -> None:
    town.hear(BOTH)
    before = town.alerts()
    town.hear(BOTH)
    assert town.alerts() == before
