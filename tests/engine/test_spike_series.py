"""The series that the tests of spikes must tell apart, as reports through reading, matching and the database."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from string import ascii_lowercase

import pytest
from sqlalchemy import select

from alerts.engine.rulebook import Rulebook
from alerts.read.places import Gazetteer
from alerts.store.database import reading
from alerts.store.schema import count_day
from tests.engine.test_spikes import PEOPLE, book, watching, wave, whys
from tests.engine.world import HOUR, World

GREAT = [30_000, 60_000, 90_000, 70_000, 50_000]
SECOND = [60_000, 90_000, 85_000]
WIRE = (
    "2,000 people fled Kadugli within a night, the council said. They went by lorry, by cart and on foot, with goats "
    "and bedding, past the airfield where nobody landed any more. A teacher had counted them at the bridge until dawn, "
    "with a pencil and the back of a calendar, and gave the sheet to whoever asked."
)


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory, gazetteer: Gazetteer) -> Rulebook:
    return book(tmp_path_factory.mktemp("people"), gazetteer, PEOPLE)


@pytest.fixture
def world(people: Rulebook, gazetteer: Gazetteer) -> Iterator[World]:
    made = watching(World(people, gazetteer), days=60)
    yield made
    made.engine.dispose()


def counted(world: World) -> list[tuple[float | None, int]]:
    with reading(world.engine) as conn:
        days = conn.execute(select(count_day.c.value, count_day.c.counting).order_by(count_day.c.day))
        return [(row.value, row.counting) for row in days]


def even_days(world: World, count: int, days: int, papers: int = 1) -> list[str]:
    """Nearly the same count day by day (the very same would be the same people, told again), each time in words of
    its own; what was told."""
    told = []
    chance = Random(f"{world.now} {count}")
    for day in range(days):
        for paper in range(papers):
            names = [" ".join("".join(chance.choices(ascii_lowercase, k=7)) for _ in range(2)) for _ in range(8)]
            text = (
                f"{', '.join(names[:4])} saw it: {count + day:,} people fled Kadugli, said {' and '.join(names[4:])}."
            )
            told += world.hear(text, source=f"Paper {paper}", key=f"{world.now} {paper}")
        world.later(days=1)
    return told


@pytest.mark.parametrize("gap", [60, 200, 364])
def test_a_wave_of_235_000_after_one_of_300_000_is_told(world: World, gap: int) -> None:
    assert "new 1 Flight from Kadugli" in wave(world, GREAT)
    world.later(days=gap)
    world.tidy()
    assert wave(world, SECOND)[0] == "new 1 Flight from Kadugli"
    assert "after a lull" in whys(world)[-1] or "after a lull" in " ".join(whys(world)[-3:])


def test_of_an_even_month_nothing_is_told_and_then_of_a_jump(world: World) -> None:
    even_days(world, 900, 35)
    assert even_days(world, 890, 31) == []
    assert len(counted(world)) == 66
    assert even_days(world, 90_000, 1, papers=3) != []
    assert "the most in 127 days" in whys(world)[-1]


def test_days_without_any_have_no_spread_to_divide_by(world: World) -> None:
    world.later(days=40)
    told = even_days(world, 4_000, 1, papers=3) + even_days(world, 6_000, 1, papers=3)
    assert told[0] == "new 1 Flight from Kadugli"
    assert counted(world) == [(4_000, 3), (6_000, 3)]


@pytest.mark.parametrize(
    "text",
    [
        "Since 2011, 6,700,000 people have fled Kadugli, and some fled again this week.",
        "Some 180,000 displaced people who fled the war remain in Kadugli.",
        "Kadugli hosts 70,000 people who fled fighting in the west, monitors said.",
        "A total of 400,000 people have fled Kadugli since the war began, the agency recalled.",
    ],
)
def test_what_tells_of_years_is_no_wave(world: World, text: str) -> None:
    for paper in range(3):
        assert world.hear(text, source=f"Paper {paper}", key=f"{paper}") == []
    assert [value for value, _ in counted(world) if value is not None] == []


def test_wire_copies_of_one_figure_are_one_count(world: World) -> None:
    for paper in range(8):
        copy = WIRE.replace("A teacher", f"A teacher of class {paper}")
        assert world.hear(copy, source=f"Paper {paper}") == []
        world.now += 20 * HOUR
    assert counted(world) == [(2_000, 1)]


def test_it_is_told_again_only_after_it_fell_below_half(world: World) -> None:
    """Of the same size again it is not news while it goes on."""
    assert [line[:5] for line in even_days(world, 2_000, 4)] == ["new 1"]
    assert [line for line in even_days(world, 2_000, 10) if line.startswith("new")] == []
    world.later(days=20)
    world.tidy()
    assert even_days(world, 9_000, 1)[0].startswith("new 1")
