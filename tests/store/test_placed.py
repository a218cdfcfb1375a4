"""What readers were told of places and by rules: counted, ordered and held back alike on both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, update

from alerts.store import alerts, judgements, nearby, placed, rulefigures
from alerts.store.database import writing
from alerts.store.placed import Here
from alerts.store.schema import alert as table
from alerts.types import Place
from tests.web.archive import DJIBO, GOMA, LEBANON, NOW, Report, change, tell

DAY = timedelta(days=1)
SOUM = Here(country="BFA", regions=("BF-SOM",), place_id="BF-SOM")
PROVINCE = Place(id="BF-SOM", name="Soum", country="BFA", precision="admin1", admin1="BF-SOM", admin1_name="Soum")
NEAR = replace(DJIBO, id="gn:1", name="Aribinda", lat=14.23, lon=-1.2)


def put(conn: Connection, **more: Any) -> str:
    """An alert of which readers were told yesterday."""
    return tell(conn, **{"start": NOW - DAY} | more)


def titles(found: list[alerts.Listed]) -> list[str]:
    return [one.title for one in found]


def test_a_country_has_the_alerts_in_it_by_level(engine: Engine) -> None:
    with writing(engine) as conn:
        for level, state in (
            ("extreme", "active"),
            ("extreme", "unconfirmed"),
            ("minor", "active"),
            ("minor", "ended"),
        ):
            put(conn, severity=level, state=state)
        put(conn, place=GOMA, state="closed")
        put(conn, place=GOMA, versions=())
        put(conn, place=None)
        found = placed.by_country(conn)
    assert {code: (one.told, one.open) for code, one in found.items()} == {
        "BFA": (4, {"extreme": 2, "minor": 1}),
        "COD": (1, {}),
    }


def test_what_waits_for_a_person_counts_as_bad_as_readers_were_told(engine: Engine) -> None:
    with writing(engine) as conn:
        change(conn, put(conn, severity="minor"), severity="extreme", triage="waiting")
        assert placed.open_by_country(conn) == {"BFA": {"minor": 1}}
        [shown] = placed.open_alerts(conn, SOUM, limit=9)
    assert shown.alert.severity == "minor"


@pytest.mark.parametrize(
    ("here", "expected"),
    [
        (Here(country="BFA"), {"town", "near", "province"}),
        (SOUM, {"town", "near", "province"}),
        (Here(country="BFA", place_id=DJIBO.id), {"town"}),
        (Here(country="COD"), {"goma"}),
        (Here(country="BFA", regions=("BF-OUD",), place_id="BF-OUD"), set()),
    ],
)
def test_a_place_has_its_alerts_and_those_of_what_lies_in_it(engine: Engine, here: Here, expected: set[str]) -> None:
    of = {"town": DJIBO, "near": NEAR, "province": PROVINCE, "goma": GOMA, "lebanon": LEBANON}
    with writing(engine) as conn:
        for title, place in of.items():
            put(conn, title=title, place=place)
        put(conn, title="nobody was told", versions=())
        assert set(titles(placed.open_alerts(conn, here, limit=9))) == expected
        assert placed.count(conn, here) == (len(expected), len(expected))


def test_what_is_open_comes_the_worst_first_and_what_is_over_the_latest_first(engine: Engine) -> None:
    with writing(engine) as conn:
        for number, (level, state) in enumerate(
            [
                ("minor", "active"),
                ("extreme", "active"),
                ("severe", "active"),
                ("extreme", "ended"),
                ("minor", "closed"),
            ]
        ):
            put(conn, title=f"{level} {state}", severity=level, state=state, updated=NOW + number * DAY)
        assert titles(placed.open_alerts(conn, SOUM, limit=2)) == ["extreme active", "severe active"]
        assert titles(placed.latest(conn, SOUM, limit=9)) == ["minor closed", "extreme ended"]


def test_the_parts_of_a_place_come_with_what_was_told_of_them_of_late(engine: Engine) -> None:
    with writing(engine) as conn:
        put(conn, severity="severe")
        put(conn, severity="minor")
        put(conn, place=NEAR, state="ended")
        put(conn, place=PROVINCE)
        put(conn, place=replace(NEAR, id="gn:2"), start=NOW - 200 * DAY)
        found = placed.inside(conn, SOUM, NOW - 90 * DAY, limit=9)
    assert [(one.place.id, one.told, one.open, one.worst) for one in found] == [
        (DJIBO.id, 2, 2, "severe"),
        ("gn:1", 1, 0, None),
    ]


def test_a_report_of_the_ledger_leads_to_the_alert_that_readers_were_told_of(engine: Engine) -> None:
    with writing(engine) as conn:
        found = tell(conn, Report(source="Radio", title="It fell"), start=NOW - DAY)
        record = alerts.get_alert(conn, found)
        assert record is not None
        article = int(record.evidence[0].article_id)
        known = placed.reports(conn, [article, 999_999])
    assert {number: (one.source, one.title, one.alert_id) for number, one in known.items()} == {
        article: ("Radio", "It fell", found)
    }


def test_a_place_that_no_list_knows_is_known_by_its_alerts(engine: Engine) -> None:
    with writing(engine) as conn:
        put(conn)
        assert placed.known(conn, DJIBO.id) == DJIBO
        assert placed.known(conn, GOMA.id) is None


def test_neighbours_are_near_in_space_and_time_and_not_of_the_same_happening(engine: Engine) -> None:
    with writing(engine) as conn:
        found = put(conn)
        record = alerts.get_alert(conn, found)
        assert record is not None
        put(conn, title="beside", place=NEAR)
        put(conn, title="province", place=PROVINCE)
        put(conn, title="same happening", incident=record.alert.incident)
        put(conn, title="far", place=replace(NEAR, id="gn:3", lat=9.0))
        put(conn, title="abroad", place=GOMA)
        put(conn, title="long ago", start=NOW - 40 * DAY)
        held = put(conn, title="held")
        conn.execute(update(table).where(table.c.id == int(held)).values(triage="dropped"))
        near = nearby.neighbours(conn, record.alert, limit=9)
    assert [(one.title, one.km is None) for one in near] == [("beside", False), ("province", True)]


def test_rules_are_counted_by_what_readers_were_told(engine: Engine) -> None:
    with writing(engine) as conn:
        put(conn, rule="a", updated=NOW)
        put(conn, rule="a", state="ended", start=NOW - 60 * DAY)
        put(conn, rule="a", versions=())
        put(conn, rule="b", state="cancelled", start=NOW - 2 * DAY)
        found = rulefigures.fired(conn, NOW)
        months = rulefigures.told_between(conn, ["a", "b"], [NOW - 90 * DAY, NOW - 30 * DAY, NOW])
        last = rulefigures.latest(conn, ["a"], limit=1)
    assert {name: (one.told, one.open, one.lately) for name, one in found.items()} == {"a": (2, 1, 1), "b": (1, 0, 1)}
    assert found["a"].last == NOW
    assert months == [1, 2]
    assert [one.alert.updated for one in last] == [NOW]


def test_months_without_alerts_are_nought(engine: Engine) -> None:
    with writing(engine) as conn:
        assert rulefigures.told_between(conn, ["none"], [NOW - DAY, NOW]) == [0]


def test_what_was_said_of_a_rules_alerts_is_one_opinion_an_alert(engine: Engine) -> None:
    with writing(engine) as conn:
        first, second = put(conn, rule="a"), put(conn, rule="a")
        for who, verdict in (("ana", "wrong"), ("ana", "right")):
            judgements.judge(conn, first, verdict, who=who, why="", now=NOW)  # type: ignore[arg-type]
        judgements.judge(conn, second, "wrong", who="ben", why="", now=NOW)
        put(conn, rule="b")
        found = rulefigures.judged(conn)
    assert {rule: [one.verdict for one in said] for rule, said in found.items()} == {"a": ["right", "wrong"]}
