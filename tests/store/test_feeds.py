"""Feeds are claimed by one poller at a time, and a poll is stored whole or not at all."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, func, select

from alerts.errors import InputError, StoreError
from alerts.store import articles, feeds, polling, schema
from alerts.store.database import reading, writing
from alerts.store.schema import article, poll
from tests.store import values
from tests.store.values import HOUR, NOW, QUARTER, add_feed, entry, outcome


def test_an_added_feed_is_due_at_once(engine: Engine) -> None:
    with writing(engine) as conn:
        made = add_feed(conn, " https://News.Example/feed ", tags=["critical"], tier=1, owner="State media")
    with reading(engine) as conn:
        assert feeds.get_feed(conn, made.id) == made
        assert made.next_due == NOW
    assert (made.url, made.host, made.tags) == ("https://News.Example/feed", "news.example", ("critical",))
    assert (made.interval, made.tier, made.owner) == (QUARTER, 1, "State media")


def test_a_feed_without_names_is_called_by_its_host(engine: Engine) -> None:
    with writing(engine) as conn:
        made = add_feed(conn, "https://news.example:8080/feed", source="")
    assert (made.source, made.owner, made.host) == ("news.example", "news.example", "news.example")


def test_a_feed_is_added_once(engine: Engine) -> None:
    with writing(engine) as conn:
        add_feed(conn)
    with (
        pytest.raises(InputError, match=r"https://news\.example/feed: this feed is there already"),
        writing(engine) as conn,
    ):
        add_feed(conn)


@pytest.mark.parametrize(
    "url", ["", "news.example", "ftp://x/y", "http://", "https://a b/c", "http://[x", "http://x:99999/"]
)
def test_an_address_that_is_no_feeds_is_refused(engine: Engine, url: str) -> None:
    with pytest.raises(InputError, match="no address of a feed"), writing(engine) as conn:
        add_feed(conn, url)


def test_an_address_too_long_for_an_index_is_refused(engine: Engine) -> None:
    with pytest.raises(InputError, match="cannot be kept"), writing(engine) as conn:
        add_feed(conn, "https://x/" + "a" * 3000)


def test_due_feeds_are_claimed_once_the_longest_due_first(engine: Engine) -> None:
    with writing(engine) as conn:
        late = add_feed(conn, "https://a/1", now=NOW)
        early = add_feed(conn, "https://a/2", now=NOW - HOUR)
        add_feed(conn, "https://a/3", now=NOW + HOUR)
    with writing(engine) as conn:
        claimed = polling.claim_due(conn, NOW, token="one", hosts=9, each=10, lease_s=60)
    with writing(engine) as conn:
        assert polling.claim_due(conn, NOW, token="two", hosts=9, each=10, lease_s=60) == []
    assert [row.id for row in claimed] == [early.id, late.id]
    assert {row.lease_token for row in claimed} == {"one"}


def test_a_claim_takes_no_more_than_its_limit(engine: Engine) -> None:
    with writing(engine) as conn:
        for i in range(5):
            add_feed(conn, f"https://a/{i}")
        assert len(polling.claim_due(conn, NOW, token="one", hosts=1, each=3, lease_s=60)) == 3
        assert len(polling.claim_due(conn, NOW, token="two", hosts=1, each=9, lease_s=60)) == 2


def test_a_lease_that_ran_out_is_taken_over_and_its_poll_changes_only_articles(engine: Engine) -> None:
    with writing(engine) as conn:
        add_feed(conn)
        [mine] = polling.claim_due(conn, NOW, token="one", hosts=1, each=1, lease_s=60)
    later = NOW + timedelta(seconds=61)
    with writing(engine) as conn:
        [taken] = polling.claim_due(conn, later, token="two", hosts=1, each=1, lease_s=60)
    with writing(engine) as conn:
        result = values.poll(conn, mine, outcome(entry("a"), etag="old"), later)
        assert (result.new, result.lease_lost) == (1, True)
    with writing(engine) as conn:
        result = values.poll(conn, taken, outcome(entry("a"), etag="new"), later)
        assert (result.new, result.same, result.lease_lost) == (0, 1, False)
        found = feeds.get_feed(conn, mine.id)
    assert found is not None
    assert (found.etag, found.lease_token) == ("new", None)


def test_claims_that_are_given_back_are_due_again(engine: Engine) -> None:
    with writing(engine) as conn:
        add_feed(conn)
        polling.claim_due(conn, NOW, token="one", hosts=1, each=1, lease_s=60)
        assert polling.release(conn, "one") == 1
        assert len(polling.claim_due(conn, NOW, token="two", hosts=1, each=1, lease_s=60)) == 1


def test_an_inactive_feed_is_not_polled(engine: Engine) -> None:
    with writing(engine) as conn:
        made = add_feed(conn)
        feeds.set_active(conn, made.id, False)
        assert polling.claim_due(conn, NOW, token="one", hosts=1, each=1, lease_s=60) == []
        assert feeds.list_feeds(conn, active_only=True) == []
        assert len(feeds.list_feeds(conn)) == 1
        with pytest.raises(InputError):
            feeds.set_active(conn, made.id + 1, True)


def test_a_poll_leaves_articles_validators_the_next_time_and_a_row(engine: Engine) -> None:
    due = NOW + HOUR
    with writing(engine) as conn:
        feed = add_feed(conn)
        result = values.poll(
            conn,
            feed,
            outcome(entry("a"), entry("b"), etag='W/"x"', last_modified="then", size=7, ms=3, http=200),
            next_due=due,
        )
    assert (result.new, result.revised, result.same, result.first) == (2, 0, 0, True)
    with reading(engine) as conn:
        found = feeds.get_feed(conn, feed.id)
        row = conn.execute(select(poll)).one()
    assert found is not None
    assert (found.etag, found.last_modified, found.next_due) == ('W/"x"', "then", due)
    assert (found.last_poll, found.last_ok, found.last_new, found.last_status) == (NOW, NOW, NOW, "ok")
    assert (row.status, row.http, row.bytes, row.ms, row.entries, row.new) == ("ok", 200, 7, 3, 2, 2)


def test_a_failed_poll_is_kept_with_its_error_and_stores_no_article(engine: Engine) -> None:
    with writing(engine) as conn:
        feed = add_feed(conn)
        result = values.poll(conn, feed, outcome(status="dns", error="https://x: no such\x00 host", etag="e"))
        found = feeds.get_feed(conn, feed.id)
        assert conn.execute(select(poll.c.error)).scalar_one() == "https://x: no such host"
    assert found is not None
    assert (found.failures, found.last_status, found.last_error) == (1, "dns", "https://x: no such host")
    assert (found.last_poll, found.last_ok, found.etag) == (NOW, None, "e")
    assert not result.first


def test_the_first_success_is_a_backlog_even_after_failures(engine: Engine) -> None:
    with writing(engine) as conn:
        feed = add_feed(conn)
        values.poll(conn, feed, outcome(status="timeout"))
        assert values.poll(conn, feed, outcome(entry("a"))).first
        assert not values.poll(conn, feed, outcome(entry("a"), entry("b"))).first
        assert {item.article.title: item.backlog for item in articles.waiting(conn, 10)} == {
            "Title a": True,
            "Title b": False,
        }


def test_a_first_poll_that_crashes_is_the_first_again(engine: Engine) -> None:
    with writing(engine) as conn:
        feed = add_feed(conn)
    with pytest.raises(ZeroDivisionError), writing(engine) as conn:
        values.poll(conn, feed, outcome(entry("a")))
        _ = 1 / 0
    with writing(engine) as conn:
        result = values.poll(conn, feed, outcome(entry("a")))
        assert (result.new, result.first) == (1, True)
        assert [item.backlog for item in articles.waiting(conn, 10)] == [True]


def test_a_document_without_any_known_article_is_a_gap(engine: Engine) -> None:
    with writing(engine) as conn:
        feed_id = add_feed(conn).id

        def gap(*keys: str) -> bool:
            feed = feeds.get_feed(conn, feed_id)
            assert feed is not None
            return values.poll(conn, feed, outcome(*map(entry, keys))).gap

        assert not gap("a", "b")
        assert not gap("b", "c")
        assert gap("x", "y")
        assert not gap()
        assert not gap("z")  # nothing was there that it could have pushed out
        assert gap("v", "w")
        assert not gap("u")  # of two that were there nothing is left: they are over


def test_a_feed_that_was_removed_meanwhile_is_told(engine: Engine) -> None:
    with writing(engine) as conn:
        feed = add_feed(conn)
        conn.execute(schema.feed.delete())
        with pytest.raises(InputError, match="has been removed"):
            values.poll(conn, feed, outcome(entry("a")))


def test_a_disk_that_fills_up_in_a_poll_loses_the_poll_and_nothing_else(sqlite_engine: Engine) -> None:
    many = [entry(f"k{i}", f"<p>{'many words ' * 200}{i}</p>") for i in range(200)]
    with writing(sqlite_engine) as conn:
        feed = add_feed(conn)
        values.poll(conn, feed, outcome(entry("a"), etag="before"))
    with pytest.raises(StoreError, match="database is full"), writing(sqlite_engine) as conn:
        pages = conn.exec_driver_sql("PRAGMA page_count").scalar_one()
        conn.exec_driver_sql(f"PRAGMA max_page_count = {pages + 5}")
        values.poll(conn, feed, outcome(*many, etag="after"))
    sqlite_engine.dispose()
    with reading(sqlite_engine) as conn:
        found = feeds.get_feed(conn, feed.id)
        assert found is not None and found.etag == "before"
        assert conn.execute(select(func.count()).select_from(article)).scalar_one() == 1
        assert conn.execute(select(func.count()).select_from(poll)).scalar_one() == 1
    with writing(sqlite_engine) as conn:
        assert values.poll(conn, feed, outcome(*many)).new == 200


def test_owners_and_tiers_follow_the_configuration(engine: Engine) -> None:
    with writing(engine) as conn:
        feed = add_feed(conn, source="SANA")
        other = add_feed(conn, "https://b/", source="Daily")
        owner, tier = (
            (lambda source: "State" if source == "SANA" else source),
            (lambda source: 3 if source == "SANA" else 2),
        )
        assert feeds.assign_owners(conn, owner, tier) == 1
        assert feeds.assign_owners(conn, owner, tier) == 0
        found = {row.id: (row.owner, row.tier) for row in feeds.list_feeds(conn)}
    assert found == {feed.id: ("State", 3), other.id: ("Daily", 2)}


def test_old_rows_of_the_log_are_forgotten(engine: Engine) -> None:
    with writing(engine) as conn:
        feed = add_feed(conn)
        values.poll(conn, feed, outcome(), NOW)
        values.poll(conn, feed, outcome(), NOW + HOUR)
        assert polling.prune_polls(conn, NOW + HOUR) == 1


def test_of_each_host_some_feeds_are_claimed_and_of_busy_hosts_none(engine: Engine) -> None:
    with writing(engine) as conn:
        urls = [f"https://{host}/{i}" for host in ("slow.example", "a.example", "b.example") for i in range(3)]
        ids = {url: add_feed(conn, url).id for url in urls}

        def claim(**which: Any) -> list[int]:
            claimed = polling.claim_due(conn, NOW, token="t", lease_s=60, **which)
            return sorted(row.id for row in claimed)

        assert claim(hosts=1, each=2) == [ids["https://a.example/0"], ids["https://a.example/1"]]
        rest = [ids[f"https://b.example/{i}"] for i in range(3)]
        assert claim(hosts=5, each=9, but=("slow.example", "a.example")) == rest
        assert claim(hosts=5, each=1) == [ids["https://slow.example/0"], ids["https://a.example/2"]]
        assert claim(hosts=5, each=9) == [ids["https://slow.example/1"], ids["https://slow.example/2"]]
        assert claim(hosts=5, each=9) == []


def test_the_host_whose_feed_is_longest_due_comes_first(engine: Engine) -> None:
    with writing(engine) as conn:
        add_feed(conn, "https://a.example/1", now=NOW - HOUR)
        late = add_feed(conn, "https://b.example/1", now=NOW - 2 * HOUR)
        [claimed] = polling.claim_due(conn, NOW, token="t", hosts=1, each=1, lease_s=60)
    assert claimed.id == late.id


def test_at_a_start_no_lease_of_a_dead_process_is_left(engine: Engine) -> None:
    with writing(engine) as conn:
        add_feed(conn)
        polling.claim_due(conn, NOW, token="dead", hosts=1, each=1, lease_s=600)
        assert polling.forget_leases(conn) == 1
        assert len(polling.claim_due(conn, NOW, token="alive", hosts=1, each=1, lease_s=600)) == 1
