"""Asking the archive: any question finds what looking at every alert would find, on both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine, event, select

from alerts.store import alerts, archive, listing, search
from alerts.store.alerts import Listed
from alerts.store.database import reading, writing
from alerts.store.schema import listing as listed
from alerts.store.schema import listing_text, listing_word
from alerts.store.search import Cursor, Wanted
from alerts.store.words import asked, kept
from alerts.types import CERTAINTIES, SEVERITIES, Place
from tests.store import values
from tests.web.archive import DJIBO, GOMA, LEBANON, NOW, tell

DAY = timedelta(days=1)
PROVINCE = Place(id="BF-SOM", name="Soum", country="BFA", precision="admin1", admin1="BF-SOM", admin1_name="Soum")
PLACES = (None, DJIBO, GOMA, LEBANON, PROVINCE)
TITLES = ("Shells fell on the market", "Siège de la ville", "Обстріл міста", "قصف على المدينة", "空袭北京市")

ALERTS = st.fixed_dictionaries(
    {
        "title": st.sampled_from(TITLES),
        "event": st.sampled_from(("siege", "attack")),
        "rule": st.sampled_from(("shelling", "siege")),
        "place": st.sampled_from(PLACES),
        "severity": st.sampled_from(SEVERITIES),
        "certainty": st.sampled_from(CERTAINTIES),
        "state": st.sampled_from(("unconfirmed", "active", "ended", "closed", "cancelled", "merged")),
        "first_event": st.sampled_from([NOW - number * DAY for number in range(4)]),
        "updated": st.sampled_from([NOW - number * DAY for number in range(3)]),
        "version": st.sampled_from((0, 1, 2, 2)),
    }
)
QUESTIONS = st.builds(
    Wanted,
    event=st.sampled_from((None, None, "siege")),
    country=st.sampled_from((None, None, "BFA", "FRA")),
    regions=st.sampled_from(((), (), ("BF-SOM",), ("CD-NK", "BF-SOM"))),
    place=st.sampled_from((None, None, DJIBO.id)),
    rule=st.sampled_from((None, None, "siege")),
    min_severity=st.sampled_from(SEVERITIES),
    min_certainty=st.sampled_from(CERTAINTIES),
    states=st.sampled_from(((), ("unconfirmed", "active"), ("cancelled",))),
    since=st.sampled_from((None, NOW - DAY)),
    until=st.sampled_from((None, NOW - DAY)),
    words=st.sampled_from(
        ("", "", "market", "fell market", "siege", "обстріл", "北京", "sh*", "nowhere", "the the")
    ).map(asked),
)


def fits(item: Listed, wanted: Wanted) -> bool:
    """The question, as it would be asked of one alert."""
    one, place = item.alert, item.alert.place
    event = one.event.replace("_", " ")
    where = [place.name, place.admin1_name or "", _COUNTRIES[place.country]] if place else []
    words = kept([item.title, item.summary, event, *where])
    return (
        wanted.event in (None, one.event)
        and wanted.country in (None, place and place.country)
        and (not wanted.regions or (place is not None and bool({place.admin1, place.id} & set(wanted.regions))))
        and wanted.place in (None, place and place.id)
        and wanted.rule in (None, one.rule)
        and SEVERITIES.index(one.severity) >= SEVERITIES.index(wanted.min_severity)
        and CERTAINTIES.index(one.certainty) >= CERTAINTIES.index(wanted.min_certainty)
        and (not wanted.states or one.state in wanted.states)
        and (wanted.since is None or one.updated >= wanted.since)
        and (wanted.until is None or one.first_event < wanted.until)
        and all(any(word.startswith(w.text) if w.begins else word == w.text for word in words) for w in wanted.words)
    )


_COUNTRIES = {"BFA": "Burkina Faso", "COD": "Democratic Republic of the Congo", "LBN": "Lebanon"}


def store(conn: Connection, fields: dict[str, Any], number: int) -> str:
    """An alert without evidence and versions."""
    title = fields.pop("title")
    value = values.alert(key=f"k{number}", last_event=NOW, opened=fields["first_event"], **fields)
    return alerts.save_alert(conn, value, title=title, summary="“so it was said”").id


@given(found=st.lists(ALERTS, max_size=12), questions=st.lists(QUESTIONS, min_size=3, max_size=3), rare=st.booleans())
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_question_finds_what_looking_at_every_alert_would_find(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, found: list[dict[str, Any]], questions: list[Wanted], rare: bool
) -> None:
    monkeypatch.setattr(search, "_RARE", 2 if rare else 2_000)
    monkeypatch.setattr(search, "_WALKED", 3)
    with engine.connect() as conn, conn.begin() as undone:
        for number, fields in enumerate(found):
            store(conn, dict(fields), number)
        everything = archive.told_alerts(conn, Wanted(), limit=99)
        assert len(everything) == len([one for one in found if one["version"]])
        for wanted in questions:
            expected = [item.alert.id for item in everything if fits(item, wanted)]
            pages: list[str] = []
            before = None
            while page := archive.told_alerts(conn, wanted, limit=2, before=before):
                pages += [item.alert.id for item in page]
                before = Cursor(updated=page[-1].alert.updated, id=int(page[-1].alert.id))
            assert pages == expected
            assert search.count(conn, wanted) == len(expected)
        undone.rollback()


def test_more_than_a_thousand_are_not_counted(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "MOST_COUNTED", 2)
    with writing(engine) as conn:
        for number in range(3):
            tell(conn, title=f"market {number}")
        assert search.count(conn, Wanted()) == 2
        assert search.count(conn, Wanted(words=asked("market"))) == 2


ONE_EACH = (
    Wanted(),
    Wanted(event="siege"),
    Wanted(country="BFA", event="siege"),
    Wanted(regions=("BF-SOM", "CD-NK")),
    Wanted(place=DJIBO.id),
    Wanted(rule="siege"),
    Wanted(states=("unconfirmed", "active")),
    Wanted(min_severity="extreme", min_certainty="observed"),
    Wanted(since=NOW, until=NOW),
    Wanted(words=asked("market goma sh*")),
    Wanted(words=asked("market"), country="BFA"),
)


@pytest.mark.parametrize("wanted", ONE_EACH)
def test_no_question_is_answered_by_reading_the_whole_archive(sqlite_engine: Engine, wanted: Wanted) -> None:
    ran: list[tuple[str, Any]] = []
    with reading(sqlite_engine) as conn:
        event.listen(conn, "before_cursor_execute", lambda *given: ran.append((given[2], given[3])))
        search.found(conn, wanted, limit=25)
        search.choices(conn)
        steps = [
            row.detail
            for statement, values in list(ran)
            for row in conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
        ]
    assert [step for step in steps if step.startswith("SCAN listing") and "INDEX" not in step] == []


def test_new_texts_replace_the_old_ones(engine: Engine) -> None:
    with writing(engine) as conn:
        told = tell(conn, title="12 killed in the market")
        before = alerts.alert_of(conn, told)
        assert before is not None
        alerts.save_alert(conn, before, title="45 killed in the market", summary="more")
        assert titles(conn, "45 market") == ["45 killed in the market"]
        assert titles(conn, "12") == []
        rows = conn.execute(select(listing_word.c.word).order_by(listing_word.c.word)).scalars().all()
        assert " ".join(rows) == conn.execute(select(listing_text.c.words)).scalar_one()


def titles(conn: Connection, question: str) -> list[str]:
    return [item.title for item in archive.told_alerts(conn, Wanted(words=asked(question)), limit=9)]


def test_what_waits_for_a_person_is_not_found_by_its_new_words(engine: Engine) -> None:
    with writing(engine) as conn:
        told = tell(conn, title="12 killed", severity="severe")
        before = alerts.alert_of(conn, told)
        assert before is not None
        worse = replace(before, severity="extreme", place=GOMA, triage="waiting", waits_since=NOW)
        alerts.save_alert(conn, worse, title="500 killed", summary="worse")
        assert titles(conn, "500") == titles(conn, "Goma") == []
        assert titles(conn, "12 Djibo") == ["12 killed"]
        alerts.save_alert(conn, replace(worse, triage="approved"), title="500 killed", summary="worse")
        assert titles(conn, "500 Goma") == ["500 killed"]


@pytest.mark.parametrize("triage", [None, "waiting"])
def test_a_state_is_listed_as_it_changes(engine: Engine, triage: Any) -> None:
    with writing(engine) as conn:
        before = alerts.alert_of(conn, tell(conn))
        assert before is not None
        alerts.save_alert(conn, replace(before, triage=triage), title="a", summary="b")
        alerts.save_state(conn, replace(before, triage=triage, state="active", updated=NOW))
        assert conn.execute(select(listed.c.state, listed.c.updated)).one() == (
            "active" if triage is None else "unconfirmed",
            NOW,
        )
        alerts.save_state(conn, replace(before, triage=triage, state="ended", updated=NOW))
        assert conn.execute(select(listed.c.state)).scalar_one() == "ended"


def test_a_database_of_an_older_version_is_listed_whole(engine: Engine) -> None:
    with writing(engine) as conn:
        for number in range(3):
            tell(conn, title=f"T{number}")
        tell(conn, versions=())
        held = alerts.alert_of(conn, tell(conn, title="12 killed"))
        assert held is not None
        alerts.save_alert(conn, replace(held, triage="waiting", waits_since=NOW), title="500 killed", summary="")
        before = _rows(conn)
        for table in (listing_word, listing_text, listed):
            conn.execute(table.delete())
        assert archive.list_missing(conn) == 4
        assert archive.list_missing(conn) == 0
        assert _rows(conn) == before


def _rows(conn: Connection) -> list[Any]:
    tables = (listed, listing_text, listing_word)
    return [row for table in tables for row in conn.execute(select(table).order_by(*table.primary_key))]


def test_listing_nothing_is_nothing(engine: Engine) -> None:
    with reading(engine) as conn:
        listing.add(conn, [])
        assert search.found(conn, Wanted(), limit=9) == []
        assert search.choices(conn) == search.Choices(events=(), countries=(), rules=())
