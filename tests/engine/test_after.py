"""Rules of the kind `after`: told only where another rule fired before, whichever news comes in first."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from alerts.engine.rulebook import Rulebook
from alerts.read.places import Gazetteer
from alerts.store.database import reading
from alerts.store.schema import report
from tests.engine.world import CUT_OFF, DAY, HOUR, MINUTE, SHELLING, World, sound

FLIGHT = """\
format = 1
title  = "Flight after shelling"
event  = "displacement"
status = "active"

[[match]]
[match.parts]
flight = ["~flee"]

[place]
required = true

[when]
kind   = "after"
rule   = "shelling"
within = "5 days"

[severity]
default = "severe"

[alert]
title   = "Flight from {{ place }}"
summary = "{{ quote }}"
"""
CAMP = (
    FLIGHT.replace("Flight after shelling", "Camp after flight")
    .replace("~flee", "put up tents")
    .replace('rule   = "shelling"', 'rule   = "flight"')
    .replace("Flight from", "Camp at")
)
SHELLED = "Government forces shelled Taiz, killing 12 people."
FLED = "Families fled Taiz with what they could carry."


@pytest.fixture(scope="session")
def rulebook(tmp_path_factory: pytest.TempPathFactory, gazetteer: Gazetteer) -> Rulebook:
    return sound(tmp_path_factory.mktemp("after"), gazetteer, shelling=SHELLING, a_camp=CAMP, flight=FLIGHT)


@pytest.fixture
def world(rulebook: Rulebook, gazetteer: Gazetteer) -> Iterator[World]:
    made = World(rulebook, gazetteer)
    yield made
    made.engine.dispose()


def kept(world: World) -> int:
    with reading(world.engine) as conn:
        return len(conn.execute(report.select()).all())


def test_it_is_told_where_the_other_rule_fired_before(world: World) -> None:
    assert world.hear(SHELLED) == ["new 1 Shelling in Taiz: 12 people killed"]
    world.later(days=2)
    assert world.hear(FLED) == ["new 1 Flight from Taiz"]
    assert kept(world) == 0


def test_alone_it_is_not_told(world: World) -> None:
    world.reader("one@example.org")
    assert world.hear(FLED) == []
    assert (world.alerts(), world.mails(), kept(world)) == ([], [], 1)


def test_too_long_after_it_is_not_told(world: World) -> None:
    world.hear(SHELLED)
    world.later(days=5, minutes=1)
    assert world.hear(FLED) == []


def test_elsewhere_it_is_not_told(world: World) -> None:
    world.hear(SHELLED)
    world.later(days=1)
    assert world.hear("Families fled Aden with what they could carry.") == []


def test_what_happened_before_is_not_after(world: World) -> None:
    world.hear(FLED)
    world.later(hours=3)
    assert world.hear(SHELLED) == ["new 1 Shelling in Taiz: 12 people killed"]


def test_both_in_one_article_count_whichever_rule_is_named_first(world: World) -> None:
    told = world.hear(f"{FLED} {SHELLED} Others put up tents in Taiz.")
    assert told == ["new 1 Shelling in Taiz: 12 people killed", "new 1 Flight from Taiz", "new 1 Camp at Taiz"]


def test_the_first_news_may_come_in_second(world: World) -> None:
    """The flight is reported at noon, the shelling of the morning before only in the evening."""
    one = world.reader("one@example.org")
    assert world.hear(FLED) == []
    world.later(hours=6)
    told = world.hear(SHELLED, published=world.now - 7 * HOUR, source="Evening Post")
    assert told == ["new 1 Shelling in Taiz: 12 people killed", "new 1 Flight from Taiz"]
    assert kept(world) == 0
    assert world.mails("queued") == [(one, 1), (one, 1)]
    flight = world.alerts()[1]
    assert [item.source for item in flight.evidence] == ["The Daily"]


def test_news_of_days_ago_that_is_first_printed_today_is_told_with_what_came_after(world: World) -> None:
    world.hear(FLED)
    world.later(days=2)
    day = f"{world.now - 3 * DAY:%d %B}".lstrip("0")
    told = world.hear(f"On {day} government forces shelled Taiz, killing 12 people.", source="Evening Post")
    assert told == ["new 1 Shelling in Taiz: 12 people killed", "new 1 Flight from Taiz"]


def test_late_news_of_the_first_makes_an_alert_of_the_second_and_mails_nobody(world: World) -> None:
    world.reader("one@example.org")
    world.hear(FLED)
    world.later(days=2)
    assert world.hear(SHELLED, published=world.now - 49 * HOUR, source="Evening Post") == []
    assert world.mails() == []
    assert [(record.alert.rule, record.alert.version) for record in world.alerts()] == [("shelling", 0), ("flight", 0)]
    assert world.hear("More people fled Taiz in the night, an aid worker said.", source="Star") == [
        "new 1 Flight from Taiz"
    ]


def test_late_news_of_the_second_mails_nobody(world: World) -> None:
    world.hear(SHELLED)
    world.later(days=3)
    assert world.hear(FLED, published=world.now - 2 * DAY, source="Star") == []
    assert [record.alert.version for record in world.alerts()] == [1, 0]


def test_what_comes_after_what_came_after_is_told_too(world: World) -> None:
    world.hear("Volunteers put up tents in Taiz.", source="Star")
    world.now -= MINUTE
    world.hear(FLED)
    world.later(hours=2)
    told = world.hear(SHELLED, published=world.now - 3 * HOUR, source="Evening Post")
    assert [line.split(" 1 ")[1] for line in told] == [
        "Shelling in Taiz: 12 people killed",
        "Flight from Taiz",
        "Camp at Taiz",
    ]


def test_a_place_stands_for_what_lies_in_it(world: World) -> None:
    world.hear(SHELLED)
    world.later(days=1)
    assert world.hear("Families fled Yemen with what they could carry.") == ["new 1 Flight from Yemen"]
    assert world.hear("Families fled Aden by boat.", source="Star") == []


def test_on_the_level_of_the_province_towns_are_one_place(tmp_path: Path, gazetteer: Gazetteer) -> None:
    wide = FLIGHT.replace('within = "5 days"', 'within = "5 days"\nper = "admin1"')
    world = World(sound(tmp_path, gazetteer, shelling=SHELLING, flight=wide), gazetteer)
    world.hear("Government forces shelled Kadugli, killing 12 people.")
    world.later(days=1)
    assert world.hear("Families fled Dilling with what they could carry.") == ["new 1 Flight from Dilling"]
    assert world.hear("Families fled Nyala by lorry.", source="Star") == []
    world.engine.dispose()


def test_what_was_taken_back_never_fired(world: World) -> None:
    world.hear(SHELLED, key="a")
    world.hear("The blasts in Taiz were fireworks at a wedding.", key="a")
    world.later(days=1)
    assert world.hear(FLED) == []


def test_a_report_that_waits_and_is_rewritten_waits_no_longer(world: World) -> None:
    world.hear(FLED, key="a")
    world.hear("Families in Taiz stayed.", key="a")
    assert kept(world) == 0
    world.later(hours=6)
    assert world.hear(SHELLED, published=world.now - 7 * HOUR, source="Star") == [
        "new 1 Shelling in Taiz: 12 people killed"
    ]


def test_what_waits_for_too_long_is_forgotten(world: World) -> None:
    world.hear(FLED)
    world.later(days=34)
    world.tidy()
    assert kept(world) == 1
    world.later(days=2)
    world.tidy()
    assert kept(world) == 0


def test_a_rule_it_names_that_is_out_of_force_never_fires(tmp_path: Path, gazetteer: Gazetteer) -> None:
    draft = SHELLING.replace('"active"', '"draft"')
    world = World(sound(tmp_path, gazetteer, shelling=draft, flight=FLIGHT), gazetteer)
    assert world.hear(f"{SHELLED} {FLED}") == []
    world.engine.dispose()


def test_a_service_stopped_after_every_article_tells_the_same(
    engine: Engine, tmp_path: Path, gazetteer: Gazetteer
) -> None:
    siege = FLIGHT.replace('"shelling"', '"cut_off"')
    book = sound(tmp_path, gazetteer, cut_off=CUT_OFF, flight=siege)
    story = (
        (0, "Families fled Djibo on foot.", 0.0),
        (1, "The army besieged Djibo on two sides.", 0.5),
        (1.1, "Families fled Djibo under fire, a nurse said.", 0.0),
        (1.3, "The army had Djibo besieged by dawn, a driver told the radio.", 1.5),
        (3, "Traders fled Djibo when the wells were shut.", 0.0),
    )

    def play(world: World, *, stop: bool) -> list[str]:
        told, begin = [], world.now
        for number, (day, text, age) in enumerate(story):
            world.now = begin + day * DAY
            if stop:
                world.engine.dispose()
                world = World(book, gazetteer, world.engine, world.now, _feeds=world._feeds)
            told += world.hear(text, source=f"Paper {number}", published=world.now - age * DAY)
        return [*told, *(f"{record.alert.rule} {record.alert.articles}" for record in world.alerts())]

    through = World(book, gazetteer)
    expected = play(through, stop=False)
    through.engine.dispose()
    assert expected == [
        "new 1 Djibo cut off",
        "new 1 Flight from Djibo",
        "update 2 Flight from Djibo",
        "cut_off 2",
        "flight 3",
    ]
    assert play(World(book, gazetteer, engine), stop=True) == expected
