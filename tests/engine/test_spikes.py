"""Spikes through the real tracking: what is counted, what is told, and what a restart or late news changes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine

from alerts.engine.rulebook import Rulebook
from alerts.read.places import Gazetteer
from alerts.store import reports
from alerts.store.database import reading
from alerts.track.spike import words
from tests.engine.world import DAY, HOUR, NOON, World, sound

FLIGHT = """\
format = 1
title  = "Flight"
event  = "displacement"
status = "active"

[[match]]
[match.parts]
flight = ["~flee", "~displace"]

[numbers.displaced]
use = "displaced"

[when]
kind     = "spike"
window   = "3 days"
baseline = "30 days"
history  = "10 days"
at_least = 3
times    = 3

[severity]
default = "moderate"

[alert]
title      = "Flight from {{ place }}"
summary    = "{{ quote }}"
same_event = "7 days"
"""
PEOPLE = FLIGHT.replace('window   = "3 days"', 'window   = "7 days"\ncount    = "people"').replace(
    "at_least = 3", "at_least = 5_000"
)
LONG = (
    "Hundreds of residents fled Kadugli on foot after the market burned down in the night. They carried bundles and "
    "children along the road to the west, and drivers asked for sums that few could pay. The hospital sent its last "
    "ambulance with them, a nurse told us, and came back with nobody."
)


def book(folder: Path, gazetteer: Gazetteer, rule: str) -> Rulebook:
    lists = folder / "lexicon"
    lists.mkdir()
    (lists / "number.displaced.toml").write_text(
        'about = "The displaced"\nwords = ["{people} fled"]\n', encoding="utf-8"
    )
    return sound(folder, gazetteer, flight=rule)


@pytest.fixture(scope="session")
def flight(tmp_path_factory: pytest.TempPathFactory, gazetteer: Gazetteer) -> Rulebook:
    return book(tmp_path_factory.mktemp("flight"), gazetteer, FLIGHT)


@pytest.fixture(scope="session")
def people(tmp_path_factory: pytest.TempPathFactory, gazetteer: Gazetteer) -> Rulebook:
    return book(tmp_path_factory.mktemp("people"), gazetteer, PEOPLE)


@pytest.fixture
def world(flight: Rulebook, gazetteer: Gazetteer) -> Iterator[World]:
    made = watching(World(flight, gazetteer))
    yield made
    made.engine.dispose()


def watching(world: World, days: float = 20) -> World:
    """A service that has run for a while."""
    world.hear("The weather in Khartoum was fine.", source="Weather")
    world.later(days=days)
    return world


def flee(world: World, number: int, *, place: str = "Kadugli", **how: object) -> list[str]:
    """A report of its own words and outlet."""
    words = ("shelling", "an ambush", "rumours", "the floods", "hunger", "night raids", "a fire", "gunfire", "looting")
    text = f"{5 + number} families fled {place} after {words[number % len(words)]}, our man number {number} said."
    return world.hear(text, **{"source": f"Paper {number}", **how})


def whys(world: World) -> list[str]:
    return [version.why for record in world.alerts() for version in record.versions]


def test_the_report_that_makes_it_far_more_than_usual_is_told_with_the_counts(world: World) -> None:
    world.reader("one@example.org")
    assert [flee(world, number) for number in range(3)] == [[], [], ["new 1 Flight from Kadugli"]]
    assert whys(world) == [
        "3 reports in 3 days, usual 0.3; reported by 3 independent sources: Paper 0, Paper 1 and Paper 2"
    ]
    [record] = world.alerts()
    assert (record.alert.origins, record.alert.articles, record.alert.key) == (3, 3, "flight|gn:373141")
    assert record.alert.spike is not None
    assert (record.alert.spike.test, words(record.alert.spike)) == ("reports", "3 reports in 3 days, usual 0.3")
    assert world.mails() == [(1, 1)]


def counts_kept(world: World) -> list[float]:
    """The counts by day that the last version of the only alert took along for its chart."""
    [record] = world.alerts()
    return list(record.versions[-1].fields["series"]["counts"])


def test_the_counts_of_each_day_go_with_the_version_for_its_chart(world: World) -> None:
    for number in range(3):
        flee(world, number)
        world.later(days=1)
    counts = counts_kept(world)
    assert counts[-3:] == [1, 1, 1]
    assert (len(counts), sum(counts)) == (23, 3)  # the days that were watched


def test_the_share_of_what_the_outlets_printed_is_known(world: World) -> None:
    for number in range(7):
        world.hear(f"The council of Khartoum met for the {number + 1}th time.", source="Paper 1")
    for number in range(3):
        flee(world, number)
    [record] = world.alerts()
    assert record.alert.spike is not None
    assert record.alert.spike.share == 0.3


def test_copies_of_one_story_are_one_report(world: World) -> None:
    for number in range(5):
        assert world.hear(LONG.replace("sums", f"sums of {number}"), source=f"Paper {number}") == []
    assert flee(world, 6) == []
    assert flee(world, 7) != []
    [record] = world.alerts()
    assert (record.alert.origins, record.alert.articles) == (3, 7)


def test_a_story_printed_again_days_later_is_still_one_report(world: World) -> None:
    for day in range(5):
        assert world.hear(f"{LONG} Day {day}.", source=f"Paper {day}") == []
        world.later(days=1)


def test_a_paper_that_reports_every_day_is_one_source_of_the_window(world: World) -> None:
    for number in range(6):
        assert flee(world, number, source="The Daily") == []
        world.later(days=1)


def test_reports_of_other_places_do_not_count_here(world: World) -> None:
    for number, place in enumerate(("Kadugli", "El Obeid", "Dilling", "Kadugli", "El Obeid")):
        assert flee(world, number, place=place) == []


def test_nothing_is_told_while_there_is_no_history(flight: Rulebook, gazetteer: Gazetteer) -> None:
    world = watching(World(flight, gazetteer), days=5)
    assert [flee(world, number) for number in range(5)] == [[]] * 5
    assert world.alerts() == []
    world.engine.dispose()


def test_a_flat_spike_is_told_once_and_one_that_grows_is_updated(world: World) -> None:
    told = []
    for number in range(9):
        told += flee(world, number)
    assert told == ["new 1 Flight from Kadugli", "update 2 Flight from Kadugli"]
    assert whys(world)[1].startswith("9 reports in 3 days, usual 0.3")
    world.later(days=1)
    assert [line for number in range(10, 14) for line in flee(world, number)] == []
    [record] = world.alerts()
    assert (record.alert.articles, record.alert.spike and record.alert.spike.count) == (13, 9)


def test_what_is_usual_again_belongs_to_no_alert_any_more(world: World) -> None:
    for number in range(4):
        flee(world, number)
    world.later(days=5)
    assert flee(world, 5) == []
    assert [record.alert.articles for record in world.alerts()] == [4]


def test_it_is_told_again_after_it_fell(world: World) -> None:
    for number in range(3):
        flee(world, number)
    world.later(days=6)
    assert [line for number in range(3, 6) for line in flee(world, number)] == ["update 2 Flight from Kadugli"]
    assert whys(world)[1].startswith("3 reports in 3 days, usual 0.4")
    world.later(days=12)
    world.tidy()
    assert [line for number in range(6, 9) for line in flee(world, number)] == ["new 1 Flight from Kadugli"]
    assert len(world.alerts()) == 2


def test_the_day_of_the_event_counts_and_not_that_of_the_report(world: World) -> None:
    for number, day in enumerate((8, 6, 4, 2)):
        when = f"{world.now - day * DAY:%d %B}".lstrip("0")
        text = f"On {when}, {7 + number} families fled Kadugli for the hills, said the headman of quarter {number}."
        assert world.hear(text, source=f"Paper {number}") == []


def test_late_reports_complete_the_counts_and_mail_nobody(world: World) -> None:
    world.reader("one@example.org")
    for number in range(3):
        assert flee(world, number, published=world.now - 2 * DAY) == []
    assert world.mails() == []
    assert [record.alert.version for record in world.alerts()] == [0]
    assert flee(world, 3) == ["new 1 Flight from Kadugli"]
    assert whys(world)[0].startswith("3 reports in 3 days")


def test_a_report_rewritten_into_another_no_longer_counts(world: World) -> None:
    flee(world, 0, key="a")
    world.hear("The families of Kadugli are well.", source="Paper 0", key="a")
    assert flee(world, 1) == []
    assert flee(world, 2) == []
    assert flee(world, 3) != []
    assert [record.alert.articles for record in world.alerts()] == [3]


def test_a_rewritten_report_counts_once(world: World) -> None:
    for number in range(4):
        world.hear(f"{5 + number} families fled Kadugli after a raid.", source="Paper 0", key="a")
    assert flee(world, 1) == []
    assert flee(world, 2) != []


def test_a_report_without_a_place_counts_nowhere(world: World) -> None:
    for number in range(5):
        assert world.hear(f"{5 + number} families fled after a raid, it was said in {number} calls.") == []


def test_a_province_is_counted_as_one_place(tmp_path: Path, gazetteer: Gazetteer) -> None:
    rule = FLIGHT.replace("times    = 3", 'times    = 3\nper      = "admin1"')
    world = watching(World(book(tmp_path, gazetteer, rule), gazetteer))
    told = [flee(world, n, place=place) for n, place in enumerate(("Kadugli", "Talodi", "Dilling"))]
    assert told[:2] == [[], []]
    assert told[2] == ["new 1 Flight from South Kordofan"]
    assert counts_kept(world)[-1] == 3
    world.engine.dispose()


def wave(world: World, counts: Sequence[int], papers: int = 1) -> list[str]:
    """A count of people a day, told by so many papers; what was told."""
    told = []
    for count in counts:
        for paper in range(papers if count else 0):
            names = " and ".join(f"clerk q{world.now:%j}x{paper}z{i}" for i in range(6))  # words of its own: no copy
            text = f"{count:,} people fled Kadugli, said {names}."
            told += world.hear(text, source=f"Paper {paper}", key=f"{world.now} {paper}")
        world.later(days=1)
    return told


def test_people_are_counted_and_the_alert_names_the_test(people: Rulebook, gazetteer: Gazetteer) -> None:
    world = watching(World(people, gazetteer), days=60)
    assert wave(world, [900, 1_100, 1_050, 950]) == []
    assert wave(world, [2_000]) == ["new 1 Flight from Kadugli"]
    assert whys(world)[0].startswith("6,000 people in 30 days, the most in 65 days (before: 0)")
    [record] = world.alerts()
    assert record.alert.spike is not None
    assert (record.alert.spike.test, record.alert.spike.severity) == ("record", "moderate")
    assert counts_kept(world)[-5:] == [900, 1_100, 1_050, 950, 2_000]
    world.engine.dispose()


def test_counts_of_many_papers_are_not_added_up(people: Rulebook, gazetteer: Gazetteer) -> None:
    world = watching(World(people, gazetteer), days=60)
    assert wave(world, [2_000], papers=6) == []
    with reading(world.engine) as conn:
        [day] = reports.days(conn, "flight", "gn:373141", NOON.date(), (world.now + DAY).date())
    assert (day.value, day.counting) == (2_000, 6)
    world.engine.dispose()


def test_those_who_live_displaced_are_no_wave(people: Rulebook, gazetteer: Gazetteer) -> None:
    world = watching(World(people, gazetteer), days=60)
    for number, text in enumerate(
        (
            "Around Kadugli 90,000 displaced people live in camps, said a monitor who fled with them.",
            "The war has displaced 200,000 people from Kadugli in eight years, an agency said.",
            "Some 40,000 displaced people remain in Kadugli, having fled from the south.",
        )
    ):
        assert world.hear(text, source=f"Paper {number}") == []
    assert [record.alert for record in world.alerts()] == []
    world.engine.dispose()


SECOND_WAVE = [0] * 3 + [30_000, 60_000, 90_000, 70_000, 50_000] + [0] * 60 + [60_000, 90_000, 85_000] + [0] * 3


def test_a_wave_after_a_greater_one_is_told(people: Rulebook, gazetteer: Gazetteer) -> None:
    world = watching(World(people, gazetteer), days=60)
    told = wave(world, SECOND_WAVE)
    assert [line for line in told if line.startswith("new")] == ["new 1 Flight from Kadugli"] * 2
    assert "after a lull" in next(why for why in whys(world)[1:] if "lull" in why)
    world.engine.dispose()


STORY: tuple[tuple[float, str, str], ...] = (
    (0, "Weather", "The weather in Khartoum was fine."),
    (14, "Paper 1", "20 families fled Kadugli by lorry, the union of drivers said."),
    (20, "Paper 1", LONG),
    (20.1, "Paper 2", f"{LONG} Our correspondent adds that the road is closed."),
    (20.5, "Paper 3", "50 families fled Kadugli towards the hills, according to a priest."),
    (21, "Paper 4", "Shopkeepers fled Kadugli when the garrison left, a trader said."),
    (21.2, "Paper 5", "The water ran out and herders fled Kadugli, elders told the radio."),
    (28, "Paper 6", "One family fled Kadugli after a quarrel over land."),
    (33, "Paper 1", "80 families fled Kadugli in carts, the ministry wrote."),
    (33.1, "Paper 2", "Teachers fled Kadugli with their pupils at dawn."),
    (33.3, "Paper 7", "Nuns fled Kadugli on donkeys, the diocese said in a letter."),
    (33.4, "Paper 8", "Even the mayor fled Kadugli, his driver told this paper."),
)


def play(world: World, *, stop: bool) -> list[str]:
    """The story; with `stop` the service is stopped and started after every article."""
    told = []
    begin = world.now
    for day, source, text in STORY:
        world.now = begin + day * DAY
        if stop:
            world = World(world.rulebook, world.gazetteer, world.engine, world.now, _feeds=world._feeds)
            world.engine.dispose()
        told += [f"{day:g}: {line}" for line in world.hear(text, source=source)]
        world.tidy()
    return [*told, *whys(world)]


def test_a_service_stopped_after_every_article_tells_the_same(
    engine: Engine, flight: Rulebook, gazetteer: Gazetteer
) -> None:
    through = World(flight, gazetteer)
    expected = play(through, stop=False)
    through.engine.dispose()
    assert [line for line in expected if " new " in line or " update " in line] == [
        "21: new 1 Flight from Kadugli",
        "33.3: new 1 Flight from Kadugli",
    ]
    assert play(World(flight, gazetteer, engine), stop=True) == expected


def test_the_order_in_which_reports_come_in_does_not_change_the_counts(flight: Rulebook, gazetteer: Gazetteer) -> None:
    counts = []
    for order in (STORY[1:], STORY[:0:-1], (*STORY[6:], *STORY[1:6])):
        world = watching(World(flight, gazetteer))
        begin = world.now
        world.later(days=40)
        for day, source, text in order:
            world.hear(text, source=source, published=begin + day * DAY)
        with reading(world.engine) as conn:
            counts.append(reports.days(conn, "flight", "gn:373141", begin.date(), world.now.date()))
        world.engine.dispose()
    assert counts[0] == counts[1] == counts[2]
    assert [len(day.voices) for day in counts[0]] == [1, 1, 3, 1, 4]


def test_what_was_published_hours_ago_counts_on_its_day(world: World) -> None:
    midnight: datetime = world.now.replace(hour=0)
    flee(world, 0, published=midnight - HOUR)
    flee(world, 1, published=midnight + HOUR)
    with reading(world.engine) as conn:
        days = reports.days(conn, "flight", "gn:373141", NOON.date(), world.now.date())
    assert [len(day.voices) for day in days] == [1, 1]
