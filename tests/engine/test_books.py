"""What reports change in the ledger."""

from __future__ import annotations

from datetime import timedelta

import pytest

from alerts.engine.rulebook import Rulebook, compiled
from alerts.match import files
from alerts.read.places import Gazetteer
from alerts.resources import shipped
from alerts.store import ledger
from alerts.store.database import reading, writing
from alerts.track.ledger import LedgerEntry
from tests.engine.world import World


def only_entry(world: World) -> LedgerEntry:
    with reading(world.engine) as conn:
        [entry] = ledger.list_entries(conn)
    return entry


def test_a_truce_of_72_hours_is_over_after_them_though_it_is_spoken_of_later(world: World) -> None:
    world.hear("South Sudan and the rebels agreed to a truce of 72 hours.")
    world.later(days=2)
    world.hear("South Sudan and the rebels agreed to a truce.", source="Post")
    entry = only_entry(world)
    assert entry.named
    assert entry.lapses - entry.since == timedelta(hours=72)
    world.later(days=2)
    assert world.hear("Rebels ambushed a convoy in Juba today.", source="Star") == []


def test_a_truce_that_is_extended_lasts_from_the_end_it_had(world: World) -> None:
    world.hear("South Sudan and the rebels agreed to a truce of 72 hours.")
    world.later(days=2)
    world.hear("South Sudan and the rebels agreed to extend a truce by 24 hours.", source="Post")
    entry = only_entry(world)
    assert entry.lapses - entry.since == timedelta(hours=96)


def test_a_truce_whose_end_nobody_names_lasts_as_the_rule_says(world: World) -> None:
    world.hear("South Sudan and the rebels agreed to a truce.")
    entry = only_entry(world)
    assert not entry.named
    assert entry.lapses - entry.since == timedelta(days=14)


@pytest.fixture(scope="module")
def shipped_rules(gazetteer: Gazetteer) -> Rulebook:
    return compiled(files.load([shipped("rules")], country=gazetteer.country_of).rules)


@pytest.fixture
def world_of_ours(shipped_rules: Rulebook, gazetteer: Gazetteer) -> World:
    return World(shipped_rules, gazetteer)


def test_the_end_of_a_siege_is_told_to_those_who_were_told_of_it(world_of_ours: World) -> None:
    world = world_of_ours
    told = world.reader("one@example.org")
    assert world.hear("Gunmen besieged the town of Djibo.") == ["new 1 Djibo reported under siege (unconfirmed)"]
    world.send_all()
    world.reader("came-later@example.org")
    world.later(days=3)
    assert world.hear("Residents remain under siege in the town of Djibo, aid workers said.", key="b") == []
    world.later(days=3)
    [line] = world.hear("A relief convoy broke the siege of the town of Djibo, the army said.", source="Post")
    assert line.startswith("close 2 Djibo")
    assert world.mails("queued") == [(told, 2)]
    with reading(world.engine) as conn:
        assert ledger.list_entries(conn) == []


def test_the_end_of_a_siege_that_had_gone_quiet_is_told_as_well(world_of_ours: World) -> None:
    world = world_of_ours
    told = world.reader("one@example.org")
    world.hear("Gunmen besieged the town of Djibo.")
    world.send_all()
    world.later(days=20)
    with writing(world.engine) as conn:
        world.tracker.end_quiet_alerts(conn, world.now)
    [line] = world.hear("A relief convoy broke the siege of the town of Djibo, the army said.", source="Post")
    assert line.startswith("close 2 Djibo")
    assert world.mails("queued") == [(told, 2)]


def test_a_siege_that_is_eased_goes_on_and_is_an_update(world_of_ours: World) -> None:
    world = world_of_ours
    world.hear("Gunmen besieged the town of Djibo.")
    world.later(days=3)
    world.hear("The gunmen eased their siege of the town of Djibo and let in flour.", source="Post")
    [record] = world.alerts()
    assert record.alert.articles == 2
    assert only_entry(world).name == "siege"


