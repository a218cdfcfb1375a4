"""The status counts what is there, and says since when something waits."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import Engine

from alerts.store import alerts, articles, aside, feeds, meta, notices, outbox, people, tallies
from alerts.store.database import reading, writing
from alerts.store.status import status
from alerts.track.quiet import Trouble
from tests.store import values
from tests.store.mailed import New
from tests.store.values import HOUR, NOW, add_feed, entry, outcome


def test_what_came_in_today_is_in_the_status(engine: Engine) -> None:
    with writing(engine) as conn:
        tallies.add(conn, "mail in", "gone", NOW)
        tallies.add(conn, "mail in", "help", NOW - 24 * HOUR)
        tallies.sign_up(conn, "asked", NOW)
        aside.put(conn, "a mail", "ValueError", NOW)
        found = status(conn, NOW)
    assert (found.mails_in, found.mails_aside, found.sign_ups) == ({"gone": 1}, 1, {"asked": 1})


def test_an_empty_database_has_a_status(engine: Engine) -> None:
    with reading(engine) as conn:
        found = status(conn, NOW)
    assert (found.feeds, found.failing, found.overdue, found.waiting, found.people) == (0, 0, 0, 0, 0)
    assert (found.last_poll, found.last_article, found.last_alert, found.last_mail) == (None, None, None, None)
    assert set(found.outbox.values()) == {0}
    assert found.alerts_open == {}


def test_feeds_are_counted_by_how_they_do(engine: Engine) -> None:
    with writing(engine) as conn:
        fine, failing, _new, off = (add_feed(conn, f"https://x/{i}", now=NOW) for i in range(4))
        feeds.set_active(conn, off.id, False)
        values.poll(conn, fine, outcome(), next_due=NOW + HOUR)
        values.poll(conn, failing, outcome(status="dns"), next_due=NOW + 2 * HOUR)
        found = status(conn, NOW + timedelta(minutes=6))
    assert (found.feeds, found.failing, found.overdue, found.unpolled) == (3, 1, 1, 1)
    assert (found.last_poll, found.next_poll) == (NOW, NOW)
    assert (found.polls_lately, found.polls_failed, found.silent, found.late) == (2, 1, 0, 0)


def test_feeds_that_are_late_or_silent_and_our_own_outage_are_in_the_status(engine: Engine) -> None:
    with writing(engine) as conn:
        add_feed(conn, now=NOW - HOUR)
        notices.begin(conn, [Trouble(kind="feed silent", subject="1", text="", since=NOW)], NOW)
        meta.put_outage(conn, NOW - HOUR)
        found = status(conn, NOW)
        assert (found.silent, found.late, found.outage_since) == (1, 1, NOW - HOUR)
        meta.put_outage(conn, None)
        assert status(conn, NOW).outage_since is None


def test_articles_alerts_and_mails_are_counted(engine: Engine) -> None:
    with writing(engine) as conn:
        feed = add_feed(conn)
        values.poll(conn, feed, outcome(entry("a")), NOW - 30 * HOUR)
        values.poll(conn, feed, outcome(entry("b")), NOW - HOUR)
        values.poll(conn, feed, outcome(entry("c")), NOW - 31 * HOUR)
        done, faulty = (articles.find(conn, feed.id, key) for key in ("a", "c"))
        assert done is not None and faulty is not None
        articles.mark_analysed(conn, [done], NOW)
        articles.mark_faulty(conn, faulty, "ValueError", NOW)
        saved = alerts.save_alert(conn, values.alert(), title="t", summary="s")
        alerts.save_alert(conn, values.alert(key="b", state="active", opened=NOW - 48 * HOUR), title="t", summary="s")
        reader = people.add_person(conn, "r@example.org", now=NOW)
        outbox.enqueue(conn, [New(alert_id=saved.id, person_id=reader.id, version=v) for v in (1, 2)])
        [row] = outbox.lease(conn, NOW, "t", 1, 60)
        outbox.mark_sending(conn, [row.id], "t", NOW, 60)
        outbox.mark_accepted(conn, [row.id], "t", NOW)
        found = status(conn, NOW + HOUR)
    assert (found.articles, found.articles_today, found.last_article) == (3, 1, NOW - HOUR)
    assert (found.waiting, found.oldest_waiting, found.faulty) == (1, NOW - HOUR, 1)
    assert (found.alerts_open, found.alerts_today) == ({"unconfirmed": 1, "active": 1}, 1)
    assert (found.last_alert, found.people, found.last_mail) == (NOW, 1, NOW)
    assert (found.outbox["queued"], found.outbox["accepted"], found.oldest_queued) == (1, 1, NOW)
