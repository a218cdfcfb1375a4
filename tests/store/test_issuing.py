"""What a version takes along, so that what is made of it later is the same for ever."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, Engine

from alerts.store import alerts, archive, issuing
from alerts.store import evidence as evidence_store
from alerts.store.alerts import Version
from alerts.store.database import reading, writing
from alerts.store.schema import evidence
from alerts.track.lifecycle import Step
from alerts.types import Alert
from tests.match.rules import SOUND, check
from tests.store import values
from tests.store.values import HOUR, NOW

ISSUER = {"sender": "alerts.example", "name": "Desk"}
TERMS = {"rule": "shelling", "test": False, "category": "Security", "lasts": 86_400.0}


def _tell(conn: Connection, alert: Alert, number: int, **more: Any) -> Version:
    message = values.message(number, at=NOW + number * HOUR)
    return alerts.add_version(conn, alert, message, title="t", summary="s", **{"terms": TERMS, **more})


def _save(conn: Connection, **more: Any) -> Alert:
    return alerts.save_alert(conn, values.alert(**more), title="t", summary="s")


def _report(conn: Connection, alert: Alert, *keys: str, **more: Any) -> list[str]:
    ids = [item.article.id for item in values.add_articles(conn, *keys)]
    evidence_store.put(conn, alert, [values.evidence(one, **more) for one in ids])
    return ids


def test_a_rule_says_what_its_alerts_are() -> None:
    said = issuing.terms(check(SOUND))
    assert (said["rule"], said["title"], said["test"], said["category"]) == (
        "cut_off",
        "Town cut off",
        False,
        "Security",
    )
    assert said["lasts"] == timedelta(days=3).total_seconds()
    assert (said["stands"], said["unrated"], len(said["version"])) == (False, False, 64)
    short = check(SOUND.replace("[alert]\n", '[alert]\nexpires = "6 hours"\ncategory = "Rescue"\nresponse = "Avoid"\n'))
    said = issuing.terms(short)
    assert (said["lasts"], said["category"], said["response"]) == (21_600.0, "Rescue", "Avoid")
    assert issuing.terms(check(SOUND.replace('default = "severe"\n', "")))["unrated"] is True
    assert issuing.terms(check(SOUND.replace('status = "active"', 'status = "test"')))["test"] is True


def test_where_nobody_issues_messages_versions_take_nothing_along(engine: Engine) -> None:
    with writing(engine) as conn:
        assert issuing.FIELD not in _tell(conn, _save(conn), 1).fields


def test_a_version_takes_along_who_issues_it_and_what_its_rule_says(engine: Engine) -> None:
    with writing(engine) as conn:
        issuing.put_issuer(conn, ISSUER)
        alert = _save(conn)
        _tell(conn, alert, 1)
        issuing.put_issuer(conn, {**ISSUER, "sender": "new.example"})
        _tell(conn, alert, 2, terms={**TERMS, "category": "Health"})
    with reading(engine) as conn:
        first, second = (one.fields[issuing.FIELD] for one in alerts.versions(conn, [(alert.id, None)]))
    assert (first["issuer"], first["terms"]) == (ISSUER, TERMS)
    assert (second["issuer"]["sender"], second["terms"]["category"]) == ("new.example", "Health")


def test_a_version_made_without_its_rule_keeps_what_the_one_before_said(engine: Engine) -> None:
    with writing(engine) as conn:
        issuing.put_issuer(conn, ISSUER)
        alert = _save(conn)
        _tell(conn, alert, 1)
        assert _tell(conn, alert, 2, terms=None).fields[issuing.FIELD]["terms"] == TERMS


def test_what_was_told_in_earnest_stays_so_when_its_rule_goes_into_test(engine: Engine) -> None:
    with writing(engine) as conn:
        issuing.put_issuer(conn, ISSUER)
        told, tried = _save(conn), _save(conn, key="other")
        _tell(conn, told, 1)
        in_test = {**TERMS, "test": True}
        assert _tell(conn, told, 2, terms=in_test).fields[issuing.FIELD]["terms"]["test"] is False
        assert _tell(conn, tried, 1, terms=in_test).fields[issuing.FIELD]["terms"]["test"] is True
        assert _tell(conn, tried, 2, terms=in_test).fields[issuing.FIELD]["terms"]["test"] is True
        assert _tell(conn, tried, 3).fields[issuing.FIELD]["terms"]["test"] is False


def test_quotes_are_those_of_the_moment_one_for_each_origin(engine: Engine) -> None:
    with writing(engine) as conn:
        issuing.put_issuer(conn, ISSUER)
        alert = _save(conn)
        [first] = _report(conn, alert, "a")
        _report(conn, alert, "b", origin=first)  # a copy
        _report(conn, alert, "c", hit=values.hit(current=False, sentence="No shells fell."))
        told = _tell(conn, alert, 1)
        evidence_store.put(conn, alert, [values.evidence(first, revision=2, hit=values.hit(sentence="Rewritten."))])
        _report(conn, alert, "d", hit=values.hit(sentence="Later."))
        later = _tell(conn, alert, 2)
    assert [quote["sentence"] for quote in told.fields[issuing.FIELD]["quotes"]] == [values.hit().sentence]
    assert told.fields[issuing.FIELD]["quotes"][0] == {
        "source": "Example News", "published": (NOW - HOUR).isoformat(), "title": "Title a",
        "sentence": values.hit().sentence, "url": "https://news.example/a",
    }  # fmt: skip
    assert [quote["sentence"] for quote in later.fields[issuing.FIELD]["quotes"]] == ["Rewritten.", "Later."]


def test_very_many_reports_give_a_few_quotes_and_the_first_of_each_origin(engine: Engine) -> None:
    with writing(engine) as conn:
        issuing.put_issuer(conn, ISSUER)
        alert = _save(conn)
        names = [f"x{number}" for number in range(60)]
        ids = _report(conn, alert, *names)
        copies = [int(one) for one in ids[1:50]]
        conn.execute(evidence.update().where(evidence.c.article_id.in_(copies)).values(origin=ids[0]))
        quotes = _tell(conn, alert, 1).fields[issuing.FIELD]["quotes"]
    assert [quote["title"] for quote in quotes] == ["Title x0", *(f"Title x{number}" for number in range(50, 57))]
    assert len(quotes) == issuing.MOST_QUOTES


def test_the_evidence_of_the_step_that_tells_it_is_quoted(engine: Engine) -> None:
    with writing(engine) as conn:
        issuing.put_issuer(conn, ISSUER)
        [article] = values.add_articles(conn, "a")
        step = Step(alert=values.alert(), evidence=values.evidence(article.article.id), messages=(values.message(),))
        saved = alerts.save_step(conn, step, title="t", summary="s", terms=TERMS)
        [told] = alerts.versions(conn, [(saved.id, None)])
    assert len(told.fields[issuing.FIELD]["quotes"]) == 1
    assert told.fields[issuing.FIELD]["terms"] == TERMS


def test_a_version_has_those_before_it_and_those_of_alerts_merged_into_it(engine: Engine) -> None:
    with writing(engine) as conn:
        issuing.put_issuer(conn, ISSUER)
        alert, other, third = _save(conn), _save(conn, key="b"), _save(conn, key="c")
        _tell(conn, alert, 1)
        _tell(conn, other, 1)
        _tell(conn, third, 1)
        for gone, into in ((third, other), (other, alert)):
            merged = replace(gone, state="merged", merged_into=into.id)
            alerts.save_alert(conn, merged, title="t", summary="s")
        _tell(conn, alert, 2)
        _tell(conn, other, 9)  # told later: split off again
    with reading(engine) as conn:
        found = archive.version_with_earlier(conn, alert.id)
        first = archive.version_with_earlier(conn, alert.id, 1)
        assert archive.version_with_earlier(conn, alert.id, 3) is None
        assert archive.version_with_earlier(conn, "999") is None
    assert found is not None and first is not None
    assert [(one.alert_id, one.version) for one in found[1]] == [(alert.id, 1), (other.id, 1), (third.id, 1)]
    assert first[1] == []


def test_a_version_that_may_tell_no_more_than_the_one_before_quotes_no_more(engine: Engine) -> None:
    with writing(engine) as conn:
        issuing.put_issuer(conn, ISSUER)
        alert = _save(conn)
        _report(conn, alert, "a")
        told = _tell(conn, alert, 1)
        _report(conn, alert, "b", hit=values.hit(sentence="Nobody has looked at this."))
        taken = issuing.taken_along(conn, int(alert.id), None, told.fields)
    assert taken[issuing.FIELD] == told.fields[issuing.FIELD]
