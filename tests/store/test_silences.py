"""Silences are kept, end by themselves, and can say what they hid and what they would have hidden."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, insert

from alerts.errors import InputError
from alerts.store import alerts, people, schema, silences
from alerts.store.database import reading, writing
from alerts.track.silence import LONGEST, Silence
from alerts.types import Alert, Place
from tests.store import values
from tests.store.values import HOUR, NOW, TAIZ

DAY = timedelta(days=1)
YEMEN = Place(id="YEM", name="Yemen", country="YEM", precision="country")
ADEN = replace(TAIZ, id="gn:415189", name="Aden", admin1="YE-AD", admin1_name="Aden")


def draft(**more: Any) -> Silence:
    given: dict[str, Any] = {
        "rules": ("shelling",),
        "place": TAIZ,
        "author": "A. Analyst",
        "why": "an exercise, announced",
        "created": NOW,
        "until": NOW + 10 * DAY,
    }
    return Silence(**given | more)


def tell(conn: Connection, *versions: str, at: datetime = NOW, **more: Any) -> Alert:
    """An alert with a version of each of these severities, an hour apart."""
    saved = alerts.save_alert(conn, values.alert(**{"key": str(more), **more}), title="t", summary="s")
    for number, severity in enumerate(versions, 1):
        told = replace(saved, severity=severity, version=number)  # type: ignore[arg-type]
        message = values.message(number, at=at + (number - 1) * HOUR)
        alerts.add_version(conn, told, message, title=f"{told.rule} {number}", summary="s")
    return saved


def silenced(conn: Connection, alert: Alert, version: int, person: int, silence: int, at: datetime = NOW) -> None:
    """A mail that was hidden."""
    row = {
        "alert_id": int(alert.id),
        "version": version,
        "person_id": person,
        "channel": "mail",
        "state": "silenced",
        "urgency": 2,
        "message_id": "<id@example.org>",
        "created": NOW - DAY,
        "not_before": NOW - DAY,
        "finished": at,
        "silence_id": silence,
    }
    conn.execute(insert(schema.outbox).values(row))


def readers(conn: Connection, count: int = 2) -> list[int]:
    return [people.add_person(conn, f"r{number}@example.org", now=NOW).id for number in range(count)]


def test_a_silence_is_stored_as_it_was_made(engine: Engine) -> None:
    with writing(engine) as conn:
        [reader] = readers(conn, 1)
        made = silences.add(conn, draft(person_id=reader, idle_days=7, up_to="moderate"), NOW)
    assert made == draft(id=made.id, person_id=reader, idle_days=7, up_to="moderate")
    with reading(engine) as conn:
        assert silences.get(conn, made.id) == made
        assert silences.get(conn, made.id + 1) is None


def test_it_begins_when_it_is_stored(engine: Engine) -> None:
    with writing(engine) as conn:
        made = silences.add(conn, draft(created=NOW - DAY, ended=NOW, last_hid=NOW), NOW + HOUR)
    assert (made.created, made.ended, made.last_hid) == (NOW + HOUR, None, None)


def test_what_none_may_be_is_not_stored(engine: Engine) -> None:
    with writing(engine) as conn:
        with pytest.raises(InputError, match=r"rule: a silence of everything is refused.*; why: is missing"):
            silences.add(conn, draft(rules=(), place=None, why=""), NOW)
        assert silences.list_silences(conn, ended=True) == []


def test_those_in_force_are_found(engine: Engine) -> None:
    with writing(engine) as conn:
        one = silences.add(conn, draft(until=NOW + DAY), NOW)
        two = silences.add(conn, draft(rules=("raid", "siege"), place=None), NOW + HOUR)
        assert silences.in_force(conn, NOW) == [one]
        assert silences.in_force(conn, NOW + HOUR) == [one, two]
        assert silences.in_force(conn, NOW + DAY) == [two]
        silences.end(conn, two.id, NOW + 2 * HOUR, "enough")
        assert silences.in_force(conn, NOW + 2 * HOUR) == [one]


def test_a_silence_that_hides_goes_on_and_an_idle_one_ends(engine: Engine) -> None:
    with writing(engine) as conn:
        busy = silences.add(conn, draft(idle_days=3), NOW)
        idle = silences.add(conn, draft(idle_days=3), NOW)
        short = silences.add(conn, draft(until=NOW + DAY), NOW)
        silences.hid(conn, busy.id, NOW + DAY)
        assert silences.end_lapsed(conn, NOW + DAY - HOUR) == []
        ended = silences.end_lapsed(conn, NOW + 3 * DAY)
        assert [(one.id, one.ended, one.ended_because) for one in ended] == [
            (short.id, NOW + 3 * DAY, "its time was over"),
            (idle.id, NOW + 3 * DAY, "it hid nothing for 3 days"),
        ]
        assert [one.id for one in silences.in_force(conn, NOW + 3 * DAY)] == [busy.id]
        assert silences.end_lapsed(conn, NOW + 3 * DAY) == []
        assert silences.ended_since(conn, NOW) == sorted(ended, key=lambda one: one.id)
        assert silences.ended_since(conn, NOW + 3 * DAY) == []


def test_a_silence_ends_once(engine: Engine) -> None:
    with writing(engine) as conn:
        made = silences.add(conn, draft(), NOW)
        ended = silences.end(conn, made.id, NOW + HOUR, " the exercise is\x00 over ")
        assert (ended.ended, ended.ended_because) == (NOW + HOUR, "the exercise is over")
        with pytest.raises(InputError, match=f"already ended is silence {made.id}; see: alerts silence list --all"):
            silences.end(conn, made.id, NOW, "again")
        with pytest.raises(InputError, match=r"there is no silence 999; see: alerts silence list$"):
            silences.end(conn, 999, NOW, "which?")


def test_lists_are_in_the_order_that_is_asked_for(engine: Engine) -> None:
    with writing(engine) as conn:
        long = silences.add(conn, draft(until=NOW + 9 * DAY), NOW)
        short = silences.add(conn, draft(until=NOW + 2 * DAY), NOW)
        gone = silences.end(conn, silences.add(conn, draft(), NOW).id, NOW, "a slip")
        assert silences.list_silences(conn) == [short, long]
        assert silences.list_silences(conn, ended=True) == [gone, short, long]


def test_what_was_hidden_is_told_by_alert_and_counted(engine: Engine) -> None:
    with writing(engine) as conn:
        one, two = silences.add(conn, draft(), NOW), silences.add(conn, draft(), NOW)
        [ana, ben] = readers(conn)
        first, second = tell(conn, "minor", "severe"), tell(conn, "moderate", rule="raid")
        for person in (ana, ben):
            silenced(conn, first, 1, person, one.id, NOW + HOUR)
        silenced(conn, first, 2, ana, one.id, NOW + 2 * HOUR)
        silenced(conn, second, 1, ana, one.id, NOW + 3 * HOUR)
        silenced(conn, first, 2, ben, two.id, NOW + 9 * HOUR)
        assert silences.hidden_by(conn, one.id) == [
            silences.Hidden(alert_id=second.id, title="raid 1", severity="moderate", at=NOW + 3 * HOUR, mails=1),
            silences.Hidden(alert_id=first.id, title="shelling 2", severity="severe", at=NOW + 2 * HOUR, mails=3),
        ]
        assert silences.how_many(conn) == {one.id: 2, two.id: 1}
        assert silences.how_many(conn, since=NOW + 3 * HOUR) == {one.id: 1, two.id: 1}
        assert silences.silenced_since(conn, NOW) == 2
        assert silences.silenced_since(conn, NOW + 4 * HOUR) == 1
        assert silences.silenced_since(conn, NOW + 10 * HOUR) == 0
        assert silences.of_alert(conn, first.id) == {one.id: 3, two.id: 1}


def test_what_a_reader_missed_since_the_last_mail_is_known(engine: Engine) -> None:
    with writing(engine) as conn:
        made = silences.add(conn, draft(), NOW)
        [ana, ben] = readers(conn)
        alert, other = tell(conn, "minor", "minor", "minor", "severe", key="1"), tell(conn, "minor", key="2")
        for version in (1, 2, 3):
            silenced(conn, alert, version, ana, made.id)
        silenced(conn, alert, 3, ben, made.id)
        silenced(conn, other, 1, ben, made.id)
        told = {(alert.id, 4, ana): 1}
        found = silences.missed_before(conn, [(alert.id, 4), (other.id, 1)], told)
        assert {key: [one.version for one in missed] for key, missed in found.items()} == {
            (alert.id, 4, ana): [2, 3],
            (alert.id, 4, ben): [3],
        }
        assert found[alert.id, 4, ben][0] == silences.Missed(version=3, at=NOW + 2 * HOUR, why="first report")


def test_the_preview_counts_alerts_told_lately_with_the_worst_version_it_would_have_hidden(engine: Engine) -> None:
    with writing(engine) as conn:
        grown = tell(conn, "minor", "severe", "extreme", at=NOW - 3 * DAY)
        small = tell(conn, "minor", at=NOW - DAY, place=TAIZ, key="2")
        tell(conn, "extreme", at=NOW - DAY, key="3")
        tell(conn, "minor", at=NOW - 31 * DAY, key="4")
        tell(conn, "minor", at=NOW - DAY, rule="raid")
        tell(conn, "minor", at=NOW - DAY, place=ADEN)
        tell(conn, "minor", at=NOW - DAY, place=None)
        found = silences.would_hide(conn, draft(), NOW)
        assert [(one.alert_id, one.title, one.severity) for one in found.hidden] == [
            (grown.id, "shelling 2", "severe"),
            (small.id, "shelling 1", "minor"),
        ]
        assert found.passed == 2
        assert len(silences.would_hide(conn, draft(rules=()), NOW).hidden) == 3
        assert len(silences.would_hide(conn, draft(rules=(), place=YEMEN), NOW).hidden) == 4
        assert len(silences.would_hide(conn, draft(place=None), NOW).hidden) == 4
        assert len(silences.would_hide(conn, draft(up_to="minor"), NOW).hidden) == 2


def test_an_end_or_a_mistake_is_no_alert_in_the_preview(engine: Engine) -> None:
    with writing(engine) as conn:
        saved = tell(conn, "minor", at=NOW - 40 * DAY)
        for number, kind in ((2, "close"), (3, "cancel")):
            message = values.message(number, kind=kind, at=NOW - DAY)
            alerts.add_version(conn, saved, message, title="over", summary="s")
        assert silences.would_hide(conn, draft(), NOW).hidden == ()


def test_the_preview_of_a_reader_s_own_silence_is_about_the_mails_to_this_reader(engine: Engine) -> None:
    with writing(engine) as conn:
        [ana, ben] = readers(conn)
        mine, _ = tell(conn, "minor", key="1"), tell(conn, "minor", key="2")
        other = silences.add(conn, draft(), NOW)
        silenced(conn, mine, 1, ana, other.id)
        assert [one.alert_id for one in silences.would_hide(conn, draft(person_id=ana), NOW).hidden] == [mine.id]
        assert silences.would_hide(conn, draft(person_id=ben), NOW).hidden == ()


def test_a_reader_mutes_a_place(engine: Engine) -> None:
    with writing(engine) as conn:
        [ana, ben] = readers(conn)
        muted = silences.mute(conn, ana, TAIZ, 7, NOW)
        assert (muted.rules, muted.place, muted.person_id, muted.up_to) == ((), TAIZ, ana, "severe")
        assert (muted.until, muted.author) == (NOW + 7 * DAY, f"reader {ana}")
        assert silences.mute(conn, ben, TAIZ, 7, NOW).id != muted.id


def test_a_second_press_changes_nothing_and_a_later_one_extends(engine: Engine) -> None:
    with writing(engine) as conn:
        [ana] = readers(conn, 1)
        first = silences.mute(conn, ana, TAIZ, 7, NOW)
        assert silences.mute(conn, ana, TAIZ, 7, NOW) == first
        longer = silences.mute(conn, ana, TAIZ, 7, NOW + DAY)
        assert longer.until == NOW + 8 * DAY
        assert silences.in_force(conn, NOW + DAY) == [longer]
        assert len(silences.in_force(conn, NOW + DAY)) == 1
        silences.mute(conn, ana, ADEN, 7, NOW + DAY)
        assert len(silences.in_force(conn, NOW + DAY)) == 2


def test_what_a_reader_cannot_mute_is_said_in_words(engine: Engine) -> None:
    with writing(engine) as conn:
        [ana] = readers(conn, 1)
        with pytest.raises(InputError, match="it is not known where this happened, so there is no place to mute"):
            silences.mute(conn, ana, None, 7, NOW)
        with pytest.raises(InputError, match="at most 30 days"):
            silences.mute(conn, ana, TAIZ, LONGEST.days + 1, NOW)
        with pytest.raises(InputError, match="there is no reader 999"):
            silences.mute(conn, 999, TAIZ, 7, NOW)
        assert silences.list_silences(conn, ended=True) == []


def test_with_a_reader_goes_what_the_reader_muted(engine: Engine) -> None:
    with writing(engine) as conn:
        [ana] = readers(conn, 1)
        silences.mute(conn, ana, TAIZ, 7, NOW)
        silences.add(conn, draft(), NOW)
        people.remove_person(conn, ana)
        assert [one.person_id for one in silences.list_silences(conn)] == [None]
