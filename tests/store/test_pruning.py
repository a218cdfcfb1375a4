"""What is old goes, a few rows at a time; what anything rests on stays."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, insert, select, text, update

from alerts.collect.formats import delta
from alerts.collect.formats.identity import short
from alerts.store import (
    alerts,
    audit,
    bulletins,
    outbox,
    people,
    pruning,
    reports,
    silences,
    told,
)
from alerts.store.database import open_scratch, reading, writing
from alerts.store.schema import alert as alert_table
from alerts.store.schema import article, bulletin, count_day, linked, minhash, report, silence, story
from alerts.store.schema import feed as feed_table
from alerts.store.schema import outbox as outbox_table
from alerts.track.silence import Silence
from tests.fakes.feeds import Item, atom, json_feed, rss
from tests.store import values
from tests.store.longago import (
    DAY,
    OLD,
    YEAR_AGO,
    alert_of,
    count,
    evidence_of,
    ids,
    items,
    left,
    listed,
    mail,
    read,
    texts,
    walk,
)
from tests.store.mailed import New
from tests.store.values import NOW, TAIZ, add_feed

# Articles


def test_articles_on_which_nothing_rests_go_with_all_that_was_known_of_them(engine: Engine) -> None:
    with writing(engine) as conn:
        feed = add_feed(conn)
        listed(conn, feed, items(1, 2, 3, 4, 5))
        listed(conn, feed, items(9), NOW - DAY)
        assert walk(conn, pruning.articles, YEAR_AGO) == {"articles": 5}
        assert texts(conn) == {"Report 9": True}
        assert count(conn, story) == 1
        assert set(conn.execute(select(minhash.c.article_id)).scalars()) == {int(ids(conn)["Report 9"])}
        assert walk(conn, pruning.articles, YEAR_AGO) == {}


def test_ids_of_articles_that_went_are_not_used_again(engine: Engine) -> None:
    with writing(engine) as conn:
        feed = add_feed(conn)
        listed(conn, feed, items(1, 2))
        last = max(map(int, ids(conn).values()))
        listed(conn, feed, [])
        conn.execute(update(feed_table).values(marks=read(items(7)).marks))
        assert walk(conn, pruning.articles, YEAR_AGO) == {"articles": 2}
        listed(conn, feed, items(3), NOW)
        assert min(map(int, ids(conn).values())) > last


def test_what_its_feed_still_lists_comes_in_again_as_known(engine: Engine) -> None:
    """However often the same document comes, and read whole or not: nothing in it is news."""
    with writing(engine) as conn:
        feed = add_feed(conn)
        listed(conn, feed, items(1, 2, 3, 4))
        listed(conn, feed, items(3, 4, 5), NOW - DAY)
        assert walk(conn, pruning.articles, YEAR_AGO) == {"articles": 2, "texts": 2}
        assert texts(conn) == {"Report 3": False, "Report 4": False, "Report 5": True}
        assert listed(conn, feed, items(3, 4, 5), NOW) == 0
        assert texts(conn) == {"Report 3": False, "Report 4": False, "Report 5": True}
        assert walk(conn, pruning.articles, YEAR_AGO) == {}, "what has lost its text is left alone"
        listed(conn, feed, items(5, 6), NOW)
        assert walk(conn, pruning.articles, YEAR_AGO) == {"articles": 2}, "and goes when its feed lists it no more"


def test_a_new_wording_of_what_lost_its_text_is_a_revision(engine: Engine) -> None:
    with writing(engine) as conn:
        feed = add_feed(conn)
        listed(conn, feed, items(1, 2))
        assert walk(conn, pruning.articles, YEAR_AGO) == {"texts": 2}
        [first, second] = items(1, 2)
        again = [replace(first, html="<p>Twenty people were killed.</p>"), second]
        assert listed(conn, feed, again, NOW) == 0
        found = conn.execute(select(article.c.title, article.c.revision, article.c.text).order_by(article.c.id)).all()
        assert found == [("Report 1", 2, "Twenty people were killed."), ("Report 2", 1, "")]


def test_what_has_no_date_is_known_for_ever(engine: Engine) -> None:
    """It would be news of today."""
    with writing(engine) as conn:
        feed = add_feed(conn)
        listed(conn, feed, items(1, 2, dated=False))
        listed(conn, feed, items(3))
        assert walk(conn, pruning.articles, YEAR_AGO) == {"texts": 3}
        assert listed(conn, feed, items(1, 2, dated=False), NOW) == 0


def test_where_nobody_knows_what_the_document_lists_keys_stay(engine: Engine) -> None:
    with writing(engine) as conn:
        feed = add_feed(conn)
        listed(conn, feed, items(1, 2), marks=b"")
        assert walk(conn, pruning.articles, YEAR_AGO) == {"texts": 2}
        assert listed(conn, feed, items(1, 2), NOW) == 0


@pytest.mark.parametrize("make", [rss, atom, json_feed])
def test_items_are_known_by_what_their_keys_are_made_of(make: Callable[[Sequence[Item]], bytes]) -> None:
    document = [*items(1, 2), Item(title="no id", link="https://news.example/x", html="<p>x</p>")]
    parsed = read(document, make)
    named = delta.named(parsed.marks)
    assert named is not None
    assert len(parsed.entries) == 3
    assert all(short(entry.key) in named for entry in parsed.entries)
    assert delta.named(b"") is None
    other = read(items(8), make)
    assert short(other.entries[0].key) not in named


def test_what_waits_is_evidence_is_counted_or_is_copied_stays(engine: Engine) -> None:
    with writing(engine) as conn:
        feed = add_feed(conn)
        listed(conn, feed, items(1, 2, 3, 4, 5))
        own = ids(conn)
        evidence_of(conn, own["Report 1"])
        reports.keep(conn, TAIZ, values.evidence(own["Report 2"]))
        first = int(own["Report 4"])
        copying = (story.c.article_id == int(own["Report 1"])) | (story.c.article_id == first)
        conn.execute(update(story).values(first_id=story.c.article_id, copies_id=None))
        conn.execute(update(story).where(copying).values(first_id=first))
        listed(conn, feed, items(9), NOW)
        conn.execute(update(article).where(article.c.id == int(own["Report 3"])).values(analysed=None))
        assert walk(conn, pruning.articles, YEAR_AGO) == {"articles": 1}
        assert texts(conn) == {f"Report {n}": True for n in (1, 2, 3, 4, 9)}


def test_prints_of_texts_go_when_no_copy_can_come_and_the_texts_stay(engine: Engine) -> None:
    with writing(engine) as conn:
        feed = add_feed(conn)
        listed(conn, feed, items(1, 2, 3))
        evidence_of(conn, ids(conn)["Report 1"])
        copied = int(ids(conn)["Report 2"])
        conn.execute(update(story).where(story.c.article_id == int(ids(conn)["Report 1"])).values(copies_id=copied))
        listed(conn, feed, items(1, 2, 3, 4), NOW)  # printed long ago, and in only now
        assert walk(conn, pruning.prints, NOW - 42 * DAY) == {"prints of texts": 1}
        assert texts(conn) == {f"Report {n}": True for n in (1, 2, 3, 4)}
        kept = {str(one) for one in conn.execute(select(story.c.article_id)).scalars()}
        assert kept == {ids(conn)[f"Report {n}"] for n in (1, 2, 4)}


def test_texts_of_evidence_go_when_all_its_alerts_are_long_over(engine: Engine) -> None:
    with writing(engine) as conn:
        feed = add_feed(conn)
        listed(conn, feed, items(1, 2, 3, 4))
        listed(conn, feed, items(4, 5), NOW)
        own = ids(conn)
        over = evidence_of(conn, own["Report 1"], "a")
        evidence_of(conn, own["Report 2"], "b")
        evidence_of(conn, own["Report 2"], "c", state="active")
        evidence_of(conn, own["Report 3"], "d", updated=NOW - DAY)
        evidence_of(conn, own["Report 4"], "e")
        before = alerts.get_alert(conn, over)
        assert walk(conn, pruning.texts_of_evidence, YEAR_AGO) == {"texts of evidence": 1}
        assert [title for title, full in texts(conn).items() if not full] == ["Report 1"]
        assert alerts.get_alert(conn, over) == before, "the alert reads the same"
        assert walk(conn, pruning.texts_of_evidence, YEAR_AGO) == {}


# Mails


def test_mails_go_when_their_alert_is_over_and_they_are_done(engine: Engine) -> None:
    with writing(engine) as conn:
        reader, other = (people.add_person(conn, f"{n}@example.org", now=OLD).id for n in "ab")
        over, going_on = alert_of(conn, "a"), alert_of(conn, "b", state="active")
        lately = alert_of(conn, "c", state="cancelled", updated=NOW - DAY)
        mail(conn, over, reader)
        mail(conn, over, other, "silenced")
        kept = {
            mail(conn, going_on, reader),
            mail(conn, lately, reader),
            mail(conn, over, reader, "queued", version=2),
            mail(conn, over, reader, "held", version=3),
            mail(conn, over, reader, "ambiguous", version=4),
            mail(conn, over, reader, "sending", version=5),
            mail(conn, over, other, at=NOW - DAY, version=6),
        }
        assert walk(conn, pruning.mails, YEAR_AGO, YEAR_AGO) == {"mails": 2}
        assert left(conn) == kept


def test_who_heard_is_known_while_what_the_alert_went_on_in_is_not_over(engine: Engine) -> None:
    """Merged into one that goes on: when that is taken back, the readers of both hear of it."""
    with writing(engine) as conn:
        reader = people.add_person(conn, "a@example.org", now=OLD).id
        going_on = alert_of(conn, "b", state="active")
        between = alert_of(conn, "c", state="merged", merged_into=going_on)
        merged = alert_of(conn, "a", state="merged", merged_into=between)
        kept = mail(conn, merged, reader)
        assert walk(conn, pruning.mails, YEAR_AGO, YEAR_AGO) == {}
        assert told.told(conn, going_on) == {reader: 0}
        conn.execute(update(alert_table).values(state="merged").where(alert_table.c.id == int(between)))
        conn.execute(update(alert_table).values(state="cancelled").where(alert_table.c.id == int(going_on)))
        assert left(conn) == {kept}
        assert walk(conn, pruning.mails, YEAR_AGO, YEAR_AGO) == {"mails": 1}


def test_what_an_open_alert_covers_is_known(engine: Engine) -> None:
    """It is told after all when the alert that covered it was wrong."""
    with writing(engine) as conn:
        reader = people.add_person(conn, "a@example.org", now=OLD).id
        covered, covering = alert_of(conn, "a"), alert_of(conn, "b", state="active")
        kept = mail(conn, covered, reader, "inhibited", covered_by=int(covering))
        assert walk(conn, pruning.mails, YEAR_AGO, YEAR_AGO) == {}
        assert left(conn) == {kept}


def test_bulletins_go_with_their_last_mail_and_silences_some_time_after_their_end(engine: Engine) -> None:
    with writing(engine) as conn:
        reader = people.add_person(conn, "a@example.org", now=OLD).id
        said = [bulletins.add(conn, kind="notices", subject="s", body="b", now=OLD) for _ in range(3)]
        for number in said[:2]:
            outbox.enqueue(conn, [New(alert_id="", version=0, person_id=reader, bulletin_id=number, created=OLD)])
        conn.execute(
            update(outbox_table).where(outbox_table.c.bulletin_id == said[0]).values(finished=OLD, state="failed")
        )
        assert walk(conn, pruning.mails, YEAR_AGO, YEAR_AGO) == {"mails": 1}
        assert walk(conn, pruning.bulletins, YEAR_AGO, limit=1) == {"bulletins": 2}
        assert set(conn.execute(select(bulletin.c.id)).scalars()) == {said[1]}
        draft = Silence(rules=(), place=TAIZ, author="Ana", why="w", created=OLD, until=OLD + DAY, person_id=reader)
        ended, going_on = (silences.add(conn, draft, OLD).id for _ in range(2))
        silences.end(conn, ended, OLD + DAY, "over")
        assert walk(conn, pruning.silences, YEAR_AGO) == {"silences": 1}
        assert set(conn.execute(select(silence.c.id)).scalars()) == {going_on}


# What else


def test_the_audit_log_is_forgotten_by_its_age(engine: Engine) -> None:
    with writing(engine) as conn:
        for at in (OLD, OLD, OLD, NOW):
            audit.note(conn, audit.ByCommand(user="ana"), "silence added", "silence 1", now=at)
        assert walk(conn, pruning.audit_log, YEAR_AGO) == {"entries of the audit log": 3}
        assert [one.at for one in audit.list_entries(conn, 9)] == [NOW]


def test_counted_days_go_with_their_reports_when_no_rule_looks_back_to_them(engine: Engine) -> None:
    with writing(engine) as conn:
        feed = add_feed(conn)
        listed(conn, feed, items(1, 2, 3))
        for name, at in zip(("Report 1", "Report 2", "Report 3"), (OLD, OLD, NOW), strict=True):
            item = values.evidence(ids(conn)[name], published=at, hit=values.hit(event_time=at))
            reports.count(conn, TAIZ, item, None)
        assert walk(conn, pruning.reports, YEAR_AGO) == {"reports that were counted": 2, "days that were counted": 1}
        assert (count(conn, report), count(conn, count_day)) == (1, 1)


def test_everything_together_leaves_no_row_that_names_what_is_gone(engine: Engine) -> None:
    with writing(engine) as conn:
        feed = add_feed(conn)
        listed(conn, feed, items(*range(1, 30)))
        listed(conn, feed, items(*range(20, 40)), NOW - 390 * DAY)
        own = ids(conn)
        reader = people.add_person(conn, "a@example.org", now=OLD).id
        for n in range(1, 40, 5):
            state = "ended" if n % 2 else "active"
            number = evidence_of(conn, own[f"Report {n}"], f"key {n}", state=state)
            lead = mail(conn, number, reader)
            mail(conn, number, reader, version=2, lead_id=lead, trigger_id=int(own[f"Report {n}"]))
        for n in range(2, 40, 7):
            reports.keep(conn, TAIZ, values.evidence(own[f"Report {n}"]))
            conn.execute(insert(linked).values(_link(int(own[f"Report {n}"]))))
        before = {
            one.alert.id: alerts.get_alert(conn, one.alert.id) for one in alerts.list_alerts(conn) if one.alert.id
        }
        walk(conn, pruning.mails, YEAR_AGO, YEAR_AGO, limit=7)
        walk(conn, pruning.articles, YEAR_AGO, limit=7)
        walk(conn, pruning.texts_of_evidence, YEAR_AGO, limit=7)
        assert {number: alerts.get_alert(conn, number) for number in before} == before
        assert told.told(conn, next(n for n, one in before.items() if one and one.alert.state == "active"))
        assert listed(conn, feed, items(*range(20, 40)), NOW) == 0
        if conn.dialect.name == "sqlite":
            assert conn.execute(text("PRAGMA foreign_key_check")).all() == []


def _link(article_id: int) -> dict[str, Any]:
    return {
        "article_id": article_id,
        "kind": "page",
        "url": "https://news.example/p",
        "host": "news.example",
        "revision": 1,
        "wanted": OLD,
        "text": "the whole page",
    }


# In any order


@dataclass(frozen=True, slots=True)
class Document:
    """What a feed has on a day: items by number, those from 100 on without a date."""

    numbers: tuple[int, ...]
    whole: bool = True


DOCUMENTS = st.builds(
    Document,
    st.lists(st.sampled_from((1, 2, 3, 4, 101, 102)), unique=True, max_size=4).map(tuple),
    st.booleans(),
)


@settings(max_examples=8, deadline=None)
@given(st.lists(st.one_of(DOCUMENTS, st.just(None)), min_size=2, max_size=12))
def test_nothing_that_is_undated_or_still_listed_is_news_twice(days: list[Document | None]) -> None:
    """Documents come and go, and between them (None) all that is old is forgotten."""
    engine = open_scratch()
    known: set[int] = set()
    with writing(engine) as conn:
        feed = add_feed(conn)
        last: tuple[int, ...] = ()
        for number, day in enumerate(days):
            now = OLD + number * DAY
            if day is None:
                walk(conn, pruning.articles, now - DAY / 2)
                known = {one for one in known if one > 100 or one in last}
                continue
            document = [*items(*(n for n in day.numbers if n < 100)), *_undated(day.numbers)]
            new = listed(conn, feed, document, now, **({} if day.whole else {"marks": b""}))
            assert new <= len(set(day.numbers) - known), "an item came in as new that was known"
            known |= set(day.numbers)
            last = day.numbers
    engine.dispose()


def _undated(numbers: Sequence[int]) -> list[Item]:
    return items(*(n for n in numbers if n > 100), dated=False)


def test_two_that_forget_at_once_are_not_in_each_others_way(engine: Engine) -> None:
    with writing(engine) as conn:
        feed = add_feed(conn)
        listed(conn, feed, items(*range(1, 60)))
        listed(conn, feed, items(70), NOW)

    def forget(_: int) -> int:
        gone = 0
        after = None
        while True:
            with writing(engine) as conn:
                batch = pruning.articles(conn, YEAR_AGO, after, 5)
            gone += batch.gone["articles"]
            after = batch.after
            if after is None:
                return gone

    with ThreadPoolExecutor(2) as pool:
        gone = list(pool.map(forget, range(2)))
    assert sum(gone) == 59
    with reading(engine) as conn:
        assert texts(conn) == {"Report 70": True}
