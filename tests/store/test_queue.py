"""What an operator sees and does of the outbox, on both databases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, insert, update

from alerts.errors import InputError
from alerts.store import alerts, dossier, outbox, people, queue, schema, suppression
from alerts.store.database import reading, writing
from tests.store import values

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def readers(engine: Engine) -> list[int]:
    with writing(engine) as conn:
        return [people.add_person(conn, f"reader{number}@example.org", now=NOW).id for number in range(3)]


def mail(conn: Connection, person_id: int, **values: Any) -> int:
    """A letter in the outbox."""
    usual = {"person_id": person_id, "channel": "mail", "letter": "help", "state": "queued", "urgency": 0}
    times = {"created": NOW, "not_before": NOW, "message_id": f"<{person_id}@example.org>"}
    made = insert(schema.outbox).values(usual | times | values).returning(schema.outbox.c.id)
    number: int = conn.execute(made).scalar_one()
    return number


def test_mails_are_counted_by_what_they_wait_for(engine: Engine, readers: list[int]) -> None:
    cases: dict[str, dict[str, Any]] = {
        "due": {},
        "under way": {"lease_until": NOW + HOUR},
        "company": {"not_before": NOW + HOUR},
        "retry": {"not_before": NOW + HOUR, "attempts": 2, "last_error": "421 later"},
        "quiet": {"not_before": NOW + HOUR, "waits": "quiet"},
        "hold": {"waits": "hold"},
    }
    with writing(engine) as conn:
        for number, values in enumerate(cases.values(), start=1):
            for _ in range(number):
                mail(conn, readers[0], **values)
        lead = mail(conn, readers[1], state="failed", created=NOW - HOUR)
        mail(conn, readers[1], state="failed", lead_id=lead)
        mail(conn, readers[1], state="accepted")
    with reading(engine) as conn:
        found = queue.groups(conn, NOW)
    counts = {one.why: one.mails for one in found if one.state == "queued"}
    assert counts == {why: number for number, why in enumerate(cases, start=1)}
    [failed] = [one for one in found if one.state == "failed"]
    assert (failed.mails, failed.oldest, failed.why) == (1, NOW - HOUR, "")  # what goes along is no mail of its own
    assert {one.state for one in found} == {"queued", "failed"}


def test_mails_are_listed_the_oldest_first(engine: Engine, readers: list[int]) -> None:
    with writing(engine) as conn:
        ids = [mail(conn, readers[0], created=NOW - number * HOUR, waits="digest") for number in range(4)]
    with reading(engine) as conn:
        found = queue.mails(conn, NOW, ["queued"], 3)
        assert queue.mails(conn, NOW, ["held"], 3) == []
    assert [(row.id, why) for row, why in found] == [(number, "digest") for number in ids[:0:-1]]


def test_a_mail_is_held_with_all_that_goes_in_it_and_let_go_again(engine: Engine, readers: list[int]) -> None:
    with writing(engine) as conn:
        lead = mail(conn, readers[0], lease_token="t", lease_until=NOW + HOUR)
        part = mail(conn, readers[0], state="bundled", lead_id=lead)
        begun = mail(conn, readers[1], state="sending")
        assert queue.hold(conn, [lead, part, begun], "wait", NOW) == {lead}
        assert outbox.mark_sending(conn, [lead], "t", NOW, 60) == set()  # its courier learns it
    with writing(engine) as conn:
        rows = {row.id: row for row in outbox.some(conn, ids=[lead, part, begun])}
        assert [rows[one].state for one in (lead, part, begun)] == ["held", "held", "sending"]
        assert rows[lead].last_error == "wait" and rows[lead].lease_token is None
        assert outbox.release(conn, [lead], NOW) == 1
        assert [row.state for row in outbox.some(conn, ids=[lead, part])] == ["queued", "bundled"]


def test_all_that_is_held_of_a_reader_is_found(engine: Engine, readers: list[int]) -> None:
    who = readers[0]
    with writing(engine) as conn:
        old = mail(conn, who, created=NOW - 40 * HOUR, state="accepted", finished=NOW - 39 * HOUR)
        new = mail(conn, who, state="failed", last_error="550 no")
        mail(conn, readers[1])
        conn.execute(update(schema.person).where(schema.person.c.id == who).values(confirmed=NOW))
        suppression.suppress(conn, people.marks(conn, [who])[who], "complaint", NOW, "abuse")
        conn.execute(insert(schema.bounce).values(person_id=who, day="2026-03-01", status="4.2.2"))
    with reading(engine) as conn:
        found, everything = dossier.dossier(conn, who, NOW - HOUR), dossier.dossier(conn, who, NOW - 50 * HOUR)
        assert dossier.dossier(conn, 999, NOW) is None
        assert dossier.since(conn) == dict.fromkeys(readers, NOW)
    assert found is not None and everything is not None
    assert [one.id for one in found.mails] == [new] and [one.id for one in everything.mails] == [new, old]
    assert found.mails[0].error == "550 no" and everything.mails[1].at == NOW - 39 * HOUR
    assert (found.confirmed, found.bounces) == (NOW, (("2026-03-01", "4.2.2"),))
    assert found.suppressed is not None and found.suppressed.reason == "complaint"
    assert "@" not in repr(found)


def test_every_reason_has_its_place_and_words() -> None:
    from alerts.cli.mail.queue import _WORDS
    from alerts.store.waiting import REASONS

    assert set(REASONS) | set(queue.OPEN) - {"queued"} <= set(_WORDS)


def test_only_what_waits_for_a_person_can_be_let_go(engine: Engine, readers: list[int]) -> None:
    with writing(engine) as conn:
        held = mail(conn, readers[0], state="held")
        along = mail(conn, readers[0], state="held", lead_id=held)
        waits = mail(conn, readers[1])
        assert [row.id for row in queue.stuck(conn, [along, held])] == [held]
        for ids, said in (([waits], f"{waits} \\(queued\\)"), ([held, 999], "999 \\(not there\\)")):
            with pytest.raises(InputError, match=said):
                queue.stuck(conn, ids)


def test_the_mails_of_an_alert_are_counted_by_version_and_state(engine: Engine, readers: list[int]) -> None:
    with writing(engine) as conn:
        one = alerts.save_alert(conn, values.alert(), title="Title", summary="")
        about: dict[str, Any] = {"letter": None, "alert_id": int(one.id)}
        for person_id in readers:
            mail(conn, person_id, **about, version=1, state="accepted")
            mail(conn, person_id, **about, version=2, state="queued" if person_id == readers[0] else "silenced")
        mail(conn, readers[0], **about, version=1, round=1, state="accepted")
        found = queue.of_alert(conn, one.id)
    assert [(fate.version, fate.state, fate.mails) for fate in found] == [
        (2, "queued", 1),
        (2, "silenced", 2),
        (1, "accepted", 3),
    ]
