"""What silences hide and when they are over."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.track.places import chain
from alerts.track.silence import LONGEST, Silence, covers, faults, hides, in_force, lapsed, said
from alerts.types import SEVERITIES, Place, Severity
from tests.track.make import ABROAD, ARLO, BELL, CORA, COUNTRY, NORTH, SOUTH, START, at

DAY = timedelta(days=1)
PLACES = (None, ARLO, BELL, CORA, NORTH, SOUTH, COUNTRY, ABROAD)
RULES = ("raid", "siege", "flood")


def silence(**more: Any) -> Silence:
    values: dict[str, Any] = {
        "rules": ("raid",),
        "place": NORTH,
        "author": "A. Analyst",
        "why": "a known dispute",
        "created": START,
        "until": START + 20 * DAY,
    }
    return Silence(**values | more)


def hidden(one: Silence, **more: Any) -> bool:
    values: dict[str, Any] = {
        "rule": "raid",
        "place": ARLO,
        "severity": "severe",
        "person_id": 7,
        "now": at(1),
    }
    return hides(one, **values | more)


def test_an_alert_of_the_rule_at_the_place_is_hidden() -> None:
    assert hidden(silence(place=ARLO))


def test_a_silenced_province_covers_its_towns() -> None:
    assert hidden(silence(place=NORTH), place=BELL)
    assert not hidden(silence(place=NORTH), place=CORA)
    assert hidden(silence(place=COUNTRY), place=CORA)


def test_a_silenced_town_does_not_cover_its_province() -> None:
    assert not hidden(silence(place=ARLO), place=NORTH)
    assert not hidden(silence(place=ARLO), place=COUNTRY)


def test_another_rule_is_not_hidden() -> None:
    assert not hidden(silence(rules=("siege", "flood")))
    assert hidden(silence(rules=("siege", "raid")))


def test_rule_names_are_exact() -> None:
    assert not hidden(silence(rules=("rai", "raids", "Raid", ".*")))


def test_without_rules_a_place_is_silenced_for_all_of_them() -> None:
    assert hidden(silence(rules=()), rule="flood")


def test_without_a_place_a_rule_is_silenced_everywhere_even_where_no_place_is_known() -> None:
    assert hidden(silence(place=None), place=ABROAD)
    assert hidden(silence(place=None), place=None)


def test_a_worse_alert_passes() -> None:
    assert not hidden(silence(up_to="moderate"), severity="severe")
    assert hidden(silence(up_to="moderate"), severity="moderate")


def test_it_hides_from_its_first_moment_and_up_to_its_last() -> None:
    one = silence()
    assert not hidden(one, now=START - timedelta(seconds=1))
    assert hidden(one, now=START)
    assert hidden(one, now=one.until - timedelta(seconds=1))
    assert not hidden(one, now=one.until)


def test_what_was_ended_hides_nothing() -> None:
    assert not hidden(silence(ended=START, ended_because="the strike is over"))


def test_a_reader_s_own_silence_is_for_this_reader_only() -> None:
    assert hidden(silence(person_id=7), person_id=7)
    assert not hidden(silence(person_id=7), person_id=8)
    assert not hidden(silence(person_id=7), person_id=None)


def test_an_idle_silence_ends_early() -> None:
    one = silence(idle_days=7)
    assert lapsed(one, START + 7 * DAY - timedelta(seconds=1)) is None
    assert lapsed(one, START + 7 * DAY) == "it hid nothing for 7 days"
    assert not hidden(one, now=START + 7 * DAY)


def test_a_silence_that_hides_is_not_idle() -> None:
    one = silence(idle_days=7, last_hid=START + 5 * DAY)
    assert hidden(one, now=START + 11 * DAY)
    assert not hidden(one, now=START + 12 * DAY)


def test_without_idle_days_a_silence_ends_at_its_time() -> None:
    assert lapsed(silence(), START + 19 * DAY) is None
    assert lapsed(silence(), START + 20 * DAY) == "its time was over"


@pytest.mark.parametrize(
    ("more", "key", "says"),
    [
        ({"rules": (), "place": None}, "rule", "a silence of everything is refused"),
        ({"rules": RULES, "place": None}, "rule", "these are all rules"),
        ({"up_to": "extreme"}, "up_to", "extreme alerts cannot be silenced"),
        ({"until": START}, "until", "must be in the future"),
        ({"until": START - DAY}, "until", "must be in the future"),
        (
            {"until": START + LONGEST + timedelta(minutes=1)},
            "until",
            "at most 30 days ahead, which is 2024-06-05 08:00",
        ),
        ({"until": START + 365 * DAY, "person_id": 7}, "until", "at most 30 days"),
        ({"idle_days": 0}, "idle_days", "between 1 and 30"),
        ({"idle_days": 31}, "idle_days", "between 1 and 30"),
        ({"author": " "}, "author", "who wants it"),
        ({"why": ""}, "why", "say why"),
    ],
)
def test_what_no_silence_may_be_is_told(more: dict[str, Any], key: str, says: str) -> None:
    [(found, message)] = faults(silence(**more), START, known=RULES)
    assert found == key
    assert says in message


def test_a_sound_silence_has_no_faults() -> None:
    assert faults(silence(until=START + LONGEST, idle_days=7), START, known=RULES) == []
    assert faults(silence(rules=RULES), START, known=RULES) == []
    assert faults(silence(place=None), START, known=("raid",)) == []


def test_all_faults_are_told_at_once() -> None:
    bad = silence(rules=(), place=None, up_to="extreme", until=START, author="", why="")
    assert [key for key, _ in faults(bad, START)] == ["rule", "up_to", "until", "author", "why"]


def test_it_says_what_it_is_about() -> None:
    assert said(silence(place=ARLO)) == "raid in Arlo (North, ZZZ), up to severe"
    assert said(silence(rules=("raid", "siege"))) == "raid, siege in North (ZZZ), up to severe"
    assert said(silence(rules=(), place=COUNTRY)) == "all rules in Zedland, up to severe"
    assert said(silence(place=None, up_to="minor", person_id=3)) == "raid, anywhere, up to minor, for reader 3 only"


_places = st.sampled_from(PLACES)
_moments = st.integers(-100, 900).map(at)
_silences = st.builds(
    silence,
    rules=st.sets(st.sampled_from(RULES)).map(tuple),
    place=_places,
    up_to=st.sampled_from(SEVERITIES),
    person_id=st.none() | st.integers(1, 3),
    idle_days=st.none() | st.integers(1, 30),
    last_hid=st.none() | _moments,
    ended=st.none() | _moments,
)
_cases = {
    "rule": st.sampled_from(RULES),
    "place": _places,
    "person": st.integers(1, 3),
    "now": _moments,
}


@given(one=_silences, **_cases)
def test_what_is_extreme_is_never_hidden(one: Silence, rule: str, place: Place | None, person: int, now: Any) -> None:
    assert not hides(one, rule=rule, place=place, severity="extreme", person_id=person, now=now)


@given(one=_silences, severity=st.sampled_from(SEVERITIES), **_cases)
def test_an_alert_without_a_place_is_hidden_by_no_silence_of_a_place(
    one: Silence, severity: Severity, rule: str, place: Place | None, person: int, now: Any
) -> None:
    placed = replace(one, place=place or ARLO)
    assert not hides(placed, rule=rule, place=None, severity=severity, person_id=person, now=now)


@given(one=_silences, severity=st.sampled_from(SEVERITIES), **_cases)
def test_whatever_is_hidden_is_named_by_the_silence_within_its_time(
    one: Silence, severity: Severity, rule: str, place: Place | None, person: int, now: Any
) -> None:
    if hides(one, rule=rule, place=place, severity=severity, person_id=person, now=now):
        assert one.rules or one.place
        assert rule in (one.rules or (rule,))
        assert one.place is None or (place is not None and one.place.id in chain(place))
        assert one.created <= now < one.until
        assert one.ended is None
        assert SEVERITIES.index(severity) <= SEVERITIES.index(one.up_to)


@given(one=_silences, severity=st.sampled_from(SEVERITIES), **_cases)
def test_a_milder_alert_at_a_finer_place_is_hidden_too(
    one: Silence, severity: Severity, rule: str, place: Place | None, person: int, now: Any
) -> None:
    if hides(one, rule=rule, place=place, severity=severity, person_id=person, now=now):
        for milder in SEVERITIES[: SEVERITIES.index(severity)]:
            assert hides(one, rule=rule, place=place, severity=milder, person_id=person, now=now)
        for finer in PLACES:
            if place is not None and finer is not None and place.id in chain(finer):
                assert hides(one, rule=rule, place=finer, severity=severity, person_id=person, now=now)


@given(one=_silences, rule=st.sampled_from(RULES), place=_places)
def test_a_silence_of_everything_covers_nothing(one: Silence, rule: str, place: Place | None) -> None:
    assert not covers(replace(one, rules=(), place=None), rule=rule, place=place)


@given(one=_silences, now=_moments, later=st.integers(0, 500))
def test_what_has_lapsed_stays_so_until_it_hides_again(one: Silence, now: Any, later: int) -> None:
    if lapsed(one, now) is not None:
        assert lapsed(one, now + timedelta(hours=later)) is not None
        assert not in_force(one, now)
