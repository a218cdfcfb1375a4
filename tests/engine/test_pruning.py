"""What the settings let go is forgotten while the service runs, a little at a time."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from sqlalchemy import select

from alerts.collect.outcome import Document
from alerts.config import Config, defaults
from alerts.configured import kept_by
from alerts.engine import acts
from alerts.engine.acts import Actor
from alerts.engine.pruning import Pruner, Terms
from alerts.store import alerts, articles, documents, tallies
from alerts.store.database import reading, writing
from alerts.store.schema import article, outbox
from tests.engine.world import DAY, World

ALL = Terms(articles=30 * DAY, evidence=30 * DAY, mails=30 * DAY, audit=30 * DAY, polls=DAY, documents=0)


@dataclass(slots=True)
class Pauses:
    taken: list[float] = field(default_factory=list)

    def __call__(self, length: float) -> None:
        self.taken.append(length)


def pruner(world: World, terms: Terms = ALL, **more: object) -> Pruner:
    given: dict[str, object] = {"pause": Pauses()} | more
    return Pruner(engine=world.engine, terms=lambda: terms, **given)  # type: ignore[arg-type]


def mailed(world: World) -> None:
    """All that waited was sent."""
    with writing(world.engine) as conn:
        conn.execute(outbox.update().values(state="accepted", finished=outbox.c.created))


def texts(world: World) -> list[str]:
    with reading(world.engine) as conn:
        return list(conn.execute(select(article.c.text).order_by(article.c.id)).scalars())


def test_a_late_cancel_reaches_those_who_were_told_while_they_are_known(world: World) -> None:
    one = world.reader("one@example.org")
    world.hear("Shells fell on Taiz, killing 12 people.")
    [record] = world.alerts()
    mailed(world)
    world.later(days=29)
    world.tidy()
    assert pruner(world).run(world.now) == {}
    with writing(world.engine) as conn:
        said = acts.cancel(
            conn,
            world.rulebook,
            world.tracker.outbox,
            record.alert.id,
            Actor(who="Ana"),
            why="a drill",
            now=world.now,
        )
    assert said == f"alert {record.alert.id} is cancelled: 1 reader is told"
    assert world.mails("queued") == [(one, 2)]


def test_an_alert_that_is_long_over_keeps_what_it_says_and_not_who_heard(world: World) -> None:
    world.reader("one@example.org")
    world.hear("Shells fell on Taiz, killing 12 people.")
    world.hear("A market opened in Aden.")
    mailed(world)
    world.later(days=40)
    world.tidy()
    before = world.alerts()
    gone = pruner(world, Terms(mails=30 * DAY)).run(world.now)
    assert gone == {"mails": 1}
    assert world.alerts() == before
    assert world.mails() == []
    with reading(world.engine) as conn:
        assert tallies.counted(conn, "forgotten", world.now) == gone


def test_a_walk_that_came_to_its_end_begins_again_a_day_later(world: World) -> None:
    found = pruner(world)
    world.publish("A market opened in Aden.", published=world.now)
    world.read()
    world.later(days=31)
    assert found.run(world.now) == {"texts": 1}
    world.publish("A market opened in Taiz.", published=world.now - 35 * DAY)
    world.read()
    with writing(world.engine) as conn:
        conn.execute(article.update().values(first_seen=world.now - 31 * DAY))
    world.later(hours=23)
    assert found.run(world.now) == {}
    world.later(hours=1)
    assert found.run(world.now) == {"texts": 1}
    assert texts(world) == ["", ""]


def test_work_stops_when_its_time_is_up_and_goes_on_where_it_stopped(world: World) -> None:
    for number in range(10):
        world.publish(f"Market number {number} opened in Aden with {number * number} stalls.")
    world.read()
    world.later(days=31)
    terms = Terms(articles=30 * DAY)
    found = pruner(world, terms, at_once=2, work_s=0.0)
    assert [found.run(world.now) for _ in range(2)] == [{}, {}], "no time, no work"
    found.work_s = 1e-9
    assert [found.run(world.now) for _ in range(6)] == [*[{"texts": 2}] * 5, {}]


def test_documents_go_when_less_room_is_left_to_them_some_at_a_time(world: World) -> None:
    feed = world.feed("The Daily")
    with writing(world.engine) as conn:
        for number in range(3):
            came = Document(url=feed.url, content_type="text/xml", body=b"%d" % number)
            documents.put(conn, [(feed.id, came, "ok")] * documents.PRUNED_AT_ONCE, now=world.now)
        whole = documents.total(conn)
    found = pruner(world, Terms(documents=whole * 2 // 5))
    with writing(world.engine) as conn:
        assert documents.prune(conn, whole) == 0
        assert documents.prune(conn, whole * 2 // 5) == documents.PRUNED_AT_ONCE, "no more in one transaction"
    assert found.run(world.now) == {"documents": documents.PRUNED_AT_ONCE * 4 // 5}
    assert found.run(world.now) == {}
    with reading(world.engine) as conn:
        kept = documents.of_feed(conn, feed.id)
        last = documents.get(conn, kept[0].id)
    assert last is not None
    assert (len(kept), last.body) == (documents.PRUNED_AT_ONCE * 6 // 5, b"2")


def test_others_have_as_much_time_as_the_work_took(world: World) -> None:
    for number in range(6):
        world.publish(f"Market number {number} opened in Aden with {number * number} stalls.")
    world.read()
    world.later(days=31)
    pauses = Pauses()
    assert pruner(world, Terms(articles=30 * DAY), at_once=2, pause=pauses).run(world.now) == {"texts": 6}
    assert len(pauses.taken) == 3
    assert all(length > 0 for length in pauses.taken)


def test_a_service_that_stops_forgets_no_more(world: World) -> None:
    world.publish("A market opened in Aden.")
    world.read()
    world.later(days=31)
    assert pruner(world, stopping=lambda: True).run(world.now) == {}


def test_never_is_never(world: World) -> None:
    world.hear("Shells fell on Taiz, killing 12 people.")
    world.later(days=3650)
    world.tidy()
    assert pruner(world, Terms()).run(world.now) == {}


def test_a_rule_that_waits_long_for_more_of_an_event_keeps_its_readers_known(world: World) -> None:
    terms = Terms(mails=30 * DAY, same_event=60 * DAY)
    assert world.now - terms.alerts_over_since(world.now, 30 * DAY) == 120 * DAY
    assert world.now - Terms().alerts_over_since(world.now, 30 * DAY) == 30 * DAY


def test_days_are_known_for_as_long_as_a_rule_looks_back(world: World) -> None:
    assert world.now - Terms().counted_since(world.now) > 1096 * DAY
    assert world.now - Terms(baseline=4000 * DAY).counted_since(world.now) > 4000 * DAY


def test_the_terms_are_those_of_the_settings_and_of_the_rules_in_force(world: World, tmp_path: Path) -> None:
    config: Config = defaults(tmp_path)
    found = kept_by(config, world.rulebook)
    assert (found.articles, found.evidence, found.mails) == (365 * DAY, None, 90 * DAY)
    assert found.polls == config.collect.keep_polls
    assert found.same_event == timedelta(days=14)
    assert found.baseline == timedelta(0)


def test_what_the_feed_said_before_is_no_news_after_its_text_is_gone(world: World) -> None:
    """The same words under the same key, a year later: nothing is told, nothing is read."""
    told = world.hear("Shells fell on Taiz, killing 12 people.", key="one", dated=False)
    assert told
    world.hear("Nobody was hurt when the market of Aden closed.", key="two", dated=False)
    world.later(days=400)
    world.tidy()
    assert pruner(world).run(world.now)["texts"] == 1
    world.reader("one@example.org")
    assert world.hear("Nobody was hurt when the market of Aden closed.", key="two", dated=False) == []
    with reading(world.engine) as conn:
        assert articles.count_waiting(conn) == 0
        assert len(alerts.list_alerts(conn)) == 1
