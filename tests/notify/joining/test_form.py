"""What a form says is understood whole or not at all, and what was typed stays."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.errors import InputError
from alerts.notify.joining import form
from alerts.notify.joining.form import Known, Typed, Understood, typed, typed_from, understood
from alerts.notify.joining.whereabouts import Row
from alerts.read.places import Gazetteer
from alerts.readers import ALL, Near, Quiet, Wishes

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
EVERY = Wishes(
    events=("attack", "siege"),
    countries=("YEM",),
    regions=("SY-ID",),
    near=(Near(name="Taiz, Yemen", lat=13.58, lon=44.02, km=50, country="YEM"),),
    min_severity="severe",
    min_certainty="likely",
    language="fr",
    text_only=True,
    rhythm="weekly",
    hour=6,
    weekday=4,
    time_zone="Asia/Aden",
    quiet=Quiet(begin=time(22), end=time(5, 30)),
    wake_from="extreme",
    paused_until=datetime(2026, 5, 4, 21, 0, tzinfo=UTC),  # 5 May begins in Aden
    discreet=True,
    key="-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nabc\n",
)


@pytest.fixture
def known(gazetteer: Gazetteer) -> Known:
    return Known(places=gazetteer, events=("attack", "siege"), languages=("en", "fr"), check_key=checked)


def checked(key: str) -> str:
    if not key.startswith("-----BEGIN"):
        raise InputError("This is no key.")
    return key.strip()


def sent(what: Typed) -> list[tuple[str, str]]:
    """What a browser makes of the form."""
    pairs = [("whole", "yes"), *(("event", event) for event in what.events)]
    for number, row in enumerate((*what.rows, Row())):
        pairs += [(f"name-{number}", row.name), (f"km-{number}", row.km), (f"held-{number}", row.held)]
    boxes = ("text_only", "discreet")
    values = [(name, value) for name, value in what.values.items() if name not in boxes or value]
    return pairs + [(name, value.replace("\n", "\r\n")) for name, value in values]


def read(known: Known, before: Wishes = ALL, **changes: str) -> Understood:
    first = form.typed_from(before, known)
    typed = form.typed(sent(replace(first, values={**first.values, **changes})))
    return form.understood(typed, before, known, NOW)


@pytest.mark.parametrize("wishes", [ALL, EVERY, replace(EVERY, quiet=None, wake_from=None, paused_until=None, key="")])
def test_a_form_that_is_sent_back_as_it_came_changes_nothing(known: Known, wishes: Wishes) -> None:
    found = read(known, wishes)
    assert found.faults == {} and found.wishes == wishes


def test_a_form_that_has_few_of_the_fields_leaves_the_others_as_they_were(known: Known) -> None:
    found = form.understood(form.typed([("severity", "minor")]), EVERY, known, NOW)
    assert found.faults == {} and found.wishes == replace(EVERY, min_severity="minor")
    found = form.understood(form.typed([("event", EVERY.events[0]), ("name-0", "Yemen")]), EVERY, known, NOW)
    assert found.wishes == replace(EVERY, events=EVERY.events[:1], countries=("YEM",), regions=(), near=())


def test_what_is_not_ticked_in_a_whole_form_is_not_wanted(known: Known) -> None:
    found = form.understood(form.typed([("whole", "yes")]), EVERY, known, NOW)
    nothing: dict[str, Any] = {"events": (), "countries": (), "regions": (), "near": ()}
    assert found.wishes == replace(EVERY, **nothing, text_only=False, discreet=False)


def test_each_field_is_understood(known: Known) -> None:
    changes = {
        "severity": "severe", "certainty": "likely", "language": "fr", "rhythm": "weekly", "hour": "6",
        "weekday": "4", "zone": "aden", "quiet_from": "22:00", "quiet_to": "5:30", "wake": "extreme",
        "pause": "2026-05-05", "discreet": "yes", "text_only": "yes", "key": EVERY.key,
    }  # fmt: skip
    found = read(known, replace(ALL, events=EVERY.events), **changes)
    assert found.faults == {}
    places: dict[str, Any] = {"countries": (), "regions": (), "near": ()}
    assert replace(found.wishes, key="") == replace(EVERY, **places, key="")
    assert found.wishes.key == EVERY.key.strip()


@pytest.mark.parametrize(
    ("name", "value", "fault"),
    [
        ("severity", "awful", "Choose one"),
        ("hour", "24", "Choose one"),
        ("hour", "", "Choose one"),
        ("weekday", "7", "Choose one"),
        ("language", "xx", "Choose one"),
        ("rhythm", "yearly", "Choose one"),
        ("wake", "always", "Choose one"),
        ("zone", "Damaskus", "Did you mean Asia/Damascus"),
        ("zone", "", "time zone such as"),
        ("quiet_from", "22 o'clock", "such as 22:00"),
        ("quiet_to", "24:00", "such as 22:00"),
        ("pause", "soon", "such as 2026-05-31"),
        ("pause", "2028-01-01", "a year at most"),
        ("key", "hello", "This is no key"),
    ],
)
def test_a_field_that_cannot_be_used_is_told_and_the_others_are_understood(
    known: Known, name: str, value: str, fault: str
) -> None:
    found = read(known, EVERY, **{name: value})
    assert list(found.faults) == [name] and fault in found.faults[name]


@pytest.mark.parametrize(("begin", "end", "wrong"), [("22:00", "", "quiet_to"), ("", "06:00", "quiet_from")])
def test_quiet_hours_need_both_ends(known: Known, begin: str, end: str, wrong: str) -> None:
    assert list(read(known, quiet_from=begin, quiet_to=end).faults) == [wrong]


def test_quiet_hours_are_not_the_whole_day(known: Known) -> None:
    assert "pause" in read(known, quiet_from="08:00", quiet_to="8:00").faults["quiet_to"]


def test_a_pause_begins_no_day_too_early_for_who_lives_elsewhere(known: Known) -> None:
    found = read(known, zone="Pacific/Auckland", pause="2026-03-04")
    assert found.wishes.paused_until == datetime(2026, 3, 3, 11, 0, tzinfo=UTC)


def test_a_time_zone_that_nobody_would_choose_stays_until_it_is_changed(known: Known) -> None:
    before = replace(ALL, time_zone="Etc/GMT-3")
    assert read(known, before, zone="Etc/GMT-3").wishes.time_zone == "Etc/GMT-3"
    assert list(read(known, ALL, zone="Etc/GMT-3").faults) == ["zone"]


def test_a_pause_that_is_over_is_none(known: Known) -> None:
    over = replace(ALL, paused_until=datetime(2026, 3, 2, tzinfo=UTC))
    assert read(known, over, pause="2026-03-02").wishes.paused_until is None
    assert read(known, over, pause="2026-03-02").faults == {}


@pytest.mark.parametrize("day", ["2026-03-02", "2020-01-01"])
def test_a_pause_that_would_be_none_is_told(known: Known, day: str) -> None:
    assert read(known, pause=day).faults == {"pause": "This day has come. Choose a later one, or leave it empty."}


def test_no_place_is_left_out_in_silence(known: Known, gazetteer: Gazetteer) -> None:
    codes = ("SY-ID", "SY-HL", "LB-AS", "YE-TA", "CD-NK", "BF-12")
    many = replace(ALL, near=tuple(Near(name=f"camp {number}", lat=1, lon=2, km=3.00001) for number in range(110)))
    held = replace(many, regions=codes)
    sent = [(f"{name}-{number}", getattr(row, name)) for number, row in enumerate(typed_from(held, known).rows)
            for name in ("name", "km", "held")]  # fmt: skip
    assert understood(typed([*sent, ("whole", "yes")]), held, known, NOW).wishes.near == held.near
    more = understood(typed([*sent, ("name-116", "Goma, DR Congo")]), held, known, NOW)
    assert more.faults == {"place 116": "There is room for 40 places. Name the province or country instead."}


def test_an_event_that_no_rule_flags_is_refused_unless_it_was_asked_for_before(known: Known) -> None:
    typed = Typed(events=("attack", "comet"))
    assert "comet" in form.understood(typed, ALL, known, NOW).faults["event"]
    assert form.understood(typed, Wishes(events=("comet",)), known, NOW).faults == {}


def test_a_place_in_doubt_is_asked_about_in_its_line(known: Known) -> None:
    pairs = [("name-0", "Syria"), ("name-1", ""), ("name-2", "Tripoli"), ("km-2", "30")]
    found = form.understood(form.typed(pairs), ALL, known, NOW)
    assert list(found.faults) == ["place 1"] and len(found.choices[1]) > 1
    picked = [choice.id for choice in found.choices[1] if "Lebanon" in choice.label]
    again = form.understood(form.typed([*pairs, ("pick-2", picked[0])]), ALL, known, NOW)
    assert again.faults == {} and again.wishes.near[0].km == 30


def test_a_short_form_leaves_what_it_does_not_ask_for(known: Known) -> None:
    found = form.understood(form.typed([("severity", "extreme")]), ALL, known, NOW)
    assert found.wishes == replace(ALL, min_severity="extreme")


def test_a_key_is_not_taken_where_mails_cannot_be_encrypted(known: Known) -> None:
    found = read(replace(known, check_key=None), key="-----BEGIN")
    assert "cannot encrypt" in found.faults["key"]
    assert read(replace(known, check_key=None), EVERY).faults == {}  # one that is there stays


@pytest.mark.parametrize(
    ("text", "name"),
    [("asia/damascus", "Asia/Damascus"), ("Port au-Prince", ""), ("new york", "America/New_York"), ("utc", "UTC")],
)
def test_a_time_zone_may_be_named_by_its_city(text: str, name: str) -> None:
    if name:
        assert form.zone(text) == name
    else:
        with pytest.raises(InputError, match="Did you mean America/Port-au-Prince"):
            form.zone(text)


names = st.sampled_from(
    (
        *("event", "severity", "zone", "hour", "quiet_from", "quiet_to", "wake", "pause", "key", "whole", "rhythm"),
        *("name-0", "km-0", "pick-0", "held-0", "name-99", "km-1", "language", "text_only", "weekday", "name-1000"),
    )
)


@given(st.lists(st.tuples(names, st.text(max_size=12)), max_size=12))
def test_whatever_is_sent_is_told_as_a_fault_or_understood(gazetteer: Gazetteer, pairs: list[tuple[str, str]]) -> None:
    known = Known(places=gazetteer, events=("attack",), check_key=checked)
    found = form.understood(form.typed(pairs), EVERY, known, NOW)
    assert isinstance(found.wishes, Wishes) and all(found.faults.values())
