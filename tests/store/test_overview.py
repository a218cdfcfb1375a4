"""How all feeds do, and everything of one, from the database."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import Engine, event, insert

from alerts.store import feeds, meta, notices
from alerts.store.database import reading, writing
from alerts.store.overview import overview, report
from alerts.store.schema import article
from alerts.track.quiet import Trouble
from tests.store.pollrows import add_polls, set_feed
from tests.store.values import HOUR, NOW, QUARTER, add_feed

MINUTE = timedelta(minutes=1)
DAY = 24 * HOUR


def put_articles(engine: Engine, feed_id: int, lags: list[float], *, seen: timedelta = HOUR, **more: object) -> None:
    """Articles seen an hour ago, so many minutes after their publication."""
    with writing(engine) as conn:
        for number, lag in enumerate(lags):
            row = {
                "feed_id": feed_id, "key": f"{number} {lag} {more}", "content_hash": "", "title": "", "text": "",
                "url": "", "sections": [], "published": NOW - seen - lag * MINUTE, "dated": True,
                "first_seen": NOW - seen,
            }  # fmt: skip
            conn.execute(insert(article).values(row | more))


def test_without_feeds_there_is_nothing_to_say(engine: Engine) -> None:
    with reading(engine) as conn:
        found = overview(conn, NOW)
    assert (found.feeds, found.groups, found.outage, found.looked, found.lag) == ((), (), None, None, None)
    assert (found.day.polls, found.active) == (0, 0)


def test_feeds_in_all_states_come_the_worst_first(engine: Engine) -> None:
    with writing(engine) as conn:
        ids = [add_feed(conn, f"https://paper{n}.example/feed", now=NOW - 9 * DAY).id for n in range(8)]
        for number in ids:
            set_feed(conn, number, last_poll=NOW, last_ok=NOW, last_new=NOW - HOUR, next_due=NOW + QUARTER)
        fine, failing, silent, losing, unsteady, late, new, off = ids
        set_feed(conn, failing, failures=4, last_ok=NOW - 3 * HOUR, last_status="html")
        set_feed(conn, silent, last_new=NOW - 40 * HOUR)
        add_polls(conn, silent, [NOW - n * QUARTER for n in range(160, 20, -1)], "not_modified")
        trouble = Trouble(kind="feed silent", subject=str(silent), text="", since=NOW - 40 * HOUR)
        notices.begin(conn, [trouble], NOW - HOUR)
        add_polls(conn, losing, [NOW - 3 * HOUR])
        set_feed(conn, losing, gap_at=NOW - 2 * HOUR)
        add_polls(conn, unsteady, [NOW - 2 * HOUR, NOW - HOUR], "not_modified")
        add_polls(conn, unsteady, [NOW - QUARTER] * 3, "timeout")
        set_feed(conn, late, next_due=NOW - 2 * HOUR)
        set_feed(conn, new, last_poll=None, last_ok=None, last_new=None)
        feeds.set_active(conn, off, False)
        meta.put_outage(conn, NOW - HOUR)
        notices.put_look(conn, NOW - 3 * MINUTE, None)
        found = overview(conn, NOW)
    assert [(one.feed.id, one.state) for one in found.feeds] == [
        (failing, "failing"), (late, "late"), (silent, "silent"), (losing, "losing"), (unsteady, "unsteady"),
        (new, "new"), (fine, "ok"), (off, "off"),
    ]  # fmt: skip
    said = {one.state: f"{one.what}. {one.do}" for one in found.feeds}
    assert said["failing"].startswith("gives a web page in place of a feed (4 polls in a row). Has it moved")
    assert 'says "not modified" each time it is asked (139 of 139 polls)' in said["silent"]
    assert said["losing"].startswith("may have lost articles between 09:00 and 10:00 UTC on 2026-03-01")
    assert said["unsteady"].startswith("fails often: 3 of 5 polls of the last day")
    assert (found.outage, found.looked, found.active) == (NOW - HOUR, NOW - 3 * MINUTE, 7)
    assert [one.subject for one in found.groups] == ["paper5.example"]
    assert (found.hour.polls, found.day.failed) == (3, 3)


def test_a_feed_that_speaks_again_is_not_silent_whatever_was_noticed(engine: Engine) -> None:
    with writing(engine) as conn:
        number = add_feed(conn).id
        trouble = Trouble(kind="feed silent", subject=str(number), text="", since=NOW - 40 * HOUR)
        notices.begin(conn, [trouble], NOW - HOUR)
        set_feed(conn, number, last_poll=NOW, last_ok=NOW, last_new=NOW)
        assert [one.state for one in overview(conn, NOW).feeds] == ["ok"]


def test_while_the_service_does_not_run_no_feed_is_said_to_be_late(engine: Engine) -> None:
    with writing(engine) as conn:
        number = add_feed(conn, now=NOW - 9 * DAY).id
        set_feed(conn, number, last_poll=NOW - 3 * HOUR, last_ok=NOW - 3 * HOUR)
        for ago, wanted in ((5, "late"), (20, "ok")):
            notices.put_look(conn, NOW - ago * MINUTE, None)
            found, one = overview(conn, NOW), report(conn, number, NOW)
            assert [state.state for state in found.feeds] == [wanted]
            assert one is not None and one.state.state == wanted
            assert len(found.groups) == (wanted == "late")


def test_feeds_that_went_dark_together_are_marked_as_such(engine: Engine) -> None:
    with writing(engine) as conn:
        for number in range(5):
            made = add_feed(conn, f"https://same.example/{number}", now=NOW - 9 * DAY, country="MMR")
            set_feed(
                conn, made.id, failures=5 * (number < 4), last_poll=NOW, last_ok=NOW - 3 * HOUR, next_due=NOW + QUARTER
            )
        found = overview(conn, NOW)
    assert [one.subject for one in found.groups] == ["same.example"]
    assert [one.together for one in found.feeds] == [True, True, True, True, False]


def test_the_lag_is_from_publication_to_first_sight_of_dated_news(engine: Engine) -> None:
    with writing(engine) as conn:
        number, other = add_feed(conn).id, add_feed(conn, "https://other.example/feed").id
    put_articles(engine, number, [1, 2, 3, 4, 5, 6, 7, 8, 9, 60])
    put_articles(engine, number, [900], backlog=True)
    put_articles(engine, number, [800], dated=False)
    put_articles(engine, number, [-5, 700], seen=3 * DAY)
    put_articles(engine, other, [10])
    with reading(engine) as conn:
        whole, one = overview(conn, NOW).lag, report(conn, number, NOW)
    assert whole is not None and one is not None and one.lag is not None
    assert (whole.articles, whole.median, whole.p90) == (11, 6 * MINUTE, 10 * MINUTE)
    assert (one.lag.articles, one.lag.median, one.lag.p90) == (12, 6 * MINUTE, 60 * MINUTE)


def test_everything_of_a_feed_is_in_its_report(engine: Engine) -> None:
    with writing(engine) as conn:
        number = add_feed(conn, "https://u:p@paper.example/feed?key=secret", now=NOW - 90 * DAY).id
        set_feed(
            conn, number, last_poll=NOW, last_ok=NOW, last_new=NOW - HOUR, next_due=NOW + QUARTER, etag='"1"',
            lies_since=NOW - DAY, whole_at=NOW - HOUR, moved_to="https://new.example/feed?key=secret",
            moved_since=NOW - HOUR, moved_times=3, rate=0.25,
        )  # fmt: skip
        add_polls(conn, number, [NOW - 10 * DAY], "timeout")
        add_polls(conn, number, [NOW - n * QUARTER for n in range(8, 1, -1)], "not_modified")
        add_polls(conn, number, [NOW - QUARTER], whole=True, rung="repaired")
        found = report(conn, number, NOW, last=3)
        assert report(conn, number + 1, NOW) is None
    assert found is not None
    assert (found.state.feed.address, found.state.feed.moved_to) == ("paper.example/feed?...", "new.example/feed?...")
    assert found.statuses == {"not_modified": 7, "ok": 1}
    assert (found.week.polls, found.week.unchanged, found.week.bytes) == (8, 7, 1000)
    assert [(row.status, row.polls) for row in found.faults] == [("timeout", 1)]
    assert [row.status for row in found.polls] == ["ok", "not_modified", "not_modified"]
    assert found.document is not None and found.document.rung == "repaired"
    assert (found.validators, found.moved_times, found.rate, found.rhythm) == (True, 3, 0.25, None)
    assert [note.split(",")[0] for note in found.state.notes] == [
        'its "not modified" is untrue', "it redirects for good to new.example/feed?...",
    ]  # fmt: skip


def test_a_removed_feed_is_not_there(engine: Engine) -> None:
    with writing(engine) as conn:
        number = add_feed(conn).id
        set_feed(conn, number, active=False, removed=NOW)
        assert overview(conn, NOW).feeds == ()
        assert report(conn, number, NOW) is None


def test_the_overview_asks_no_more_questions_for_more_feeds(sqlite_engine: Engine) -> None:
    """Ten thousand feeds with a hundred polls each were measured at 1.5 s."""

    def asked() -> int:
        number = 0

        def count(*_: object) -> None:
            nonlocal number
            number += 1

        event.listen(sqlite_engine, "before_cursor_execute", count)
        with reading(sqlite_engine) as conn:
            overview(conn, NOW)
        event.remove(sqlite_engine, "before_cursor_execute", count)
        return number

    def more(number: int) -> None:
        with writing(sqlite_engine) as conn:
            for n in range(number):
                made = add_feed(conn, f"https://p{number}-{n}.example/feed")
                set_feed(conn, made.id, last_poll=NOW, last_ok=NOW - 3 * HOUR, failures=5 * (n % 2))
                add_polls(conn, made.id, [NOW - 4 * HOUR, NOW], "timeout")

    more(10)
    few = asked()
    more(100)
    assert asked() < few + 12  # where the last day begins is found by halving
