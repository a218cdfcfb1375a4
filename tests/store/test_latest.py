"""What is new in the archive, on both databases."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import Engine

from alerts.store import latest
from alerts.store.database import writing
from tests.web.archive import GOMA, NOW, Told, change, tell

DAY = timedelta(days=1)


def test_figures_count_what_is_open_and_what_is_new(engine: Engine) -> None:
    with writing(engine) as conn:
        tell(conn, severity="severe", start=NOW - timedelta(hours=5))
        tell(conn, severity="minor", place=GOMA, start=NOW - 3 * DAY)
        tell(conn, severity="minor", place=None, start=NOW - 9 * DAY, updated=NOW)
        tell(conn, state="ended", start=NOW - 3 * DAY)
        tell(conn, versions=())
        figures = latest.figures(conn, NOW)
    assert (figures.open, figures.countries, figures.day, figures.week) == ({"severe": 1, "minor": 2}, 2, 1, 3)


def test_the_worst_comes_first_then_what_changed_last_and_nothing_older(engine: Engine) -> None:
    with writing(engine) as conn:
        tell(conn, title="minor", severity="minor")
        tell(conn, title="severe", severity="severe", start=NOW - 2 * DAY)
        tell(conn, title="severe, later", severity="severe")
        tell(conn, title="over", severity="extreme", state="ended")
        tell(conn, title="old", severity="extreme", start=NOW - 9 * DAY)
        waiting = tell(conn, title="waits", severity="moderate")
        change(conn, waiting, severity="extreme", triage="waiting", waits_since=NOW)
        found = latest.worst(conn, NOW - 3 * DAY, limit=4)
    assert [item.title for item in found] == ["severe, later", "severe", "waits", "minor"]
    assert found[2].alert.severity == "moderate"


def test_an_alert_is_among_the_news_once_with_what_was_told_last(engine: Engine) -> None:
    told = (Told(), Told(why="more victims", hours=2), Told(why="it is over", kind="close", hours=5))
    with writing(engine) as conn:
        tell(conn, title="T1", versions=told)
        tell(conn, title="T2", versions=(Told(hours=3),))
        tell(conn, title="T3", start=NOW - 9 * DAY)
        tell(conn, title="T4", versions=())
        found = latest.news(conn, limit=2)
    assert [(one.listed.title, one.kind, one.why) for one in found] == [
        ("T1", "close", "it is over"),
        ("T2", "new", "first report: Example News (unconfirmed)"),
    ]
