"""Silences end by themselves, and operators are told what they hid."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, insert, select

from alerts.notify.silences import missed_said, upkeep
from alerts.render.samples import sample_fields
from alerts.store import alerts, codec, people, schema, silences
from alerts.store.database import reading, writing
from alerts.store.silences import Missed
from alerts.track.silence import Silence
from alerts.types import Message
from tests.notify.world import SECRET, SENDER, START, new_database, populate

DAY, HOUR = timedelta(days=1), timedelta(hours=1)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    """A database with an operator."""
    made = new_database(tmp_path)
    with writing(made) as conn:
        people.assign_duties(conn, "operator", ["night@example.com"], START)
    yield made
    made.dispose()


def silence(conn: Connection, *, days: float = 10, now: datetime = START, **more: Any) -> Silence:
    values: dict[str, Any] = {
        "rules": ("flood",),
        "place": None,
        "author": "ana",
        "why": "an exercise",
        "created": now,
        "until": now + timedelta(days=days),
    }
    return silences.add(conn, Silence(**values | more), now)


def keep(conn: Connection, now: datetime) -> None:
    upkeep(conn, secret=SECRET, domain=SENDER.domain, now=now)


def told(conn: Connection) -> list[tuple[str, str]]:
    query = select(schema.bulletin.c.subject, schema.bulletin.c.body).order_by(schema.bulletin.c.id)
    return [(row.subject, row.body) for row in conn.execute(query)]


def hide(conn: Connection, alert_id: str, silence_id: int) -> None:
    """The mails of the alert's first version to its readers are kept back."""
    mails = schema.outbox.update().where(schema.outbox.c.alert_id == int(alert_id))
    conn.execute(mails.values(state="silenced", silence_id=silence_id, finished=START))


def test_while_nothing_ends_nobody_is_told(engine: Engine) -> None:
    with writing(engine) as conn:
        silence(conn)
        keep(conn, START)
        keep(conn, START + 3 * DAY)
        assert told(conn) == []


def test_what_is_over_ends_and_is_told_with_what_it_hid(engine: Engine) -> None:
    alert_id = populate(engine)
    with writing(engine) as conn:
        made = silence(conn)
        hide(conn, alert_id, made.id)
        keep(conn, START + 10 * DAY)
        assert silences.list_silences(conn) == []
        [(subject, body)] = told(conn)
    assert subject == "Silences: 1 has ended"
    assert f"Silence {made.id}: flood, anywhere, up to severe (ana: an exercise). It hid 1 alert: " in body
    assert f"(severe, alert {alert_id})" in body
    assert "Ended: its time was over." in body


def test_what_ends_within_two_days_is_told_once(engine: Engine) -> None:
    with writing(engine) as conn:
        silence(conn)
        keep(conn, START + 8 * DAY - HOUR)
        assert told(conn) == []
        keep(conn, START + 8 * DAY)
        keep(conn, START + 9 * DAY + HOUR)
        [(subject, body)] = told(conn)
    assert subject == "Silences: 1 ends soon"
    assert "It hid nothing. It ends 2026-03-12 07:00 UTC." in body


def test_a_silence_made_for_a_day_is_not_announced(engine: Engine) -> None:
    with writing(engine) as conn:
        silence(conn, days=1)
        keep(conn, START + HOUR)
        assert told(conn) == []
        keep(conn, START + DAY)
        assert [subject for subject, _ in told(conn)] == ["Silences: 1 has ended"]


def test_operators_are_told_at_most_once_a_day_and_of_everything(engine: Engine) -> None:
    with writing(engine) as conn:
        first, second, third = (silence(conn, days=days) for days in (1, 1.5, 2))
        by_hand = silence(conn)
        for hours in range(24, 24 * 4):
            if hours == 30:
                silences.end(conn, by_hand.id, START + 30 * HOUR, "by ana: no longer needed")
            keep(conn, START + hours * HOUR)
        found = told(conn)
    assert [subject for subject, _ in found] == ["Silences: 1 has ended", "Silences: 3 have ended"]
    assert f"Silence {first.id}:" in found[0][1]
    for one in (second, third):
        assert f"Silence {one.id}:" in found[1][1]
    assert "Ended: by ana: no longer needed." in found[1][1]


def test_what_a_reader_muted_is_the_reader_s_business(engine: Engine) -> None:
    with writing(engine) as conn:
        [operator] = people.active_people(conn, "operator")
        silence(conn, person_id=operator.id)
        keep(conn, START + 9 * DAY)
        keep(conn, START + 10 * DAY)
        assert silences.list_silences(conn) == []
        assert told(conn) == []


def test_of_many_alerts_the_latest_are_named(engine: Engine) -> None:
    with writing(engine) as conn:
        made = silence(conn)
    ids = [_another(engine, number, made.id) for number in range(7)]
    with writing(engine) as conn:
        keep(conn, START + 10 * DAY)
        [(_, body)] = told(conn)
    assert "It hid 7 alerts: " in body
    assert "; and 2 more." in body
    assert f"alert {ids[-1]})" in body
    assert f"alert {ids[0]})" not in body


def _another(engine: Engine, number: int, silence_id: int) -> str:
    with writing(engine) as conn:
        reader = people.find_person(conn, "night@example.com")
        assert reader is not None
        value = codec.alert(sample_fields() | {"id": "", "key": str(number), "incident": ""})
        saved = alerts.save_alert(conn, replace(value, version=1), title="t", summary="s")
        message = Message(kind="new", version=1, at=START, why="first report")
        alerts.add_version(conn, saved, message, title=f"title {number}", summary="s")
        row = {"alert_id": int(saved.id), "version": 1, "person_id": reader.id, "channel": "mail", "state": "silenced"}
        times = {"created": START, "not_before": START, "finished": START + number * HOUR}
        conn.execute(
            insert(schema.outbox).values(row | times | {"urgency": 2, "message_id": "<m@x>", "silence_id": silence_id})
        )
    return saved.id


def test_without_operators_silences_end_all_the_same(tmp_path: Path) -> None:
    made = new_database(tmp_path)
    with writing(made) as conn:
        silence(conn)
        keep(conn, START + 10 * DAY)
        assert silences.list_silences(conn) == []
    with reading(made) as conn:
        assert told(conn) == []
    made.dispose()


def test_what_a_reader_missed_is_said_in_a_sentence() -> None:
    missed = [Missed(version=number, at=START + number * HOUR, why=f"reason {number}") for number in range(1, 8)]
    assert missed_said([]) == ""
    assert missed_said(missed[:1]) == (
        "One mail about this alert did not reach you, because of a silence: reason 1 (2026-03-02 08:00 UTC)."
    )
    assert missed_said(missed).startswith(
        "7 mails about this alert did not reach you, because of a silence: 2 earlier; reason 3 (2026-03-02 10:00 UTC); "
    )
