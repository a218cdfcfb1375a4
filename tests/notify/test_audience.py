"""Who is told, and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from alerts.notify.audience import AT_ONCE, Policy, Row, reason, rows, wants
from alerts.readers import Near, Person, Quiet, Wishes
from alerts.types import SEVERITIES, Message, MessageKind, Severity

NOW = datetime(2026, 3, 2, 6, 30, tzinfo=UTC)
GAO: dict[str, Any] = {"id": "gn:2457163", "name": "Gao", "country": "MLI", "precision": "city", "admin1": "ML-7"}
GAO |= {"lat": 16.27, "lon": -0.04}
FIELDS: dict[str, Any] = {"id": "7", "event": "siege", "severity": "severe", "certainty": "likely", "place": GAO}
EVERYTHING = Person(id=1)


def asking(**wishes: Any) -> Person:
    return replace(EVERYTHING, wishes=Wishes(**wishes))


def message(kind: MessageKind = "new", version: int = 1) -> Message:
    return Message(kind=kind, version=version, at=NOW, why="first report")


def made(
    *people: Person,
    kind: MessageKind = "new",
    told: set[int] | None = None,
    promised: Mapping[int, datetime] | None = None,
    **fields: Any,
) -> list[Row]:
    found = rows(
        people,
        FIELDS | fields,
        message(kind),
        told=told or set(),
        promised=promised or {},
        secret=b"s" * 32,
        domain="localhost",
        now=NOW,
    )
    return list(found)


def people_told(*people: Person, kind: MessageKind = "new", told: set[int] | None = None, **fields: Any) -> list[int]:
    return [row.person_id for row in made(*people, kind=kind, told=told, **fields)]


def test_who_asked_for_everything_is_told_everything() -> None:
    assert reason(EVERYTHING, FIELDS) == "You get this mail because you asked for all alerts."


def test_the_reason_names_what_was_asked_for() -> None:
    person = asking(
        events=("siege", "protected_attack"),
        countries=("NER",),
        near=(Near(name="Ansongo", lat=15.66, lon=0.5, km=100),),
        min_severity="severe",
        min_certainty="likely",
    )
    assert reason(person, FIELDS) == (
        "You get this mail because you asked for alerts about siege and attack on a protected place "
        "in Niger or within 100 km of Ansongo, severe or worse, if likely or surer."
    )


def test_the_reason_says_where_the_place_is_not_known_well() -> None:
    person = asking(near=(Near(name="Gao", lat=16.27, lon=-0.04, km=50, country="MLI", region="ML-7"),))
    mali = {"id": "MLI", "name": "Mali", "country": "MLI", "precision": "country", "lat": 17.0, "lon": -4.0}
    assert reason(person, FIELDS | {"place": mali}).endswith("of Gao. Where in Mali it happened is not known.")
    assert reason(person, FIELDS | {"place": None}).endswith("of Gao. Where it happened is not known.")
    assert reason(asking(countries=("MLI",)), FIELDS | {"place": mali}).endswith("in Mali.")


def test_another_event_another_country_or_a_lower_level_is_not_wanted() -> None:
    assert not wants(asking(events=("disaster",)), FIELDS)
    assert not wants(asking(countries=("SYR",)), FIELDS)
    assert not wants(asking(min_severity="extreme"), FIELDS)
    assert not wants(asking(min_certainty="observed"), FIELDS)
    assert not wants(replace(EVERYTHING, active=False), FIELDS)


def test_an_alert_whose_place_is_not_known_reaches_readers_of_every_country() -> None:
    assert wants(asking(countries=("SYR",)), FIELDS | {"place": None})


def test_who_paused_hears_nothing_new_of_an_old_alert_either() -> None:
    away = asking(paused_until=NOW + timedelta(days=3))
    assert people_told(away) == []
    assert people_told(away, kind="update", told={1}) == []
    assert people_told(asking(paused_until=NOW)) == [1]


def test_news_of_what_waited_already_when_a_reader_paused_takes_its_place() -> None:
    away = asking(paused_until=NOW + timedelta(days=3))
    [row] = made(away, kind="update", told={1}, promised={1: NOW + timedelta(minutes=5)})
    assert row.person_id == 1


def test_that_it_is_over_waits_until_who_paused_is_back() -> None:
    away = asking(paused_until=NOW + timedelta(days=3))
    kinds: tuple[MessageKind, ...] = ("close", "cancel")
    for kind in kinds:
        [row] = made(away, kind=kind, told={1})
        assert (row.not_before, row.waits) == (NOW + timedelta(days=3), "pause")
        assert row.expires == row.not_before + AT_ONCE.give_up


def test_a_daily_reader_hears_of_what_wakes_at_once_and_of_the_rest_with_the_digest() -> None:
    daily = asking(rhythm="daily", hour=9, wake_from="severe")
    [row] = made(daily)
    assert (row.not_before, row.waits) == (NOW, None)
    [row] = made(daily, severity="moderate")
    assert (row.not_before, row.waits) == (NOW.replace(hour=9, minute=0), "digest")


def test_in_quiet_hours_only_what_wakes_goes() -> None:
    sleeper = asking(quiet=Quiet(begin=time(22), end=time(8)), wake_from="extreme")
    assert [row.not_before for row in made(sleeper, severity="extreme")] == [NOW]
    [row] = made(sleeper)
    assert (row.not_before, row.waits) == (NOW.replace(hour=8, minute=0), "quiet")


def test_news_does_not_put_off_what_was_to_go() -> None:
    daily, soon = asking(rhythm="daily", hour=6, wake_from="severe"), NOW + timedelta(minutes=2)
    [row] = made(daily, kind="update", told={1}, promised={1: soon}, severity="moderate")
    assert row.not_before == soon  # it was severe a moment ago


def test_who_was_told_hears_that_the_level_fell() -> None:
    person = asking(min_severity="extreme")
    assert people_told(person, kind="update", told={1}) == [1]
    assert "told about this alert before" in reason(person, FIELDS)


def test_who_now_qualifies_hears_of_an_update() -> None:
    assert people_told(EVERYTHING, kind="update") == [1]


def test_only_who_was_told_hears_of_a_mistake_or_an_end() -> None:
    other = replace(EVERYTHING, id=2)
    assert people_told(EVERYTHING, other, kind="cancel", told={2}) == [2]
    assert people_told(EVERYTHING, other, kind="close", told={1}) == [1]


def test_who_left_hears_nothing_more() -> None:
    assert people_told(replace(EVERYTHING, active=False), kind="cancel", told={1}) == []


def test_a_row_has_all_that_the_outbox_needs() -> None:
    policy = Policy(waits={"severe": timedelta(minutes=3)}, give_up=timedelta(days=1))
    (row,) = rows(
        [EVERYTHING], FIELDS, message(), told=(), secret=b"s" * 32, domain="alerts.example", now=NOW, policy=policy
    )
    assert (row.alert_id, row.version, row.person_id, row.channel) == ("7", 1, 1, "mail")
    assert (row.urgency, row.created) == (SEVERITIES.index("severe"), NOW)
    assert (row.not_before, row.expires) == (NOW + timedelta(minutes=3), NOW + timedelta(days=1))
    assert row.message_id.startswith("<")
    assert row.message_id.endswith("@alerts.example>")
    assert "one" not in row.message_id


def test_a_cancellation_waits_for_nothing() -> None:
    policy = Policy(waits={"severe": timedelta(minutes=3)})
    (row,) = rows([EVERYTHING], FIELDS, message("cancel", 2), told={1}, secret=b"s", domain="x", now=NOW, policy=policy)
    assert row.not_before == NOW


@given(st.integers(1, 99), st.integers(1, 99), st.integers(1, 99), st.integers(1, 99))
def test_message_ids_are_equal_only_for_the_same_version_and_reader(a: int, v: int, b: int, w: int) -> None:
    def its_id(person: int, version: int) -> str:
        people = [replace(EVERYTHING, id=person)]
        (row,) = rows(people, FIELDS, message(version=version), told=(), secret=b"s", domain="x", now=NOW)
        return row.message_id

    assert (its_id(a, v) == its_id(b, w)) == ((a, v) == (b, w))


@given(st.sampled_from(SEVERITIES), st.sampled_from(SEVERITIES))
def test_the_least_level_is_the_border(level: Severity, least: Severity) -> None:
    told = wants(asking(min_severity=least), FIELDS | {"severity": level})
    assert told == (SEVERITIES.index(level) >= SEVERITIES.index(least))


def test_by_default_nobody_waits() -> None:
    assert not AT_ONCE.waits
