"""What people say of alerts is kept, and the last word counts."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import Engine

from alerts.errors import InputError
from alerts.match.opinions import Opinion
from alerts.store import alerts, meta, people
from alerts.store import evidence as evidence_store
from alerts.store.database import reading, writing
from alerts.store.judgements import (
    Judged,
    cases,
    hits_of,
    judge,
    judged_between,
    judgements_of,
    latest,
    lock_alert,
    opinion_of,
    unjudged,
)
from alerts.store.versions import rule_versions
from alerts.types import Alert
from tests.store import values
from tests.store.values import HOUR, NOW


def _alert(conn: object, **more: object) -> Alert:
    made = values.alert(**more)
    return alerts.save_alert(conn, made, title="Title", summary="Summary")  # type: ignore[arg-type]


def test_an_alert_that_nobody_judged_has_no_verdict(engine: Engine) -> None:
    with writing(engine) as conn:
        saved = _alert(conn)
        assert judgements_of(conn, saved.id) == []
        assert [case.opinion for case in cases(conn)] == [None]


def test_the_last_word_of_the_desk_counts(engine: Engine) -> None:
    with writing(engine) as conn:
        saved = _alert(conn)
        judge(conn, saved.id, "right", who="ana", why="", now=NOW)
        judge(conn, saved.id, "wrong", who="ben", why="an old \x00story", now=NOW + HOUR)
    with reading(engine) as conn:
        last = Judged(alert_id=saved.id, verdict="wrong", who="ben", why="an old story", at=NOW + HOUR)
        assert judgements_of(conn, saved.id)[-1] == last
        [case] = cases(conn)
        assert (case.alert_id, case.rule, case.opinion) == (saved.id, saved.rule, Opinion(verdict="wrong"))


def test_what_a_reader_said_stays_when_the_reader_leaves(engine: Engine) -> None:
    with writing(engine) as conn:
        saved, other = _alert(conn, key="one"), _alert(conn, key="two")
        reader = people.add_person(conn, "ana@example.org", now=NOW)
        judge(
            conn, saved.id, "duplicate", who=f"reader {reader.id}", why="", now=NOW,
            person_id=reader.id, duplicate_of=other.id,
        )  # fmt: skip
        [said] = judgements_of(conn, saved.id)
        assert (said.person_id, said.by_reader, said.duplicate_of) == (reader.id, True, other.id)
        people.remove_person(conn, reader.id)
        [said] = judgements_of(conn, saved.id)
        assert (said.person_id, said.by_reader, said.who) == (None, True, f"reader {reader.id}")
        assert opinion_of(conn, saved.id) == Opinion(verdict="duplicate")


def test_verdicts_can_be_had_of_a_time(engine: Engine) -> None:
    with writing(engine) as conn:
        saved = _alert(conn)
        for hours in range(3):
            judge(conn, saved.id, "right", who=f"{hours}", why="", now=NOW + hours * HOUR)
        assert [one.who for one in judged_between(conn, NOW + HOUR, NOW + 2 * HOUR)] == ["1"]


def test_cases_can_be_had_of_some_rules(engine: Engine) -> None:
    with writing(engine) as conn:
        shelling, siege = _alert(conn, key="one"), _alert(conn, key="two", rule="siege", family="old_siege")
        judge(conn, siege.id, "right", who="ana", why="", now=NOW)
        assert [case.alert_id for case in cases(conn, rules=["shelling"])] == [shelling.id]
        assert [case.opinion for case in cases(conn, rules=["old_siege"])] == [Opinion(verdict="right")]


def test_alerts_can_be_had_since_a_time(engine: Engine) -> None:
    with writing(engine) as conn:
        _alert(conn, key="old", opened=NOW - timedelta(days=9))
        new = _alert(conn, key="new", opened=NOW)
        assert [case.alert_id for case in cases(conn, since=NOW - HOUR)] == [new.id]


def test_the_hits_of_alerts_come_by_alert(engine: Engine) -> None:
    with writing(engine) as conn:
        [item] = values.add_articles(conn, "a")
        saved, bare = _alert(conn, key="one"), _alert(conn, key="two")
        evidence_store.put(conn, saved, [values.evidence(item.article.id)])
        found = hits_of(conn, [saved.id, bare.id])
    assert [hit.rule for hit in found[saved.id]] == ["shelling"]
    assert found[bare.id] == []


def test_nothing_can_be_said_of_an_alert_that_is_not_there(engine: Engine) -> None:
    with writing(engine) as conn, pytest.raises(InputError, match="no alert 7"):
        lock_alert(conn, "7")


def test_the_versions_of_a_rule_come_the_latest_first(engine: Engine) -> None:
    with writing(engine) as conn:
        meta.record_rules(conn, [("siege", "b" * 64, "old"), ("flood", "c" * 64, "other")], NOW)
        meta.record_rules(conn, [("siege", "a" * 64, "new")], NOW + HOUR)
        found = rule_versions(conn, "siege")
        assert [(one.text, one.loaded) for one in found] == [("new", NOW + HOUR), ("old", NOW)]
        assert rule_versions(conn, "drought") == []


def test_the_version_in_force_comes_before_later_ones_with_its_word_lists(engine: Engine) -> None:
    old = meta.InForce(rule="siege", version="b" * 64, text="old", lists={"town": "words"})
    new = meta.InForce(rule="siege", version="a" * 64, text="new")
    with writing(engine) as conn:
        for hours, one in enumerate((old, new, old)):
            meta.put_in_force(conn, [one], NOW + hours * HOUR)
        found = rule_versions(conn, "siege")
    assert [(one.text, one.lists) for one in found] == [("old", {"town": "words"}), ("new", {})]


def test_what_was_said_last_comes_with_its_alert(engine: Engine) -> None:
    with writing(engine) as conn:
        first, second = _alert(conn, key="one"), _alert(conn, key="two", severity="severe")
        judge(conn, first.id, "right", who="ana", why="", now=NOW)
        judge(conn, second.id, "duplicate", who="ben", why="", now=NOW, duplicate_of=first.id)
        found = latest(conn, 5)
        assert latest(conn, 1) == found[:1]
    assert [(one.judged.alert_id, one.judged.verdict) for one in found] == [
        (second.id, "duplicate"),
        (first.id, "right"),
    ]
    assert (found[0].judged.duplicate_of, found[0].title, found[0].severity) == (first.id, "Title", "severe")


def test_what_nobody_judged_is_what_readers_were_told_of_lately(engine: Engine) -> None:
    with writing(engine) as conn:
        told, judged = _alert(conn, key="told", version=1), _alert(conn, key="judged", version=1)
        _alert(conn, key="untold", version=0)
        _alert(conn, key="old", version=1, opened=NOW - 48 * HOUR)
        _alert(conn, key="merged", version=1, state="merged")
        judge(conn, judged.id, "wrong", who="ana", why="", now=NOW)
        found = unjudged(conn, NOW - HOUR, 10)
    assert [one.alert.id for one in found] == [told.id]
