"""The audit log is only added to, and is found again by who, what and to what."""

from __future__ import annotations

from sqlalchemy import Engine

from alerts.store import audit, people
from alerts.store.audit import ByCommand, Entry
from alerts.store.database import writing
from tests.store.values import HOUR, NOW


def test_what_was_done_is_listed_the_latest_first(engine: Engine) -> None:
    with writing(engine) as conn:
        first = audit.note(conn, ByCommand(user="root"), "hold put", "hold 1", {"why": "an exercise"}, now=NOW)
        second = audit.note(conn, ByCommand(), "hold released", "hold 1", now=NOW + HOUR)
        found = audit.list_entries(conn, 10)
        assert audit.list_entries(conn, 10, before=second) == found[1:]
        assert audit.get(conn, first) == found[1]
        assert audit.get(conn, 99) is None
    assert found[1] == Entry(
        id=first, at=NOW, person_id=None, name="command line (root)", action="hold put", subject="hold 1",
        detail={"why": "an exercise"},
    )  # fmt: skip


def test_entries_are_chosen_by_who_what_and_to_what(engine: Engine) -> None:
    with writing(engine) as conn:
        for user in ("ana", "ben"):
            for action, subject in (("hold put", "hold 1"), ("alert dropped", "alert 7")):
                audit.note(conn, ByCommand(user=user), action, subject, now=NOW)
        assert audit.choices(conn) == (["command line (ana)", "command line (ben)"], ["alert dropped", "hold put"])
        found = audit.list_entries(conn, 10, name="command line (ben)", action="alert dropped")
        assert [(one.name, one.subject) for one in found] == [("command line (ben)", "alert 7")]
        assert len(audit.list_entries(conn, 10, subject="hold 1")) == 2
        assert audit.list_entries(conn, 10, subject="hold") == []


def test_what_somebody_did_stays_when_they_are_forgotten(engine: Engine) -> None:
    with writing(engine) as conn:
        ana = people.add_person(conn, "ana@example.org", now=NOW)
        number = audit.note(conn, ByCommand(user="ana", person_id=ana.id), "hold put", "hold 1", now=NOW)
        people.remove_person(conn, ana.id)
        kept = audit.get(conn, number)
    assert kept is not None
    assert (kept.person_id, kept.name) == (None, "command line (ana)")
