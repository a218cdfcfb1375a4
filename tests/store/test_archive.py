"""The published archive: what is in it, in which order, page by page."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine

from alerts.errors import StoreError
from alerts.store import alerts, archive, incidents, search
from alerts.store.database import reading, writing
from alerts.store.search import Cursor, Wanted
from alerts.track.lifecycle import Step
from alerts.types import Message, Severity
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
        assert search.choices(conn) == search.Choices(
            events=("attack", "siege"), countries=("COD",), rules=("shelling",)
        )


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


def _hold(engine: Engine, alert_id: str, **changes: Any) -> None:
    """As tracking leaves an alert that has become worse, and waits for a person."""
    with writing(engine) as conn:
        told = alerts.alert_of(conn, alert_id)
        assert told is not None
        worse = replace(told, severity="extreme", triage="waiting", waits_since=NOW, told={"severity": "severe"})
        alerts.save_alert(conn, replace(worse, **changes), title="500 killed", summary="worse")


def test_of_an_alert_that_waits_readers_see_what_they_were_told(engine: Engine) -> None:
    with writing(engine) as conn:
        told = tell(conn, title="12 killed", severity="severe")
    _hold(engine, told)
    assert titles(engine, Wanted()) == ["12 killed"]
    with reading(engine) as conn:
        [item] = archive.told_alerts(conn, Wanted(), limit=9)
        record = archive.told_alert(conn, told)
    assert record is not None
    assert (item.alert.severity, record.alert.severity, record.title) == ("severe", "severe", "12 killed")


def test_the_level_that_waits_is_not_one_to_ask_for(engine: Engine) -> None:
    with writing(engine) as conn:
        told = tell(conn, title="12 killed", severity="severe")
    _hold(engine, told)
    assert titles(engine, Wanted(min_severity="extreme")) == []
    assert titles(engine, Wanted(min_severity="severe")) == ["12 killed"]


def test_what_came_in_since_an_alert_waits_is_not_among_its_evidence(engine: Engine) -> None:
    with writing(engine) as conn:
        told = tell(conn, Report(hours=0), Report(hours=2, url="https://news.example/worse"), severity="severe")
    _hold(engine, told)
    with reading(engine) as conn:
        record = archive.told_alert(conn, told)
    assert record is not None
    assert len(record.evidence) == 1


def test_an_alert_that_ended_while_more_of_it_waited_shows_its_end_and_no_more(engine: Engine) -> None:
    with writing(engine) as conn:
        told = tell(conn, title="12 killed", severity="severe")
    _hold(engine, told, state="ended")
    with reading(engine) as conn:
        record = archive.told_alert(conn, told)
    assert record is not None
    assert (record.alert.state, record.title) == ("ended", "12 killed")


def test_the_end_of_an_alert_of_which_more_waits_does_not_tell_that(engine: Engine) -> None:
    with writing(engine) as conn:
        told = tell(conn, title="12 killed", severity="severe")
    _hold(engine, told)
    with writing(engine) as conn:
        held = alerts.alert_of(conn, told)
        assert held is not None
        over = replace(held, state="cancelled", version=2)
        message = Message(kind="cancel", version=2, at=NOW, why="it was a film")
        alerts.save_step(conn, Step(alert=over, messages=(message,)), title="500 killed", summary="worse")
        record = archive.told_alert(conn, told)
    assert record is not None
    fields = record.versions[-1].fields
    assert (fields["title"], fields["severity"], fields["state"]) == ("12 killed", "severe", "cancelled")
    assert (record.title, record.alert.state, record.alert.version) == ("12 killed", "cancelled", 2)


def test_what_nobody_was_told_of_is_not_there_to_be_had(engine: Engine) -> None:
    with writing(engine) as conn:
        waiting = tell(conn, versions=(), triage="waiting", waits_since=NOW)
        assert archive.told_alert(conn, waiting) is None
        assert archive.told_alert(conn, "99") is None


def test_the_other_alerts_of_a_happening_show_what_was_told_of_them(engine: Engine) -> None:
    with writing(engine) as conn:
        one, other = tell(conn, title="one"), tell(conn, title="12 killed", severity="severe")
        unheard = tell(conn, title="unheard", versions=())
        seen = alerts.alert_of(conn, one)
        assert seen is not None
        incidents.move(conn, [other, unheard], seen.incident)
    _hold(engine, other)
    with reading(engine) as conn:
        [(alert, title)] = archive.told_others(conn, seen)
    assert (alert.id, alert.severity, title) == (other, "severe", "12 killed")
