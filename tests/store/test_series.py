"""The counts that a version of an alert takes along for its chart."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Connection, Engine

from alerts.store import reports, series, stories
from alerts.store.alerts import add_version, save_alert, versions
from alerts.store.database import writing
from alerts.types import Alert, Place, Wave
from tests.store.values import NOW, TAIZ, add_articles, alert, evidence, hit, message

DAY = timedelta(days=1)
TODAY = NOW.date()
WAVE = Wave(test="reports", noun="reports", count=3, usual=0.5, days=2, day=TODAY, level=3)
REGION = Place(id="YE-TA", name="Taizz", country="YEM", precision="admin1", admin1="YE-TA")


def counted(
    conn: Connection, *days_ago: int, place: Place = TAIZ, value: float | None = None, feed: str = "first"
) -> None:
    """So many reports, each of its own story and outlet, on so many days before."""
    names = [f"{feed}-{number}-{days}" for number, days in enumerate(days_ago)]
    for item, days in zip(add_articles(conn, *names), days_ago, strict=True):
        number, at = item.article.id, NOW - days * DAY
        told = hit(event_time=at)
        report = evidence(number, hit=told, published=at, source=f"Paper {number}", owner=f"Paper {number}", cited=())
        stories.know(conn, number, revision=1, published=at, text=f"words of {number} alone and of {number} only")
        reports.count(conn, place, replace(report, story=number), value)


def spiking(**more: Any) -> Alert:
    return alert(spike=replace(WAVE, **more))


def kept(conn: Connection, found: Alert, days_later: int = 0) -> Any:
    return series.taken_along(conn, found, NOW + days_later * DAY).get("series")


def test_each_day_has_its_count_also_where_nothing_was_reported(engine: Engine) -> None:
    with writing(engine) as conn:
        reports.begin_watch(conn, ["shelling reports city"], NOW - 6 * DAY)
        counted(conn, 0, 0, 1, 4)
        assert kept(conn, spiking()) == {"first": str(TODAY - 6 * DAY), "counts": [0, 0, 1, 0, 0, 1, 2]}
        assert kept(conn, spiking(), days_later=2)["counts"] == [0, 0, 1, 0, 0, 1, 2, 0, 0]


def test_at_most_eight_weeks_and_no_day_before_the_watch_are_kept(engine: Engine) -> None:
    with writing(engine) as conn:
        reports.begin_watch(conn, ["shelling reports city"], NOW - 300 * DAY)
        reports.begin_watch(conn, ["shelling_of_towns reports city"], NOW)
        counted(conn, 0, 55, 56)
        found = kept(conn, spiking())
        assert (found["first"], len(found["counts"])) == (str(TODAY - 55 * DAY), series.DAYS)
        assert [at for at, count in enumerate(found["counts"]) if count] == [0, 55]


def test_the_day_of_the_spike_stays_on_the_chart_however_late_the_version(engine: Engine) -> None:
    with writing(engine) as conn:
        reports.begin_watch(conn, ["shelling reports city"], NOW - 300 * DAY)
        counted(conn, 0, 1)
        found = kept(conn, spiking(), days_later=200)
        first = date.fromisoformat(found["first"])
        assert found["counts"][(TODAY - first).days] == 1


def test_people_are_kept_where_people_are_counted(engine: Engine) -> None:
    with writing(engine) as conn:
        reports.begin_watch(conn, ["shelling displaced city"], NOW - 3 * DAY)
        counted(conn, 0, 1, value=4000.0)
        assert kept(conn, spiking(noun="displaced"))["counts"] == [0, 0, 4000, 4000]


def test_the_series_of_a_wider_place_is_found(engine: Engine) -> None:
    with writing(engine) as conn:
        reports.begin_watch(conn, ["shelling reports admin1"], NOW - 3 * DAY)
        counted(conn, 0, 0, place=REGION)
        assert kept(conn, spiking())["counts"] == [0, 0, 0, 2]


def test_what_does_not_count_takes_nothing_along(engine: Engine) -> None:
    with writing(engine) as conn:
        reports.begin_watch(conn, ["shelling reports city"], NOW - 3 * DAY)
        assert kept(conn, spiking()) is None  # nothing was reported
        counted(conn, 0)
        assert kept(conn, alert()) is None
        assert kept(conn, alert(spike=WAVE, place=None)) is None


def test_a_version_keeps_its_counts_whatever_comes_in_later(engine: Engine) -> None:
    with writing(engine) as conn:
        reports.begin_watch(conn, ["shelling reports city"], NOW - 3 * DAY)
        counted(conn, 0, 1)
        saved = save_alert(conn, spiking(), title="Shelling", summary="")
        made = add_version(conn, saved, message(), title="Shelling", summary="")
        counted(conn, 0, 0, 1, feed="second")
        assert kept(conn, saved)["counts"] == [0, 0, 2, 3]
        [stored] = versions(conn, [(saved.id, 1)])
        assert (
            stored.fields["series"] == made.fields["series"] == {"first": str(TODAY - 3 * DAY), "counts": [0, 0, 1, 1]}
        )
