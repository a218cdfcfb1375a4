"""Articles are neither lost nor doubled, and a changed one is read again."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, event

from alerts.store import articles, feeds, schema
from alerts.store.database import reading, writing
from tests.store import values
from tests.store.values import HOUR, NOW, add_articles, add_feed, entry, keys, outcome, poll


def test_an_entry_becomes_plain_text(engine: Engine) -> None:
    made = entry("a", "<p>Shells &amp; rockets</p><p>fell.</p>", title="A <b>title</b>\n in two lines", language="en")
    with writing(engine) as conn:
        feed = add_feed(conn, language="fr")
        values.poll(conn, feed, outcome(made, entry("b")))
        first, second = articles.waiting(conn, 10)
    assert (first.article.title, first.article.text) == ("A title in two lines", "Shells & rockets\nfell.")
    assert (first.article.url, first.article.published, first.article.dated) == (made.url, NOW - HOUR, True)
    assert (first.article.source, first.article.country, first.owner, first.tier) == (
        *("Example News", "YEM"),
        *("Example News", 2),
    )
    assert (first.article.language, second.article.language) == ("en", "fr")
    assert (first.revision, first.first_seen) == (1, NOW)


def test_the_sections_of_a_feed_and_the_tier_of_its_source_come_with_an_article(engine: Engine) -> None:
    with writing(engine) as conn:
        feed = add_feed(conn, tier=1)
        values.poll(conn, feed, outcome(entry("a", sections=("World", "Mi\x00ddle East"))))
        [found] = articles.waiting(conn, 10)
        assert (found.article.tier, found.article.sections) == (1, ("World", "Middle East"))
        values.poll(conn, feed, outcome(entry("a", "new text", sections=("Sport",))))
        [found] = articles.waiting(conn, 10)
        assert found.article.sections == ("Sport",)


def test_the_same_article_again_changes_nothing(engine: Engine) -> None:
    with writing(engine) as conn:
        feed = add_feed(conn)
        values.poll(conn, feed, outcome(entry("a")))
        before = articles.waiting(conn, 10)
        articles.mark_analysed(conn, before, NOW)
        same = entry("a", "<div>Shells  fell.</div>", published=NOW)
        result = values.poll(conn, feed, outcome(same), NOW + HOUR)
        assert (result.new, result.revised, result.same) == (0, 0, 1)
        assert articles.count_waiting(conn) == 0
        assert articles.get(conn, before[0].article.id) == before[0]


def test_of_one_document_the_oldest_is_read_first(engine: Engine) -> None:
    """Feeds have the newest on top; a truce that collapsed must have begun before."""
    entries = [
        entry("new", published=NOW - HOUR),
        entry("undated", published=None),
        entry("old", published=NOW - 9 * HOUR),
    ]
    with writing(engine) as conn:
        values.poll(conn, add_feed(conn), outcome(*entries))
        keys = [
            conn.execute(schema.article.select().where(schema.article.c.id == int(one.article.id))).one().key
            for one in articles.waiting(conn, 10)
        ]
    assert keys == ["old", "new", "undated"]


def test_a_changed_article_is_a_revision_and_waits_again(engine: Engine) -> None:
    with writing(engine) as conn:
        feed = add_feed(conn)
        values.poll(conn, feed, outcome(entry("a", "2 dead")))
        [before] = articles.waiting(conn, 10)
        articles.mark_analysed(conn, [before], NOW)
        later = NOW + HOUR
        result = values.poll(conn, feed, outcome(entry("a", "200 dead", published=later, title="New")), later)
        assert (result.new, result.revised) == (0, 1)
        [after] = articles.waiting(conn, 10)
    assert (after.article.id, after.revision) == (before.article.id, 2)
    assert (after.article.text, after.article.title, after.article.published) == ("200 dead", "New", later)
    assert after.first_seen == before.first_seen


def test_a_revision_that_comes_while_the_article_is_read_still_waits(engine: Engine) -> None:
    with writing(engine) as conn:
        feed = add_feed(conn)
        values.poll(conn, feed, outcome(entry("a", "2 dead")))
        being_read = articles.waiting(conn, 10)
        values.poll(conn, feed, outcome(entry("a", "200 dead")))
        articles.mark_analysed(conn, being_read, NOW)
        assert [item.article.text for item in articles.waiting(conn, 10)] == ["200 dead"]


def test_an_undated_article_has_the_time_of_first_sight_and_keeps_it(engine: Engine) -> None:
    with writing(engine) as conn:
        feed = add_feed(conn)
        values.poll(conn, feed, outcome(entry("a", "2 dead", published=None)))
        values.poll(conn, feed, outcome(entry("a", "200 dead", published=None)), NOW + HOUR)
        [found] = articles.waiting(conn, 10)
    assert (found.article.published, found.article.dated, found.revision) == (NOW, False, 2)


def test_a_date_ahead_of_time_is_not_believed(engine: Engine) -> None:
    ahead = [entry("a", published=NOW + 5 * HOUR), entry("b", published=NOW + timedelta(days=400))]
    with writing(engine) as conn:
        values.poll(conn, add_feed(conn), outcome(*ahead))
        found = [(item.article.published, item.article.dated) for item in articles.waiting(conn, 10)]
    assert found == [(NOW, True), (NOW, False)]


def test_the_same_key_in_another_feed_is_another_article(engine: Engine) -> None:
    with writing(engine) as conn:
        for url in ("https://a/", "https://b/"):
            values.poll(conn, add_feed(conn, url), outcome(entry("a")))
        assert articles.count_waiting(conn) == 2


def test_a_key_twice_in_one_document_is_one_article(engine: Engine) -> None:
    with writing(engine) as conn:
        assert values.poll(conn, add_feed(conn), outcome(entry("a", "one"), entry("a", "two"))).new == 1
        assert [item.article.text for item in articles.waiting(conn, 10)] == ["one"]


@pytest.mark.parametrize("bad", ["\x00", "\ud800", "&#0;", "&#xd800;"])
def test_what_a_database_cannot_hold_is_left_out(engine: Engine, bad: str) -> None:
    made = entry("a", f"<p>be{bad}fore</p>", title=f"ti{bad}tle", url=f"https://x/{bad}", language=f"e{bad}n")
    with writing(engine) as conn:
        values.poll(conn, add_feed(conn), outcome(made))
        [found] = articles.waiting(conn, 10)
    assert found.article.text.startswith("be")
    assert found.article.text.endswith("fore")
    assert "\x00" not in found.article.text


def test_long_titles_addresses_and_languages_fit(engine: Engine) -> None:
    made = entry("k" * 80, "word " * 100_000, title="t" * 50_000, url="https://x/" + "u" * 50_000, language="l" * 500)
    with writing(engine) as conn:
        values.poll(conn, add_feed(conn), outcome(made))
        [found] = articles.waiting(conn, 10)
    assert (len(found.article.title), len(found.article.url)) == (50_000, 50_010)


def test_waiting_articles_come_in_order_and_no_more_than_asked(engine: Engine) -> None:
    with writing(engine) as conn:
        values.add_articles(conn, "a", "b", "c")
        assert values.keys(articles.waiting(conn, 2)) == ["a", "b"]


def test_articles_claimed_by_one_worker_are_left_out_for_another(engine: Engine) -> None:
    with writing(engine) as conn:
        values.add_articles(conn, "a", "b")
        if engine.dialect.name == "sqlite":
            assert len(articles.waiting(conn, 10, claim=True)) == 2  # and nobody else can write meanwhile
            return
    with writing(engine) as one, writing(engine) as other:
        assert values.keys(articles.waiting(one, 1, claim=True)) == ["a"]
        assert values.keys(articles.waiting(other, 10, claim=True)) == ["b"]


def test_an_unknown_article_is_none(engine: Engine) -> None:
    with reading(engine) as conn:
        assert articles.get(conn, "99") is None


def test_a_poll_costs_the_same_statements_for_one_article_and_for_many(engine: Engine) -> None:
    statements = []

    def count(_conn: object, _cursor: object, statement: str, *_: object) -> None:
        statements.append(statement)

    event.listen(engine, "before_cursor_execute", count)
    counts = []
    with writing(engine) as conn:
        for number in (1, 300):
            feed = add_feed(conn, f"https://x/{number}")
            statements.clear()
            for text in ("one", "two"):
                values.poll(conn, feed, outcome(*(entry(f"k{i}", text) for i in range(number))))
            counts.append(len(statements))
    event.remove(engine, "before_cursor_execute", count)
    assert counts[0] == counts[1]


_DOCUMENTS = st.lists(
    st.dictionaries(st.sampled_from("abcdef"), st.sampled_from(["one", "two", "three"]), max_size=6), max_size=8
)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(documents=_DOCUMENTS, crash=st.integers(0, 8), twice=st.booleans())
def test_no_sequence_of_documents_loses_or_doubles_an_article(
    engine: Engine, documents: list[dict[str, str]], crash: int, twice: bool
) -> None:
    """Each document is finished, some twice, one only after a crash; what is stored is what was last said
    under each key, and a revision for each change."""
    last: dict[str, str] = {}
    revisions: dict[str, int] = {}
    with writing(engine) as conn:
        feed = add_feed(conn, f"https://x/{uuid4()}")
    for index, document in enumerate(documents):
        result = outcome(*(entry(key, text) for key, text in document.items()))
        if index == crash:
            with pytest.raises(ZeroDivisionError), writing(engine) as conn:
                values.poll(conn, feed, result)
                _ = 1 / 0
        with writing(engine) as conn:
            stored = values.poll(conn, feed, result)
        new = {key for key in document if key not in last}
        changed = {key for key in document if key in last and last[key] != document[key]}
        assert (stored.new, stored.revised, stored.same) == (
            len(new),
            len(changed),
            len(document) - len(new) - len(changed),
        )
        last |= document
        revisions |= {key: revisions.get(key, 0) + 1 for key in new | changed}
        if twice:
            with writing(engine) as conn:
                again = values.poll(conn, feed, result)
            assert (again.new, again.revised) == (0, 0)
    with writing(engine) as conn:
        mine = [item for item in articles.waiting(conn, 1000) if item.feed_id == feed.id]
        articles.mark_analysed(conn, articles.waiting(conn, 1000), NOW)
    assert dict(zip(values.keys(mine), (item.article.text for item in mine), strict=True)) == last
    assert {key: item.revision for key, item in zip(values.keys(mine), mine, strict=True)} == revisions
    assert len(mine) == len(last)


def test_ids_are_not_used_again(sqlite_engine: Engine) -> None:
    with writing(sqlite_engine) as conn:
        [first] = values.add_articles(conn, "a")
        conn.execute(schema.article.delete())
        [second] = values.add_articles(conn, "b")
    assert int(second.article.id) > int(first.article.id)


def test_drafts_need_no_database() -> None:
    made = articles.drafts([entry("a", "x")], seen=NOW, language="en")
    assert [(draft.key, draft.text, draft.language) for draft in made] == [("a", "x", "en")]


def test_an_article_that_is_set_aside_waits_no_longer_and_is_counted(engine: Engine) -> None:
    with writing(engine) as conn:
        one, two = add_articles(conn, "a", "b")
        articles.mark_faulty(conn, one, "ValueError: \x00 of its own", NOW)
        assert keys(articles.waiting(conn, 10)) == ["b"]
        assert (articles.count_waiting(conn), articles.count_faulty(conn)) == (1, 1)
        articles.mark_analysed(conn, [two], NOW)
        assert articles.count_faulty(conn) == 1


def test_what_was_set_aside_waits_again_when_told_and_is_no_fault_once_it_was_read(engine: Engine) -> None:
    with writing(engine) as conn:
        [one] = add_articles(conn, "a")
        articles.mark_faulty(conn, one, "ValueError", NOW)
        assert articles.retry_faulty(conn, but=["ValueError"]) == 0
        assert (articles.retry_faulty(conn), articles.retry_faulty(conn)) == (1, 0)
        assert keys(articles.waiting(conn, 10)) == ["a"]
        articles.mark_analysed(conn, [one], NOW)
        assert (articles.count_waiting(conn), articles.count_faulty(conn)) == (0, 0)


def test_a_revision_of_a_faulty_article_is_read_like_any_other(engine: Engine) -> None:
    with writing(engine) as conn:
        [one] = add_articles(conn, "a")
        feed = feeds.get_feed(conn, one.feed_id)
        assert feed is not None
        articles.mark_faulty(conn, one, "ValueError", NOW)
        poll(conn, feed, outcome(entry("a", "<p>Shells fell again.</p>")))
        [again] = articles.waiting(conn, 10)
        assert (again.revision, articles.count_faulty(conn)) == (2, 0)
        articles.mark_faulty(conn, one, "too late: of the first revision", NOW)
        assert (articles.count_waiting(conn), articles.count_faulty(conn)) == (1, 0)


def test_news_is_read_before_the_backlog_of_a_new_feed(engine: Engine) -> None:
    with writing(engine) as conn:
        old, new = add_feed(conn, "https://old.example/"), add_feed(conn, "https://new.example/")
        poll(conn, old, outcome(entry("first")))
        poll(conn, new, outcome(entry("backlog 1"), entry("backlog 2")))
        poll(conn, old, outcome(entry("news")))
        assert keys(articles.waiting(conn, 10)) == ["news", "first", "backlog 1", "backlog 2"]


def test_the_archive_comes_page_by_page_in_the_order_of_publication(engine: Engine) -> None:
    with writing(engine) as conn:
        feed = add_feed(conn)
        dates = {"a": 3, "b": 1, "c": 2, "d": 1}
        made = [entry(key, published=NOW - days * 24 * HOUR) for key, days in dates.items()]
        values.poll(conn, feed, outcome(*made))
        found: list[str] = []
        after = None
        while page := articles.published_since(conn, None, after=after, limit=1):
            found += [item.article.title for item in page]
            after = articles.Page(published=page[-1].article.published, id=int(page[-1].article.id))
    assert found == ["Title a", "Title c", "Title b", "Title d"]


def test_the_archive_can_be_had_since_a_time(engine: Engine) -> None:
    with writing(engine) as conn:
        feed = add_feed(conn)
        values.poll(conn, feed, outcome(entry("old", published=NOW - 72 * HOUR), entry("new")))
        since = NOW - 24 * HOUR
        assert [item.article.title for item in articles.published_since(conn, since, after=None, limit=9)] == [
            "Title new"
        ]
        assert (articles.count_since(conn, since), articles.count_since(conn, None)) == (1, 2)
