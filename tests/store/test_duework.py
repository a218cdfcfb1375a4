"""The oldest work that is due, and what does not count as such."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import Engine, update

from alerts.store import articles, holds
from alerts.store.database import reading, writing
from alerts.store.duework import DueWork, due_work
from alerts.store.schema import article, outbox
from tests.store import mailed
from tests.store.pollrows import set_feed
from tests.store.values import HOUR, NOW, add_articles, add_feed

MINUTE = timedelta(minutes=1)


def now_due(engine: Engine) -> DueWork:
    with reading(engine) as conn:
        return due_work(conn, NOW)


def test_where_nothing_is_due_nothing_waits(engine: Engine) -> None:
    with writing(engine) as conn:
        set_feed(conn, add_feed(conn).id, next_due=NOW + HOUR)
    assert now_due(engine) == DueWork()


def test_a_feed_counts_from_when_it_was_due_unless_it_is_off_or_being_polled(engine: Engine) -> None:
    with writing(engine) as conn:
        due, off, held, lost = (add_feed(conn, f"https://x.example/{n}").id for n in range(4))
        set_feed(conn, due, next_due=NOW - 3 * MINUTE)
        set_feed(conn, off, next_due=NOW - 9 * HOUR, active=False)
        set_feed(conn, held, next_due=NOW - 8 * HOUR, lease_until=NOW + MINUTE)
        set_feed(conn, lost, next_due=NOW - 5 * MINUTE, lease_until=NOW - MINUTE)
    assert now_due(engine).feed == 5 * MINUTE


def test_an_article_counts_from_when_it_was_seen_until_it_is_read(engine: Engine) -> None:
    with writing(engine) as conn:
        items = add_articles(conn, "a", "b")
        set_feed(conn, 1, next_due=NOW + HOUR)
        conn.execute(update(article).values(first_seen=NOW - 4 * MINUTE))
    assert now_due(engine).article == 4 * MINUTE
    with writing(engine) as conn:
        articles.mark_analysed(conn, items, NOW)
    assert now_due(engine) == DueWork(polled=timedelta(0))


def test_a_mail_counts_from_when_it_was_due_unless_it_is_on_hold_or_under_way(engine: Engine) -> None:
    with writing(engine) as conn:
        mailed.queue(conn, mailed.reader(conn, now=NOW).id, "<1@x.example>", NOW - 6 * MINUTE)
    assert now_due(engine).mail == 6 * MINUTE
    with writing(engine) as conn:
        hold = holds.put(conn, "all", "the mail server refuses us", NOW)
    assert hold is not None
    assert now_due(engine).mail == timedelta(0)
    with writing(engine) as conn:
        holds.release(conn, hold.id, NOW)
    assert now_due(engine).mail == 6 * MINUTE
    with writing(engine) as conn:
        conn.execute(update(outbox).values(lease_until=NOW + MINUTE))
    assert now_due(engine).mail == timedelta(0)
