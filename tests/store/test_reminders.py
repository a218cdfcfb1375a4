"""Who was asked to look after an extreme alert is read in one go, on both databases."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Engine

from alerts.store import alerts, outbox, people
from alerts.store.database import reading, writing
from alerts.store.reminders import Asked, asked
from tests.store import values
from tests.store.mailed import New
from tests.store.values import HOUR, NOW

EXTREME = 3


def test_it_is_the_latest_version_that_each_reader_was_told_and_what_is_under_way(engine: Engine) -> None:
    with writing(engine) as conn:
        bad = values.alert(severity="extreme", worst="extreme")
        alert = alerts.save_alert(conn, bad, title="t", summary="s")
        mild = alerts.save_alert(conn, values.alert(key="mild"), title="t", summary="s")
        one, two, three = (people.add_person(conn, f"r{number}@example.org", now=NOW).id for number in range(3))
        sent = [
            New(alert_id=alert.id, person_id=one, urgency=EXTREME),
            New(alert_id=alert.id, person_id=one, urgency=EXTREME, round=1),
            New(alert_id=alert.id, person_id=two, urgency=EXTREME),
            New(alert_id=alert.id, person_id=two, version=2),
            New(alert_id=mild.id, person_id=one),
        ]
        outbox.enqueue(conn, sent)
        ids = [row.id for row in outbox.lease(conn, NOW, "t", 10, 60)]
        outbox.mark_sending(conn, ids, "t", NOW, 60)
        outbox.mark_accepted(conn, ids, "t", NOW + HOUR)
        coming = [
            New(alert_id=alert.id, person_id=one, urgency=EXTREME, round=2),
            New(alert_id=alert.id, person_id=three, urgency=EXTREME),
        ]
        outbox.enqueue(conn, coming)
    with reading(engine) as conn:
        found = asked(conn)
    both: dict[str, Any] = {"alert_id": alert.id, "rule": "shelling"}
    assert found == [
        Asked(**both, person_id=one, version=1, urgency=EXTREME, rounds=2, last=NOW + HOUR, under_way=True),
        Asked(**both, person_id=two, version=2, urgency=2, rounds=0, last=NOW + HOUR, under_way=False),
    ]


def test_of_alerts_that_are_not_open_nobody_is_asked(engine: Engine) -> None:
    with writing(engine) as conn:
        over = values.alert(severity="extreme", worst="extreme", state="closed")
        alert = alerts.save_alert(conn, over, title="t", summary="s")
        person = people.add_person(conn, "r@example.org", now=NOW)
        outbox.enqueue(conn, [New(alert_id=alert.id, person_id=person.id, urgency=EXTREME)])
        [row] = outbox.lease(conn, NOW, "t", 10, 60)
        outbox.mark_sending(conn, [row.id], "t", NOW, 60)
        outbox.mark_accepted(conn, [row.id], "t", NOW)
        assert asked(conn) == []