def test_the_end_of_a_siege_in_a_country_ends_none_in_its_towns(world_of_ours: World) -> None:
    world = world_of_ours
    world.hear("Gunmen besieged the town of Djibo.")
    world.later(days=3)
    assert world.hear("Troops in Burkina Faso lifted the siege of a town.", source="Post") == []
    assert only_entry(world).place_name == "Djibo"


def test_the_end_of_another_siege_is_not_told_as_that_of_this_one(world_of_ours: World) -> None:
    world = world_of_ours
    world.hear("Gunmen besieged the town of Djibo.")
    world.later(days=3)
    assert world.hear("Troops lifted the siege of the town of Dori.", source="Post") == []
    assert only_entry(world).place_name == "Djibo"


def test_a_post_closed_in_is_a_blockade_and_no_siege_of_a_town(world_of_ours: World) -> None:
    world = world_of_ours
    [line] = world.hear("Government troops have surrounded a Turkish observation post near Taiz.")
    assert line == "new 1 Blockade of a military post near Taiz (unconfirmed)"
    [record] = world.alerts()
    assert record.summary.startswith("A post is closed in (observation post), not a town. ")
    with reading(world.engine) as conn:
        assert ledger.list_entries(conn) == []


def test_a_state_of_siege_that_is_decreed_is_no_siege(world_of_ours: World) -> None:
    assert world_of_ours.hear("The president declared a state of siege in Goma for 30 days.") == []
    with reading(world_of_ours.engine) as conn:
        assert ledger.list_entries(conn) == []


def test_an_accusation_is_told_as_one_and_is_never_above_likely(world_of_ours: World) -> None:
    world = world_of_ours
    [line] = world.hear("The ministry accused the rebels of breaking the truce in Taiz on Monday.")
    assert line == "new 1 Ceasefire violation alleged in Taiz"
    world.hear("Army commanders accuse Houthi fighters of breaching the ceasefire in Taiz.", source="Post")
    world.hear("Taiz: a spokesman has accused the militia of violations of the truce since noon.", source="Star")
    world.hear("Accusing its foes of truce violations in Taiz, the cabinet met in the night.", source="Herald")
    [record] = world.alerts()
    assert record.alert.origins >= 3
    assert record.alert.certainty == "likely"
    assert "alleged" in record.title


def test_an_act_is_told_as_one_though_it_was_alleged_before(world_of_ours: World) -> None:
    world = world_of_ours
    world.hear("The ministry accused the rebels of breaking the truce in Taiz on Monday.")
    world.hear("Rebels shelled Taiz despite the truce, killing 12 people.", source="Post")
    [record] = [one for one in world.alerts() if one.alert.event == "ceasefire_violation"]
    assert record.title == "Ceasefire violated in Taiz"


def test_who_took_a_town_holds_it_until_another_does(world_of_ours: World) -> None:
    world = world_of_ours
    world.hear("Houthi rebels captured Taiz on Monday, residents said.")
    world.later(days=1)
    world.hear("The rebels took Taiz after a short fight.", source="Post")
    world.later(days=9)
    world.hear("The Yemeni army has recaptured Taiz from the rebels.", source="Star")
    with reading(world.engine) as conn:
        held = ledger.list_entries(conn, everything=True)
    assert [(one.name, one.parties, one.until is None) for one in held] == [
        ("control", "Yemeni army", True),
        ("control", "Houthi rebels", False),
    ]
    assert held[1].until == held[0].since


@pytest.mark.parametrize(
    "text",
    [
        "Troops captured Taiz on Monday.",
        "The army captured villages near Taiz on Monday.",
        "The army captured Taiz airport on Monday.",
        "Rebels vowed to capture Taiz.",
    ],
)
def test_who_holds_a_town_is_never_guessed(world_of_ours: World, text: str) -> None:
    world_of_ours.hear(text)
    with reading(world_of_ours.engine) as conn:
        assert ledger.list_entries(conn, everything=True) == []
