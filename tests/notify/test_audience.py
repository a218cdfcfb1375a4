"""Who is told, and why."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from alerts.notify.audience import AT_ONCE, Policy, reason, rows, wants
from alerts.readers import Person, Wishes
from alerts.types import SEVERITIES, Message, MessageKind, Severity

NOW = datetime(2026, 3, 2, 6, 30, tzinfo=UTC)
FIELDS: dict[str, Any] = {"id": "7", "event": "siege", "severity": "severe", "place": {"country": "MLI"}}
EVERYTHING = Person(id=1)


def asking(**wishes: Any) -> Person:
    return replace(EVERYTHING, wishes=Wishes(**wishes))


def message(kind: MessageKind = "new", version: int = 1) -> Message:
    return Message(kind=kind, version=version, at=NOW, why="first report")


def people_told(*people: Person, kind: MessageKind = "new", told: set[int] | None = None, **fields: Any) -> list[int]:
    made = rows(
        people, FIELDS | fields, message(kind), told=told or set(), secret=b"s" * 32, domain="localhost", now=NOW
    )
    return [row.person_id for row in made]


def test_who_asked_for_everything_is_told_everything() -> None:
    assert wants(EVERYTHING, FIELDS) == "You get this mail because you asked for all alerts."


def test_the_reason_names_what_was_asked_for() -> None:
    person = asking(events=("siege", "protected_attack"), countries=("MLI", "NER"), min_severity="severe")
    assert wants(person, FIELDS) == (
        "You get this mail because you asked for alerts about siege and attack on a protected place "
        "in Mali and Niger, severe or worse."
    )


def test_another_event_another_country_or_a_lower_level_is_not_wanted() -> None:
    assert wants(asking(events=("disaster",)), FIELDS) is None
    assert wants(asking(countries=("SYR",)), FIELDS) is None
    assert wants(asking(min_severity="extreme"), FIELDS) is None
    assert wants(replace(EVERYTHING, active=False), FIELDS) is None


def test_an_alert_whose_place_is_not_known_reaches_readers_of_every_country() -> None:
    assert wants(asking(countries=("SYR",)), FIELDS | {"place": None}) is not None


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
    def made(person: int, version: int) -> str:
        people = [replace(EVERYTHING, id=person)]
        (row,) = rows(people, FIELDS, message(version=version), told=(), secret=b"s", domain="x", now=NOW)
        return row.message_id

    assert (made(a, v) == made(b, w)) == ((a, v) == (b, w))


@given(st.sampled_from(SEVERITIES), st.sampled_from(SEVERITIES))
def test_the_least_level_is_the_border(level: Severity, least: Severity) -> None:
    told = wants(asking(min_severity=least), FIELDS | {"severity": level}) is not None
    assert told == (SEVERITIES.index(level) >= SEVERITIES.index(least))


def test_by_default_nobody_waits() -> None:
    assert not AT_ONCE.waits
