"""Operators' notices on both databases, and the facts they are made from."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import Connection, Engine, update
from sqlalchemy.exc import IntegrityError

from alerts.notify import bulletins
from alerts.store import alerts, articles, feeds, health, notices, outbox, people
from alerts.store.database import writing
from alerts.store.schema import outbox as outbox_table
from alerts.store.schema import person as person_table
from alerts.track.quiet import Trouble
from tests.store.values import HOUR, NOW, QUARTER, add_articles, add_feed, alert, entry, outcome, poll

DAY = timedelta(days=1)
SILENT = Trouble(kind="feed silent", subject="7", text="The Daily is silent.", since=NOW - DAY)


def test_a_notice_is_open_until_it_is_ended(engine: Engine) -> None:
    with writing(engine) as conn:
        notices.begin(conn, [SILENT], NOW)
        [found] = notices.open_notices(conn)
        assert (found.kind, found.subject, found.text, found.since) == (
            "feed silent", "7", "The Daily is silent.", NOW - DAY,
        )  # fmt: skip
        assert (found.opened, found.told, found.ended) == (NOW, None, None)
        notices.end(conn, [found.id], NOW + HOUR)
        assert notices.open_notices(conn) == []
        assert [one.ended for one in notices.latest(conn, 10)] == [NOW + HOUR]


def test_there_is_one_open_notice_of_a_thing_and_later_another(engine: Engine) -> None:
    with writing(engine) as conn:
        notices.begin(conn, [SILENT], NOW)
        with pytest.raises(IntegrityError), conn.begin_nested():
            notices.begin(conn, [SILENT], NOW)
        notices.end(conn, [one.id for one in notices.open_notices(conn)], NOW)
        notices.begin(conn, [SILENT], NOW + HOUR)
        assert [one.opened for one in notices.latest(conn, 10)] == [NOW + HOUR, NOW]


def test_each_is_to_be_told_once_and_its_end_once_if_it_was_told(engine: Engine) -> None:
    with writing(engine) as conn:
        notices.begin(conn, [SILENT], NOW)
        [one], [] = notices.untold(conn)
        notices.mark_told(conn, [one.id], NOW)
        assert notices.untold(conn) == ([], [])
        notices.end(conn, [one.id], NOW + HOUR)
        [], [over] = notices.untold(conn)
        assert over.id == one.id
        notices.mark_told(conn, [one.id], NOW + HOUR)
        assert notices.untold(conn) == ([], [])


def test_what_nobody_heard_of_need_not_be_told_when_it_is_over(engine: Engine) -> None:
    with writing(engine) as conn:
        notices.begin(conn, [SILENT], NOW)
        notices.end(conn, [one.id for one in notices.open_notices(conn)], NOW + HOUR)
        assert notices.untold(conn) == ([], [])


def test_only_what_ended_is_forgotten(engine: Engine) -> None:
    with writing(engine) as conn:
        notices.begin(conn, [SILENT, Trouble(kind="mail", subject="failed", text="", since=NOW)], NOW)
        first, second = notices.open_notices(conn)
        notices.end(conn, [first.id], NOW)
        assert notices.forget(conn, NOW) == 0
        assert notices.forget(conn, NOW + HOUR) == 1
        assert [one.id for one in notices.latest(conn, 10)] == [second.id]


def test_the_last_look_is_noted_and_the_last_canary_with_it(engine: Engine) -> None:
    with writing(engine) as conn:
        assert notices.last_look(conn) is None
        notices.put_look(conn, NOW, NOW - HOUR)
        notices.put_look(conn, NOW + HOUR, None)
        assert notices.last_look(conn) == notices.LastLook(at=NOW + HOUR, canary=NOW - HOUR)


def test_arrivals_are_the_hours_of_new_articles_without_the_first_poll(engine: Engine) -> None:
    with writing(engine) as conn:
        feed, other = add_feed(conn), add_feed(conn, "https://other.example/feed")
        poll(conn, feed, outcome(entry("old")), NOW - 3 * HOUR)
        feed = feeds.get_feed(conn, feed.id) or feed
        poll(conn, feed, outcome(entry("a"), entry("b")), NOW - 2 * HOUR)
        feed = feeds.get_feed(conn, feed.id) or feed
        poll(conn, feed, outcome(entry("c")), NOW - QUARTER)
        poll(conn, other, outcome(entry("old")), NOW - 3 * HOUR)
        other = feeds.get_feed(conn, other.id) or other
        poll(conn, other, outcome(entry("a")), NOW - HOUR)
        assert list(health.arrivals(conn, NOW - DAY)) == [
            (feed.id, [NOW - 2 * HOUR, NOW - HOUR]),
            (other.id, [NOW - HOUR]),
        ]
        assert list(health.arrivals(conn, NOW - DAY, other.id)) == [(other.id, [NOW - HOUR])]
        assert list(health.arrivals(conn, NOW)) == []


def test_the_facts_of_feeds_are_those_of_their_last_polls(engine: Engine) -> None:
    with writing(engine) as conn:
        feed, other = add_feed(conn), add_feed(conn, "https://other.example/feed")
        poll(conn, feed, outcome(entry("a")), NOW - HOUR)
        feed = feeds.get_feed(conn, feed.id) or feed
        failed = outcome(status="http_server", error="https://news.example/feed?key=secret: it said 500")
        poll(conn, feed, failed, NOW)
        feeds.set_active(conn, other.id, False)
        [facts] = health.feed_facts(conn, NOW)
        assert (facts.id, facts.name, facts.country, facts.failures) == (feed.id, "Example News", "YEM", 1)
        assert (facts.last_poll, facts.last_ok, facts.last_new) == (NOW, NOW - HOUR, NOW - HOUR)
        assert (facts.why, facts.interval) == ("news.example/feed?...: it said 500", QUARTER)
        assert (facts.status, facts.address, facts.first_failed) == ("http_server", "news.example/feed", NOW)


def test_rules_fired_when_their_alerts_were_opened(engine: Engine) -> None:
    with writing(engine) as conn:
        for number, rule in enumerate(("raid", "raid", "siege")):
            made = alert(rule=rule, key=str(number), opened=NOW - number * DAY, updated=NOW)
            alerts.save_alert(conn, made, title="", summary="")
        found = {rule: sorted(times) for rule, times in health.fired(conn, NOW - 3 * DAY).items()}
        assert found == {"raid": [NOW - DAY, NOW], "siege": [NOW - 2 * DAY]}
        assert {rule: sorted(times) for rule, times in health.fired(conn, NOW - DAY).items()} == {
            "raid": [NOW - DAY, NOW]
        }


def test_articles_wait_since_the_first_of_them_came(engine: Engine) -> None:
    with writing(engine) as conn:
        feed = add_feed(conn)
        poll(conn, feed, outcome(entry("backlog")), NOW - DAY)
        assert health.oldest_waiting(conn, NOW) is None
        poll(conn, feed, outcome(entry("a")), NOW - 2 * HOUR)
        poll(conn, feed, outcome(entry("b")), NOW - HOUR)
        assert health.oldest_waiting(conn, NOW - 3 * HOUR) is None
        assert health.oldest_waiting(conn, NOW) == health.Count(number=2, since=NOW - 2 * HOUR)


def test_articles_that_were_set_aside_are_counted_with_a_reason(engine: Engine) -> None:
    with writing(engine) as conn:
        one, two = add_articles(conn, "one", "two")
        assert health.set_aside(conn) is None
        articles.mark_faulty(conn, two, "ValueError: no", NOW)
        assert health.set_aside(conn) == health.Count(number=1, since=NOW, example="ValueError: no")
        articles.retry_faulty(conn)
        assert health.set_aside(conn) is None
        assert one.article.id != two.article.id


def _mail(conn: Connection, **values: object) -> None:
    """A mail that is due now, changed so."""
    reader = people.find_person(conn, "ops@example.org") or people.add_person(conn, "ops@example.org", now=NOW)
    number = bulletins.post(
        conn, kind="x", subject="x", body="x", people=[reader], secret=b"s", domain="example.org", now=NOW
    )
    conn.execute(update(outbox_table).where(outbox_table.c.bulletin_id == number).values(values))


def test_mails_are_held_up_that_are_long_due_or_were_put_off(engine: Engine) -> None:
    with writing(engine) as conn:
        _mail(conn, state="accepted")
        _mail(conn, not_before=NOW + DAY)
        assert health.mails_held_up(conn, NOW) is None
        _mail(conn, created=NOW - DAY, not_before=NOW - HOUR)
        _mail(conn, created=NOW - 2 * HOUR, not_before=NOW + HOUR, last_error="no connection")
        assert health.mails_held_up(conn, NOW) == health.Count(number=2, since=NOW - DAY)
        assert health.mails_held_up(conn, NOW - HOUR) == health.Count(number=1, since=NOW - 2 * HOUR)
        assert health.mails_held_up(conn, NOW - DAY) is None
        assert outbox.counts(conn)["queued"] == 3


def test_mails_fail_for_a_day_and_are_in_doubt_until_somebody_decides(engine: Engine) -> None:
    with writing(engine) as conn:
        assert (health.mails_failed(conn, NOW - DAY), health.mails_in_doubt(conn)) == (None, None)
        _mail(conn, state="failed", finished=NOW - 2 * DAY)
        _mail(conn, state="failed", finished=NOW - HOUR)
        _mail(conn, state="ambiguous", created=NOW - 9 * DAY)
        assert health.mails_failed(conn, NOW - DAY) == health.Count(number=1, since=NOW - HOUR)
        assert health.mails_in_doubt(conn) == health.Count(number=1, since=NOW - 9 * DAY)


def test_a_dead_address_is_no_mail_that_fails(engine: Engine) -> None:
    with writing(engine) as conn:
        _mail(conn, state="failed", finished=NOW - HOUR)
        conn.execute(update(person_table).values(active=False))
        assert health.mails_failed(conn, NOW - DAY) is None


def test_mails_that_are_held_say_why(engine: Engine) -> None:
    with writing(engine) as conn:
        assert health.mails_held(conn) is None
        _mail(conn, state="held", created=NOW - 9 * DAY, last_error="the key expired")
        _mail(conn, state="queued", last_error="no connection")
        assert health.mails_held(conn) == health.Count(number=1, since=NOW - 9 * DAY, example="the key expired")
