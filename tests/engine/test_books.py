"""What reports change in the ledger."""

from __future__ import annotations

from datetime import timedelta

from alerts.store import ledger
from alerts.store.database import reading
from alerts.track.ledger import LedgerEntry
from tests.engine.world import World


def only_entry(world: World) -> LedgerEntry:
    with reading(world.engine) as conn:
        [entry] = ledger.open_entries(conn)
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
