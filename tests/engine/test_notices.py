"""Looks for what does not go on as it should: what is told, to whom, and how often."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import insert, update

from alerts.engine.notices import EVERY, SETTLES, Look, Watchman
from alerts.store import articles, aside, bulletins, feeds, meta, notices, outbox, people
from alerts.store.database import reading, writing
from alerts.store.schema import alert, feed, machine
from tests.engine.world import MINUTE, NOON, World


@pytest.fixture
def watchman(world: World) -> Watchman:
    with writing(world.engine) as conn:
        people.assign_duties(conn, "operator", ["ops@example.org"], NOON)
    world.reader("one@example.org")
    return Watchman(engine=world.engine, secret=b"s" * 32, domain="alerts.example", started=NOON)


def mails(world: World) -> list[tuple[str, str, str]]:
    """(reader, subject, text) of each bulletin."""
    with reading(world.engine) as conn:
        rows = sorted(outbox.list_rows(conn), key=lambda row: row.id)
        found = bulletins.by_id(conn, [row.bulletin_id for row in rows if row.bulletin_id])
        addresses = people.addresses(conn, [row.person.id for row in rows])
    return [
        (addresses[row.person.id], found[row.bulletin_id].subject, found[row.bulletin_id].body)
        for row in rows
        if row.bulletin_id
    ]


def opened(look: Look) -> list[tuple[str, str]]:
    return [(one.kind, one.subject) for one in look.opened]


def fail(world: World, number: int, *, failures: int = 5) -> None:
    with writing(world.engine) as conn:
        row = {"failures": failures, "last_poll": world.now}
        row |= {"last_status": "timeout", "last_error": "https://feeds.example/a?token=secret: no answer"}
        conn.execute(update(feed).where(feed.c.id == number).values(row))


def answer(world: World, number: int) -> None:
    with writing(world.engine) as conn:
        row = {"failures": 0, "last_poll": world.now, "last_ok": world.now}
        conn.execute(update(feed).where(feed.c.id == number).values(row))


def test_where_all_is_well_nothing_is_told(world: World, watchman: Watchman) -> None:
    world.hear("Government forces shelled Taiz on Monday, killing 12 people.")
    assert watchman.look(world.now) == Look()
    assert mails(world) == []


def test_trouble_is_told_to_the_operators_once(world: World, watchman: Watchman) -> None:
    number = world.feed("The Daily").id
    world.later(hours=3)
    fail(world, number)
    assert opened(watchman.look(world.now)) == [("feed failing", str(number))]
    world.later(minutes=5)
    assert watchman.look(world.now) == Look()
    [(reader, subject, text)] = mails(world)
    assert (reader, subject) == ("ops@example.org", "Notice: a feed cannot be read")
    assert "The Daily (feed 1) has not answered ever since it was added" in text
    assert "no answer" in text
    assert "secret" not in text


def test_what_comes_up_in_one_look_is_one_mail(world: World, watchman: Watchman) -> None:
    numbers = [world.feed(name).id for name in ("The Daily", "Morning Post")]
    world.feed("Fine")
    world.later(hours=3)
    for number in numbers:
        fail(world, number)
    with writing(world.engine) as conn:
        meta.put_rules_trouble(conn, "1 in force\n  siege.toml:3: error: no", world.now)
    watchman.look(world.now)
    [(_, subject, text)] = mails(world)
    assert subject == "Notices: 2 feeds cannot be read; rules have faults"
    assert "siege.toml:3: error: no" in text


def test_that_it_is_over_is_told_with_the_next_mail(world: World, watchman: Watchman) -> None:
    one, two = world.feed("The Daily").id, world.feed("Morning Post").id
    world.later(hours=3)
    fail(world, one)
    watchman.look(world.now)
    world.send_all()
    world.later(minutes=5)
    answer(world, one)
    assert [notice.subject for notice in watchman.look(world.now).ended] == [str(one)]
    assert len(mails(world)) == 1
    over = world.now
    world.later(hours=3)
    fail(world, two)
    watchman.look(world.now)
    world.send_all()
    text = mails(world)[1][2]
    assert f"Over since {over:%Y-%m-%d %H:%M} UTC: The Daily (feed 1) has not answered" in text
    world.later(days=2)
    fail(world, one)
    watchman.look(world.now)
    assert "Over" not in mails(world)[2][2]


def test_without_operators_it_is_logged_and_waits_to_be_told(
    world: World, watchman: Watchman, caplog: pytest.LogCaptureFixture
) -> None:
    with writing(world.engine) as conn:
        people.assign_duties(conn, "operator", [], NOON)
    number = world.feed("The Daily").id
    world.later(hours=3)
    fail(world, number)
    watchman.look(world.now)
    assert "noticed: The Daily (feed 1) has not answered" in caplog.text
    assert mails(world) == []
    with writing(world.engine) as conn:
        people.assign_duties(conn, "operator", ["new@example.org"], NOON)
    world.later(minutes=5)
    watchman.look(world.now)
    assert [reader for reader, _, _ in mails(world)] == ["new@example.org"]
    assert caplog.text.count("noticed:") == 1
    assert "example.org" not in caplog.text


def test_feeds_that_fail_one_after_the_other_and_then_together_do_not_recover_by_that(
    world: World, watchman: Watchman
) -> None:
    numbers = [world.feed(f"Paper {n}").id for n in range(6)]
    world.later(hours=3)
    for number in numbers:
        answer(world, number)
    world.later(hours=3)
    fail(world, numbers[0])
    assert opened(watchman.look(world.now)) == [("feed failing", "1")]
    for number in numbers:
        fail(world, number)
    look = watchman.look(world.now)
    assert (opened(look), look.ended) == ([("feeds failing", "feeds.example")], ())
    for number in numbers[1:]:
        answer(world, number)
    look = watchman.look(world.now)
    assert (opened(look), [one.kind for one in look.ended]) == ([], ["feeds failing"])


def _brings(world: World, source: str, days: int) -> None:
    """An article every six hours, for days."""
    for number in range(days * 4):
        world.publish(f"Article {number} of {source}.", source=source)
        with writing(world.engine) as conn:
            conn.execute(update(feed).where(feed.c.source == source).values(last_new=world.now))
        world.later(hours=6)
    world.read(limit=1000)


def test_a_feed_is_silent_against_its_rhythm_until_it_speaks(world: World, watchman: Watchman) -> None:
    _brings(world, "The Daily", 21)
    answer(world, 1)
    assert watchman.look(world.now) == Look()
    world.later(hours=13)
    answer(world, 1)
    assert opened(watchman.look(world.now)) == [("feed silent", "1")]
    world.send_all()
    for _ in range(30):  # its rhythm is learned anew each day, until nothing is left of it
        world.later(days=3)
        answer(world, 1)
        assert watchman.look(world.now) == Look()
    _brings(world, "The Daily", 1)
    answer(world, 1)
    assert [one.kind for one in watchman.look(world.now).ended] == ["feed silent"]


def test_a_feed_that_is_no_longer_polled_is_not_silent(world: World, watchman: Watchman) -> None:
    _brings(world, "The Daily", 21)
    world.later(hours=13)
    answer(world, 1)
    assert opened(watchman.look(world.now)) == [("feed silent", "1")]
    with writing(world.engine) as conn:
        feeds.set_active(conn, 1, False)
    assert [one.kind for one in watchman.look(world.now).ended] == ["feed silent"]


def test_a_rule_is_silent_against_its_rhythm(world: World, watchman: Watchman) -> None:
    with writing(world.engine) as conn:
        meta.put_in_force(conn, [meta.InForce(rule="shelling", version="1", text="")], NOON)
    for day in range(35):
        if day % 5 == 0:
            world.hear(f"The army shelled Taiz, killing {day + 1} people.", source=f"Paper {day}")
            world.tidy()
            world.send_all()
        world.later(days=1)
        assert watchman.look(world.now) == Look()
    world.later(days=8)
    assert opened(watchman.look(world.now)) == [("rule silent", "shelling")]


def test_articles_that_wait_or_were_set_aside_are_told(world: World, watchman: Watchman) -> None:
    world.publish("It rained.")
    world.later(minutes=16)
    assert opened(watchman.look(world.now)) == [("backlog", "articles")]
    with writing(world.engine) as conn:
        articles.mark_faulty(conn, articles.waiting(conn, 1)[0], "ValueError: no", world.now)
    look = watchman.look(world.now)
    assert (opened(look), [one.kind for one in look.ended]) == ([("articles", "set aside")], ["backlog"])


def test_a_mail_that_came_in_and_trips_over_a_fault_is_told_once(world: World, watchman: Watchman) -> None:
    with writing(world.engine) as conn:
        aside.put(conn, "From: ana@example.org", "ValueError in taking.py:88", world.now)
    look = watchman.look(world.now)
    assert opened(look) == [("mail in", "set aside")]
    assert "one with: ValueError in taking.py:88. They are tried again at the next start" in look.opened[0].text
    with writing(world.engine) as conn:
        aside.put(conn, "From: ben@example.org", "ValueError in taking.py:88", world.now)
    assert watchman.look(world.now) == Look()
    with writing(world.engine) as conn:
        for number in aside.listed(conn):
            aside.take(conn, number)
    assert [one.kind for one in watchman.look(world.now).ended] == ["mail in"]


def test_a_machine_that_died_or_cannot_load_its_files_is_told(world: World, watchman: Watchman) -> None:
    row = {"life": "x", "home": "h", "roles": [], "version": "1", "settings": "", "skew_ms": 0}
    with writing(world.engine) as conn:
        meta.put_rules_trouble(conn, "2 in force\n  a.toml:1: error: no", world.now)
        trouble = "a disk that is not there\n2 in force\n  a.toml:1: error: no"
        for name, words in (("alpha", trouble), ("beta", "2 in force\n  a.toml:1: error: no"), ("gamma", None)):
            times = {"started": world.now, "seen": world.now - (MINUTE if name == "gamma" else 0 * MINUTE)}
            conn.execute(insert(machine).values({**row, **times, "life": name, "name": name, "trouble": words}))
    look = watchman.look(world.now)
    assert opened(look) == [("rules", "rules"), ("machine", "files of alpha"), ("machine", "gamma")]
    texts = [one.text for one in look.opened]
    assert texts[1] == "The machine alpha has trouble with rules or templates: a disk that is not there"
    assert texts[2].startswith("The machine gamma has not been heard of since") and "Start it again" in texts[2]
    with writing(world.engine) as conn:
        conn.execute(update(machine).values(seen=world.now, trouble=None))
        meta.put_rules_trouble(conn, "", world.now)
    assert {one.kind for one in watchman.look(world.now).ended} == {"rules", "machine"}


def test_machines_with_other_settings_or_a_clock_that_is_off_are_told(world: World, watchman: Watchman) -> None:
    row = {"home": "h", "roles": [], "version": "1", "started": world.now, "seen": world.now}
    with writing(world.engine) as conn:
        for name, settings, skew in (("alpha", "a", 0), ("beta", "b", -1_900), ("gamma", "a", 2_100)):
            more = {"name": name, "life": name, "settings": settings, "skew_ms": skew}
            conn.execute(insert(machine).values({**row, **more}))
    look = watchman.look(world.now)
    assert opened(look) == [("machine", "settings of beta"), ("machine", "clock of gamma")]
    texts = [one.text for one in look.opened]
    assert texts[0].startswith("The machines alpha and beta have different configurations")
    assert texts[1].startswith("The clock of the machine gamma is 2.1 seconds off the database's")
    with writing(world.engine) as conn:
        conn.execute(update(machine).values(settings="a", skew_ms=0))
    assert len(watchman.look(world.now).ended) == 2


def test_mails_that_do_not_get_out_are_told(world: World, watchman: Watchman) -> None:
    world.hear("Government forces shelled Taiz on Monday, killing 12 people.")
    world.later(minutes=29)
    assert watchman.look(world.now) == Look()
    world.later(minutes=2)
    assert opened(watchman.look(world.now)) == [("mail", "held up")]
    world.send_all()
    assert [one.subject for one in watchman.look(world.now).ended] == ["held up"]


def test_a_mail_that_is_held_is_told_to_operators_with_why(world: World, watchman: Watchman) -> None:
    world.hear("Government forces shelled Taiz on Monday, killing 12 people.")
    with writing(world.engine) as conn:
        ids = [row.id for row in outbox.lease(conn, world.now, "t", 1, 60)]
        outbox.mark_held(conn, ids, "t", world.now, "not sent in clear: the reader's key expired")
    assert opened(watchman.look(world.now)) == [("mail", "held")]
    [(_, _, text)] = mails(world)
    assert "1 mail did not go out" in text
    assert "not sent in clear: the reader's key expired" in text


def test_each_alert_that_waits_for_a_person_is_told_and_nothing_when_that_is_done(
    world: World, watchman: Watchman
) -> None:
    world.hear("Government forces shelled Taiz on Monday, killing 12 people.")
    world.send_all()
    with writing(world.engine) as conn:
        conn.execute(update(alert).values(triage="waiting", waits_since=world.now))
    assert opened(watchman.look(world.now)) == [("triage", "1")]
    [(_, subject, text)] = mails(world)
    assert subject == "Notice: an alert waits for a person"
    assert "Alert 1 (severe) waits for a person: Shelling in Taiz: 12 people killed" in text
    with writing(world.engine) as conn:
        conn.execute(update(alert).values(triage="approved", waits_since=None))
    assert len(watchman.look(world.now).ended) == 1
    world.later(hours=3)
    fail(world, 1)
    watchman.look(world.now)
    assert "Over" not in mails(world)[1][2]


def test_a_look_is_due_when_the_service_has_settled_and_then_every_few_minutes(
    world: World, watchman: Watchman
) -> None:
    assert not watchman.due(NOON + SETTLES - timedelta(seconds=1))
    assert watchman.due(NOON + SETTLES)
    watchman.look(NOON + SETTLES)
    assert not watchman.due(NOON + SETTLES + EVERY - timedelta(seconds=1))
    assert watchman.due(NOON + SETTLES + EVERY)
    with reading(world.engine) as conn:
        look = notices.last_look(conn)
    assert look is not None
    assert look.at == NOON + SETTLES


def test_a_restart_repeats_nothing(world: World, watchman: Watchman) -> None:
    number = world.feed("The Daily").id
    world.later(hours=3)
    fail(world, number)
    watchman.look(world.now)
    again = Watchman(engine=world.engine, secret=b"s" * 32, domain="alerts.example", started=world.now)
    assert again.look(world.now + 5 * MINUTE) == Look()
    assert len(mails(world)) == 1
