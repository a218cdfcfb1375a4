"""The published archive: what is in it, in which order, page by page."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import Engine

from alerts.errors import StoreError
from alerts.store import archive
from alerts.store.archive import Cursor, Wanted
from alerts.store.database import reading, writing
from alerts.types import Severity
from tests.web.archive import GOMA, NOW, Report, Told, tell

DAY = timedelta(days=1)


def titles(engine: Engine, wanted: Wanted, *, limit: int = 10, before: Cursor | None = None) -> list[str]:
    with reading(engine) as conn:
        return [item.title for item in archive.told_alerts(conn, wanted, limit=limit, before=before)]


def test_the_latest_changed_comes_first_and_what_was_never_told_not_at_all(engine: Engine) -> None:
    with writing(engine) as conn:
        tell(conn, title="a", start=NOW - 3 * DAY)
        tell(conn, title="b", start=NOW - DAY)
        tell(conn, title="held", versions=())
    assert titles(engine, Wanted()) == ["b", "a"]


def test_pages_join_without_a_gap_even_among_alerts_of_one_moment(engine: Engine) -> None:
    with writing(engine) as conn:
        for title in "abcde":
            tell(conn, title=title, updated=NOW)
    seen, before = [], None
    for _ in range(3):
        with reading(engine) as conn:
            page = archive.told_alerts(conn, Wanted(), limit=2, before=before)
        seen += [item.title for item in page]
        before = Cursor(updated=page[-1].alert.updated, id=int(page[-1].alert.id))
    assert seen == ["e", "d", "c", "b", "a"]


@pytest.mark.parametrize(("level", "found"), [("minor", "edcb"), ("severe", "ed"), ("extreme", "e")])
def test_a_severity_means_at_least(engine: Engine, level: Severity, found: str) -> None:
    with writing(engine) as conn:
        for title, severity in zip("bcde", ("minor", "moderate", "severe", "extreme"), strict=True):
            tell(conn, title=title, severity=severity, updated=NOW)
    assert titles(engine, Wanted(min_severity=level)) == list(found)


def test_event_country_and_state_narrow_together(engine: Engine) -> None:
    with writing(engine) as conn:
        tell(conn, title="a", event="siege", place=GOMA, state="ended")
        tell(conn, title="b", event="siege", place=GOMA)
        tell(conn, title="c", event="siege", place=None)
    assert titles(engine, Wanted(event="siege", country="COD", states=("ended",))) == ["a"]


def test_the_choices_are_what_the_archive_holds(engine: Engine) -> None:
    with writing(engine) as conn:
        tell(conn, event="siege", place=GOMA)
        tell(conn, event="attack", place=None)
        tell(conn, event="abduction", versions=())
    with reading(engine) as conn:
        assert archive.choices(conn) == archive.Choices(events=("attack", "siege"), countries=("COD",))


def test_the_last_version_comes_with_the_time_of_the_first(engine: Engine) -> None:
    with writing(engine) as conn:
        one = tell(conn, versions=(Told(hours=1), Told(why="more", changes=("a", "b"), hours=5)), start=NOW)
        other = tell(conn, versions=(Told(hours=2),), start=NOW)
        held = tell(conn, versions=())
    with reading(engine) as conn:
        found = archive.last_versions(conn, [one, other, held])
    assert set(found) == {one, other}
    first, last = found[one]
    assert (first, last.at, last.version) == (NOW + timedelta(hours=1), NOW + timedelta(hours=5), 2)
    assert (last.why, last.changes, last.alert_id) == ("more", ("a", "b"), one)


def test_the_first_evidence_is_that_which_came_first(engine: Engine) -> None:
    with writing(engine) as conn:
        one = tell(conn, Report(source="First"), Report(source="Second", hours=-2))
        other = tell(conn, Report(source="Third"))
    with reading(engine) as conn:
        found = archive.first_evidence(conn, [one, other])
    assert {alert_id: item.source for alert_id, item in found.items()} == {one: "First", other: "Third"}


def test_nothing_is_asked_of_nothing(engine: Engine) -> None:
    with reading(engine) as conn:
        assert archive.last_versions(conn, []) == {}
        assert archive.first_evidence(conn, []) == {}
        archive.answers(conn)


def test_a_database_without_tables_does_not_answer(sqlite_engine: Engine) -> None:
    with writing(sqlite_engine) as conn:
        conn.exec_driver_sql("ALTER TABLE alert RENAME TO gone")
    with pytest.raises(StoreError), reading(sqlite_engine) as conn:
        archive.answers(conn)
