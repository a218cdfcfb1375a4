"""Our words in CAP's."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from alerts.render.cap import Issuer, is_public, status
from tests.cap import read
from tests.render.cap_world import DESK, START, messages, version

PUBLIC = Issuer(sender="alerts.example", scope="Public")


def info(*told: Any) -> dict[str, Any]:
    """The content of the last message."""
    found: dict[str, Any] = read(messages(*told)[-1]).whole["info"][0]
    return found


def response(*told: Any) -> str:
    [found] = info(*told)["responseType"]
    return str(found)


def test_an_unconfirmed_alert_is_to_be_assessed_and_a_confirmed_one_watched() -> None:
    assert response(version(confirmed=False)) == "Assess"
    assert response(version(confirmed=True)) == "Monitor"


def test_what_the_rule_wants_done_stands() -> None:
    assert response(version(terms={"response": "Shelter"})) == "Shelter"
    assert response(version(confirmed=True, terms={"response": "Assess"})) == "Assess"


@pytest.mark.parametrize("wanted", ["Monitor", "Assess"])
def test_the_public_is_not_told_to_assess(wanted: str) -> None:
    assert response(version(issuer=PUBLIC, terms={"response": wanted})) == "Monitor"


def test_the_end_is_an_all_clear_and_a_mistake_asks_for_nothing() -> None:
    closed = info(version(), version(2, "close", state="closed"))
    assert (closed["responseType"], closed["urgency"], closed["headline"]) == (
        ["AllClear"],
        "Past",
        "Over: Shelling in Taiz",
    )
    cancelled = info(version(), version(2, "cancel", state="cancelled"))
    assert (cancelled["responseType"], cancelled["urgency"]) == (["None"], "Past")
    assert (cancelled["severity"], cancelled["certainty"]) == ("Severe", "Possible")  # what let it through before


@pytest.mark.parametrize(
    ("hours", "severity", "stands", "wanted"),
    [
        (1, "severe", False, "Expected"),
        (1, "extreme", False, "Immediate"),
        (48, "extreme", False, "Immediate"),
        (49, "extreme", False, "Past"),
        (49, "severe", False, "Past"),
        (49, "severe", True, "Future"),
        (1, "severe", True, "Future"),
        (1, "extreme", True, "Immediate"),
    ],
)
def test_urgency_follows_from_when_it_happened(hours: int, severity: str, stands: bool, wanted: str) -> None:
    last = START - timedelta(hours=hours)
    assert info(version(last_event=last, severity=severity, terms={"stands": stands}))["urgency"] == wanted


def test_severity_is_unknown_only_where_nothing_says_how_bad_it_is() -> None:
    unrated = {"unrated": True}
    assert info(version(severity="moderate", numbers={}, terms=unrated))["severity"] == "Unknown"
    assert info(version(severity="moderate", terms=unrated))["severity"] == "Moderate"
    assert info(version(severity="extreme", numbers={}, terms=unrated))["severity"] == "Extreme"
    assert info(version(severity="moderate", numbers={}))["severity"] == "Moderate"


def test_a_rule_in_test_and_a_draft_do_not_leave_the_house() -> None:
    in_test, draft = version(terms={"test": True}), version(triage="waiting")
    assert (status(in_test), is_public(in_test)) == ("Test", False)
    assert (status(draft), is_public(draft)) == ("Draft", False)
    assert is_public(version(triage="approved"))


def test_the_end_of_what_was_told_waits_for_nobody() -> None:
    assert status(version(3, "cancel", triage="waiting")) == "Actual"
    assert status(version(3, "close", triage="waiting")) == "Actual"


def test_a_draft_is_never_referred_to() -> None:
    second = read(messages(version(triage="waiting"), version(2))[1])
    assert (second.kind, second.references) == ("Alert", ())


def test_an_exercise_says_so_twice() -> None:
    exercise = version(issuer=Issuer(sender=DESK.sender, restriction="x", exercise=True))
    found = read(messages(exercise)[0]).whole
    assert (found["status"], found["note"]) == ("Exercise", "This is an exercise")
    assert is_public(exercise)


def test_a_public_message_has_no_restriction() -> None:
    found = read(messages(version(issuer=PUBLIC))[0]).whole
    assert found["scope"] == "Public" and "restriction" not in found
