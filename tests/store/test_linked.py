"""What articles link to is queued once a revision, and what comes of it stays until the feed says something else."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import Connection, Engine, select

from alerts.collect.links.extracted import Kind
from alerts.store import articles, feeds, linked
from alerts.store.database import writing
from alerts.store.feeds import FeedRow, Wishes
from alerts.store.linked import Link
from alerts.store.schema import linked as table
from tests.store import values
from tests.store.conftest import empty
from tests.store.values import HOUR, NOW, entry, outcome, poll

LEASE = timedelta(minutes=3)
PAGE = "Shells fell on the market. Eleven people were killed, the governor said."


def add_feed(conn: Connection, url: str = "https://news.example/feed", *, full_text: bool = True) -> FeedRow:
    return values.add_feed(conn, url, own=Wishes(full_text=full_text))


def claim(conn: Connection, **more: object) -> list[Link]:
    """What is due, one document of each of many hosts."""
    wishes: dict[str, object] = {"hosts": 10, "lease": LEASE, "now": NOW} | more
    return [link for links in linked.claim(conn, **wishes) for link in links]  # type: ignore[arg-type]


def put_page(conn: Connection, link: Link, page: str = PAGE) -> bool:
    """The page came, and covers what the feed gave."""
    return linked.settle(conn, link, now=NOW, title=link.title, text=page, found=page)


def test_a_new_article_of_a_feed_with_full_text_is_queued(engine: Engine) -> None:
    with writing(engine) as conn:
        poll(conn, add_feed(conn), outcome(entry("a")))
        [link] = claim(conn)
    assert (link.kind, link.url, link.host) == ("page", "https://news.example/a", "news.example")
    assert (link.revision, link.tries, link.given) == (1, 1, "Shells fell.")


def test_articles_of_other_feeds_are_not_queued(sqlite_engine: Engine) -> None:
    with writing(sqlite_engine) as conn:
        poll(conn, add_feed(conn, full_text=False), outcome(entry("a")))
        assert not linked.is_due(conn, NOW)


def test_a_message_is_queued_whatever_the_feed_wants_of_pages(sqlite_engine: Engine) -> None:
    with writing(sqlite_engine) as conn:
        for full_text in (True, False):
            feed = add_feed(conn, f"https://met.example/{full_text}", full_text=full_text)
            poll(conn, feed, outcome(entry("a", cap=f"https://met.example/{full_text}.cap")))
        [one] = claim(conn)
        [two] = claim(conn)
    assert {(link.kind, link.url) for link in (one, two)} == {
        ("cap", "https://met.example/True.cap"),
        ("cap", "https://met.example/False.cap"),
    }


@pytest.mark.parametrize(
    "url", ["", "https://news.example/", "https://news.example", "mailto:a@example.org", "http://["]
)
def test_what_is_no_page_of_an_article_is_not_queued(sqlite_engine: Engine, url: str) -> None:
    with writing(sqlite_engine) as conn:
        poll(conn, add_feed(conn), outcome(entry("a", url=url)))
        assert not linked.is_due(conn, NOW)


def test_old_items_of_a_feed_that_is_added_are_not_asked_for(sqlite_engine: Engine) -> None:
    with writing(sqlite_engine) as conn:
        feed = add_feed(conn)
        poll(
            conn, feed, outcome(entry("old", published=NOW - 25 * HOUR), entry("new"), entry("undated", published=None))
        )
        assert {link.url[-3:] for link in (*claim(conn), *claim(conn), *claim(conn))} == {"new", "ted"}


def test_late_news_of_a_feed_that_is_known_is_asked_for_unless_it_is_of_last_week(sqlite_engine: Engine) -> None:
    with writing(sqlite_engine) as conn:
        feed = add_feed(conn)
        poll(conn, feed, outcome())
        late = [entry("late", published=NOW - 30 * HOUR), entry("stale", published=NOW - 8 * 24 * HOUR)]
        poll(conn, feed, outcome(*late))
        assert [link.url for link in (*claim(conn), *claim(conn))] == ["https://news.example/late"]


def test_a_page_is_claimed_once_and_again_when_the_lease_ends(sqlite_engine: Engine) -> None:
    with writing(sqlite_engine) as conn:
        poll(conn, add_feed(conn), outcome(entry("a")))
        assert len(claim(conn)) == 1
        assert claim(conn, now=NOW + LEASE - timedelta(seconds=1)) == []
        [again] = claim(conn, now=NOW + LEASE)
    assert again.tries == 2


def test_one_document_of_each_host_is_claimed_messages_first(engine: Engine) -> None:
    with writing(engine) as conn:
        feed = add_feed(conn)
        poll(conn, feed, outcome(entry("a"), entry("b"), entry("c", cap="https://news.example/c.cap")))
        poll(conn, add_feed(conn, "https://other.example/feed"), outcome(entry("d", url="https://other.example/d")))
        assert sorted(link.url for link in claim(conn)) == ["https://news.example/c.cap", "https://other.example/d"]
        assert claim(conn, but=["news.example"]) == []
        assert claim(conn, only="other.example") == []
        assert claim(conn, no_pages_of=["news.example"]) == []
        assert [link.url for link in claim(conn)] == ["https://news.example/a"]


def test_articles_that_link_to_one_page_have_it_fetched_once(engine: Engine) -> None:
    with writing(engine) as conn:
        for section in ("world", "africa"):
            poll(conn, add_feed(conn, f"https://news.example/{section}"), outcome(entry("a")))
        [links] = linked.claim(conn, NOW, hosts=10, lease=LEASE)
        assert (len(links), claim(conn)) == (2, [])


def test_only_the_kinds_asked_for_are_due(sqlite_engine: Engine) -> None:
    kinds: tuple[Kind, ...] = ("cap",)
    with writing(sqlite_engine) as conn:
        poll(conn, add_feed(conn), outcome(entry("a")))
        assert linked.is_due(conn, NOW)
        assert not linked.is_due(conn, NOW, kinds)
        assert claim(conn, kinds=kinds) == []


def test_the_page_becomes_a_revision_that_waits_to_be_read(sqlite_engine: Engine) -> None:
    with writing(sqlite_engine) as conn:
        poll(conn, add_feed(conn), outcome(entry("a")))
        articles.mark_analysed(conn, articles.waiting(conn, 10), NOW)
        assert put_page(conn, claim(conn)[0])
        [found] = articles.waiting(conn, 10)
        assert (found.revision, found.article.text, found.article.title) == (2, PAGE, "Title a")
        assert not linked.is_due(conn, NOW + 1000 * HOUR)


def test_the_same_document_again_leaves_the_full_text_where_it_is(sqlite_engine: Engine) -> None:
    with writing(sqlite_engine) as conn:
        feed = add_feed(conn)
        poll(conn, feed, outcome(entry("a")))
        put_page(conn, claim(conn)[0])
        result = poll(conn, feed, outcome(entry("a")))
        [found] = articles.waiting(conn, 10)
        assert (result.same, result.revised) == (1, 0)
        assert (found.revision, found.article.text) == (2, PAGE)
        assert not linked.is_due(conn, NOW + 1000 * HOUR)


def test_what_the_feed_changes_is_read_at_once_before_what_the_page_said_and_the_page_is_asked_again(
    engine: Engine,
) -> None:
    with writing(engine) as conn:
        feed = add_feed(conn)
        poll(conn, feed, outcome(entry("a")))
        put_page(conn, claim(conn)[0])
        assert poll(conn, feed, outcome(entry("a", "<p>Twenty dead.</p>"))).revised == 1
        [found] = articles.waiting(conn, 10)
        assert (found.revision, found.article.text) == (3, f"Twenty dead.\n\n{PAGE}")
        [link] = claim(conn)
        assert (link.revision, link.tries, link.given) == (3, 1, "Twenty dead.")
        put_page(conn, link, "Shells fell on the market. Twenty dead.")
        [found] = articles.waiting(conn, 10)
        assert (found.revision, found.article.text) == (4, "Shells fell on the market. Twenty dead.")


def test_a_page_for_words_that_the_feed_has_changed_meanwhile_is_dropped(sqlite_engine: Engine) -> None:
    with writing(sqlite_engine) as conn:
        feed = add_feed(conn)
        poll(conn, feed, outcome(entry("a")))
        [early] = claim(conn)
        poll(conn, feed, outcome(entry("a", "<p>Twenty dead.</p>")))
        assert not put_page(conn, early)
        [found] = articles.waiting(conn, 10)
        assert (found.revision, found.article.text) == (2, "Twenty dead.")
        assert [link.revision for link in claim(conn)] == [2]


def test_a_page_that_says_no_more_makes_no_revision(sqlite_engine: Engine) -> None:
    with writing(sqlite_engine) as conn:
        poll(conn, add_feed(conn), outcome(entry("a")))
        [link] = claim(conn)
        assert not linked.settle(conn, link, now=NOW, title=link.title, text=link.given, found=None)
        assert [item.revision for item in articles.waiting(conn, 10)] == [1]
        assert not linked.is_due(conn, NOW + 1000 * HOUR)


def test_where_full_text_is_wanted_no_more_the_feeds_words_count_alone(sqlite_engine: Engine) -> None:
    with writing(sqlite_engine) as conn:
        feed = add_feed(conn)
        poll(conn, feed, outcome(entry("a")))
        put_page(conn, claim(conn)[0])
        poll(conn, replace(feed, full_text=False), outcome(entry("a", "<p>Twenty dead.</p>")))
        [found] = articles.waiting(conn, 10)
        assert found.article.text == "Twenty dead."
        assert conn.execute(select(table)).all() == []


def test_a_claimed_page_tells_when_its_feed_wants_none_any_more(sqlite_engine: Engine) -> None:
    with writing(sqlite_engine) as conn:
        feed = add_feed(conn)
        poll(conn, feed, outcome(entry("a")))
        feeds.change_feed(conn, replace(feed, full_text=False), now=NOW)
        assert [link.off for link in claim(conn)] == [True]


def test_an_item_that_stands_for_a_message_is_held_back_a_moment_and_no_longer(engine: Engine) -> None:
    with writing(engine) as conn:
        poll(conn, add_feed(conn), outcome(entry("a", cap="https://met.example/a.cap"), entry("b")))
        assert values.keys(articles.waiting(conn, 10, now=NOW)) == ["b"]
        assert len(articles.waiting(conn, 10, now=NOW + linked.HOLD)) == 2
        assert articles.count_waiting(conn) == 2


def test_a_message_that_cannot_be_had_holds_up_its_article_no_longer(sqlite_engine: Engine) -> None:
    with writing(sqlite_engine) as conn:
        poll(conn, add_feed(conn), outcome(entry("a", cap="https://met.example/a.cap")))
        linked.postpone(conn, claim(conn)[0], NOW + HOUR, "answered 503")
        assert len(articles.waiting(conn, 10, now=NOW)) == 1
        assert not linked.is_due(conn, NOW)
        assert linked.is_due(conn, NOW + HOUR)


def test_a_message_that_tells_of_nothing_says_so_of_the_feeds_next_words_too(sqlite_engine: Engine) -> None:
    cap = "https://met.example/a.cap"
    with writing(sqlite_engine) as conn:
        feed = add_feed(conn)
        poll(conn, feed, outcome(entry("a", cap=cap)))
        linked.settle(conn, claim(conn)[0], now=NOW, title="No event", text="An exercise.", found="")
        poll(conn, feed, outcome(entry("a", "<p>Tsunami warning.</p>", title="Tsunami warning", cap=cap)))
        [found] = articles.waiting(conn, 10)
        assert (found.article.title, found.article.text) == ("No event", "An exercise.")


def test_another_message_under_the_same_item_is_another_matter(sqlite_engine: Engine) -> None:
    with writing(sqlite_engine) as conn:
        feed = add_feed(conn)
        poll(conn, feed, outcome(entry("a", cap="https://met.example/1.cap")))
        linked.settle(conn, claim(conn)[0], now=NOW, title="No event", text="An exercise.", found="")
        poll(conn, feed, outcome(entry("a", "<p>Flood.</p>", cap="https://met.example/2.cap")))
        [found] = articles.waiting(conn, 10)
        assert (found.article.title, found.article.text) == ("Title a", "Flood.")
        assert [link.url for link in claim(conn)] == ["https://met.example/2.cap"]


def test_what_was_claimed_and_not_asked_for_is_given_back(sqlite_engine: Engine) -> None:
    with writing(sqlite_engine) as conn:
        poll(conn, add_feed(conn), outcome(entry("a")))
        linked.give_back(conn, claim(conn)[0], NOW)
        assert [link.tries for link in claim(conn)] == [1]


def test_what_is_settled_is_not_given_back(sqlite_engine: Engine) -> None:
    with writing(sqlite_engine) as conn:
        poll(conn, add_feed(conn), outcome(entry("a")))
        [link] = claim(conn)
        linked.settle(conn, link, now=NOW, title=link.title, text=link.text, found=None)
        linked.give_back(conn, link, NOW)
        assert not linked.is_due(conn, NOW + HOUR)


def test_what_a_dead_process_had_claimed_is_due_at_the_next_start_and_what_waits_goes_on_waiting(
    sqlite_engine: Engine,
) -> None:
    with writing(sqlite_engine) as conn:
        poll(conn, add_feed(conn), outcome(entry("a"), entry("b"), entry("c")))
        linked.postpone(conn, claim(conn)[0], NOW + HOUR, "answered 503")
        [dead] = claim(conn)
        linked.put_off(conn, "news.example", NOW + timedelta(minutes=1))
        assert linked.forget_claims(conn, NOW) == 1
        assert [link.url for link in claim(conn)] == [dead.url]


def test_a_host_that_wants_a_rest_is_asked_nothing(engine: Engine) -> None:
    with writing(engine) as conn:
        poll(conn, add_feed(conn), outcome(entry("a"), entry("b")))
        poll(conn, add_feed(conn, "https://other.example/feed"), outcome(entry("c", url="https://other.example/c")))
        linked.put_off(conn, "news.example", NOW + HOUR)
        assert [link.host for link in claim(conn)] == ["other.example"]
        assert linked.is_due(conn, NOW + HOUR)


def test_two_workers_do_not_claim_the_same_page(migrated_postgres: Engine) -> None:
    empty(migrated_postgres)
    with writing(migrated_postgres) as conn:
        poll(conn, add_feed(conn), outcome(entry("a")))
    with writing(migrated_postgres) as one, writing(migrated_postgres) as other:
        assert len(claim(one)) == 1
        assert claim(other) == []


def test_what_came_of_a_feeds_links_is_counted(engine: Engine) -> None:
    with writing(engine) as conn:
        feed = add_feed(conn)
        poll(conn, feed, outcome(*map(entry, "abcd")))
        taken, same, failed, _ = (link for _ in "abcd" for link in claim(conn))
        put_page(conn, taken)
        linked.settle(conn, same, now=NOW, title=same.title, text=same.given, found=None)
        linked.settle(conn, failed, now=NOW, title=failed.title, text=failed.given, found=None, error="answered 404")
        found = linked.fetched(conn, feed.id, NOW - HOUR)
        assert linked.fetched(conn, feed.id, NOW + HOUR) is None
        assert linked.count_waiting(conn) == 1
    assert found == linked.Fetched(taken=1, no_more=1, waiting=1, failed=1, error="answered 404", at=NOW)


def test_a_host_that_wants_its_feed_polled_more_rarely_is_left_alone(sqlite_engine: Engine) -> None:
    with writing(sqlite_engine) as conn:
        feed = add_feed(conn)
        poll(conn, feed, outcome(entry("a")))
        poll(conn, feed, outcome(status="throttled"), next_due=NOW + HOUR)
        assert claim(conn) == []
        assert len(claim(conn, now=NOW + HOUR)) == 1
