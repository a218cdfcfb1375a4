"""Which alerts are one happening, and that a siege of months is not."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.track.incidents import ONE_STORY, TAKES_IN, Incident, Near, Report, choose
from alerts.track.lifecycle import Policy, advance
from alerts.types import Alert, AlertState, Place
from tests.track.make import ABROAD, ARLO, BELL, CORA, COUNTRY, NORTH, at, evidence, hit


class Desk:
    """Alerts with their reports, put into incidents as the service would put and store them."""

    def __init__(self) -> None:
        self.alerts: dict[str, Alert] = {}
        self.reports: dict[str, list[Report]] = {}
        self.opened: dict[str, datetime] = {}

    def hear(
        self,
        rule: str,
        place: Place | None = ARLO,
        *,
        article: str,
        story: str = "",
        when: float = 0,
        alert: str = "",
        state: AlertState = "active",
    ) -> str:
        """A report that opens an alert, or joins the one named; the alert's id."""
        report = Report(article=article, story=story or article, at=at(when))
        if alert:
            told = replace(self.alerts[alert], place=place, last_event=at(when))
        else:
            opened = advance(
                None, [], evidence(article, hit(place, when=when, family=rule)), now=at(when), policy=POLICY
            )
            told = replace(opened.alert, state=state)
        near = [
            Near(alert=other, reports=tuple(self.reports[key])) for key, other in self.alerts.items() if key != alert
        ]
        choice = choose(told, report, near, self.incidents())
        incident = choice.incident
        if not incident:
            incident = str(len(self.opened) + 1)
            self.opened[incident] = choice.opened
        key = told.id or str(len(self.alerts) + 1)
        self.alerts[key] = replace(told, id=key)
        self.reports.setdefault(key, []).append(report)
        for other in self.alerts.values():
            if other.incident in choice.joins or other.id in (*choice.brings, key):
                self.alerts[other.id] = replace(other, incident=incident)
        return key

    def incidents(self) -> dict[str, Incident]:
        return {
            key: Incident(
                id=key, opened=opened, places=tuple(one.place for one in self.alerts.values() if one.incident == key)
            )
            for key, opened in self.opened.items()
        }

    def together(self) -> list[list[str]]:
        """The rules of the alerts of each incident."""
        found: dict[str, list[str]] = {}
        for alert in self.alerts.values():
            found.setdefault(alert.incident, []).append(alert.rule)
        return sorted(map(sorted, found.values()))


POLICY = Policy()


def test_one_article_makes_alerts_of_two_rules_one_incident() -> None:
    desk = Desk()
    desk.hear("raid", article="1")
    desk.hear("hospital", article="1")
    assert desk.together() == [["hospital", "raid"]]


def test_a_copy_of_the_article_does_so_too() -> None:
    desk = Desk()
    desk.hear("raid", NORTH, article="1")
    desk.hear("hospital", ARLO, article="2", story="1", when=5)
    assert desk.together() == [["hospital", "raid"]]


def test_different_articles_from_one_town_within_a_day_are_one_incident() -> None:
    desk = Desk()
    desk.hear("raid", article="1")
    desk.hear("hospital", article="2", when=23)
    assert desk.together() == [["hospital", "raid"]]


def test_different_articles_from_one_town_two_days_apart_are_two() -> None:
    desk = Desk()
    desk.hear("raid", article="1")
    desk.hear("hospital", article="2", when=48)
    assert desk.together() == [["hospital"], ["raid"]]


@pytest.mark.parametrize("place", [NORTH, COUNTRY, None])
def test_different_articles_about_a_province_a_country_or_no_place_are_two(place: Place | None) -> None:
    desk = Desk()
    desk.hear("raid", place, article="1")
    desk.hear("hospital", place, article="2")
    assert desk.together() == [["hospital"], ["raid"]]


@pytest.mark.parametrize("place", [ARLO, NORTH, COUNTRY, None])
@pytest.mark.parametrize("other", [ARLO, NORTH, COUNTRY, None])
def test_with_one_article_any_places_do_that_may_be_the_same(place: Place | None, other: Place | None) -> None:
    desk = Desk()
    desk.hear("raid", place, article="1")
    desk.hear("hospital", other, article="1")
    assert desk.together() == [["hospital", "raid"]]


