"""Batches of articles: one that cannot be read or tracked is set aside, and nothing else is touched."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Connection, event

from alerts.engine import analysis
from alerts.engine.rulebook import compiled
from alerts.engine.tracking import Outcome, Tracker
from alerts.errors import StoreError
from alerts.match.engine import Detection, Ruleset
from alerts.read.places import Gazetteer
from alerts.store import articles
from alerts.store.articles import Waiting
from alerts.store.database import reading
from alerts.types import Article
from tests.engine.world import SHELLING, World, sound

TOWNS = ("Taiz", "Marib", "Aden", "Goma", "Djibo")


def publish(world: World, *towns: str) -> None:
    for town in towns:
        world.publish(f"Government forces shelled {town} on Monday, killing 12 people.", key=town)


def counts(world: World) -> tuple[int, int]:
    """Articles that wait, and those set aside."""
    with reading(world.engine) as conn:
        return articles.count_waiting(conn), articles.count_faulty(conn)


def told_towns(world: World) -> list[str]:
    return sorted(record.title.split(":")[0].removeprefix("Shelling in ") for record in world.alerts())


@pytest.fixture
def untrackable(monkeypatch: pytest.MonkeyPatch) -> None:
    """Articles on Aden cannot be tracked, after they have already changed the database."""
    real = Tracker.track

    def track(self: Tracker, conn: Connection, waiting: Waiting, found: Detection, now: object) -> Outcome:
        outcome = real(self, conn, waiting, found, now)  # type: ignore[arg-type]
        if "Aden" in waiting.article.text:
            raise ZeroDivisionError("a fault of ours")
        return outcome

    monkeypatch.setattr(Tracker, "track", track)


@pytest.mark.usefixtures("untrackable")
def test_one_that_cannot_be_tracked_is_set_aside_and_the_others_are_told(world: World) -> None:
    world.reader("one@example.org")
    publish(world, *TOWNS)
    report = world.read()
    assert [(number, str(error)) for number, error in report.unread] == [("3", "a fault of ours")]
    assert told_towns(world) == ["Djibo", "Goma", "Marib", "Taiz"]
    assert counts(world) == (0, 1)
    assert len(world.mails("queued")) == 4
    assert len(report.told) == 4


def test_what_was_set_aside_is_told_once_the_fault_is_mended(
    world: World, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    request.getfixturevalue("untrackable")
    publish(world, *TOWNS)
    world.read()
    monkeypatch.undo()
    with world.engine.begin() as conn:
        articles.retry_faulty(conn)
    assert len(world.read().told) == 1
    assert (told_towns(world), counts(world)) == (sorted(TOWNS), (0, 0))


@pytest.fixture
def unreadable(monkeypatch: pytest.MonkeyPatch) -> None:
    """Articles with the word "poison" cannot be read."""
    real = Ruleset.detect

    def detect(self: Ruleset, article: Article, *rest: object) -> Detection:
        if "poison" in article.text:
            raise RecursionError("too deep")
        return real(self, article, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(Ruleset, "detect", detect)


@pytest.mark.usefixtures("unreadable")
def test_one_that_cannot_be_read_is_set_aside_with_the_reason(world: World) -> None:
    world.publish("poison")
    publish(world, "Taiz")
    report = world.read()
    assert [type(error) for _, error in report.unread] == [RecursionError]
    assert (told_towns(world), counts(world)) == (["Taiz"], (0, 1))


@pytest.mark.usefixtures("unreadable")
def test_a_revision_that_cannot_be_read_takes_nothing_back(world: World) -> None:
    world.hear("Government forces shelled Taiz on Monday, killing 12 people.", key="a")
    world.publish("Government forces shelled Taiz on Monday, with poison.", key="a")
    assert world.read().told == []
    assert [record.alert.state for record in world.alerts()] == ["unconfirmed"]


def test_a_database_that_fails_sets_nothing_aside(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    publish(world, *TOWNS)

    def full(*_: object) -> Outcome:
        raise StoreError("the database is full", reason="full")

    monkeypatch.setattr(Tracker, "track", full)
    with pytest.raises(StoreError):
        world.read()
    assert (counts(world), world.alerts()) == ((5, 0), [])
    monkeypatch.undo()
    assert len(world.read().told) == 5


def test_a_reload_between_reading_and_tracking_loses_no_article(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    publish(world, "Taiz")
    real = Ruleset.detect

    def detect(self: Ruleset, article: Article, *rest: object) -> Detection:
        found = real(self, article, *rest)  # type: ignore[arg-type]
        world.tracker.rulebook = compiled([])  # the operator takes the rule's file away just now
        return found

    monkeypatch.setattr(Ruleset, "detect", detect)
    report = world.read()
    assert (len(report.told), report.unread, counts(world)) == (1, [], (0, 0))


@pytest.mark.parametrize("longest", [0.0, 60.0])
@pytest.mark.usefixtures("untrackable")
def test_a_transaction_ends_in_time_and_what_it_did_is_not_done_again(
    world: World, monkeypatch: pytest.MonkeyPatch, longest: float
) -> None:
    monkeypatch.setattr(analysis, "LONGEST", longest)
    world.reader("one@example.org")
    publish(world, *TOWNS)
    report = world.read()
    assert (report.articles, len(report.told), len(report.unread)) == (5, 4, 1)
    assert (counts(world), len(world.mails())) == ((0, 1), 4)


def test_many_alerts_without_a_place_cost_one_look_at_their_texts(
    world: World, tmp_path: Path, gazetteer: Gazetteer
) -> None:
    world.tracker.rulebook = sound(tmp_path, gazetteer, shelling=SHELLING.replace("required  = true", ""))
    for number in range(60):
        world.publish(f"Group {number} shelled camp {number * 7} of company {number * 3} at hour {number}.")
    world.read()
    assert len(world.alerts()) == 60
    world.publish("Soldiers of an unknown unit shelled the old mill by night, farmers told us.")
    asked: list[str] = []
    event.listen(world.engine, "before_cursor_execute", lambda *what: asked.append(what[2]))
    assert len(world.read().told) == 1
    assert len(asked) < 60


def test_a_batch_takes_no_more_than_its_limit_in_the_order_of_arrival(world: World) -> None:
    publish(world, *TOWNS)
    assert world.read(limit=2).articles == 2
    assert told_towns(world) == ["Marib", "Taiz"]
    assert counts(world) == (3, 0)


def test_the_fault_of_a_rules_line_is_reported_and_the_alert_told(world: World, tmp_path: Path) -> None:
    [rule] = [rule for rule in world.rulebook.ruleset.rules if rule.name == "shelling"]
    assert rule.alert is not None
    broken = replace(rule, alert=replace(rule.alert, title="{{ place }} {{ killed / 0 }}", title_line=41))
    world.tracker.rulebook = compiled([broken])
    publish(world, "Taiz")
    report = world.read()
    assert [told.title for told in report.told] == ["Shelling: Taiz"]
    assert str(report.faults[0]).startswith("shelling.toml:41: error: the line cannot be put together")
