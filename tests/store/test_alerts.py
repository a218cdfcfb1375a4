"""An alert is stored whole: its present state, its versions, its evidence."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import IntegrityError

from alerts.errors import InputError
from alerts.store import alerts, codec, stories
from alerts.store import evidence as evidence_store
from alerts.store.alerts import Filter
from alerts.store.database import reading, writing
from alerts.store.stories import Telling
from alerts.track.copies import print_of
from alerts.track.lifecycle import Step
from alerts.types import Alert
from tests.store import values
from tests.store.values import HOUR, NOW


def _save(conn: Connection, **more: object) -> Alert:
    return alerts.save_alert(conn, values.alert(**more), title="Shelling in Taiz", summary="Shells fell.")


def test_an_alert_comes_back_as_it_was_saved(engine: Engine) -> None:
    with writing(engine) as conn:
        saved = _save(conn)
        nowhere = _save(conn, key="shelling|?", place=None, numbers={})
    with reading(engine) as conn:
        assert saved.id
        assert alerts.alert_of(conn, saved.id) == saved
        assert alerts.open_alerts(conn, "shelling", "YEM") == [saved]
        assert alerts.open_alerts(conn, "shelling", None) == [nowhere]
        assert alerts.open_alerts(conn, "siege", "YEM") == []


def test_a_saved_alert_is_replaced(engine: Engine) -> None:
    with writing(engine) as conn:
        saved = _save(conn)
        changed = replace(saved, state="active", version=2, updated=NOW + HOUR)
        alerts.save_alert(conn, changed, title="New", summary="Text")
        [listed] = alerts.list_alerts(conn)
    assert (listed.alert, listed.title, listed.summary) == (changed, "New", "Text")


def test_an_alert_that_is_not_there_cannot_be_replaced(engine: Engine) -> None:
    with pytest.raises(InputError, match="no alert 77"), writing(engine) as conn:
        _save(conn, id="77")


def test_two_open_alerts_cannot_have_one_key(engine: Engine) -> None:
    with writing(engine) as conn:
        _save(conn)
    with pytest.raises(IntegrityError), writing(engine) as conn:
        _save(conn, state="active")


def test_a_closed_alert_leaves_its_key_free(engine: Engine) -> None:
    with writing(engine) as conn:
        first = _save(conn, state="ended")
        second = _save(conn)
        assert alerts.open_twin(conn, first) == second
        assert alerts.open_twin(conn, second) is None
        assert alerts.open_alerts(conn, "shelling", "YEM") == [second]


def test_what_a_new_hit_may_belong_to_is_open_or_recent(engine: Engine) -> None:
    with writing(engine) as conn:
        old = _save(conn, key="a", last_event=NOW - 90 * HOUR)
        _save(conn, key="b", state="ended", last_event=NOW - 90 * HOUR)
        recent = _save(conn, key="c", state="ended", last_event=NOW - HOUR)
        nowhere = _save(conn, key="d", place=None)
        _save(conn, key="e", family="siege")
        assert alerts.recent_alerts(conn, "shelling", "YEM", NOW - 2 * HOUR) == [old, recent, nowhere]
        assert alerts.recent_alerts(conn, "shelling", None, NOW - 2 * HOUR) == [nowhere]


def test_a_step_is_stored_with_evidence_and_messages(engine: Engine) -> None:
    with writing(engine) as conn:
        [article] = values.add_articles(conn, "a")
        item = values.evidence(article.article.id)
        step = Step(alert=values.alert(), evidence=item, messages=(values.message(changes=("first heard of",)),))
        saved = alerts.save_step(conn, step, title="Shelling in Taiz", summary="Shells fell.")
    with reading(engine) as conn:
        record = alerts.get_alert(conn, saved.id)
        assert evidence_store.alerts_of_article(conn, article.article.id) == [saved.id]
    assert record is not None
    assert (record.alert, record.title, record.summary) == (saved, "Shelling in Taiz", "Shells fell.")
    assert record.evidence == (item,)
    [version] = record.versions
    assert (version.alert_id, version.version, version.kind, version.at) == (saved.id, 1, "new", NOW)
    assert (version.why, version.changes) == ("first report", ("first heard of",))
    assert codec.alert(version.fields) == saved
    assert (version.fields["title"], version.fields["place"]["country"]) == ("Shelling in Taiz", "YEM")


def test_the_same_article_again_replaces_its_evidence(engine: Engine) -> None:
    with writing(engine) as conn:
        one, two = values.add_articles(conn, "a", "b")
        saved = _save(conn)
        first, second = values.evidence(one.article.id), values.evidence(two.article.id, url="https://news.example/b")
        second = replace(second, title="Title b")
        evidence_store.put(conn, saved, [first, second])
        changed = replace(first, origin=two.article.id, revision=2, seen=NOW + HOUR)
        evidence_store.put(conn, replace(saved, version=2), [changed])
        assert evidence_store.of_alert(conn, saved.id) == [replace(changed, seen=NOW), second]
        assert evidence_store.remove(conn, saved.id, one.article.id)
        assert not evidence_store.remove(conn, saved.id, one.article.id)
        assert evidence_store.of_alert(conn, saved.id) == [second]


def test_versions_are_found_by_alert_and_number(engine: Engine) -> None:
    with writing(engine) as conn:
        one, two = _save(conn), _save(conn, key="other")
        for saved, number in ((one, 1), (one, 2), (two, 1)):
            alerts.add_version(conn, saved, values.message(number), title="t", summary="s")
        found = alerts.versions(conn, [(one.id, 2), (two.id, None)])
        with pytest.raises(IntegrityError):
            alerts.add_version(conn, one, values.message(1), title="t", summary="s")
    assert [(version.alert_id, version.version) for version in found] == [(one.id, 2), (two.id, 1)]


def test_alerts_end_when_their_family_has_heard_nothing_for_long(engine: Engine) -> None:
    with writing(engine) as conn:
        quiet = _save(conn, key="a", last_event=NOW - 50 * HOUR)
        _save(conn, key="b", last_event=NOW - 50 * HOUR, state="closed")
        _save(conn, key="c", last_event=NOW - 50 * HOUR, family="siege")
        _save(conn, key="d", last_event=NOW - 40 * HOUR)
        gone = _save(conn, key="e", last_event=NOW - 200 * HOUR, family="retired")
        spans = {"shelling": timedelta(hours=48), "siege": timedelta(days=30)}
        assert alerts.due_to_end(conn, NOW, spans) == [quiet, gone]


def test_alerts_are_listed_by_what_is_asked(engine: Engine) -> None:
    with writing(engine) as conn:
        one = _save(conn, key="a", severity="minor", updated=NOW)
        two = _save(conn, key="b", event="siege", family="siege", updated=NOW + HOUR)
        three = _save(conn, key="c", state="ended", place=None, updated=NOW + 2 * HOUR)

        def ids(wanted: Filter | None = None, **more: object) -> list[str]:
            return [item.alert.id for item in alerts.list_alerts(conn, wanted, **more)]  # type: ignore[arg-type]

        assert ids() == [three.id, two.id, one.id]
        assert ids(Filter(open_only=True)) == [two.id, one.id]
        assert ids(Filter(min_severity="severe")) == [three.id, two.id]
        assert ids(Filter(events=("siege",))) == ids(Filter(families=("siege",))) == [two.id]
        assert ids(Filter(countries=("YEM",))) == [two.id, one.id]
        assert ids(Filter(since=NOW + HOUR)) == [three.id, two.id]
        assert ids(limit=2) == [three.id, two.id]
        assert ids(before=two.id) == [one.id]
        assert alerts.count_open(conn) == {"unconfirmed": 2}


@pytest.mark.parametrize("alert_id", ["99", "x", "", "-1", "9" * 40, "१"])
def test_an_unknown_alert_is_none(engine: Engine, alert_id: str) -> None:
    with reading(engine) as conn:
        assert alerts.get_alert(conn, alert_id) is None


def test_where_a_story_was_told_is_known_again_with_its_sentence(engine: Engine) -> None:
    with writing(engine) as conn:
        one, two, other = (item.article.id for item in values.add_articles(conn, "a", "b", "c"))
        for number, text in ((one, LONG), (two, LONG), (other, "The weather was fine all day long in the hills.")):
            stories.know(conn, number, revision=1, published=NOW, text=text)
        first, second, siege = _save(conn), _save(conn, key="b"), _save(conn, key="c", family="siege")
        evidence_store.put(conn, first, [values.evidence(one)])
        evidence_store.put(conn, second, [values.evidence(other)])
        evidence_store.put(conn, siege, [values.evidence(one)])
        new = values.evidence(two, story=one)
        assert stories.telling(conn, "shelling", new) == [Telling(first.id, one, values.hit().sentence)]
        again = values.evidence(other, story=other, revision=2)
        assert stories.telling(conn, "shelling", again) == [Telling(second.id, other, values.hit().sentence)]
        [item] = evidence_store.of_alert(conn, first.id)
        assert (item.story, item.text) == (one, print_of(LONG))


LONG = "Shells fell on the old town at dawn and set a row of shops on fire near the northern gate of the city."
