"""What a mail that came back means for its reader."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import Engine

from alerts.readers import Wishes
from alerts.store import bounces, outbox, people, strangers, suppression
from alerts.store.database import writing
from tests.store import mailed
from tests.store.values import HOUR, NOW

DAY = timedelta(days=1)


def test_a_mail_is_found_by_its_message_id(engine: Engine) -> None:
    with writing(engine) as conn:
        known = mailed.reader(conn, "Reader@example.org", now=NOW)
        row_id = mailed.send(conn, known.id, "<1@alerts.example>", NOW)
        found = bounces.mail_of(conn, "<1@alerts.example>")
        assert found == bounces.Returned(row_id=row_id, person_id=known.id, address="Reader@example.org")
        assert "@" not in repr(found)
        assert bounces.mail_of(conn, "<2@alerts.example>") is None


@pytest.mark.parametrize("state", ["failed", "held"])
def test_who_got_a_mail_back_was_not_told(engine: Engine, state: str) -> None:
    with writing(engine) as conn:
        row_id = mailed.send(conn, mailed.reader(conn, now=NOW).id, "<1@alerts.example>", NOW)
        assert bounces.came_back(conn, row_id, "held" if state == "held" else "failed", "5.7.26", NOW + HOUR)
        [row] = outbox.list_rows(conn)
        assert (row.state, row.last_error, row.finished) == (state, "came back: 5.7.26", NOW + HOUR)
        assert not bounces.came_back(conn, row_id, "held", "5.7.26", NOW + HOUR)
        assert outbox.release(conn, [row_id], NOW + HOUR) == 1


def test_a_report_may_be_faster_than_the_servers_yes(engine: Engine) -> None:
    with writing(engine) as conn:
        row_id = mailed.queue(conn, mailed.reader(conn, now=NOW).id, "<1@alerts.example>", NOW)
        outbox.lease(conn, NOW, "lease", 1, 60)
        outbox.mark_sending(conn, [row_id], "lease", NOW, 60)
        assert bounces.came_back(conn, row_id, "held", "5.7.1", NOW)
        assert not outbox.mark_accepted(conn, [row_id], "lease", NOW)
        assert [row.state for row in outbox.list_rows(conn)] == ["held"]


def test_a_mail_that_waits_again_has_not_come_back(engine: Engine) -> None:
    with writing(engine) as conn:
        row_id = mailed.queue(conn, mailed.reader(conn, now=NOW).id, "<1@alerts.example>", NOW)
        assert not bounces.came_back(conn, row_id, "failed", "5.1.1", NOW)
        assert [row.state for row in outbox.list_rows(conn)] == ["queued"]


def test_a_day_counts_once_and_ten_days_count(engine: Engine) -> None:
    with writing(engine) as conn:
        known = mailed.reader(conn, now=NOW)
        assert bounces.score(conn, known.id, "5.2.2", NOW) == 1
        assert bounces.score(conn, known.id, "4.4.1", NOW + HOUR) == 1
        assert bounces.score(conn, known.id, "5.2.2", NOW + 9 * DAY) == 2
        assert bounces.score(conn, known.id, "5.2.2", NOW + 10 * DAY) == 2
        assert bounces.forget(conn, NOW + 10 * DAY) == 1


def test_each_reader_has_days_of_their_own(engine: Engine) -> None:
    with writing(engine) as conn:
        one, other = mailed.reader(conn, now=NOW), mailed.reader(conn, "other@example.org", now=NOW)
        bounces.score(conn, one.id, "5.2.2", NOW)
        assert bounces.score(conn, other.id, "5.2.2", NOW + DAY) == 1


def test_a_reader_who_is_given_up_gets_nothing_that_waits(engine: Engine) -> None:
    with writing(engine) as conn:
        known = mailed.reader(conn, now=NOW)
        mailed.queue(conn, known.id, "<1@alerts.example>", NOW)
        assert bounces.give_up(conn, known.id, "bounce", "5.1.1", NOW) == ("reader",)
        assert [row.state for row in outbox.list_rows(conn)] == ["withdrawn"]
        assert people.active_people(conn) == []
        assert suppression.is_suppressed(conn, people.mark_of(conn, "reader@example.org")) == "bounce"
        assert bounces.give_up(conn, known.id, "bounce", "5.1.1", NOW) is None


def test_who_has_a_duty_and_gets_no_mails_is_known(engine: Engine) -> None:
    with writing(engine) as conn:
        gone = mailed.reader(conn, now=NOW, duties=["reader", "operator"])
        mailed.reader(conn, "night@example.org", now=NOW, duties=["operator"])
        reader = mailed.reader(conn, "third@example.org", now=NOW)
        people.set_active(conn, mailed.reader(conn, "fourth@example.org", now=NOW, duties=["operator"]).id, False)
        for known in (gone, reader):
            bounces.give_up(conn, known.id, "bounce", "5.1.1", NOW)
        [found] = bounces.unreachable(conn).values()
        assert found == bounces.Unreachable(person_id=gone.id, duties=("operator",), reason="bounce", detail="5.1.1")


def test_after_a_complaint_an_earlier_link_confirms_nothing(engine: Engine) -> None:
    with writing(engine) as conn:
        known = strangers.find_or_make(conn, "reader@example.org", NOW)
        strangers.ask(conn, known.id, Wishes(), NOW)
        assert bounces.give_up(conn, known.id, "complaint", "", NOW) == ()
        assert not strangers.confirm(conn, known, Wishes(), NOW)
        assert strangers.asked_of(conn, [known.id]) == {}


def test_who_was_written_to_counts_once_however_many_mails_went(engine: Engine) -> None:
    with writing(engine) as conn:
        for number in range(4):
            known = mailed.reader(conn, f"r{number}@example.org", now=NOW)
            mailed.send(conn, known.id, f"<{number}a@alerts.example>", NOW)
            mailed.send(conn, known.id, f"<{number}b@alerts.example>", NOW)
        bounces.give_up(conn, known.id, "bounce", "5.1.1", NOW)
        assert bounces.reached(conn, NOW - HOUR) == 4
        assert bounces.reached(conn, NOW) == 0
