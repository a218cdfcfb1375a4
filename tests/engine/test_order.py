"""Whichever news of a story comes in first: what is known in the end is the same. Only what was told may differ, for
nobody can be told before it is known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from alerts.engine.rulebook import Rulebook
from alerts.read.places import Gazetteer
from alerts.store.database import reading
from alerts.store.schema import count_day, ledger, seen
from tests.e2e.longstory import write_rules
from tests.engine.world import DAY, HOUR, NOON, World, put_rules, read_rules

FEW = settings(
    deadline=None,
    max_examples=12,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
BEGIN = NOON + 20 * DAY
WORDS = "kiosk lantern orchard pigeon quarry ribbon saddle thimble umbrella violin walnut yarn".split()


@dataclass(frozen=True, slots=True)
class News:
    """A report `after` so many hours; the `number` gives it an outlet and words of its own."""

    number: int
    after: int
    text: str


@pytest.fixture(scope="session")
def all_kinds(tmp_path_factory: pytest.TempPathFactory, gazetteer: Gazetteer) -> Rulebook:
    folder = tmp_path_factory.mktemp("order")
    write_rules(folder)
    book = read_rules(put_rules(folder, {}), gazetteer)
    assert not book.faults
    return book


# Reports of one happening: the first is of the first kind, the others of any.
KINDS = (
    ("Government forces shelled Taiz, killing {count} people.", "Shells fell on Taiz."),
    ("The army besieged Djibo.", "Djibo is under siege."),
    ("South Sudan and the rebels agreed to a truce.",),
    ("Crowds rioted in Gao.",),
    ("{count},000 people fled Kadugli.", "9{count},000 people fled Kadugli."),
    ("Government forces shelled Taiz, killing {count} people.", "The Red Crescent sent ambulances to Taiz."),
)


@st.composite
def stories(draw: st.DrawFn) -> list[News]:
    """Some reports of one happening, as they were printed."""
    kinds = draw(st.sampled_from(KINDS))
    times = draw(st.lists(st.integers(0, 60), min_size=2, max_size=4, unique=True))
    found = []
    for number, after in enumerate(sorted(times)):
        own = " ".join(WORDS[number * 3 : number * 3 + 3])
        text = draw(st.sampled_from(kinds if number else kinds[:1])).format(count=draw(st.integers(1, 90)))
        found.append(News(number, after, f"{text[:-1]}, said {own} {number}."))
    return found


def taken(book: Rulebook, gazetteer: Gazetteer, story: Sequence[News]) -> dict[str, Any]:
    """What is known after the reports came in, in this order, all of them when the last was printed."""
    world = World(book, gazetteer)
    world.now = BEGIN - 20 * DAY
    world.hear("The weather in Aden was fine.", source="Weather")
    world.now = BEGIN + 61 * HOUR
    for number in range(len(WORDS)):
        world.feed(f"Paper {number}")
    for news in story:
        at = BEGIN + timedelta(hours=news.after)
        world.hear(news.text, source=f"Paper {news.number}", published=at)
    found = known(world)
    world.engine.dispose()
    return found


def known(world: World) -> dict[str, Any]:
    """All that does not tell of when it came in."""
    names = "rule key place state severity certainty confirmed numbers origins articles first_event last_event".split()
    alerts = []
    for record in world.alerts():
        if record.alert.rule.endswith("_blow"):
            continue  # which of two blows a report is about is decided when it comes in
        reports = sorted((item.source, item.hit.sentence) for item in record.evidence)
        alerts.append([*(getattr(record.alert, name) for name in names), reports])
    with reading(world.engine) as conn:
        columns = ("name", "place_id", "since", "confirmed_at", "lapses", "until")
        states = conn.execute(select(*(ledger.c[name] for name in columns))).all()
        days = conn.execute(select(count_day)).all()
        last = conn.execute(select(seen)).all()
    return {
        "alerts": sorted(alerts, key=repr),
        "ledger": sorted(states, key=repr),
        "days": sorted(days, key=repr),
        "seen": sorted(last, key=repr),
    }


@FEW
@given(story=stories(), random=st.randoms(use_true_random=False))
def test_what_goes_on_is_known_as_well_whatever_comes_in_first(
    story: list[News], random: Random, all_kinds: Rulebook, gazetteer: Gazetteer
) -> None:
    other = random.sample(story, len(story))
    one, two = (taken(all_kinds, gazetteer, order) for order in (story, other))
    for name, rows in one.items():
        assert two[name] == rows, name
