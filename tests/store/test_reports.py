"""What is counted by day follows from the set of reports, in whatever order they come in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from itertools import permutations

import pytest
from sqlalchemy import Connection, Engine

from alerts.errors import StoreError
from alerts.store import reports, stories
from alerts.store.alerts import save_alert
from alerts.store.database import writing
from alerts.store.reports import LastSpike
from alerts.track.copies import print_of
from alerts.track.spike import Day, Told
from alerts.types import Evidence, Severity
from tests.store.conftest import impatient
from tests.store.values import HOUR, NOW, TAIZ, add_articles, alert, evidence, hit

DAY = timedelta(days=1)
TODAY = NOW.date()
STORY = "shells fell on the old town of taiz at dawn and set a row of shops on fire near the northern gate of the city"
LONGER = f"{STORY} and the spice market beside the great mosque burned for two more days until rain fell on the roofs"
LONGEST = (
    "the spice market beside the great mosque burned for two more days until rain fell on the roofs of the quarter"
)


def said(number: str, text: str, *, days: float = 0, source: str = "") -> Evidence:
    """Evidence of an article, published so many days after NOW."""
    at = NOW + days * DAY
    source = source or f"Paper {number}"
    found = evidence(number, hit=hit(event_time=at), published=at, source=source, owner=source, cited=())
    return replace(found, title=text or f"words of {number} alone and of {number} only, says {number}")


def written(conn: Connection, *keys: str) -> list[str]:
    """Articles to report of; their ids."""
    return [item.article.id for item in add_articles(conn, *keys)]


def know(conn: Connection, item: Evidence) -> stories.Story:
    """What story an article tells, whose text is its title."""
    return stories.know(conn, item.article_id, revision=item.revision, published=item.published, text=item.title)


def take(conn: Connection, items: Sequence[tuple[Evidence, float | None]]) -> list[Day]:
    for item, value in items:
        told = know(conn, item)
        reports.told_anew(conn, told.moved)
        reports.count(conn, TAIZ, replace(item, story=told.first, text=told.text), value)
    return reports.days(conn, "shelling", TAIZ.id, TODAY - 30 * DAY, TODAY + 30 * DAY)


def test_a_day_counts_its_independent_tellers_and_the_middle_of_what_they_say(engine: Engine) -> None:
    with writing(engine) as conn:
        ids = written(conn, *"abcdef")
        told = [(said(ids[n], ""), value) for n, value in enumerate((900.0, 5_000.0, None, 1_000.0))]
        again = (said(ids[4], "", source=f"Paper {ids[0]}"), 1_200.0)
        [day] = take(conn, [*told, again])
        assert (day.day, len(day.voices), day.value, day.counting) == (TODAY, 4, 1_200, 3)


def test_a_copy_counts_with_the_day_of_its_story_and_only_its_higher_number(engine: Engine) -> None:
    with writing(engine) as conn:
        ids = written(conn, *"abc")
        found = take(
            conn, [(said(ids[0], STORY), 100.0), (said(ids[1], STORY, days=2), 300.0), (said(ids[2], "", days=2), 50.0)]
        )
        assert [(day.day, len(day.voices), day.value) for day in found] == [
            (TODAY, 1, 300),
            (TODAY + 2 * DAY, 1, 50),
        ]


def test_an_old_story_told_anew_is_no_copy(engine: Engine) -> None:
    with writing(engine) as conn:
        ids = written(conn, "a", "b")
        assert len(take(conn, [(said(ids[0], STORY), None), (said(ids[1], STORY, days=8), None)])) == 2


def test_a_chain_of_copies_is_one_story_whatever_comes_in_first(sqlite_engine: Engine) -> None:
    with writing(sqlite_engine) as conn:
        ids = written(conn, *"abcde")
    chain = [
        (said(ids[0], STORY), 10.0),
        (said(ids[1], LONGER, days=3), 20.0),
        (said(ids[2], LONGEST, days=6), 30.0),
        (said(ids[3], "", days=3, source=f"Paper {ids[1]}"), 7.0),
        (said(ids[4], "", days=6), None),
    ]
    found = []
    for order in list(permutations(chain))[::9]:
        with writing(sqlite_engine) as conn:
            found.append(take(conn, order))
            for number in ids:
                reports.take_back(conn, number)
            assert reports.days(conn, "shelling", TAIZ.id, TODAY - 30 * DAY, TODAY + 30 * DAY) == []
    assert all(days == found[0] for days in found)
    assert [(day.day - TODAY, len(day.voices), day.value) for day in found[0]] == [
        (0 * DAY, 1, 30),
        (3 * DAY, 1, 7),
        (6 * DAY, 1, None),
    ]


def test_a_report_taken_back_leaves_its_copies_to_count(engine: Engine) -> None:
    with writing(engine) as conn:
        ids = written(conn, "a", "b")
        take(conn, [(said(ids[0], STORY), 10.0), (said(ids[1], STORY, days=1), 20.0)])
        reports.take_back(conn, ids[0], before=1)
        assert len(reports.days(conn, "shelling", TAIZ.id, TODAY, TODAY)) == 1
        reports.take_back(conn, ids[0], before=2)
        [day] = reports.days(conn, "shelling", TAIZ.id, TODAY, TODAY + DAY)
        assert (day.day, day.value) == (TODAY + DAY, 20)


def test_a_revision_counts_anew_and_once(engine: Engine) -> None:
    with writing(engine) as conn:
        ids = written(conn, "a")
        first = said(ids[0], "")
        [day] = take(conn, [(first, 10.0), (replace(first, revision=2), 40.0)])
        assert (len(day.voices), day.value) == (1, 40)


def test_the_reports_of_a_window_are_given_back_whole(engine: Engine) -> None:
    with writing(engine) as conn:
        ids = written(conn, "a", "b", "c")
        items = [said(ids[0], STORY), said(ids[1], STORY, days=1), said(ids[2], "", days=4)]
        take(conn, [(item, None) for item in items])
        found = reports.counted_between(conn, "shelling", TAIZ.id, TODAY, TODAY + 2 * DAY)
        assert [item.article_id for item in found] == ids[:2]
        assert [item.origin for item in found] == [ids[0], ids[0]]
        assert (found[0].hit, found[0].text) == (items[0].hit, print_of(STORY))


def test_what_is_kept_counts_for_nothing(engine: Engine) -> None:
    with writing(engine) as conn:
        ids = written(conn, "a", "b")
        for number in ids:
            reports.keep(conn, TAIZ, said(number, ""))
        assert reports.days(conn, "shelling", TAIZ.id, TODAY, TODAY) == []
        assert len(reports.kept_between(conn, "shelling", "YEM", NOW, NOW)) == 2
        assert reports.kept_between(conn, "shelling", "YEM", NOW + HOUR, NOW + DAY) == []
        reports.take_back(conn, ids[0])
        assert reports.days(conn, "shelling", TAIZ.id, TODAY, TODAY) == []
        assert reports.forget_before(conn, "shelling", NOW) == 0
        assert reports.forget_before(conn, "shelling", NOW + HOUR) == 1


def test_the_watch_begins_once(engine: Engine) -> None:
    with writing(engine) as conn:
        assert reports.watched_since(conn, "a") is None
        reports.begin_watch(conn, [], NOW)
        reports.begin_watch(conn, ["a"], NOW)
        reports.begin_watch(conn, ["b", "a"], NOW + 3 * DAY)
        assert [reports.watched_since(conn, name) for name in "ab"] == [TODAY, TODAY + 3 * DAY]


def test_a_series_is_written_by_one_at_a_time(engine: Engine) -> None:
    with writing(engine) as conn:
        reports.begin_watch(conn, ["a"], NOW)
    with impatient(engine) as same, writing(engine) as conn:
        reports.begin_watch(conn, ["a"], NOW)
        with pytest.raises(StoreError) as caught, writing(same) as other:
            reports.begin_watch(other, ["a"], NOW)
    assert caught.value.reason == "locked"


@pytest.mark.parametrize("severity", [None, "severe"])
def test_what_was_told_last_is_known(engine: Engine, severity: Severity | None) -> None:
    with writing(engine) as conn:
        assert reports.last_spike(conn, "shelling", "gn:1") is None
        saved = save_alert(conn, alert(), title="", summary="")
        for level in (3.0, 9.5):
            told = Told(day=date(2026, 3, 1), level=level, severity=severity)
            last = LastSpike(alert_id=saved.id, told=told)
            reports.put_spike(conn, "shelling", "gn:1", last)
        assert reports.last_spike(conn, "shelling", "gn:1") == last
