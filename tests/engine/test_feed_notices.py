"""What operators are told of feeds that fail together, lose articles, or are asked too late; and what they are not told
twice."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from alerts.engine.notices import Watchman
from alerts.store import articles, meta, notices, people
from alerts.store.articles import Draft
from alerts.store.database import writing
from alerts.store.schema import feed
from tests.engine.test_notices import mails, opened
from tests.engine.world import HOUR, MINUTE, NOON, World
from tests.store.pollrows import add_polls, set_feed


@pytest.fixture
def watchman(world: World) -> Watchman:
    with writing(world.engine) as conn:
        people.assign_duties(conn, "operator", ["ops@example.org"], NOON)
    return Watchman(engine=world.engine, secret=b"s" * 32, domain="alerts.example", started=NOON)


def put(world: World, number: int, **columns: Any) -> None:
    with writing(world.engine) as conn:
        set_feed(conn, number, **columns)


def fail(world: World, *numbers: int, status: str = "timeout") -> None:
    for number in numbers:
        put(world, number, failures=5, last_poll=world.now, last_status=status, last_error="no")


def answer(world: World, *numbers: int) -> None:
    for number in numbers:
        put(world, number, failures=0, last_poll=world.now, last_ok=world.now, last_status="ok")


def made(world: World, many: int, *, hosts: int = 0) -> list[int]:
    """Feeds that answered just now, on one host or on some."""
    numbers = [world.feed(f"Paper {n}").id for n in range(many)]
    for number in numbers if hosts else ():
        put(world, number, host=f"h{number % hosts}.example")
    answer(world, *numbers)
    return numbers


Subjects = list[tuple[str, str]]


def look(world: World, watchman: Watchman) -> tuple[Subjects, Subjects]:
    """What a look opened and ended of feeds; its mail goes out at once."""
    found = watchman.look(world.now)
    world.send_all()
    ended = [(one.kind, one.subject) for one in found.ended]
    return tuple([one for one in some if one[0].startswith("feed")] for some in (opened(found), ended))  # type: ignore[return-value]


NOTHING: tuple[Subjects, Subjects] = ([], [])


def test_our_own_outage_is_told_once_and_nothing_is_held_against_feeds_meanwhile(
    world: World, watchman: Watchman
) -> None:
    numbers = made(world, 6, hosts=3)
    world.later(hours=2)
    fail(world, numbers[0], status="gone")
    assert look(world, watchman) == ([("feed failing", "1")], [])
    since = world.now
    with writing(world.engine) as conn:
        meta.put_outage(conn, since)
        conn.execute(update(feed).values(next_due=since))
    world.later(minutes=10)
    assert look(world, watchman) == NOTHING
    world.later(minutes=5)
    answer(world, numbers[0])  # nothing is known now, so nothing is over
    assert look(world, watchman) == ([("feeds failing", "all")], [])
    world.later(hours=3)
    assert look(world, watchman) == NOTHING
    with writing(world.engine) as conn:
        meta.put_outage(conn, None)
    world.later(minutes=5)
    assert look(world, watchman) == ([], [("feed failing", "1"), ("feeds failing", "all")])
    assert f"Nothing can be fetched since {since:%Y-%m-%d %H:%M} UTC: it is our own network" in mails(world)[1][2]


def test_feeds_are_given_time_to_catch_up_after_an_outage(world: World, watchman: Watchman) -> None:
    numbers = made(world, 3)
    with writing(world.engine) as conn:
        conn.execute(update(feed).values(next_due=world.now))
        meta.put_outage(conn, world.now)
    world.later(hours=5)
    look(world, watchman)
    with writing(world.engine) as conn:
        meta.put_outage(conn, None)
    for minutes in (5, 20):
        world.later(minutes=minutes)
        answer(world, *numbers)
        assert look(world, watchman)[0] == []
    world.later(minutes=40)
    assert look(world, watchman) == ([("feeds late", "feeds.example")], [])


def test_feeds_of_an_outage_that_were_not_asked_since_are_not_told_one_by_one(world: World, watchman: Watchman) -> None:
    numbers = made(world, 5)
    world.later(hours=3)
    fail(world, *numbers)
    assert look(world, watchman) == ([("feeds failing", "feeds.example")], [])
    world.later(hours=1)
    answer(world, *numbers[:3])
    assert look(world, watchman) == ([], [("feeds failing", "feeds.example")])
    world.later(minutes=30)
    fail(world, numbers[3])
    assert look(world, watchman) == ([("feed failing", "4")], [])


def test_a_feed_that_goes_each_night_is_told_once_unless_it_stays_away(world: World, watchman: Watchman) -> None:
    [one, _] = made(world, 2)
    for _ in range(4):
        world.later(hours=10)
        fail(world, one)
        assert look(world, watchman) == ([("feed failing", "1")], [])
        world.later(hours=10)
        assert look(world, watchman) == NOTHING
        answer(world, one)
        assert look(world, watchman) == ([], [("feed failing", "1")])
    assert len(mails(world)) == 1
    world.later(hours=10)
    fail(world, one)
    look(world, watchman)
    world.later(hours=13)
    look(world, watchman)
    assert len(mails(world)) == 2


def test_a_critical_feed_is_told_each_time(world: World, watchman: Watchman) -> None:
    [one, _] = made(world, 2)
    put(world, one, critical=True)
    for _ in range(2):
        world.later(hours=1)
        fail(world, one)
        look(world, watchman)
        world.later(hours=1)
        answer(world, one)
        look(world, watchman)
    assert len(mails(world)) == 2


def gap(world: World, number: int) -> None:
    """The document of now shares nothing with that of half an hour ago."""
    with writing(world.engine) as conn:
        add_polls(conn, number, [world.now - 30 * MINUTE])
        add_polls(conn, number, [world.now], new=20, overlap=0, gap=True)
        set_feed(conn, number, gap_at=world.now, last_poll=world.now, last_ok=world.now)


def test_a_gap_is_told_with_its_time_and_over_after_a_day_without(world: World, watchman: Watchman) -> None:
    [one] = made(world, 1)
    world.later(hours=1)
    gap(world, one)
    at = world.now
    assert look(world, watchman) == ([("feed gap", "1")], [])
    assert f"between {at - 30 * MINUTE:%H:%M} and {at:%H:%M} UTC" in mails(world)[0][2]
    assert mails(world)[0][1] == "Notice: articles of a feed may be lost"
    world.later(hours=12)
    gap(world, one)
    assert look(world, watchman) == NOTHING
    world.later(hours=23, minutes=59)
    assert look(world, watchman) == NOTHING
    world.later(minutes=1)
    assert look(world, watchman) == ([], [("feed gap", "1")])
    world.later(hours=20)
    gap(world, one)
    assert look(world, watchman) == ([("feed gap", "1")], [])
    assert len(mails(world)) == 1  # within a week it is the way of this feed


def test_many_gaps_are_one_notice_and_its_end_tells_nothing_again(world: World, watchman: Watchman) -> None:
    numbers = made(world, 6)
    for number in numbers:
        world.later(minutes=2)
        gap(world, number)
    assert look(world, watchman) == ([("feed gap", "many")], [])
    world.later(hours=24, minutes=-5)
    assert look(world, watchman) == NOTHING
    world.later(minutes=6)
    assert look(world, watchman) == ([], [("feed gap", "many")])


def test_a_host_with_too_many_feeds_is_told_until_all_are_asked_in_time(world: World, watchman: Watchman) -> None:
    numbers = made(world, 4)
    world.later(hours=2)
    for number in numbers[:3]:
        put(world, number, next_due=world.now - 65 * MINUTE)
    assert look(world, watchman) == ([("feeds late", "feeds.example")], [])
    assert "3 of 4 feeds at feeds.example are asked too late, the latest by 65 minutes" in mails(world)[0][2]
    for number in numbers:
        put(world, number, next_due=world.now + HOUR)
    assert look(world, watchman) == ([], [("feeds late", "feeds.example")])


def test_why_a_feed_is_silent_is_told_from_its_polls(world: World, watchman: Watchman) -> None:
    [one] = made(world, 1)
    for number in range(21 * 4):
        with writing(world.engine) as conn:
            draft = Draft(
                key=str(number), content_hash="", title="", text="", url="", language=None, published=world.now
            )
            articles.store(conn, one, [draft], now=world.now)
        world.later(hours=6)
    put(world, one, last_new=world.now - 6 * HOUR)
    world.later(hours=13)
    with writing(world.engine) as conn:
        add_polls(conn, one, [world.now - n * HOUR for n in range(12, 0, -1)], "not_modified")
        add_polls(conn, one, [world.now], whole=True)
    answer(world, one)
    assert look(world, watchman) == ([("feed silent", "1")], [])
    assert 'says "not modified" each time it is asked (12 of 13 polls), and the whole document' in mails(world)[0][2]


def test_of_many_notices_of_a_kind_the_mail_tells_some_and_how_many_there_are(world: World, watchman: Watchman) -> None:
    numbers = made(world, 28, hosts=28)
    for number in numbers:
        world.later(hours=2)
        answer(world, *(n for n in numbers if n > number))
    for number in numbers:
        fail(world, number)
    assert len(opened(watchman.look(world.now + 3 * HOUR))) == 28
    [(_, subject, text)] = mails(world)
    assert subject == "Notice" + "s: 28 feeds cannot be read"
    assert text.count("- Paper") == 25
    assert "28 feeds cannot be read in all; these 3 more: alerts notices" in text


def test_notices_open_and_end_but_never_flap_in_quiet(world: World, watchman: Watchman) -> None:
    made(world, 4, hosts=2)
    for _ in range(5):
        world.later(minutes=5)
        assert look(world, watchman) == NOTHING
    with writing(world.engine) as conn:
        assert notices.open_notices(conn) == []
    assert world.now - NOON == timedelta(minutes=25)