@pytest.mark.parametrize("other", [BELL, CORA, ABROAD])
def test_two_towns_are_two_incidents_even_in_one_article(other: Place) -> None:
    desk = Desk()
    desk.hear("raid", ARLO, article="1")
    desk.hear("hospital", other, article="1")
    assert desk.together() == [["hospital"], ["raid"]]


@pytest.mark.parametrize("wide", [COUNTRY, NORTH, None])
def test_a_wide_alert_does_not_tie_two_towns_together(wide: Place | None) -> None:
    desk = Desk()
    desk.hear("raid", ARLO, article="1")
    desk.hear("hospital", wide, article="1")
    desk.hear("flight", BELL, article="1")
    assert desk.together() == [["flight"], ["hospital", "raid"]]


def test_what_one_article_tells_of_other_days_is_another_happening() -> None:
    desk = Desk()
    desk.hear("raid", article="1", when=-72)
    desk.hear("hospital", article="1", when=0)
    assert desk.together() == [["hospital"], ["raid"]]


def test_alerts_of_one_rule_are_one_where_one_place_lies_in_the_other() -> None:
    desk = Desk()
    desk.hear("raid", NORTH, article="1")
    desk.hear("raid", ARLO, article="1")
    assert desk.together() == [["raid", "raid"]]


def test_two_alerts_of_one_rule_at_one_town_are_two() -> None:
    desk = Desk()
    desk.hear("raid", ARLO, article="1")
    desk.hear("raid", ARLO, article="2", when=2)
    desk.hear("raid", ARLO, article="1", when=2)
    assert desk.together() == [["raid"], ["raid"], ["raid"]]


@pytest.mark.parametrize("state", ["cancelled", "merged"])
def test_what_was_wrong_joins_nothing(state: AlertState) -> None:
    desk = Desk()
    desk.hear("raid", article="1", state=state)
    desk.hear("hospital", article="1")
    assert desk.together() == [["hospital"], ["raid"]]


def test_two_incidents_that_turn_out_to_be_one_are_joined_under_the_lower_id() -> None:
    desk = Desk()
    desk.hear("raid", NORTH, article="1")
    flight = desk.hear("flight", ARLO, article="2")
    desk.hear("hospital", ARLO, article="2")
    assert desk.together() == [["flight", "hospital"], ["raid"]]
    desk.hear("flight", ARLO, article="1", when=1, alert=flight)
    assert desk.together() == [["flight", "hospital", "raid"]]
    assert {alert.incident for alert in desk.alerts.values()} == {"1"}


def test_a_siege_of_weeks_with_something_new_each_day_is_many_incidents() -> None:
    desk = Desk()
    for day in range(40):
        desk.hear(f"rule {day}", article=str(day), when=day * 20)
    sizes = [len(rules) for rules in desk.together()]
    assert 2 <= max(sizes) <= 8
    assert sum(sizes) == 40


def test_an_alert_that_goes_on_for_weeks_ties_no_new_ones_to_the_old() -> None:
    desk = Desk()
    raid = desk.hear("raid", article="0")
    desk.hear("hospital", article="0")
    for day in range(1, 20):
        desk.hear("raid", article=str(day), when=day * 24, alert=raid)
    desk.hear("school", article="a", when=19 * 24 + 1)
    assert desk.together() == [["hospital", "raid"], ["school"]]


def test_it_leaves_for_the_newer_incident_with_an_article_that_both_share() -> None:
    """The mail of today's strike on a hospital covers today's news of the long battle, not that of last month."""
    for first in ("school", "raid"):
        desk = Desk()
        raid = desk.hear("raid", article="0")
        desk.hear("hospital", article="0")
        if first == "school":
            desk.hear("school", article="9", when=20 * 24)
        desk.hear("raid", article="9", when=20 * 24, alert=raid)
        if first == "raid":
            desk.hear("school", article="9", when=20 * 24)
        assert desk.together() == [["hospital"], ["raid", "school"]]


def test_alerts_that_go_on_together_stay_together() -> None:
    desk = Desk()
    raid = desk.hear("raid", article="0")
    siege = desk.hear("siege", article="0")
    for day in (10, 20):
        desk.hear("raid", article=str(day), when=day * 24, alert=raid)
        desk.hear("siege", article=str(day), when=day * 24, alert=siege)
    assert {alert.incident for alert in desk.alerts.values()} == {"1"}


