"""Two alerts become one, and one becomes two, on real tables."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine, func, select

from alerts.engine import merging
from alerts.engine.acts import Actor
from alerts.engine.merging import Changed, Tools
from alerts.engine.rulebook import Rulebook
from alerts.errors import InputError
from alerts.read.places import Gazetteer
from alerts.readers import Wishes
from alerts.store import acts, people, reports
from alerts.store.database import reading, writing
from alerts.store.reports import LastSpike
from alerts.store.schema import evidence
from alerts.store.told import told
from alerts.track.spike import Told
from tests.engine.world import NOON, World

ANALYST = Actor(who="analyst")
TAIZ = "Government forces shelled Taiz on Monday, killing 12 people."
MARIB = "The army shelled Marib for hours, killing 14 people, the mayor told us."


@pytest.fixture
def anywhere(rulebook: Rulebook, gazetteer: Gazetteer, engine: Engine) -> World:
    """A world on each of the databases, in which the first of each kind has the id 1."""
    if engine.dialect.name == "postgresql":
        with engine.begin() as conn:
            conn.exec_driver_sql("TRUNCATE incident, article, feed, person RESTART IDENTITY CASCADE")
            conn.exec_driver_sql("ALTER SEQUENCE alert_id_seq RESTART")
    return World(rulebook, gazetteer, engine)


def tools(world: World) -> Tools:
    tracker = world.tracker
    return Tools(rulebook=tracker.rulebook, lookup=world.gazetteer.by_id, outbox=tracker.outbox)


def merge(world: World, into: str, *gone: str) -> list[Changed]:
    with writing(world.engine) as conn:
        return merging.merge(conn, tools(world), into, gone, ANALYST, why="one raid", now=world.now)


def split(world: World, alert_id: str, *articles: str) -> list[Changed]:
    with writing(world.engine) as conn:
        return merging.split(conn, tools(world), alert_id, articles, ANALYST, why="two raids", now=world.now)


def two(world: World) -> None:
    """Alert 1 at Taiz, alert 2 at Marib, of an outlet each."""
    world.hear(TAIZ)
    world.hear(MARIB, source="Evening Post")


def rows(world: World) -> list[tuple[str, str]]:
    """(alert, article) of all evidence."""
    with reading(world.engine) as conn:
        return sorted((str(a), str(b)) for a, b in conn.execute(select(evidence.c.alert_id, evidence.c.article_id)))


def test_all_evidence_is_of_the_alert_that_goes_on(anywhere: World) -> None:
    two(anywhere)
    changed = merge(anywhere, "1", "2")
    assert rows(anywhere) == [("1", "1"), ("1", "2")]
    one, gone = anywhere.alerts()
    assert (one.alert.state, one.alert.origins, one.alert.version) == ("active", 2, 2)
    assert (gone.alert.state, gone.alert.merged_into, gone.evidence) == ("merged", "1", ())
    assert one.title == "Shelling in Yemen: 14 people killed"
    assert one.versions[-1].why.startswith("the same event as alert 2 (Shelling in Marib: 14 people killed), which")
    assert gone.alert.incident == one.alert.incident
    assert [(item.before and item.before.alert.id, item.after.alert.id) for item in changed] == [("1", "1"), ("2", "2")]


def test_an_article_that_is_evidence_of_both_stays_once(anywhere: World) -> None:
    anywhere.hear(f"{TAIZ} On the same day rebels shelled Marib, killing 3 people.")
    merge(anywhere, "1", "2")
    assert rows(anywhere) == [("1", "1")]


def test_the_readers_of_both_hear_of_the_merge_and_no_unsent_mail_of_the_other_goes_out(anywhere: World) -> None:
    anywhere.hear(TAIZ)
    early = anywhere.reader("early@example.org")  # was told of the second alone
    anywhere.hear(MARIB, source="Evening Post")
    with writing(anywhere.engine) as conn:  # and would not be told of the first
        people.set_wishes(conn, early, Wishes(events=("siege",)))
    [change, _] = merge(anywhere, "1", "2")
    assert change.readers == 1
    assert anywhere.mails("queued") == [(early, 2)]
    assert anywhere.mails("withdrawn") == [(early, 1)]
    with reading(anywhere.engine) as conn:
        assert told(conn, "1") == {early: 2}


def test_who_was_told_of_what_was_merged_is_told_that_it_was_wrong(world: World) -> None:
    world.hear(TAIZ)
    early = world.reader("early@example.org")
    world.hear(MARIB, source="Evening Post")
    world.send_all()
    merge(world, "1", "2")
    with reading(world.engine) as conn:
        assert told(conn, "1", reached=True) == {early: 0}


def test_what_would_have_joined_the_merged_alert_joins_the_other(world: World) -> None:
    two(world)
    merge(world, "1", "2")
    world.later(hours=5)
    world.hear("Marib was shelled again, killing 40 people.", source="Northern Star")
    world.hear("Shells fell on Taiz, residents said.", source="Southern Star")
    assert [len(record.evidence) for record in world.alerts()] == [4, 0]


def test_an_article_of_the_merged_alert_that_is_rewritten_is_news_of_the_other(world: World) -> None:
    two(world)
    merge(world, "1", "2")
    world.later(hours=1)
    told = world.hear(MARIB.replace("14", "45"), key=MARIB[:60], source="Evening Post")
    assert told == ["update 3 Shelling in Yemen: 45 people killed"]


def test_a_spike_is_told_of_by_the_alert_that_goes_on(anywhere: World) -> None:
    two(anywhere)
    last = Told(day=NOON.date(), level=4, severity="severe")
    with writing(anywhere.engine) as conn:
        reports.put_spike(conn, "shelling", "gn:1", LastSpike(alert_id="2", told=last))
    merge(anywhere, "1", "2")
    with reading(anywhere.engine) as conn:
        assert reports.last_spike(conn, "shelling", "gn:1") == LastSpike(alert_id="1", told=last)


def test_a_merge_is_recorded_with_both_alerts(world: World) -> None:
    two(world)
    merge(world, "1", "2")
    with reading(world.engine) as conn:
        [one], [other] = acts.of_alert(conn, "1"), acts.of_alert(conn, "2")
    assert (one.kind, one.who, one.why, one.version) == ("merge", "analyst", "one raid", 2)
    assert one.detail == other.detail == {"into": "1", "gone": "2", "articles": ["2"]}


def test_an_alert_of_the_same_key_may_open_when_the_one_merged_into_is_long_over(world: World) -> None:
    two(world)
    merge(world, "1", "2")
    world.later(days=9)
    world.tidy()
    assert world.hear("Marib was shelled, killing 4 people.") == ["new 1 Shelling in Marib: 4 people killed"]


def test_alerts_of_two_rules_are_not_merged_and_nothing_changes(world: World) -> None:
    world.hear(TAIZ)
    world.hear("The army besieged Djibo on Monday.")
    before = world.alerts()
    with pytest.raises(InputError, match="belongs to one incident"):
        merge(world, "1", "2")
    with pytest.raises(InputError, match="there is no alert 7"):
        merge(world, "1", "7")
    assert world.alerts() == before


def four(world: World) -> None:
    """One alert of two raids on Taiz."""
    world.hear(TAIZ)
    world.hear("Shells fell on Taiz, killing 12, residents said.", source="Evening Post")
    world.later(hours=20)
    world.hear("The bazaar of Taiz was shelled, killing 45 people.", source="Northern Star")
    world.hear("At least 45 people were killed when the army shelled Taiz, doctors said.", source="Southern Star")


def test_a_part_gets_its_own_alert_with_its_evidence(anywhere: World) -> None:
    anywhere.reader("one@example.org")
    four(anywhere)
    stays, part = split(anywhere, "1", "3", "4")
    assert sorted(rows(anywhere)) == [("1", "1"), ("1", "2"), ("2", "3"), ("2", "4")]
    one, two = anywhere.alerts()
    assert [one.title, two.title] == ["Shelling in Taiz: 12 people killed", "Shelling in Taiz: 45 people killed"]
    assert (two.alert.key, two.alert.state, two.versions[0].kind) == (f"{one.alert.key}|2", "active", "new")
    assert one.versions[-1].why.startswith("alert 2 (Shelling in Taiz: 45 people killed) was split off")
    assert (stays.readers, part.readers) == (1, 1)
    assert part.before is None


def test_further_reports_go_to_the_part_whose_number_or_story_they_tell(world: World) -> None:
    four(world)
    split(world, "1", "3", "4")
    world.later(hours=2)
    world.hear("Taiz was shelled on Monday, killing 12 people, the ministry said.", source="Western Star")
    world.hear("The army shelled the bazaar of Taiz, killing 45 people.", source="Eastern Star")
    assert [len(record.evidence) for record in world.alerts()] == [3, 3]


def test_a_split_is_recorded_with_both_alerts(world: World) -> None:
    four(world)
    split(world, "1", "4", "3")
    with reading(world.engine) as conn:
        [one], [other] = acts.of_alert(conn, "1"), acts.of_alert(conn, "2")
    assert (one.kind, one.why, other.version) == ("split", "two raids", 1)
    assert one.detail == other.detail == {"from": "1", "part": "2", "articles": ["3", "4"]}


def test_what_was_split_can_be_merged_again(anywhere: World) -> None:
    four(anywhere)
    [before] = anywhere.alerts()
    split(anywhere, "1", "3", "4")
    merge(anywhere, "1", "2")
    one, gone = anywhere.alerts()
    assert (one.alert.numbers, one.alert.origins) == (before.alert.numbers, before.alert.origins)
    assert {item.article_id: item.origin for item in one.evidence} == {
        item.article_id: item.origin for item in before.evidence
    }
    assert gone.alert.state == "merged"
    split(anywhere, "1", "3", "4")
    assert anywhere.alerts()[2].alert.key == f"{one.alert.key}|3"


def test_a_step_that_fails_leaves_everything_as_it_was(world: World) -> None:
    four(world)
    before = world.alerts()
    with pytest.raises(InputError, match="no article would be left"):
        split(world, "1", "1", "2", "3", "4")
    with reading(world.engine) as conn:
        assert conn.execute(select(func.count()).select_from(evidence)).scalar_one() == 4
    assert world.alerts() == before
