"""When an alert has ended follows from the clock alone, not from when the service last tidied up."""

from __future__ import annotations

from pathlib import Path

import pytest

from alerts.read.places import Gazetteer
from tests.engine.world import BREACH, HOUR, SHELLING, TRUCE, World, sound

# In force for a day, and known again for three.
SHORT = SHELLING.replace('same_event = "3 days"', 'same_event = "3 days"\nexpires = "1 day"')
SHORT_TRUCE = TRUCE.replace('same_event = "14 days"', 'same_event = "14 days"\nexpires = "1 day"')
HELD = SHORT.replace('expires = "1 day"\n', "") + '[confirm]\nsources = 2\nwithin = "12 hours"\nuntil_then = "hold"\n'


@pytest.mark.parametrize("tidied", [True, False])
def test_what_is_heard_again_after_its_end_begins_it_again(tidied: bool, tmp_path: Path, gazetteer: Gazetteer) -> None:
    world = World(sound(tmp_path, gazetteer, shelling=SHORT), gazetteer)
    world.hear("Government forces shelled Taiz, killing 12 people.")
    world.later(hours=25)
    if tidied:
        assert world.tidy() == 1
    told = world.hear("Taiz was shelled by the army, a porter said, killing 12 people.", source="Star")
    assert told == ["update 2 Shelling in Taiz: 12 people killed"]
    [record] = world.alerts()
    assert record.versions[-1].why.startswith("again")
    world.engine.dispose()


@pytest.mark.parametrize("tidied", [True, False])
def test_the_all_clear_for_what_had_gone_quiet_is_told(tidied: bool, tmp_path: Path, gazetteer: Gazetteer) -> None:
    world = World(sound(tmp_path, gazetteer, truce=SHORT_TRUCE, breach=BREACH), gazetteer)
    world.hear("South Sudan and the rebels agreed to a truce.")
    world.later(hours=30)
    if tidied:
        assert world.tidy() == 1
    [line] = world.hear("In South Sudan the truce collapsed.", source="Star")
    assert line.startswith("close 2")
    world.engine.dispose()


@pytest.mark.parametrize("tidied", [True, False])
def test_a_denial_of_what_has_ended_changes_nothing(tidied: bool, tmp_path: Path, gazetteer: Gazetteer) -> None:
    world = World(sound(tmp_path, gazetteer, shelling=SHORT), gazetteer)
    world.hear("Government forces shelled Taiz, killing 12 people.")
    world.later(hours=30)
    if tidied:
        world.tidy()
    world.hear("The army denied that it shelled Taiz.", source="Star")
    [record] = world.alerts()
    assert len(record.evidence) == 1
    world.engine.dispose()


@pytest.mark.parametrize("tidied", [True, False])
def test_what_was_not_confirmed_in_time_is_told_when_it_is(tidied: bool, tmp_path: Path, gazetteer: Gazetteer) -> None:
    world = World(sound(tmp_path, gazetteer, shelling=HELD), gazetteer)
    assert world.hear("Government forces shelled Taiz, killing 12 people.") == []
    world.now += 14 * HOUR
    if tidied:
        assert world.tidy() == 1
    assert world.hear("Taiz was shelled by the army, a porter said, killing 12 people.", source="Star") == []
    told = world.hear("Shells fell on Taiz, killing 13 people, said a nurse.", source="Sun")
    [record] = world.alerts()
    assert (told, record.alert.state) == (["new 1 Shelling in Taiz: 12 people killed"], "active")
    world.engine.dispose()
