"""What articles and people make of alerts, as other systems read it: chains of CAP messages from real steps."""

from __future__ import annotations

from dataclasses import asdict

import pytest

from alerts.engine import acts, merging
from alerts.engine.acts import Actor
from alerts.engine.merging import Tools
from alerts.render.cap import Issuer, cap
from alerts.store import archive, issuing
from alerts.store.database import reading, writing
from tests.cap import Board, offences, read
from tests.engine.world import World

DESK = Issuer(sender="alerts.example", base_url="https://alerts.example", restriction="For the desk.")
TAIZ = "Government forces shelled Taiz on Monday, killing 12 people."
AGAIN = "Shells fell on Taiz on Monday and killed 60 people, doctors said."
MARIB = "The army shelled Marib for hours, killing 14 people, the mayor told us."


@pytest.fixture
def issued(world: World) -> World:
    """A world whose alerts are issued."""
    with writing(world.engine) as conn:
        issuing.put_issuer(conn, asdict(DESK))
    return world


def messages(world: World) -> list[bytes]:
    """All messages, by alert and version."""
    found, records = [], world.alerts()
    with reading(world.engine) as conn:
        for record in records:
            for version in record.versions:
                known = archive.version_with_earlier(conn, record.alert.id, version.version)
                assert known is not None
                found.append(cap(*known, DESK))
    assert not [fault for document in found for fault in offences(document)]
    return found


def test_a_report_an_update_and_an_all_clear_by_a_person(issued: World) -> None:
    issued.hear(TAIZ)
    issued.later(hours=1)
    issued.hear(AGAIN, source="Evening Post")
    issued.later(hours=1)
    rulebook, post = issued.tracker.rulebook, issued.tracker.outbox
    before = messages(issued)
    assert Board(before).shown(issued.now) == ["haf-2026-000001-2"]
    with writing(issued.engine) as conn:
        acts.close(conn, rulebook, post, "1", Actor(who="analyst"), why="the front moved on", now=issued.now)
    after = messages(issued)
    assert after[:2] == before
    last = read(after[2])
    assert (last.kind, last.response, last.headline.partition(":")[0]) == ("Update", "AllClear", "Over")
    assert "the front moved on" in last.whole["note"]
    assert Board(reversed(after)).shown(issued.now) == []


def test_a_cancellation_by_a_person_takes_back_every_message(issued: World) -> None:
    issued.hear(TAIZ)
    issued.later(hours=1)
    issued.hear(AGAIN, source="Evening Post")
    with writing(issued.engine) as conn:
        rulebook, post = issued.tracker.rulebook, issued.tracker.outbox
        acts.cancel(conn, rulebook, post, "1", Actor(who="analyst"), why="an old video", now=issued.now)
    first, second, last = map(read, messages(issued))
    assert (last.kind, last.references) == ("Cancel", (first.name, second.name))
    assert last.whole["info"][0]["event"] == first.whole["info"][0]["event"]
    assert Board(messages(issued)).shown(issued.now) == []


def test_a_merge_leaves_one_message_in_force(issued: World) -> None:
    issued.hear(TAIZ)
    issued.hear(MARIB, source="Evening Post")
    before = messages(issued)
    assert len(Board(before).shown(issued.now)) == 2
    tracker = issued.tracker
    tools = Tools(rulebook=tracker.rulebook, lookup=issued.gazetteer.by_id, outbox=tracker.outbox)
    issued.later(hours=1)
    with writing(issued.engine) as conn:
        merging.merge(conn, tools, "1", ["2"], Actor(who="analyst"), why="one raid", now=issued.now)
    after = messages(issued)
    assert [after[0], after[2]] == before
    assert set(read(after[1]).references) == {read(before[0]).name, read(before[1]).name}
    assert Board(after).shown(issued.now) == ["haf-2026-000001-2"]


def test_the_messages_of_an_alert_that_was_merged_stay_as_they_were_when_one_is_split_off(issued: World) -> None:
    issued.hear(TAIZ)
    issued.hear(MARIB, source="Evening Post")
    tracker = issued.tracker
    tools = Tools(rulebook=tracker.rulebook, lookup=issued.gazetteer.by_id, outbox=tracker.outbox)
    with writing(issued.engine) as conn:
        merging.merge(conn, tools, "1", ["2"], Actor(who="analyst"), why="one raid", now=issued.now)
    merged = messages(issued)
    issued.later(hours=1)
    with writing(issued.engine) as conn:
        merging.split(conn, tools, "1", ["2"], Actor(who="analyst"), why="two raids", now=issued.now)
    after = messages(issued)
    assert set(merged) <= set(after)
    assert len(Board(after).shown(issued.now)) == 2
