"""From findings to alerts and outbox rows, on real tables."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from alerts.engine.rulebook import compiled
from alerts.read.places import Gazetteer
from tests.engine.world import DAY, HOUR, SHELLING, World, sound

TAIZ = "Government forces shelled Taiz on Monday, killing 12 people."
LONG = (
    "Government forces shelled Taiz on Monday, killing 12 people. Residents of the old town spent the night in their "
    "cellars while the rounds came down on the market, the bus station and two schools. The governor asked for more "
    "ambulances from the neighbouring districts, and doctors at the main hospital said that they had run out of blood."
)


def test_the_first_report_opens_an_alert_for_all_readers(world: World) -> None:
    one, two = world.reader("one@example.org"), world.reader("two@example.org")
    assert world.hear(TAIZ) == ["new 1 Shelling in Taiz: 12 people killed"]
    assert world.mails("queued") == [(one, 1), (two, 1)]
    [record] = world.alerts()
    assert (record.alert.state, record.alert.severity, record.alert.certainty) == ("unconfirmed", "severe", "possible")


def test_an_independent_report_confirms_it_in_an_update(world: World) -> None:
    world.hear(TAIZ)
    told = world.hear("The army shelled Taiz for hours, killing 14 people, the mayor told us.", source="Evening Post")
    assert [line.split(" Shelling")[0] for line in told] == ["update 2"]
    [record] = world.alerts()
    assert (record.alert.state, record.alert.origins, record.alert.certainty) == ("active", 2, "likely")


def test_copies_of_one_wire_story_count_once(world: World) -> None:
    assert world.hear(LONG)
    for paper in ("Morning Post", "Evening Post", "Northern Star"):
        assert world.hear(LONG.replace("asked for", "called for"), source=paper) == []
    [record] = world.alerts()
    assert (record.alert.origins, record.alert.articles, record.alert.state) == (1, 4, "unconfirmed")


def test_feeds_of_one_owner_count_once(world: World) -> None:
    world.feed("Morning Post", owner="Post Group")
    world.feed("Evening Post", owner="Post Group")
    assert world.hear(TAIZ, source="Morning Post")
    assert world.hear("Taiz was shelled again at noon, killing 12 people.", source="Evening Post") == []
    assert [record.alert.origins for record in world.alerts()] == [1]


def test_the_same_article_read_twice_changes_nothing(world: World) -> None:
    world.reader("one@example.org")
    world.hear(TAIZ)
    before = world.alerts()
    assert world.hear(TAIZ) == []
    assert (world.alerts(), world.mails()) == (before, [(1, 1)])


def test_two_towns_in_one_article_are_two_alerts(world: World) -> None:
    told = world.hear(f"{TAIZ} On the same day rebels shelled Marib, killing 3 people.")
    assert told == ["new 1 Shelling in Taiz: 12 people killed", "new 1 Shelling in Marib: 3 people killed"]


def test_a_first_rule_speaks_once_of_a_place_and_again_after_its_time(world: World) -> None:
    assert world.hear("The army besieged Djibo on Monday.") == ["new 1 Djibo cut off"]
    for day in (20, 25):
        world.later(days=day)
        world.tidy()
        assert world.hear(f"Djibo remains besieged, a visitor said on day {day}.", source=f"Paper {day}") == []
    world.later(days=61)
    assert world.hear("The army besieged Djibo once more.", source="Paper 61") == ["new 1 Djibo cut off"]


def test_a_during_rule_speaks_only_while_its_state_holds(world: World) -> None:
    ambush = "Rebels ambushed a convoy in Juba"
    assert world.hear(f"{ambush} on Monday.") == []
    assert world.hear("South Sudan and the rebels agreed to a truce.") == ["new 1 Truce in SSD"]
    world.later(days=1)
    assert world.hear(f"{ambush} on Tuesday.") == ["new 1 Truce broken in Juba"]
    world.later(days=1)
    assert world.hear("The truce in South Sudan collapsed.", source="Post") == ["close 2 Truce in SSD"]
    world.later(days=6)
    assert world.hear(f"{ambush} again today.", source="Star") == []


def test_a_state_whose_end_was_read_first_is_over_and_clears_nothing(world: World) -> None:
    signed = world.now
    world.later(days=1)
    assert world.hear("The truce in South Sudan collapsed.", source="Post") == []
    world.hear("South Sudan and the rebels agreed to a truce.", published=signed)
    world.later(days=1)
    assert world.hear("Rebels ambushed a convoy in Juba today.", source="Star") == []


def test_a_state_lapses_by_itself(world: World) -> None:
    world.hear("South Sudan and the rebels agreed to a truce.")
    world.later(days=20)
    assert world.hear("Rebels ambushed a convoy in Juba today.") == []


def test_a_revision_that_says_more_updates_the_alert(world: World) -> None:
    world.hear("Government forces shelled Taiz, killing 2 people.", key="a")
    told = world.hear("Government forces shelled Taiz, killing 200 people.", key="a")
    assert told == ["update 2 Shelling in Taiz: 200 people killed"]
    assert [record.alert.articles for record in world.alerts()] == [1]


def test_a_revision_that_takes_it_back_cancels_to_exactly_those_who_were_told(world: World) -> None:
    told = world.reader("one@example.org")
    world.hear(TAIZ, key="a")
    world.send_all()
    world.reader("came-later@example.org")
    assert world.hear("The blasts in Taiz were fireworks at a wedding.", key="a") == [
        "cancel 2 Shelling in Taiz: 12 people killed"
    ]
    assert world.mails("queued") == [(told, 2)]
    assert [record.alert.state for record in world.alerts()] == ["cancelled"]


def test_what_was_never_sent_is_withdrawn_and_not_cancelled(world: World) -> None:
    world.reader("one@example.org")
    world.hear(TAIZ, key="a")
    world.hear("The blasts in Taiz were fireworks at a wedding.", key="a")
    assert (world.mails("queued"), world.mails("withdrawn")) == ([], [(1, 1)])


def test_one_of_two_reports_taken_back_leaves_the_other(world: World) -> None:
    world.hear(TAIZ, key="a")
    world.hear("The army shelled Taiz for hours, killing 14 people.", source="Evening Post")
    world.hear("The blasts in Taiz were fireworks at a wedding.", key="a")
    [record] = world.alerts()
    assert (record.alert.state, record.alert.origins) == ("unconfirmed", 1)
    assert [item.source for item in record.evidence] == ["Evening Post"]


def test_a_denial_contradicts_the_alert_and_opens_none(world: World) -> None:
    world.feed("Relief Agency", tier=1)
    world.hear(TAIZ, source="Relief Agency")
    world.hear("The army shelled Taiz for hours, killing 12 people.", source="Evening Post")
    assert world.hear("The army denied that it shelled Taiz.", source="Army News") == []
    assert world.hear("The army denied that it shelled Marib.", source="Army News") == []
    [record] = world.alerts()
    assert (record.alert.certainty, record.alert.articles) == ("likely", 2)
    assert [(item.source, item.hit.current) for item in record.evidence if not item.hit.current] == [
        ("Army News", False)
    ]


def test_a_report_rewritten_into_its_denial_cancels(world: World) -> None:
    world.hear(TAIZ, key="a")
    told = world.hear("The army denied that it shelled Taiz.", key="a")
    assert [line.split()[0] for line in told] == ["cancel"]


def test_a_place_that_is_not_certain_is_shown_with_its_rival(world: World) -> None:
    world.hear("Rebels shelled Tripoli on Monday, killing 4 people.")
    [record] = world.alerts()
    assert record.alert.place is not None
    assert record.alert.place.runner_up or record.alert.place.confidence < 1


def test_without_a_place_each_story_is_an_alert_of_its_own(tmp_path: Path, gazetteer: Gazetteer) -> None:
    anywhere = SHELLING.replace("required  = true", "required  = false").replace("in {{ place }}", "")
    world = World(sound(tmp_path, gazetteer, shelling=anywhere), gazetteer)
    assert len(world.hear("Rebels shelled a village, killing 3 people.")) == 1
    assert len(world.hear("Soldiers shelled a camp, killing 5 people.", source="Post")) == 1
    keys = [record.alert.key for record in world.alerts()]
    assert keys == ["shelling|?|1", "shelling|?|2"]
    assert all(record.alert.place is None for record in world.alerts())


def test_a_name_of_too_many_places_loses_no_alert(world: World) -> None:
    world.reader("one@example.org")
    assert world.hear("Government forces shelled San Isidro on Monday, killing 12 people.") == [
        "new 1 Shelling in : 12 people killed"
    ]
    assert [(record.alert.place, record.alert.key) for record in world.alerts()] == [(None, "shelling|?|1")]
    assert world.mails("queued") == [(1, 1)]


def test_old_news_is_kept_and_alerts_nobody(world: World) -> None:
    world.reader("one@example.org")
    assert world.hear(TAIZ, published=world.now - timedelta(hours=30)) == []
    assert world.mails() == []
    assert [(record.alert.version, record.alert.articles) for record in world.alerts()] == [(0, 1)]


def test_of_a_new_feeds_backlog_only_the_news_of_the_last_day_is_told(world: World) -> None:
    world.tracker.late_after = 10 * DAY
    assert world.hear(TAIZ, published=world.now - 2 * DAY, backlog=True) == []
    assert world.hear("Rebels shelled Marib, killing 3 people.", published=world.now - 2 * HOUR, backlog=True) != []
    assert world.hear("Rebels shelled Aden, killing 3 people.", published=world.now - 2 * DAY) != []


def test_an_undated_article_counts_from_when_it_was_first_seen(world: World) -> None:
    assert world.hear(TAIZ, dated=False) == ["new 1 Shelling in Taiz: 12 people killed"]
    [record] = world.alerts()
    assert record.evidence[0].published == world.now


def test_a_rule_in_test_mails_its_owner_only(tmp_path: Path, gazetteer: Gazetteer) -> None:
    book = sound(tmp_path, gazetteer, shelling=SHELLING.replace('"active"', '"test"'))
    world = World(book, gazetteer)
    world.reader("somebody@example.org")
    owner = world.reader("Analyst@example.org")
    assert len(world.hear(TAIZ)) == 1
    assert world.mails() == [(owner, 1)]


def test_who_was_told_hears_of_the_end_although_the_rule_is_in_test_by_then(
    tmp_path: Path, gazetteer: Gazetteer
) -> None:
    world = World(sound(tmp_path / "a", gazetteer, shelling=SHELLING), gazetteer)
    told = world.reader("somebody@example.org")
    world.hear(TAIZ, key="a")
    world.send_all()
    world.tracker.rulebook = sound(tmp_path / "b", gazetteer, shelling=SHELLING.replace('"active"', '"test"'))
    world.hear("The blasts in Taiz were fireworks at a wedding.", key="a")
    assert world.mails("queued") == [(told, 2)]


def test_alerts_end_quietly_and_go_on_when_more_is_heard(world: World) -> None:
    world.reader("one@example.org")
    world.hear(TAIZ)
    world.send_all()
    world.later(days=4)
    assert world.tidy() == 1
    assert [record.alert.state for record in world.alerts()] == ["ended"]
    assert world.mails("queued") == []
    assert world.tidy() == 0


def test_an_alert_whose_rule_is_gone_ends_too(world: World, gazetteer: Gazetteer) -> None:
    world.hear(TAIZ)
    world.tracker.rulebook = compiled([])
    world.later(days=6)
    assert world.tidy() == 0
    world.later(days=2)
    assert world.tidy() == 1


def test_a_later_event_at_a_place_ends_the_one_that_seemed_to_go_on(world: World) -> None:
    world.hear(TAIZ)
    world.later(days=20)  # and nobody has tidied up meanwhile
    assert world.hear("Rebels shelled Taiz and killed 30 people.", source="Evening Post") == [
        "new 1 Shelling in Taiz: 30 people killed"
    ]
    assert [record.alert.state for record in world.alerts()] == ["ended", "unconfirmed"]


def test_old_news_after_newer_is_an_event_of_its_own_and_over(world: World) -> None:
    world.hear(TAIZ)
    world.hear("Taiz was shelled, killing 40 people.", source="Evening Post", published=world.now - timedelta(days=20))
    first, second = world.alerts()
    assert (first.alert.state, second.alert.state) == ("unconfirmed", "ended")
    assert second.alert.version == 0


def test_a_whole_backlog_in_any_order_is_read(world: World) -> None:
    days = [30, 0, 12, 3, 25, 1, 18, 29, 7]
    for number, day in enumerate(days):
        world.publish(
            f"Shells fell on Taiz and shelled houses, killing {10 + number} people.",
            source=f"Paper {number}",
            published=world.now - timedelta(days=day),
        )
    report = world.read()
    assert not report.unread
    assert sum(record.alert.articles for record in world.alerts()) == len(days)
    assert len([record for record in world.alerts() if record.alert.state in ("unconfirmed", "active")]) == 1


def test_an_alert_that_expires_early_ends_and_is_reopened_by_news(world: World) -> None:
    book = world.tracker.rulebook
    siege = next(rule for rule in book.ruleset.rules if rule.event == "siege")
    assert siege.alert is not None
    early = replace(siege, alert=replace(siege.alert, expires=timedelta(hours=12)))
    world.tracker.rulebook = compiled([rule for rule in book.ruleset.rules if rule is not siege] + [early])
    world.hear("The army besieged Djibo.")
    world.later(days=1)
    assert world.tidy() == 1
    assert world.hear("The army besieged Djibo once more.", source="Evening Post")[0].startswith("update 2")


def test_a_rule_can_leave_out_updates_it_does_not_want(world: World) -> None:
    book = world.tracker.rulebook
    quiet = [
        replace(rule, alert=replace(rule.alert, update_when=("level",))) if rule.alert else rule
        for rule in book.ruleset.rules
    ]
    world.tracker.rulebook = compiled(quiet)
    world.hear(TAIZ)
    assert (
        world.hear("The army shelled Taiz for hours, killing 14 people, the mayor told us.", source="Evening Post")
        == []
    )