def test_both_go_over_with_an_article_of_all_three() -> None:
    desk = Desk()
    raid = desk.hear("raid", article="0")
    siege = desk.hear("siege", article="0")
    desk.hear("raid", article="9", when=20 * 24, alert=raid)
    desk.hear("siege", article="9", when=20 * 24, alert=siege)
    desk.hear("school", article="9", when=20 * 24)
    assert desk.together() == [["raid", "school", "siege"]]


# Properties. Rules are numbered, each alert has its own.

PLACES = st.sampled_from([ARLO, BELL, NORTH, COUNTRY, None])
REPORT = st.tuples(PLACES, st.integers(0, 4), st.integers(0, 24))
SOME = settings(max_examples=40)
Told = tuple[Place | None, int, int]


def partition(told: Sequence[Told], order: Iterable[int]) -> list[list[str]]:
    desk = Desk()
    for index in order:
        place, article, hour = told[index]
        desk.hear(f"rule {index}", place, article=str(article), when=hour)
    return desk.together()


@SOME
@given(
    st.lists(
        st.tuples(st.sampled_from([ARLO, NORTH, COUNTRY, None]), st.integers(0, 4), st.integers(0, 24)), max_size=8
    ),
    st.randoms(use_true_random=False),
)
def test_where_no_two_towns_are_concerned_the_order_of_arrival_does_not_matter(
    told: list[Told], random: object
) -> None:
    order = list(range(len(told)))
    random.shuffle(order)  # type: ignore[attr-defined]
    assert partition(told, order) == partition(told, range(len(told)))


@SOME
@given(st.lists(REPORT, max_size=10))
def test_no_incident_has_two_towns(told: list[Told]) -> None:
    desk = Desk()
    for index, (place, article, hour) in enumerate(told):
        desk.hear(f"rule {index}", place, article=str(article), when=hour)
    for incident in desk.incidents().values():
        assert not {ARLO, BELL} <= set(incident.places)


@SOME
@given(st.lists(REPORT, min_size=1, max_size=10), st.data())
def test_the_same_evidence_twice_changes_nothing(told: list[Told], data: st.DataObject) -> None:
    desk = Desk()
    for index, (place, article, hour) in enumerate(told):
        desk.hear(f"rule {index}", place, article=str(article), when=hour)
    before = {key: alert.incident for key, alert in desk.alerts.items()}
    last = len(told)  # what came in last, again; what came earlier may meet what was not there then
    place, article, hour = told[last - 1]
    desk.hear(f"rule {last - 1}", place, article=str(article), when=hour, alert=str(last))
    assert {key: alert.incident for key, alert in desk.alerts.items()} == before


@SOME
@given(st.lists(st.tuples(st.integers(1, 30), st.booleans()), max_size=60))
def test_no_incident_goes_on_without_end(steps: list[tuple[int, bool]]) -> None:
    """Reports from one town in the order of time, of new alerts and of one that goes on, with and without an article
    in common: whatever comes, an incident takes in what is within days of its beginning."""
    desk = Desk()
    old = desk.hear("raid", article="0")
    hour = 0
    for index, (later, shared) in enumerate(steps):
        hour += later
        desk.hear("raid", article=f"r{index}", when=hour, alert=old)
        desk.hear(f"rule {index}", article=f"r{index}" if shared else f"n{index}", when=hour)
    first: dict[str, list[datetime]] = {}
    for key, alert in desk.alerts.items():
        if key != old:
            first.setdefault(alert.incident, []).append(desk.reports[key][0].at)
    for times in first.values():
        assert max(times) - min(times) <= 2 * TAKES_IN


def test_the_longest_a_report_may_be_away_is_told_to_the_minute() -> None:
    for away, one in ((ONE_STORY.total_seconds() / 3600, True), (ONE_STORY.total_seconds() / 3600 + 0.02, False)):
        desk = Desk()
        desk.hear("raid", NORTH, article="1")
        desk.hear("hospital", NORTH, article="1", when=away)
        assert (len(desk.together()) == 1) is one
