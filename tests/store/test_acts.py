"""What people did with alerts is kept in order, with who and why; and alerts that wait for them are found."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Engine

from alerts.store import acts, alerts, codec, people
from alerts.store.database import reading, writing
from alerts.types import Alert
from tests.store import values
from tests.store.values import HOUR, NOW


def _alert(conn: Connection, **more: Any) -> Alert:
    return alerts.save_alert(conn, values.alert(**more), title="Title", summary="Summary")


def test_what_was_done_is_kept_in_order_with_who_and_why(engine: Engine) -> None:
    with writing(engine) as conn:
        saved, other = _alert(conn, key="one"), _alert(conn, key="two")
        acts.put(conn, saved.id, "drop", version=0, who="ana", why="an old \x00film", now=NOW)
        acts.put(conn, other.id, "close", version=1, who="ben", why="over", now=NOW)
        acts.put(conn, saved.id, "approve", version=0, who="ben", why="", now=NOW + HOUR, detail={"title": "Raid"})
    with reading(engine) as conn:
        first, second = acts.of_alert(conn, saved.id)
    assert (first.kind, first.who, first.why, first.at, first.person_id) == ("drop", "ana", "an old film", NOW, None)
    assert (second.kind, second.detail, second.alert_id) == ("approve", {"title": "Raid"}, saved.id)


def test_the_latest_version_that_each_reader_has_acknowledged_counts(engine: Engine) -> None:
    with writing(engine) as conn:
        saved = _alert(conn)
        reader = people.add_person(conn, "desk@example.org", now=NOW).id
        for version, person_id in ((1, reader), (2, reader), (1, None)):
            acts.put(conn, saved.id, "acknowledge", version=version, who="x", why="", now=NOW, person_id=person_id)
        acts.put(conn, saved.id, "close", version=3, who="x", why="", now=NOW, person_id=reader)
        assert acts.acknowledged(conn, saved.id) == {reader: 2, None: 1}


def test_what_a_reader_did_outlives_the_reader(engine: Engine) -> None:
    with writing(engine) as conn:
        saved = _alert(conn)
        reader = people.add_person(conn, "desk@example.org", now=NOW).id
        acts.put(conn, saved.id, "acknowledge", version=1, who="reader 1", why="", now=NOW, person_id=reader)
        people.remove_person(conn, reader)
        [kept] = acts.of_alert(conn, saved.id)
    assert (kept.person_id, kept.who) == (None, "reader 1")


def test_alerts_that_wait_are_listed_with_the_longest_waiting_first(engine: Engine) -> None:
    with writing(engine) as conn:
        late = _alert(conn, key="a", triage="waiting", waits_since=NOW)
        early = _alert(conn, key="b", triage="waiting", waits_since=NOW - HOUR)
        unheard = _alert(conn, key="c", triage="waiting", waits_since=NOW + HOUR, state="ended")
        _alert(conn, key="d", triage="waiting", waits_since=NOW, state="cancelled")
        _alert(conn, key="e", triage="dropped")
        _alert(conn, key="f")
    with reading(engine) as conn:
        assert [one.alert.id for one in acts.waiting(conn)] == [early.id, late.id, unheard.id]


def test_since_when_an_alert_waits_survives_storing(engine: Engine) -> None:
    with writing(engine) as conn:
        saved = _alert(conn, triage="waiting", waits_since=NOW, approved="severe")
        assert alerts.alert_of(conn, saved.id) == saved
    assert codec.alert(codec.to_json(saved)) == saved
    assert codec.alert(codec.to_json(values.alert())).waits_since is None
