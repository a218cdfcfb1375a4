"""What people do with alerts: decided, stored, mailed and logged in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import Engine

from alerts.engine import acts
from alerts.engine.acts import Actor
from alerts.engine.rulebook import Rulebook, compiled
from alerts.errors import InputError, StoreError
from alerts.read.places import Gazetteer
from alerts.store import acts as act_store
from alerts.store import alerts as alert_store
from alerts.store import archive, search
from alerts.store.acts import Act
from alerts.store.database import open_database, reading, writing
from alerts.track.policy import Desk
from alerts.types import Alert
from tests.engine.world import HOUR, World
from tests.sealed import VAULT
from tests.store.conftest import empty

ANA = Actor(who="ana")
SEVERE = "Government forces shelled Taiz on Monday, killing 12 people."
WORSE = "Government forces shelled Taiz all Monday, killing 140 people, hospital staff in the town told us by phone."
MINOR = "Rebels shelled the town of Mocha on Sunday night, and a wall fell over."


@pytest.fixture
def desk(world: World) -> Iterator[World]:
    """A service whose operator wants a person to look at what is severe, for an hour."""
    world.tracker.desk = Desk(triage_from="severe", triage_for=HOUR)
    yield world


def do(world: World, act: Callable[..., str], *args: Any, **how: Any) -> str:
    """An act in a transaction of its own, now."""
    with writing(world.engine) as conn:
        return act(conn, *args, now=world.now, **how)


def end(world: World, act: Callable[..., str], alert_id: str = "1", why: str = "a film") -> str:
    """Cancel or close as Ana."""
    return do(world, act, world.tracker.rulebook, world.tracker.outbox, alert_id, ANA, why=why)


def approve(world: World, alert_id: str = "1", **how: Any) -> str:
    return do(world, acts.approve, world.tracker.rulebook, world.tracker.outbox, alert_id, ANA, **how)


def let_go(world: World) -> list[str]:
    with writing(world.engine) as conn:
        return acts.let_go_due(conn, world.tracker, world.now)


def log(world: World, alert_id: str = "1") -> list[Act]:
    with reading(world.engine) as conn:
        return act_store.of_alert(conn, alert_id)


def alert(world: World, alert_id: str = "1") -> Alert:
    with reading(world.engine) as conn:
        found = alert_store.alert_of(conn, alert_id)
    assert found is not None
    return found


def whys(world: World) -> list[str]:
    return [version.why for record in world.alerts() for version in record.versions]


def test_a_cancel_goes_to_exactly_those_who_got_a_version(world: World) -> None:
    told = world.reader("told@example.org")
    world.hear(SEVERE)
    world.send_all()
    late = world.reader("late@example.org")
    assert end(world, acts.cancel) == "alert 1 is cancelled: 1 reader is told"
    assert world.mails("queued") == [(told, 2)]
    assert late not in [person for person, _ in world.mails()]
    assert (alert(world).state, whys(world)[-1]) == ("cancelled", "a film")


def test_a_mail_that_nobody_has_sent_yet_is_taken_back_by_a_cancel(world: World) -> None:
    world.reader("desk@example.org")
    world.hear(SEVERE)
    assert end(world, acts.cancel) == "alert 1 is cancelled: no reader is told"
    assert world.mails("queued") == []


def test_what_nobody_was_told_of_is_cancelled_in_silence(desk: World) -> None:
    desk.reader("desk@example.org")
    desk.hear(SEVERE)
    assert end(desk, acts.cancel) == "alert 1 is cancelled: nobody was told of it, so nobody hears of it"
    assert desk.mails() == []


def test_an_all_clear_goes_to_those_who_were_told(world: World) -> None:
    reader = world.reader("desk@example.org")
    world.hear(SEVERE)
    world.send_all()
    assert end(world, acts.close, why="the guns are gone") == "alert 1 is closed: 1 reader is told"
    assert world.mails("queued") == [(reader, 2)]


def test_an_alert_without_its_rule_can_still_be_taken_back(world: World) -> None:
    reader = world.reader("desk@example.org")
    world.hear(SEVERE)
    world.send_all()
    world.reader("new@example.org")
    done = do(world, acts.cancel, compiled([]), world.tracker.outbox, "1", ANA, why="a film")
    assert done == "alert 1 is cancelled: 1 reader is told"
    assert world.mails("queued") == [(reader, 2)]


@pytest.mark.parametrize("act", [acts.cancel, acts.close])
def test_what_is_over_is_not_ended_twice(world: World, act: Callable[..., str]) -> None:
    world.hear(SEVERE)
    end(world, act)
    with pytest.raises(InputError, match="already"):
        end(world, act)
    assert len(log(world)) == 1


@pytest.mark.parametrize("alert_id", ["7", "none", "", "9" * 30])
def test_an_alert_that_is_not_there_is_an_error(world: World, alert_id: str) -> None:
    with pytest.raises(InputError, match="there is no alert"):
        end(world, acts.cancel, alert_id)
    with pytest.raises(InputError, match="there is no alert"):
        do(world, acts.acknowledge, alert_id, ANA)


def test_an_end_needs_a_reason(world: World) -> None:
    world.hear(SEVERE)
    with pytest.raises(InputError, match="say why"):
        end(world, acts.cancel, why=" \n")
    assert alert(world).state == "unconfirmed"


def test_who_did_what_and_why_is_logged(world: World) -> None:
    reader = world.reader("desk@example.org")
    world.hear(SEVERE)
    do(world, acts.acknowledge, "1", Actor(who="reader 1", person_id=reader))
    world.later(minutes=5)
    end(world, acts.cancel)
    first, second = log(world)
    assert (first.kind, first.version, first.who, first.person_id) == ("acknowledge", 1, "reader 1", reader)
    assert (second.kind, second.version, second.who, second.why) == ("cancel", 2, "ana", "a film")
    assert (second.person_id, second.at) == (None, world.now)


def test_an_acknowledgement_is_of_a_version_and_counts_once(world: World) -> None:
    world.hear(SEVERE)
    assert "is acknowledged" in do(world, acts.acknowledge, "1", ANA)
    assert "was acknowledged before" in do(world, acts.acknowledge, "1", ANA)
    assert len(log(world)) == 1
    world.hear(WORSE, source="Evening Post")
    assert "version 2" in do(world, acts.acknowledge, "1", ANA)
    with pytest.raises(InputError, match="has no version 3"):
        do(world, acts.acknowledge, "1", ANA, version=3)


def test_what_nobody_was_told_of_cannot_be_acknowledged(desk: World) -> None:
    desk.hear(SEVERE)
    with pytest.raises(InputError, match="nobody was told"):
        do(desk, acts.acknowledge, "1", ANA)


def test_what_waits_is_mailed_when_a_person_approves_it(desk: World) -> None:
    reader = desk.reader("desk@example.org")
    assert desk.hear(SEVERE) == []
    assert desk.mails() == []
    desk.later(minutes=20)
    done = approve(desk, why="seen on video", title="Market of Taiz shelled")
    assert done == "alert 1 is approved: 1 reader is told of 'Market of Taiz shelled'"
    assert desk.mails("queued") == [(reader, 1)]
    [record] = desk.alerts()
    assert record.versions[0].fields["title"] == "Market of Taiz shelled"
    [act] = log(desk)
    assert (act.kind, act.why, act.version) == ("approve", "seen on video", 1)
    assert act.detail == {"level": "severe", "title": "Market of Taiz shelled"}


def test_a_title_given_by_a_person_stays(desk: World) -> None:
    desk.hear(SEVERE)
    approve(desk, title="Market of Taiz shelled")
    desk.hear(SEVERE.replace("12", "30").replace("forces", "troops"), source="Evening Post")
    [record] = desk.alerts()
    assert record.title == "Market of Taiz shelled"
    assert record.versions[-1].fields["title"] == "Market of Taiz shelled"


@pytest.mark.parametrize("title", ["", "  ", "x" * 161])
def test_what_is_no_title_is_refused(desk: World, title: str) -> None:
    desk.hear(SEVERE)
    with pytest.raises(InputError, match="a title has"):
        approve(desk, title=title)
    assert alert(desk).triage == "waiting"


def test_what_readers_know_is_not_approved_again(world: World) -> None:
    world.hear(SEVERE)
    with pytest.raises(InputError, match="does not wait"):
        approve(world)


def test_without_its_rule_nothing_can_be_approved(desk: World) -> None:
    desk.hear(SEVERE)
    with pytest.raises(InputError, match="'shelling' of alert 1 is not in force"):
        do(desk, acts.approve, compiled([]), desk.tracker.outbox, "1", ANA)


def test_what_is_dropped_is_mailed_to_nobody(desk: World) -> None:
    desk.reader("desk@example.org")
    desk.hear(SEVERE)
    assert "is dropped" in do(desk, acts.drop, "1", ANA, why="a drill")
    assert desk.hear(SEVERE.replace("forces", "troops"), source="Evening Post") == []
    assert desk.mails() == []
    assert [(act.kind, act.why, act.detail) for act in log(desk)] == [("drop", "a drill", {"level": "severe"})]


def test_what_gets_worse_than_dropped_waits_again_and_is_let_go(desk: World) -> None:
    desk.reader("desk@example.org")
    desk.hear(SEVERE)
    do(desk, acts.drop, "1", ANA, why="a drill")
    desk.hear(WORSE, source="Evening Post")
    assert alert(desk).triage == "waiting"
    desk.later(hours=1)
    assert len(let_go(desk)) == 1


def test_a_dropped_update_is_mailed_to_nobody_and_the_alert_is_shown_as_told(desk: World) -> None:
    reader = desk.reader("desk@example.org")
    desk.hear(SEVERE)
    approve(desk)
    desk.hear(WORSE, source="Evening Post")
    done = do(desk, acts.drop, "1", ANA, why="a misprint")
    assert done.startswith("the update of alert 1 is dropped: nobody is told of it, and the alert stays")
    assert alert(desk).dropped == {"severity": "extreme", "numbers": {"killed": 140}}
    desk.later(hours=2)
    assert let_go(desk) == []
    assert desk.mails("queued") == [(reader, 1)]
    assert [(act.kind, act.version) for act in log(desk)] == [("approve", 1), ("drop", 1)]
    with reading(desk.engine) as conn:
        [listed] = archive.told_alerts(conn, search.Wanted(), limit=9)
        assert archive.told_alerts(conn, search.Wanted(min_severity="extreme"), limit=9) == []
    assert (listed.alert.severity, listed.title) == ("severe", "Shelling in Taiz: 12 people killed")


def test_what_readers_were_told_cannot_be_dropped(world: World) -> None:
    world.hear(SEVERE)
    with pytest.raises(InputError, match="cancelled"):
        do(world, acts.drop, "1", ANA, why="a drill")


def test_what_nobody_looked_at_is_told_after_its_time_and_says_so(desk: World) -> None:
    reader = desk.reader("desk@example.org")
    desk.hear(SEVERE)
    desk.later(minutes=59)
    assert let_go(desk) == []
    desk.later(minutes=1)
    [said] = let_go(desk)
    assert said.startswith("alert 1 was told without review, because nobody looked for 1 hour")
    assert desk.mails("queued") == [(reader, 1)]
    assert whys(desk) == ["first report: The Daily (unconfirmed); not reviewed by a person within 1 hour"]
    [act] = log(desk)
    assert (act.kind, act.who) == ("let_go", "alerts")
    assert let_go(desk) == []


def test_without_a_desk_nothing_waits_and_nothing_is_let_go(world: World) -> None:
    assert len(world.hear(SEVERE)) == 1
    assert let_go(world) == []


def test_below_the_level_of_the_desk_nothing_waits(desk: World) -> None:
    assert len(desk.hear(MINOR)) == 1


def test_an_update_that_is_worse_than_approved_waits(desk: World) -> None:
    reader = desk.reader("desk@example.org")
    desk.hear(SEVERE)
    approve(desk)
    desk.send_all()
    assert desk.hear(WORSE, source="Evening Post") == []
    assert desk.mails("queued") == []
    assert (alert(desk).triage, alert(desk).version) == ("waiting", 1)
    approve(desk)
    assert desk.mails("queued") == [(reader, 2)]
    assert whys(desk)[-1] == "now extreme: 12 → 140 killed"


def test_another_title_is_shown_at_once_and_mailed_with_what_comes_next(world: World) -> None:
    world.reader("desk@example.org")
    world.hear(SEVERE)
    world.send_all()
    do(world, acts.retitle, world.tracker.rulebook, "1", ANA, title="Old town shelled")
    assert world.mails("queued") == []
    assert world.alerts()[0].title == "Old town shelled"
    assert world.hear(WORSE, source="Evening Post") == ["update 2 Old town shelled"]
    do(world, acts.retitle, world.tracker.rulebook, "1", ANA, title=None)
    assert world.alerts()[0].title.startswith("Shelling in Taiz")
    assert [act.detail for act in log(world)] == [{"title": "Old town shelled"}, {"title": None}]


def test_what_cannot_be_done_changes_nothing(desk: World) -> None:
    desk.hear(SEVERE)
    do(desk, acts.drop, "1", ANA, why="a drill")
    before = desk.alerts()
    with pytest.raises(InputError, match="dropped already"):
        do(desk, acts.drop, "1", ANA, why="a drill")
    assert desk.alerts() == before
    assert len(log(desk)) == 1


def test_while_an_article_is_taken_in_no_person_changes_alerts_and_readers_need_not_wait(
    postgres_url: str, migrated_postgres: Engine, rulebook: Rulebook, gazetteer: Gazetteer
) -> None:
    empty(migrated_postgres)
    world, hurried = (
        World(rulebook, gazetteer, engine=migrated_postgres),
        open_database(postgres_url, vault=VAULT, busy_s=0.1),
    )
    world.hear(SEVERE)
    first = world.alerts()[0].alert.id  # ids go on from test to test
    book, outbox = world.tracker.rulebook, world.tracker.outbox
    with writing(world.engine) as conn:
        world.tracker.begin(conn, world.now)
        with pytest.raises(StoreError), writing(hurried) as other:
            acts.cancel(other, book, outbox, first, ANA, why="a film", now=world.now)
        with reading(hurried) as other:
            assert alert_store.alert_of(other, first) is not None
    hurried.dispose()
    end(world, acts.cancel, first)
    assert world.hear(SEVERE.replace("forces", "troops"), source="Evening Post") == []
    assert alert(world, first).state == "cancelled"
